#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/download/errors.hpp"
#include "engine/download/transfer.hpp"
#include "tests/unit/download/transfer_fixture.hpp"

namespace decamp::download {
namespace {

using namespace decamp::download::testing;
using formats::as_bytes;

constexpr std::size_t mib = std::size_t{1} << 20, kib = 1024;
constexpr const char* long_ago = "Mon, 01 Jan 2024 00:00:00 GMT";
constexpr const char* later = "Mon, 01 Jan 2024 00:05:00 GMT";

using fields = std::vector<transport::header_field>;

canned with(canned answer, const fields& validators) {
    std::erase_if(answer.headers, [](const auto& field) { return field.name == "ETag"; });
    answer.headers.insert(answer.headers.end(), validators.begin(), validators.end());
    return answer;
}

std::string from(std::size_t at) {
    return "bytes=" + std::to_string(at) + "-";
}

// The first answer breaks off at 2 MiB + 5; what the second one is asked, and what becomes of its bytes.
TEST(joining, by_what_two_answers_are_joined) {
    constexpr std::size_t here = 2 * mib + 5;
    enum outcome { joined, from_zero, not_joined };
    const struct {
        const char* what;
        fields first, second;
        std::optional<std::size_t> differs_at;  // a byte that the second answer has otherwise
        std::size_t asked;
        outcome wanted;
    } table[] = {
        {"a tag that is repeated", {{"ETag", "\"1\""}}, {{"ETag", "\"1\""}}, {}, here, joined},
        {"a tag that is not repeated", {{"ETag", "\"1\""}}, {}, {}, here, not_joined},
        {"a date in its place",
         {{"ETag", "\"1\""}, {"Last-Modified", long_ago}},
         {{"Last-Modified", long_ago}},
         {},
         here,
         not_joined},
        {"another tag", {{"ETag", "\"1\""}}, {{"ETag", "\"2\""}}, {}, here, from_zero},
        {"a strong date",
         {{"Last-Modified", long_ago}, {"Date", later}},
         {{"Last-Modified", long_ago}},
         {},
         here,
         joined},
        {"a strong date that changed",
         {{"Last-Modified", long_ago}, {"Date", later}},
         {{"Last-Modified", later}},
         {},
         here,
         from_zero},
        {"a date without a clock",
         {{"Last-Modified", long_ago}},
         {{"Last-Modified", long_ago}},
         {},
         here - 64 * kib,
         joined},
        {"that and another one",
         {{"Last-Modified", long_ago}},
         {{"Last-Modified", later}},
         {},
         here - 64 * kib,
         from_zero},
        {"a weak tag", {{"ETag", "W/\"1\""}}, {{"ETag", "W/\"1\""}}, {}, here - 64 * kib, joined},
        {"another weak tag", {{"ETag", "W/\"1\""}}, {{"ETag", "W/\"2\""}}, {}, here - 64 * kib, from_zero},
        {"nothing", {}, {}, {}, here - 64 * kib, joined},
        {"the first byte that overlaps", {}, {}, here - 64 * kib, here - 64 * kib, from_zero},
        {"the last one", {}, {}, here - 1, here - 64 * kib, from_zero},
        {"one behind it", {}, {}, here, here - 64 * kib, joined},
        {"one before it", {}, {}, here - 64 * kib - 1, here - 64 * kib, joined},
    };
    for (const auto& row : table) {
        transfer_fixture f;
        const std::string file = some_bytes(3 * mib + 77);
        std::string now = file;
        if (row.differs_at) now[*row.differs_at] ^= 1;
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            return std::exchange(first, false) ? with(serve(file, what, here), row.first)
                                               : with(serve(now, what), row.second);
        });
        transfer bytes(f.settings, f.item);
        EXPECT_TRUE(f.try_once(bytes, storage, f.link()).end.error);
        const try_end second = f.try_once(bytes, storage, f.link());
        EXPECT_EQ(header_of(storage.sent[1], "Range"), from(row.asked)) << row.what;
        EXPECT_EQ(header_of(storage.sent[1], "If-Range").empty(), row.asked != here) << row.what;
        if (row.wanted == joined) {
            ASSERT_FALSE(second.end.error) << row.what << to_string(*second.end.error);
            const auto blob = f.run(bytes.finish());
            EXPECT_TRUE(f.staged(blob.value().staging_path) == file.substr(0, here) + now.substr(here)) << row.what;
            EXPECT_EQ(blob.value().digests.size, file.size()) << row.what;
            continue;
        }
        ASSERT_TRUE(second.end.error) << row.what;
        const auto wanted = row.wanted == from_zero ? download_errc::wrong_range : download_errc::ranges_disagree;
        EXPECT_TRUE(second.end.error->code == wanted) << row.what << to_string(*second.end.error);
        EXPECT_EQ(bytes.offset(), here) << row.what;
        f.run(bytes.end(false));
    }
}

