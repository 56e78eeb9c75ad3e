#include "engine/transport/framing.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace decamp::transport {
namespace {

struct outcome {
    std::string body;
    std::size_t surplus = 0;
    bool finished = false;
    bool failed = false;
    bool operator==(const outcome&) const = default;
};

// Feeds `raw` in pieces that end at each of `cuts`.
outcome feed(body_machine machine, std::string raw, const std::vector<std::size_t>& cuts) {
    outcome out;
    std::size_t from = 0;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
        const std::size_t to = i < cuts.size() ? cuts[i] : raw.size();
        const auto piece = std::as_writable_bytes(std::span(raw)).subspan(from, to - from);
        from = to;
        const auto got = machine.received(piece);
        if (!got) {
            out.failed = true;
            out.body.clear();
            EXPECT_EQ(got.error().code, make_error_code(http_errc::bad_response));
            EXPECT_FALSE(got.error().detail.empty());
            return out;
        }
        out.body.append(reinterpret_cast<const char*>(piece.data()), got->produced);
        out.surplus += got->surplus;
        EXPECT_TRUE(machine.finished() || got->surplus == 0);
    }
    out.finished = machine.finished();
    return out;
}

// The same whatever the network does to it.
void expect_everywhere(body_framing framing, const std::string& raw, const outcome& wanted) {
    const body_machine machine(framing);
    EXPECT_EQ(feed(machine, raw, {}), wanted) << raw.substr(0, 60);
    std::vector<std::size_t> each;
    for (std::size_t i = 1; i < raw.size(); ++i) each.push_back(i);
    EXPECT_EQ(feed(machine, raw, each), wanted) << "byte by byte: " << raw.substr(0, 60);
    if (raw.size() > 400) return;
    for (std::size_t i = 0; i <= raw.size(); ++i)
        for (std::size_t j = i; j <= raw.size(); ++j)
            ASSERT_EQ(feed(machine, raw, {i, j}), wanted) << i << ' ' << j << ' ' << raw;
}

constexpr body_framing chunked{body_kind::chunked, 0};

TEST(framing, chunks_undone) {
    const std::string a40(0x40, 'a');
    const std::pair<std::string, std::string> table[] = {
        {"0\r\n\r\n", ""},
        {"3\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
        {"03\r\nabc\r\n00\r\n\r\n", "abc"},
        {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"40;name=\"value\"\r\n" + a40 + "\r\n0;last\r\n\r\n", a40},
        {"3 \r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\t;x\r\nabc\r\n0\r\n\r\n", "abc"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"},
        {"1\r\nx\r\n0\r\nX-Sum: 1\r\nOther: 2\r\n\r\n", "x"},
        {"0000000000000001\r\nx\r\n0000000000000000\r\n\r\n", "x"},
    };
    for (const auto& [raw, body] : table) {
        expect_everywhere(chunked, raw, {body, 0, true, false});
        expect_everywhere(chunked, raw + "HTTP", {body, 4, true, false});
    }
}

TEST(framing, bad_chunks_refused) {
    const std::string table[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x1\r\n",
        ";x\r\n",
        " 1\r\n",
        "3\nabc\r\n",
        "3\r\rabc",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc\r\r",
        "1g\r\n",
        "00000000000000001\r\n",
        "fffffffffffffffff\r\n",
        "3;\x01\r\nabc",
        std::string("3;\0\r\n", 5),
        "3;a\nb\r\n",
        "0\r\n\n",
        "0\r\nA: b\n\r\n",
        "0\r\n\rX",
        "0\r\nA\x7f: b\r\n\r\n",
        "3\r\nabc\r\n\r\n",
        "1" + std::string(1100, ' ') + "\r\n",
        "0\r\n" + std::string(8300, 'a') + "\r\n\r\n",
        "1;" + std::string(1100, 'a') + "\r\n",
    };
    for (const auto& raw : table) expect_everywhere(chunked, raw, {"", 0, false, true});
}

TEST(framing, unfinished_chunks_are_not_finished) {
    const std::string whole = "3\r\nabc\r\n0\r\nA: b\r\n\r\n";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        body_machine machine(chunked);
        std::string raw = whole.substr(0, size);
        ASSERT_TRUE(machine.received(std::as_writable_bytes(std::span(raw))));
        EXPECT_FALSE(machine.finished()) << size;
        const auto end = machine.connection_ended();
        ASSERT_TRUE(end.has_error()) << size;
        EXPECT_EQ(end.error().code, make_error_code(http_errc::body_truncated));
    }
}

TEST(framing, a_chunk_of_the_largest_size_is_counted_without_overflow) {
    body_machine machine(chunked);
    std::string raw = "ffffffffffffffff\r\nabc";
    const auto got = machine.received(std::as_writable_bytes(std::span(raw)));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->produced, 3u);
    EXPECT_FALSE(machine.finished());
}

TEST(framing, many_trailer_lines_are_bounded_together) {
    std::string raw = "0\r\n";
    for (int i = 0; i < 5000; ++i) raw += "a:b\r\n";
    expect_everywhere(chunked, raw, {"", 0, false, true});
}

// A server may use small chunks; it may not send a thousand bytes of framing for each byte of data.
TEST(framing, framing_may_not_outweigh_the_data) {
    std::string small, silly;
    for (int i = 0; i < 100000; ++i) small += "1\r\nx\r\n";
    EXPECT_EQ(feed(body_machine(chunked), small + "0\r\n\r\n", {}).body.size(), 100000u);
    for (int i = 0; i < 1000; ++i) silly += "1;" + std::string(1000, 'e') + "\r\nx\r\n";
    EXPECT_TRUE(feed(body_machine(chunked), silly, {}).failed);
}

TEST(framing, length) {
    expect_everywhere({body_kind::length, 0}, "", {"", 0, true, false});
    expect_everywhere({body_kind::length, 0}, "x", {"", 1, true, false});
    expect_everywhere({body_kind::length, 3}, "abc", {"abc", 0, true, false});
    expect_everywhere({body_kind::length, 3}, "abcdefgh", {"abc", 5, true, false});
    expect_everywhere({body_kind::length, 4}, "abc", {"abc", 0, false, false});
    expect_everywhere({body_kind::length, UINT64_MAX}, "abc", {"abc", 0, false, false});
    expect_everywhere({body_kind::none, 0}, "abc", {"", 3, true, false});
    expect_everywhere({body_kind::until_close, 0}, "abc", {"abc", 0, false, false});
}

TEST(framing, end_of_the_connection) {
    EXPECT_TRUE(body_machine(body_framing{body_kind::none, 0}).connection_ended());
    EXPECT_TRUE(body_machine(body_framing{body_kind::length, 0}).connection_ended());
    body_machine close(body_framing{body_kind::until_close, 0});
    EXPECT_FALSE(close.finished());
    EXPECT_TRUE(close.connection_ended());
    EXPECT_TRUE(close.finished());
    body_machine length(body_framing{body_kind::length, 10});
    std::string raw = "abc";
    ASSERT_TRUE(length.received(std::as_writable_bytes(std::span(raw))));
    const auto end = length.connection_ended();
    ASSERT_TRUE(end.has_error());
    EXPECT_EQ(end.error().code, make_error_code(http_errc::body_truncated));
    EXPECT_EQ(end.error().detail, "7 of 10 bytes missing");
}

}  // namespace
}  // namespace decamp::transport
