#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "engine/download/errors.hpp"
#include "engine/download/transfer.hpp"
#include "engine/runtime/task_group.hpp"
#include "tests/unit/download/transfer_fixture.hpp"

namespace decamp::download {
namespace {

using namespace decamp::download::testing;
using formats::as_bytes;

constexpr std::size_t mib = std::size_t{1} << 20;

struct shared_fixture : transfer_fixture {
    explicit shared_fixture(std::size_t size) : file(some_bytes(size)) {
        settings.segments = {mib, 4, 4 * mib};
        settings.part_bytes = 2 * mib;
        on_part = [this](const staged_part& part) { expect_durable(part); };
    }

    // One try with so many connections beside its own, as the downloader drives it.
    task<try_end> together(transfer& bytes, transport::sender& http, source::download_link from, unsigned helpers) {
        const auto executor = co_await boost::asio::this_coro::executor;
        runtime::task_group group(executor);
        failed = false;
        const std::function<void()> shareable = [&] {
            for (unsigned i = 0; i < helpers; ++i) group.spawn(help(bytes, http));
        };
        auto first = budget.try_acquire(runtime::chunk_size::large);
        try_end ended = co_await bytes.run(http, std::move(from), std::move(*first), shareable);
        was_shared = ended.shared;
        if (!ended.shared) co_return ended;
        if (!ended.end.error) co_await help(bytes, http);
        co_await group.join();
        if (!failed && !ended.end.error && bytes.offset() < file.size()) co_await help(bytes, http);
        co_return co_await bytes.conclude();
    }
    task<void> help(transfer& bytes, transport::sender& http) {
        const auto executor = co_await boost::asio::this_coro::executor;
        while (bytes.offset() < file.size() && !failed) {
            if (bytes.open_pieces() == 0) {
                co_await boost::asio::post(executor, boost::asio::use_awaitable);
                if (++idle > 1'000'000) throw std::logic_error("nobody goes on");
                continue;
            }
            auto chunk = co_await budget.acquire(runtime::chunk_size::large);
            const try_end ended = co_await bytes.fetch_piece(http, std::move(*chunk));
            if (ended.end.error) failed = true;
            after_piece(bytes);
        }
    }
    try_end try_together(transfer& bytes, transport::sender& http, unsigned helpers) {
        return run(together(bytes, http, link(), helpers));
    }
    // What a commit promises is in the file, and its block map is the file's.
    void expect_durable(const staged_part& part) {
        ASSERT_EQ(part.bytes, part.blocks.size() * mib);
        const std::string there = staged(part.path);
        ASSERT_GE(there.size(), part.bytes);
        EXPECT_TRUE(std::string_view(there).substr(0, part.bytes) == std::string_view(file).substr(0, part.bytes));
        for (std::size_t i = 0; i < part.blocks.size(); ++i)
            EXPECT_EQ(part.blocks[i], formats::xxh3_128_of(as_bytes(std::string_view(file).substr(i * mib, mib)))) << i;
    }
    void expect_whole(transfer& bytes) {
        const auto blob = run(bytes.finish());
        ASSERT_TRUE(blob);
        EXPECT_TRUE(staged(blob.value().staging_path) == file);
        EXPECT_EQ(blob.value().digests.size, file.size());
        EXPECT_EQ(blob.value().digests.sha256, formats::sha256_of(as_bytes(file)));
        formats::block_map_hasher map;
        map.update(as_bytes(file));
        EXPECT_EQ(blob.value().digests.blocks, map.finish());
        EXPECT_EQ(budget.available(), budget.total());
    }