TEST(joining, a_tag_that_is_not_repeated_makes_the_next_range_overlap) {
    transfer_fixture f;
    const std::string file = some_bytes(3 * mib);
    unsigned asked = 0;
    memory_storage storage([&](const transport::request& what) {
        return ++asked == 1 ? serve(file, what, mib) : with(serve(file, what), {});
    });
    transfer bytes(f.settings, f.item);
    f.try_once(bytes, storage, f.link());
    EXPECT_TRUE(f.try_once(bytes, storage, f.link()).end.error);
    EXPECT_FALSE(f.try_once(bytes, storage, f.link()).end.error);
    EXPECT_EQ(header_of(storage.sent[2], "Range"), from(mib - 64 * kib));
    EXPECT_EQ(header_of(storage.sent[2], "If-Range"), "\"v1\"");
    EXPECT_TRUE(f.staged(f.run(bytes.finish()).value().staging_path) == file);
}

// Where nobody said how long the file is, the range reaches back by a byte; that it is the same one proves nothing.
TEST(joining, one_byte_that_overlaps_is_no_proof) {
    for (const bool digest : {false, true}) {
        transfer_fixture f;
        const std::string file = some_bytes(3 * mib);
        std::string other = some_bytes(3 * mib, 2);
        other[mib - 1] = file[mib - 1];
        if (digest) f.item.listed.sha1 = formats::sha1_of(as_bytes(file));
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            canned answer = first ? serve(file, what, mib) : with(serve(other, what), {});
            if (first) answer.length.reset();
            first = false;
            return answer;
        });
        transfer bytes(f.settings, f.item);
        f.try_once(bytes, storage, f.link());
        const try_end second = f.try_once(bytes, storage, f.link());
        EXPECT_EQ(header_of(storage.sent[1], "Range"), from(mib - 1));
        ASSERT_TRUE(second.end.error);
        EXPECT_TRUE(second.end.error->code == (digest ? download_errc::bytes_differ : download_errc::ranges_disagree));
        f.run(bytes.end(false));
    }
}

TEST(joining, a_digest_finds_a_wrong_join_and_is_not_trusted_again) {
    transfer_fixture f;
    const std::string file = some_bytes(3 * mib), other = some_bytes(3 * mib, 2);
    f.item.listed.sha1 = formats::sha1_of(as_bytes(file));
    unsigned asked = 0;
    memory_storage storage([&](const transport::request& what) {
        ++asked;
        return with(asked == 1 ? serve(other, what, mib) : asked == 3 ? serve(file, what, mib) : serve(file, what), {});
    });
    transfer bytes(f.settings, f.item);
    f.try_once(bytes, storage, f.link());
    const try_end wrong = f.try_once(bytes, storage, f.link());
    EXPECT_EQ(header_of(storage.sent[1], "Range"), from(mib));
    ASSERT_TRUE(wrong.end.error);
    EXPECT_TRUE(wrong.end.error->code == download_errc::bytes_differ);
    EXPECT_EQ(classify(*wrong.end.error), error_class::transient);
    f.run(bytes.start_over());  // as the machine says
    f.try_once(bytes, storage, f.link());
    EXPECT_EQ(header_of(storage.sent[2], "Range"), "");
    EXPECT_EQ(f.try_once(bytes, storage, f.link()).end.check, source_check::digest);
    EXPECT_EQ(header_of(storage.sent[3], "Range"), from(mib - 64 * kib));
    EXPECT_TRUE(f.staged(f.run(bytes.finish()).value().staging_path) == file);
}

