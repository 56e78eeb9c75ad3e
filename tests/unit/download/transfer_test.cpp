#include "engine/download/transfer.hpp"

#include <gtest/gtest.h>

#include "engine/download/errors.hpp"
#include "tests/unit/download/transfer_fixture.hpp"

namespace decamp::download {
namespace {

using namespace decamp::download::testing;
using formats::as_bytes;

constexpr std::size_t mib = std::size_t{1} << 20;

std::uint32_t crc32(std::string_view text) {
    formats::crc32_hasher hasher;
    hasher.update(as_bytes(text));
    return hasher.finish();
}

TEST(transfer, brings_a_file_over_two_tries) {
    transfer_fixture f;
    const std::string file = some_bytes(3 * mib + 77);
    f.item.listed.sha1 = formats::sha1_of(as_bytes(file));
    bool first = true;
    memory_storage storage([&](const transport::request& what) {
        return serve(file, what, std::exchange(first, false) ? std::optional(2 * mib + 5) : std::nullopt);
    });
    transfer bytes(f.settings, f.item);
    const try_end broken = f.try_once(bytes, storage, f.link());
    EXPECT_TRUE(broken.end.error->code == transport::http_errc::body_truncated);
    EXPECT_EQ(broken.end.reached, 2 * mib + 5);
    const try_end whole = f.try_once(bytes, storage, f.link());
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    EXPECT_EQ(whole.end.check, source_check::digest);
    EXPECT_EQ(header_of(storage.sent[1], "Range"), "bytes=2097157-");
    EXPECT_EQ(header_of(storage.sent[1], "If-Range"), "\"v1\"");
    const auto blob = f.run(bytes.finish());
    ASSERT_TRUE(blob);
    EXPECT_EQ(f.staged(blob.value().staging_path), file);
    EXPECT_EQ(blob.value().digests.blocks.size(), 4u);
    EXPECT_EQ(blob.value().digests.sha256, formats::sha256_of(as_bytes(file)));
}

// What only the second answer says is compared with all bytes, those of the first answer included, and nothing is
// fetched twice for it.
TEST(transfer, a_digest_learnt_from_a_later_answer_reads_the_prefix_back) {
    const std::string file = some_bytes(3 * mib + 77);
    for (const bool right : {true, false}) {
        transfer_fixture f;
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            return serve(file, what, std::exchange(first, false) ? std::optional(2 * mib + 5) : std::nullopt);
        });
        transfer bytes(f.settings, f.item);
        f.try_once(bytes, storage, f.link());
        auto link = f.link();
        link.learn = [&](const transport::response_head& head, source::expectation& what) {
            EXPECT_EQ(head.status, 206);
            what.crc32 = crc32(file) ^ (right ? 0u : 1u);
        };
        const try_end whole = f.try_once(bytes, storage, link);
        ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
        EXPECT_EQ(whole.end.check, right ? source_check::digest : source_check::mismatch);
        EXPECT_EQ(storage.sent.size(), 2u);
        EXPECT_EQ(bytes.downloaded(), file.size());
        f.run(bytes.end(false));
    }
}

TEST(transfer, what_the_first_answer_said_holds_for_the_second) {
    transfer_fixture f;
    const std::string file = some_bytes(2 * mib);
    bool first = true;
    memory_storage storage([&](const transport::request& what) {
        return serve(file, what, std::exchange(first, false) ? std::optional(mib) : std::nullopt);
    });
    auto link = f.link();
    link.learn = [](const transport::response_head& head, source::expectation& what) {
        if (head.status == 200) what.crc32 = 1;
    };
    transfer bytes(f.settings, f.item);
    f.try_once(bytes, storage, link);
    const try_end whole = f.try_once(bytes, storage, link);
    EXPECT_EQ(whole.end.check, source_check::mismatch);
    f.run(bytes.end(false));
}

TEST(transfer, a_listed_md5_that_the_answer_disowns_says_nothing) {
    transfer_fixture f;
    const std::string file = some_bytes(1000);
    f.item.listed.md5 = formats::md5_of(as_bytes("something else"));
    f.item.listed.size = file.size();
    memory_storage storage([&](const transport::request& what) { return serve(file, what); });
    auto link = f.link();
    link.expected.md5 = f.item.listed.md5;
    link.learn = [](const transport::response_head&, source::expectation& what) {
        what.md5.reset();
        what.not_the_listed_md5 = true;
    };
    transfer bytes(f.settings, f.item);
    EXPECT_EQ(f.try_once(bytes, storage, link).end.check, source_check::length);
    f.run(bytes.end(false));
}

