// Bodies that are kept in memory until an archive takes them.

#include <gtest/gtest.h>

#include "engine/download/errors.hpp"
#include "tests/unit/download/transfer_fixture.hpp"

namespace decamp::download {
namespace {

using namespace decamp::download::testing;
using formats::as_bytes;

constexpr std::size_t mib = std::size_t{1} << 20;

struct holding : transfer_fixture {
    holding() { settings.hold_bytes = 3 * mib; }

    std::vector<runtime::chunk> memory() {
        std::vector<runtime::chunk> all;
        for (const runtime::chunk_size size : held_chunks(settings, item))
            all.push_back(std::move(*budget.try_acquire(size)));
        return all;
    }
    try_end once(transfer& bytes, transport::sender& http, source::download_link from) {
        runtime::chunk first;
        if (!bytes.holds()) first = std::move(*budget.try_acquire(runtime::chunk_size::large));
        return run(bytes.run(http, std::move(from), std::move(first)));
    }
    static std::string text_of(const checked_blob& blob) {
        std::string all;
        for (const auto part : blob.held->parts()) all += formats::as_text(part);
        return all;
    }
};

TEST(holding, leases_what_the_item_needs_and_no_more) {
    holding f;
    const auto chunks = [&](std::optional<std::uint64_t> size) {
        f.item.listed.size = size;
        return held_chunks(f.settings, f.item);
    };
    using enum runtime::chunk_size;
    EXPECT_EQ(chunks(0), std::vector{tiny});
    EXPECT_EQ(chunks(16384), std::vector{tiny});
    EXPECT_EQ(chunks(16385), std::vector{small});
    EXPECT_EQ(chunks(65536), std::vector{small});
    EXPECT_EQ(chunks(65537), std::vector{large});
    EXPECT_EQ(chunks(mib + 1), (std::vector{large, large}));
    EXPECT_EQ(chunks(3 * mib), (std::vector{large, large, large}));
    EXPECT_TRUE(chunks(3 * mib + 1).empty());   // staged
    EXPECT_EQ(chunks({}), std::vector{large});  // of unknown size
    f.item.audit_of = blob_key{3};
    EXPECT_TRUE(chunks(10).empty());
    f.item.audit_of.reset();
    f.item.part = staged_part{"x", mib, {}, ""};
    EXPECT_TRUE(chunks(10).empty());
    f.item.part.reset();
    f.settings.hold_bytes = 0;
    EXPECT_TRUE(chunks(10).empty());
}

TEST(holding, brings_a_body_over_two_tries_and_stages_nothing) {
    holding f;
    const std::string file = some_bytes(2 * mib + 77);
    f.item.listed.size = file.size();
    f.item.listed.sha1 = formats::sha1_of(as_bytes(file));
    bool first = true;
    memory_storage storage([&](const transport::request& what) {
        return serve(file, what, std::exchange(first, false) ? std::optional(mib + 5) : std::nullopt);
    });
    transfer bytes(f.settings, f.item, f.memory());
    const try_end broken = f.once(bytes, storage, f.link());
    EXPECT_TRUE(broken.end.error->code == transport::http_errc::body_truncated);
    EXPECT_EQ(broken.end.reached, mib + 5);
    const try_end whole = f.once(bytes, storage, f.link());
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    EXPECT_EQ(whole.end.check, source_check::digest);
    EXPECT_EQ(header_of(storage.sent[1], "Range"), "bytes=1048581-");
    auto blob = f.run(bytes.finish());
    ASSERT_TRUE(blob);
    EXPECT_TRUE(blob.value().staging_path.empty());
    EXPECT_EQ(holding::text_of(blob.value()), file);
    EXPECT_EQ(f.budget.available(), f.budget.total() - 3 * mib);
    blob.value().held.reset();
    EXPECT_EQ(f.budget.available(), f.budget.total());
}

TEST(holding, an_empty_body_is_a_body) {
    holding f;
    f.item.listed.size = 0;
    memory_storage storage([&](const transport::request& what) { return serve("", what); });
    transfer bytes(f.settings, f.item, f.memory());
    ASSERT_FALSE(f.once(bytes, storage, f.link()).end.error);
    const auto blob = f.run(bytes.finish());
    ASSERT_TRUE(blob);
    EXPECT_EQ(holding::text_of(blob.value()), "");
}

// Its size was not announced, or wrongly: what came goes to a staged file, and the memory back.
TEST(holding, a_body_that_is_too_long_is_staged) {
    for (const bool announced : {true, false}) {
        holding f;
        const std::string file = some_bytes(2 * mib + 9);
        if (announced) f.item.listed.size = file.size() - 20'000 - mib;
        memory_storage storage([&](const transport::request& what) { return serve(file, what); });
        transfer bytes(f.settings, f.item, f.memory());
        const try_end whole = f.once(bytes, storage, f.link());
        if (announced) {
            EXPECT_TRUE(whole.end.error->code == download_errc::too_long);
            f.run(bytes.start_over());
            EXPECT_EQ(f.budget.available(), f.budget.total());
            continue;
        }
        ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
        const auto blob = f.run(bytes.finish());
        ASSERT_TRUE(blob);
        EXPECT_FALSE(blob.value().held);
        EXPECT_EQ(f.staged(blob.value().staging_path), file);
        EXPECT_EQ(blob.value().digests.sha256, formats::sha256_of(as_bytes(file)));
        EXPECT_EQ(f.budget.available(), f.budget.total());
    }
}

// Without a validator, what overlaps is compared with what is held.
TEST(holding, an_overlap_is_compared_with_what_is_held) {
    for (const bool same : {true, false}) {
        holding f;
        const std::string file = some_bytes(2 * mib + 77);
        std::string now = file;
        if (!same) now[mib + 5 - (64 << 10)] ^= 1;
        f.item.listed.size = file.size();
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            canned answer = first ? serve(file, what, mib + 5) : serve(now, what);
            first = false;
            answer.headers[0].value = "";
            return answer;
        });
        storage.piece = 70'001;
        transfer bytes(f.settings, f.item, f.memory());
        f.once(bytes, storage, f.link());
        const try_end second = f.once(bytes, storage, f.link());
        EXPECT_EQ(header_of(storage.sent.back(), "Range"), "bytes=" + std::to_string(mib + 5 - (64 << 10)) + "-");
        if (!same) {
            ASSERT_TRUE(second.end.error);
            EXPECT_TRUE(second.end.error->code == download_errc::wrong_range) << to_string(*second.end.error);
            f.run(bytes.start_over());
            continue;
        }
        ASSERT_FALSE(second.end.error) << to_string(*second.end.error);
        const auto blob = f.run(bytes.finish());
        ASSERT_TRUE(blob);
        EXPECT_TRUE(holding::text_of(blob.value()) == file);
    }
}

// What only the second answer announces is compared with what is held from the first.
TEST(holding, a_digest_learnt_later_sees_what_is_held) {
    for (const bool right : {true, false}) {
        holding f;
        const std::string file = some_bytes(2 * mib + 77);
        f.item.listed.size = file.size();
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            return serve(file, what, std::exchange(first, false) ? std::optional(mib + 5) : std::nullopt);
        });
        transfer bytes(f.settings, f.item, f.memory());
        f.once(bytes, storage, f.link());
        auto link = f.link();
        link.learn = [&](const transport::response_head&, source::expectation& what) {
            what.md5 = formats::md5_of(as_bytes(right ? file : file + "x"));
        };
        const try_end whole = f.once(bytes, storage, link);
        ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
        EXPECT_EQ(whole.end.check, right ? source_check::digest : source_check::mismatch);
    }
}

}  // namespace
}  // namespace decamp::download