// An audit keeps nothing that could be compared.
TEST(joining, an_audit_goes_on_by_a_validator_or_a_digest_alone) {
    for (const char* by : {"tag", "digest", "nothing"}) {
        transfer_fixture f;
        const std::string file = some_bytes(2 * mib);
        f.item.audit_of = blob_key{3};
        if (by == std::string_view("digest")) f.item.listed.sha1 = formats::sha1_of(as_bytes(file));
        bool first = true;
        memory_storage storage([&](const transport::request& what) {
            canned answer = serve(file, what, std::exchange(first, false) ? std::optional(mib) : std::nullopt);
            return by == std::string_view("tag") ? answer : with(std::move(answer), {});
        });
        transfer bytes(f.settings, f.item);
        f.try_once(bytes, storage, f.link());
        EXPECT_FALSE(f.try_once(bytes, storage, f.link()).end.error) << by;
        EXPECT_EQ(header_of(storage.sent[1], "Range"), by == std::string_view("nothing") ? "" : from(mib)) << by;
        EXPECT_EQ(f.run(bytes.finish()).value().digests.sha256, formats::sha256_of(as_bytes(file))) << by;
    }
}

// Of a part that an earlier run staged only the tag is sure to be strong.
TEST(joining, a_staged_part_goes_on_by_the_same_rule) {
    const struct {
        const char* kept;
        bool changed;
        std::size_t asked;
    } table[] = {{"\"v1\"", false, 2 * mib},
                 {"", false, 2 * mib - 64 * kib},
                 {"W/\"v1\"", false, 2 * mib - 64 * kib},
                 {long_ago, false, 2 * mib - 64 * kib},
                 {"", true, 2 * mib - 64 * kib}};
    for (const auto& row : table) {
        transfer_fixture f;
        const std::string file = some_bytes(3 * mib), now = row.changed ? some_bytes(3 * mib, 2) : file;
        std::filesystem::create_directories(f.folder / std::string(layout::staging_folder));
        std::ofstream(f.folder / ".decamp/staging/7.1", std::ios::binary) << file.substr(0, 2 * mib);
        staged_part part{".decamp/staging/7.1", 2 * mib, {}, row.kept};
        for (std::size_t at = 0; at < part.bytes; at += mib)
            part.blocks.push_back(formats::xxh3_128_of(as_bytes(std::string_view(file).substr(at, mib))));
        f.item.part = part;
        f.item.listed.size = file.size();
        memory_storage storage([&](const transport::request& what) {
            canned answer = serve(now, what);
            return std::string_view(row.kept).starts_with('"') ? answer : with(std::move(answer), {});
        });
        transfer bytes(f.settings, f.item);
        f.run(bytes.take_up_part());
        ASSERT_EQ(bytes.offset(), 2 * mib);
        const try_end end = f.try_once(bytes, storage, f.link());
        EXPECT_EQ(header_of(storage.sent[0], "Range"), from(row.asked)) << row.kept;
        ASSERT_EQ(end.end.error.has_value(), row.changed) << row.kept;
        if (row.changed) {
            EXPECT_TRUE(end.end.error->code == download_errc::wrong_range);
            f.run(bytes.end(false));
        } else {
            EXPECT_TRUE(f.staged(f.run(bytes.finish()).value().staging_path) == file) << row.kept;
        }
    }
}