    std::string file;
    bool failed = false, was_shared = false;
    unsigned idle = 0;
    std::function<void(transfer&)> after_piece = [](transfer&) {};
};

std::set<std::string> ranges_of(const memory_storage& storage) {
    std::set<std::string> out;
    for (const auto& request : storage.sent) out.insert(header_of(request, "Range"));
    return out;
}

TEST(sharing, several_connections_bring_one_file) {
    shared_fixture f(9 * mib + 4321);
    f.item.listed.md5 = formats::md5_of(as_bytes(f.file));
    f.item.listed.size = f.file.size();
    memory_storage storage([&](const transport::request& what) { return serve(f.file, what); });
    transfer bytes(f.settings, f.item);
    const try_end ended = f.try_together(bytes, storage, 3);
    ASSERT_FALSE(ended.end.error) << to_string(*ended.end.error);
    EXPECT_TRUE(f.was_shared);
    EXPECT_EQ(ended.end.check, source_check::digest);
    EXPECT_GE(storage.sent.size(), 4u);
    EXPECT_EQ(ranges_of(storage).size(), storage.sent.size()) << "nothing is asked for twice";
    for (const auto& request : storage.sent) {
        if (!header_of(request, "Range").empty()) {
            EXPECT_EQ(header_of(request, "If-Range"), "\"v1\"");
        }
    }
    EXPECT_FALSE(f.parts.empty());
    f.expect_whole(bytes);
}

TEST(sharing, is_for_large_files_of_hosts_that_honour_ranges) {
    struct row {
        const char* name;
        std::size_t size;
        std::function<void(canned&)> answer;
        std::function<void(source::download_link&)> link;
        bool shared;
    };
    const auto same = [](canned&) {};
    const auto plain = [](source::download_link&) {};
    const row table[] = {
        {"large", 4 * mib, same, plain, true},
        {"small", 4 * mib - 1, same, plain, false},
        {"no ranges", 4 * mib, [](canned& c) { c.headers.pop_back(); }, plain, false},
        {"weak tag", 4 * mib, [](canned& c) { c.headers[0].value = "W/\"v1\""; }, plain, false},
        {"a date", 4 * mib,
         [](canned& c) {
             c.headers[0] = {"Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"};
         },
         plain, false},
        {"a link that says no", 4 * mib, same, [](source::download_link& l) { l.ranges = false; }, false},
        {"a form", 4 * mib, same, [](source::download_link& l) { l.request.method = "POST"; }, false},
    };
    for (const auto& row : table) {
        shared_fixture f(row.size);
        memory_storage storage([&](const transport::request& what) {
            canned answer = serve(f.file, what);
            row.answer(answer);
            return answer;
        });
        auto link = f.link();
        row.link(link);
        transfer bytes(f.settings, f.item);
        const try_end ended = f.run(f.together(bytes, storage, link, 2));
        EXPECT_FALSE(ended.end.error) << row.name;
        EXPECT_EQ(f.was_shared, row.shared) << row.name;
        f.expect_whole(bytes);
    }
}

TEST(sharing, a_range_that_fails_costs_its_piece_alone) {
    shared_fixture f(8 * mib);
    unsigned asked = 0;
    memory_storage storage([&](const transport::request& what) {
        return ++asked == 3 ? serve(f.file, what, mib / 2 + 7) : serve(f.file, what);
    });
    transfer bytes(f.settings, f.item);
    const try_end broken = f.try_together(bytes, storage, 3);
    ASSERT_TRUE(broken.end.error);
    EXPECT_TRUE(broken.end.error->code == transport::http_errc::body_truncated);
    const try_end whole = f.try_together(bytes, storage, 3);
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    // The streams that were closed have read ahead of what was taken from them; no byte of a piece came twice.
    EXPECT_EQ(bytes.downloaded(), f.file.size());
    f.expect_whole(bytes);
}

// Ranges that are shorter than asked for, or begin earlier (RFC 9110, sections 14.4 and 15.3.7), cost no more than
// requests.
TEST(sharing, ranges_as_they_come_make_the_file) {
    for (const char* manner : {"short", "aligned", "no total"}) {
        shared_fixture f(8 * mib + 77);
        memory_storage storage([&](const transport::request& what) {
            const std::string range = header_of(what, "Range");
            if (range.empty()) return serve(f.file, what);
            std::size_t first = std::stoull(range.substr(6));
            const std::size_t dash = range.find('-') + 1;
            std::size_t end = dash == range.size() ? f.file.size() : std::stoull(range.substr(dash)) + 1;
            if (manner == std::string_view("aligned")) first -= first % 1'000'003;
            if (manner == std::string_view("short")) end = std::min(end, first + 300'000);
            const std::string total = manner == std::string_view("no total") ? "*" : std::to_string(f.file.size());
            canned answer{206, f.file.substr(first, end - first), {{"ETag", "\"v1\""}}, {}};
            answer.headers.push_back(
                {"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" + total});
            return answer;
        });
        transfer bytes(f.settings, f.item);
        const try_end ended = f.try_together(bytes, storage, 3);
        ASSERT_FALSE(ended.end.error) << manner << to_string(*ended.end.error);
        EXPECT_TRUE(f.was_shared) << manner;
        f.expect_whole(bytes);
    }
}

// A piece whose answer leaves the tag out belongs to nobody knows what.
TEST(sharing, a_range_without_the_tag_ends_it) {
    shared_fixture f(8 * mib);
    unsigned asked = 0;
    memory_storage storage([&](const transport::request& what) {
        canned answer = serve(f.file, what);
        if (++asked == 6) std::erase_if(answer.headers, [](const auto& field) { return field.name == "ETag"; });
        return answer;
    });
    transfer bytes(f.settings, f.item);
    const try_end broken = f.try_together(bytes, storage, 2);
    ASSERT_TRUE(broken.end.error);
    EXPECT_TRUE(broken.end.error->code == download_errc::ranges_disagree);
    const try_end whole = f.try_together(bytes, storage, 2);
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    EXPECT_FALSE(f.was_shared);
    f.expect_whole(bytes);
}

TEST(sharing, another_version_ends_it) {
    for (const char* other : {"etag", "whole", "range"}) {
        shared_fixture f(8 * mib);
        unsigned asked = 0;
        memory_storage storage([&](const transport::request& what) {
            ++asked;
            transport::request other_request = what;
            if (asked == 6 && std::string_view(other) != "etag") other_request.headers.clear();
            if (asked == 6 && std::string_view(other) == "range")
                other_request.headers.push_back({"Range", "bytes=5-9"});
            canned answer = serve(f.file, other_request);
            if (asked == 6 && std::string_view(other) == "etag") answer.headers[0].value = "\"v2\"";
            return answer;
        });
        transfer bytes(f.settings, f.item);
        const try_end broken = f.try_together(bytes, storage, 2);
        ASSERT_TRUE(broken.end.error) << other;
        EXPECT_TRUE(broken.end.error->code == download_errc::ranges_disagree) << to_string(*broken.end.error);
        EXPECT_EQ(classify(*broken.end.error), error_class::transient);
        const std::uint64_t head = bytes.offset();
        const std::size_t before = storage.sent.size();
        const try_end whole = f.try_together(bytes, storage, 2);
        ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
        EXPECT_FALSE(f.was_shared) << other;
        ASSERT_EQ(storage.sent.size(), before + 1) << other;
        EXPECT_EQ(header_of(storage.sent.back(), "Range"), "bytes=" + std::to_string(head) + "-");
        f.expect_whole(bytes);
    }
}

// The first connection is still at the head when another one finds out: it brings the rest by itself.
TEST(sharing, another_version_leaves_the_first_connection_alone) {
    shared_fixture f(8 * mib);
    unsigned asked = 0;
    memory_storage storage([&](const transport::request& what) {
        canned answer = serve(f.file, what);
        if (++asked > 1) answer.headers[0].value = "\"v2\"";
        return answer;
    });
    transfer bytes(f.settings, f.item);
    const try_end ended = f.try_together(bytes, storage, 2);
    ASSERT_FALSE(ended.end.error) << to_string(*ended.end.error);
    EXPECT_LE(storage.sent.size(), 3u);
    f.expect_whole(bytes);
}

TEST(sharing, a_drive_that_reads_wrong_is_found) {
    shared_fixture f(8 * mib);
    memory_storage storage([&](const transport::request& what) { return serve(f.file, what); });
    storage.turns = [](const transport::request& what) { return header_of(what, "Range").empty() ? 200u : 1u; };
    bool spoilt = false;
    f.after_piece = [&](transfer& bytes) {
        if (spoilt || bytes.offset() > mib) return;
        for (const auto& entry : std::filesystem::directory_iterator(f.folder / std::string(layout::staging_folder))) {
            std::fstream there(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
            there.seekp(mib + 5);
            there.put(static_cast<char>(f.file[mib + 5] ^ 1));
            spoilt = true;
        }
    };
    transfer bytes(f.settings, f.item);
    const try_end broken = f.try_together(bytes, storage, 2);
    EXPECT_TRUE(spoilt);
    ASSERT_TRUE(broken.end.error);
    EXPECT_TRUE(broken.end.error->code == download_errc::ranges_disagree) << to_string(*broken.end.error);
    EXPECT_EQ(bytes.offset(), mib) << "nothing wrong was hashed";
    const try_end whole = f.try_together(bytes, storage, 2);
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    f.expect_whole(bytes);
}

TEST(sharing, what_is_committed_is_gone_on_with) {
    shared_fixture f(9 * mib);
    f.settings.part_bytes = mib;
    bool dead = false;
    memory_storage storage([&](const transport::request& what) {
        if (dead) return canned{500, "", {}, {}};
        return serve(f.file, what);
    });
    f.after_piece = [&](transfer& bytes) { dead = dead || bytes.offset() > 4 * mib; };
    std::optional<transfer> first(std::in_place, f.settings, f.item);
    EXPECT_TRUE(f.try_together(*first, storage, 3).end.error);
    f.run(first->end(true));
    first.reset();
    ASSERT_FALSE(f.parts.empty());
    EXPECT_GE(f.parts.back().bytes, 4 * mib);
    f.item.part = f.parts.back();
    f.item.listed.size = f.file.size();
    f.settings.segments.least_left = mib;
    dead = false;
    f.after_piece = [](transfer&) {};
    transfer again(f.settings, f.item);
    f.run(again.take_up_part());
    EXPECT_EQ(again.offset(), f.parts.back().bytes);
    const try_end whole = f.try_together(again, storage, 3);
    ASSERT_FALSE(whole.end.error) << to_string(*whole.end.error);
    EXPECT_EQ(again.downloaded(), f.file.size() - f.item.part->bytes);
    f.expect_whole(again);
}

// Connections of every speed, that break where they like; tries until it is whole.
TEST(sharing, brings_the_same_bytes_whatever_happens) {
    for (unsigned seed = 0; seed < 25; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
        shared_fixture f(5 * mib + below(6 * mib));
        f.item.listed.sha1 = formats::sha1_of(as_bytes(f.file));
        memory_storage storage([&](const transport::request& what) {
            if (below(15) == 0) return canned{503, "", {}, {}};
            return below(5) == 0 ? serve(f.file, what, below(2 * mib)) : serve(f.file, what);
        });
        storage.piece = 1 + below(400'000);
        if (storage.piece < 20'000) storage.piece += 20'000;
        storage.turns = [&](const transport::request&) { return static_cast<unsigned>(1 + below(12)); };
        transfer bytes(f.settings, f.item);
        const auto helpers = static_cast<unsigned>(below(5));
        try_end ended = f.try_together(bytes, storage, helpers);
        for (unsigned tries = 0; ended.end.error; ++tries) {
            ASSERT_LT(tries, 200u) << seed;
            ASSERT_EQ(classify(*ended.end.error), error_class::transient) << seed << to_string(*ended.end.error);
            ended = f.try_together(bytes, storage, helpers);
        }
        EXPECT_EQ(ended.end.check, source_check::digest) << seed;
        EXPECT_EQ(bytes.downloaded(), f.file.size()) << seed;
        f.expect_whole(bytes);
    }
}

}  // namespace
}  // namespace decamp::download