TEST(transfer, an_audit_keeps_nothing_to_read_back) {
    transfer_fixture f;
    const std::string file = some_bytes(2 * mib);
    f.item.audit_of = blob_key{3};
    f.item.listed.size = file.size();
    bool first = true;
    memory_storage storage([&](const transport::request& what) {
        return serve(file, what, std::exchange(first, false) ? std::optional(mib) : std::nullopt);
    });
    transfer bytes(f.settings, f.item);
    f.try_once(bytes, storage, f.link());
    auto link = f.link();
    link.expected.crc32 = 1;
    const try_end whole = f.try_once(bytes, storage, link);
    EXPECT_FALSE(whole.end.error);
    EXPECT_EQ(whole.end.check, source_check::length);
}

TEST(transfer, takes_bytes_that_do_not_come_over_http) {
    transfer_fixture f;
    const std::string file = some_bytes(2 * mib + 9);
    memory_storage nobody([](const transport::request&) { return canned{500, "", {}, {}}; });
    std::vector<std::pair<std::uint64_t, std::string>> opened;
    auto link = f.link();
    link.expected.sha256 = formats::sha256_of(as_bytes(file));
    link.open = [&](std::uint64_t offset, std::string validator) -> task<result<std::unique_ptr<transport::exchange>>> {
        opened.emplace_back(offset, validator);
        auto asked = f.get();
        if (offset > 0) asked.headers.push_back({"Range", "bytes=" + std::to_string(offset) + "-"});
        canned answer = serve(file, asked, opened.size() == 1 ? std::optional(mib + 1) : std::nullopt);
        std::unique_ptr<transport::exchange> out = std::make_unique<canned_exchange>(std::move(answer), nobody.piece);
        co_return out;
    };
    transfer bytes(f.settings, f.item);
    EXPECT_TRUE(f.try_once(bytes, nobody, link).end.error);
    EXPECT_EQ(f.try_once(bytes, nobody, link).end.check, source_check::digest);
    EXPECT_TRUE(nobody.sent.empty());
    const std::vector<std::pair<std::uint64_t, std::string>> wanted{{0, ""}, {mib + 1, "\"v1\""}};
    EXPECT_EQ(opened, wanted);
    f.run(bytes.end(false));
}

TEST(transfer, what_opens_the_bytes_may_fail_as_http_does) {
    transfer_fixture f;
    memory_storage nobody([](const transport::request&) { return canned{500, "", {}, {}}; });
    auto link = f.link();
    link.open = [](std::uint64_t, std::string) -> task<result<std::unique_ptr<transport::exchange>>> {
        std::unique_ptr<transport::exchange> out = std::make_unique<canned_exchange>(canned{404, "", {}, {}}, 1);
        co_return out;
    };
    transfer bytes(f.settings, f.item);
    EXPECT_TRUE(f.try_once(bytes, nobody, link).end.error->code == download_errc::gone);
}

TEST(transfer, secrets_stay_with_the_host_they_are_for) {
    transfer_fixture f;
    const std::string file = some_bytes(1000);
    for (const bool elsewhere : {true, false}) {
        memory_storage storage([&](const transport::request& what) {
            if (what.target.path != "/f") return serve(file, what);
            const std::string to = elsewhere ? "https://store.example/g" : "https://files.example/g";
            return canned{302, "", {{"Location", to}}, {}};
        });
        auto link = f.link();
        for (const char* name : {"Authorization", "Cookie", "X-Amz-Security-Token", "x-amz-date", "Accept"})
            link.request.headers.push_back({name, "v"});
        transfer bytes(f.settings, f.item);
        EXPECT_FALSE(f.try_once(bytes, storage, link).end.error);
        ASSERT_EQ(storage.sent.size(), 2u);
        EXPECT_EQ(storage.sent[0].headers.size(), 5u);
        EXPECT_EQ(storage.sent[1].headers.size(), elsewhere ? 1u : 5u);
        EXPECT_EQ(header_of(storage.sent[1], "Accept"), "v");
        f.run(bytes.end(false));
    }
}

TEST(transfer, another_version_than_listed_is_named) {
    transfer_fixture f;
    memory_storage storage([](const transport::request&) { return canned{412, "", {}, {}}; });
    transfer bytes(f.settings, f.item);
    const try_end end = f.try_once(bytes, storage, f.link());
    EXPECT_TRUE(end.end.error->code == download_errc::changed);
    EXPECT_EQ(classify(*end.end.error), error_class::item);
}

TEST(transfer, an_error_object_is_no_photo) {
    transfer_fixture f;
    f.item.listed.size = 1000;
    memory_storage storage([](const transport::request&) {
        return canned{200, "<Error><Code>InternalError</Code></Error>", {{"Content-Type", "application/xml"}}, {}};
    });
    transfer bytes(f.settings, f.item);
    EXPECT_TRUE(f.try_once(bytes, storage, f.link()).end.error->code == download_errc::error_body);
}

}  // namespace
}  // namespace decamp::download