// Parts that are shorter than asked for, begin earlier, or do not say the total.
TEST(joining, parts_as_they_come_make_the_file) {
    for (const std::size_t most : {std::size_t{40'000}, std::size_t{65'536}, std::size_t{300'000}, mib}) {
        for (const char* manner : {"short", "no total", "aligned"}) {
            if (manner == std::string_view("aligned") && most <= 65'536) continue;  // would not hold what was asked for
            for (const bool tagged : {true, false}) {
                transfer_fixture f;
                const std::string file = some_bytes(2 * mib + 77);
                unsigned asked = 0;
                memory_storage storage([&](const transport::request& what) {
                    if (++asked == 1) return tagged ? serve(file, what, mib) : with(serve(file, what, mib), {});
                    std::size_t first = std::stoull(header_of(what, "Range").substr(6));
                    if (manner == std::string_view("aligned")) first -= first % 65'536;
                    const std::size_t end = std::min(file.size(), first + most);
                    canned answer{206, file.substr(first, end - first), {}, {}};
                    const std::string total =
                        manner == std::string_view("no total") ? "*" : std::to_string(file.size());
                    answer.headers.push_back({"Content-Range", "bytes " + std::to_string(first) + "-" +
                                                                   std::to_string(end - 1) + "/" + total});
                    if (tagged) answer.headers.push_back({"ETag", "\"v1\""});
                    return answer;
                });
                transfer bytes(f.settings, f.item);
                EXPECT_TRUE(f.try_once(bytes, storage, f.link()).end.error);
                try_end end = f.try_once(bytes, storage, f.link());
                for (; !end.end.error && end.end.more; end = f.try_once(bytes, storage, f.link()))
                    ASSERT_LT(asked, 1000u);
                ASSERT_FALSE(end.end.error) << manner << most << to_string(*end.end.error);
                EXPECT_TRUE(f.staged(f.run(bytes.finish()).value().staging_path) == file) << manner << most;
            }
        }
    }
}

TEST(joining, a_part_that_is_not_what_its_head_says) {
    for (const bool longer : {true, false}) {
        transfer_fixture f;
        const std::string file = some_bytes(2 * mib);
        unsigned asked = 0;
        memory_storage storage([&](const transport::request& what) {
            if (++asked == 1) return serve(file, what, mib);
            canned answer = serve(file, what);
            answer.until_close = true;  // no length that would contradict it
            if (longer) answer.body += "more";
            if (!longer) answer.body.resize(100);
            return answer;
        });
        transfer bytes(f.settings, f.item);
        f.try_once(bytes, storage, f.link());
        const try_end end = f.try_once(bytes, storage, f.link());
        ASSERT_TRUE(end.end.error);
        const boost::system::error_code wanted = longer ? make_error_code(download_errc::wrong_range)
                                                        : make_error_code(transport::http_errc::body_truncated);
        EXPECT_TRUE(end.end.error->code == wanted);
        f.run(bytes.end(false));
    }
}

TEST(joining, fewer_bytes_than_announced_are_not_the_file) {
    const std::string file = some_bytes(1000);
    const struct {
        const char* what;
        std::function<void(listed_item&)> listed;
        bool good;
        source_check check;
    } table[] = {
        {"shorter", [](listed_item& l) { l.size = 1001; }, false, {}},
        {"shorter, and the digest differs",
         [](listed_item& l) { l.size = 1001, l.sha1 = formats::sha1_of(as_bytes("x")); },
         false,
         {}},
        {"shorter, and the digest agrees",
         [&](listed_item& l) { l.size = 1001, l.sha1 = formats::sha1_of(as_bytes(file)); }, true, source_check::digest},
        {"longer", [](listed_item& l) { l.size = 999; }, true, source_check::mismatch},
        {"the digest differs", [](listed_item& l) { l.sha1 = formats::sha1_of(as_bytes("x")); }, true,
         source_check::mismatch},
    };
    for (const auto& row : table) {
        transfer_fixture f;
        row.listed(f.item.listed);
        memory_storage storage([&](const transport::request& what) { return serve(file, what); });
        transfer bytes(f.settings, f.item);
        const try_end end = f.try_once(bytes, storage, f.link());
        ASSERT_EQ(!end.end.error, row.good) << row.what;
        EXPECT_EQ(end.end.error && end.end.error->code == download_errc::bytes_differ, !row.good) << row.what;
        EXPECT_TRUE(!row.good || end.end.check == row.check) << row.what;
        f.run(bytes.end(false));
    }
}

// Over TLS the end of the connection is a message of its own.
TEST(joining, an_end_that_nothing_announces) {
    const std::string file = some_bytes(1000);
    const struct {
        const char* url;
        bool until_close;
        std::optional<std::uint64_t> size;
        source_check wanted;
    } table[] = {
        {"http://files.example/f", true, {}, source_check::unbounded},
        {"http://files.example/f", true, 1000, source_check::length},
        {"http://files.example/f", false, {}, source_check::none},
        {"https://files.example/f", true, {}, source_check::none},
    };
    for (const auto& row : table) {
        transfer_fixture f;
        f.item.listed.size = row.size;
        memory_storage storage([&](const transport::request& what) {
            canned answer = serve(file, what);
            answer.until_close = row.until_close;
            return answer;
        });
        auto link = f.link();
        link.request.target = transport::parse_url(row.url).value();
        transfer bytes(f.settings, f.item);
        const try_end end = f.try_once(bytes, storage, link);
        ASSERT_FALSE(end.end.error) << row.url;
        EXPECT_EQ(end.end.check, row.wanted) << row.url;
        EXPECT_EQ(f.run(bytes.finish()).value().check, row.wanted) << row.url;
    }
}

}  // namespace
}  // namespace decamp::download
