#include "formats/age_payload.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "age_making.hpp"
#include "formats/hex.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using namespace test;
using enum age_payload_fault;

constexpr std::size_t full = age_sealed_chunk_bytes;

struct sealed_file {
    std::string payload;
    age_payload_key key;
};

sealed_file seal(std::string_view plain, std::uint64_t seed = 1) {
    const age_identity to = identity_of(7);
    std::string file = sealed_by(encryptor_to(to.recipient(), seed), plain);
    age_header_reader reader;
    file.erase(0, reader.feed(as_bytes(file)));
    auto key = reader.unlock_with_keys(std::span(&to, 1));
    return {std::move(file), std::move(std::get<age_payload_key>(key))};
}

struct read_payload {
    std::optional<age_payload_error> error;
    std::string plain;
};

read_payload read(const age_payload_key& key, std::string_view payload, std::size_t piece = SIZE_MAX) {
    age_decryptor decryptor(key);
    std::vector<std::byte> plain;
    std::optional<age_payload_error> error;
    while (!payload.empty() && !error) {
        const std::string_view part = payload.substr(0, piece);
        payload.remove_prefix(part.size());
        error = decryptor.feed(plain, as_bytes(part));
    }
    const auto at_end = decryptor.finish(plain);
    EXPECT_TRUE(!error || error == at_end) << "an error is forgotten";
    return {at_end, std::string(as_text(plain))};
}

TEST(age_payload, nonce_of_a_chunk) {
    EXPECT_EQ(to_hex(detail::chunk_nonce(0, false)), "000000000000000000000000");
    EXPECT_EQ(to_hex(detail::chunk_nonce(0, true)), "000000000000000000000001");
    EXPECT_EQ(to_hex(detail::chunk_nonce(0x0102030405060708, true)), "000000010203040506070801");
}

TEST(age_payload, sizes) {
    static_assert(age_payload_bytes(0) == 16 && age_payload_bytes(1) == 17 && age_payload_bytes(65536) == 65552);
    static_assert(age_payload_bytes(65537) == 65537 + 32 && age_chunk_count(65537) == 2 && age_chunk_count(0) == 1);
    EXPECT_EQ(age_payload_bytes(std::uint64_t{1} << 62), (std::uint64_t{1} << 62) + (std::uint64_t{1} << 50));
    for (const std::uint64_t none :
         {std::uint64_t{0}, std::uint64_t{15}, std::uint64_t{full} + 1, std::uint64_t{full} + 16,
          std::uint64_t{2 * full} + 16, UINT64_MAX, (std::uint64_t{1} << 63) + 1})
        EXPECT_EQ(age_plain_bytes(none), std::nullopt) << none;
    test::random_text random(3);
    for (int round = 0; round < test::rounds(20000); ++round) {
        const std::uint64_t plain = random.below(std::uint64_t{1} << random.below(62));
        EXPECT_EQ(age_plain_bytes(age_payload_bytes(plain)), plain);
        const std::uint64_t payload = random.below(std::uint64_t{1} << random.below(62));
        const auto back = age_plain_bytes(payload);
        EXPECT_TRUE(!back || age_payload_bytes(*back) == payload) << payload;
    }
}

TEST(age_payload, places_of_chunks) {
    EXPECT_EQ(age_chunk_at(0, 0), (age_chunk_place{0, true, 0, 16, 0, 0}));
    EXPECT_EQ(age_chunk_at(65536, 65535), (age_chunk_place{0, true, 0, full, 0, 65536}));
    EXPECT_EQ(age_chunk_at(65537, 65535), (age_chunk_place{0, false, 0, full, 0, 65536}));
    EXPECT_EQ(age_chunk_at(65537, 65536), (age_chunk_place{1, true, full, 17, 65536, 1}));
    // Places follow each other without a gap and fill the payload.
    for (const std::uint64_t plain : {0U, 1U, 65536U, 200000U, 262144U, 262145U}) {
        std::uint64_t sealed = 0, at = 0;
        for (;;) {
            const age_chunk_place place = age_chunk_at(plain, at);
            EXPECT_EQ(place.sealed_offset, sealed);
            EXPECT_EQ(place.plain_offset, at);
            sealed += place.sealed_bytes;
            at += place.plain_bytes;
            if (place.last) break;
        }
        EXPECT_EQ(at, plain);
        EXPECT_EQ(sealed, age_payload_bytes(plain));
    }
}

TEST(age_payload, one_chunk_is_read_without_the_others) {
    const std::string plain = plain_of(3 * age_chunk_bytes + 100);
    const sealed_file file = seal(plain);
    age_chunk_reader chunks(file.key);
    ASSERT_EQ(age_plain_bytes(file.payload.size()), plain.size());
    for (const std::size_t at : {std::size_t{150000}, std::size_t{3}, plain.size() - 1, std::size_t{65536}}) {
        const age_chunk_place place = age_chunk_at(plain.size(), at);
        std::vector<std::byte> out(place.plain_bytes);
        const std::string sealed = file.payload.substr(place.sealed_offset, place.sealed_bytes);
        EXPECT_TRUE(chunks.decrypt_chunk(place.index, place.last, as_bytes(sealed), out));
        EXPECT_EQ(as_text(out), plain.substr(place.plain_offset, place.plain_bytes));
        EXPECT_EQ(as_text(out)[at - place.plain_offset], plain[at]);
        // Nowhere else, and not as another kind.
        for (const std::uint64_t index : {place.index + 1, place.index + 256, place.index + (std::uint64_t{1} << 40)})
            EXPECT_FALSE(chunks.decrypt_chunk(index, place.last, as_bytes(sealed), out));
        EXPECT_FALSE(chunks.decrypt_chunk(place.index, !place.last, as_bytes(sealed), out));
        EXPECT_TRUE(std::ranges::all_of(out, [](std::byte b) { return b == std::byte{}; }));
        std::string wrong = sealed;
        wrong[sealed.size() / 2] ^= 1;
        EXPECT_FALSE(chunks.decrypt_chunk(place.index, place.last, as_bytes(wrong), out));
        EXPECT_FALSE(
            age_chunk_reader(seal(plain, 2).key).decrypt_chunk(place.index, place.last, as_bytes(sealed), out));
    }
}

TEST(age_payload, sizes_that_no_chunk_has_are_refused) {
    const sealed_file file = seal(plain_of(age_chunk_bytes + 1));
    age_chunk_reader chunks(file.key);
    std::vector<std::byte> out(age_chunk_bytes + 1);
    const auto attempt = [&](std::uint64_t index, bool last, std::size_t sealed, std::size_t plain) {
        const std::string_view bytes = std::string_view(file.payload).substr(0, sealed);
        return chunks.decrypt_chunk(index, last, as_bytes(bytes), std::span(out).first(plain));
    };
    EXPECT_TRUE(attempt(0, false, full, age_chunk_bytes));
    EXPECT_FALSE(attempt(0, false, full, age_chunk_bytes - 1));
    EXPECT_FALSE(attempt(0, false, full, age_chunk_bytes + 1));
    EXPECT_FALSE(attempt(0, false, full - 1, age_chunk_bytes - 1));
    EXPECT_FALSE(attempt(0, false, full + 1, age_chunk_bytes + 1));
    EXPECT_FALSE(attempt(0, false, 0, 0));
    EXPECT_FALSE(attempt(0, true, 15, 0));
    EXPECT_FALSE(attempt(1, true, 16, 0));
}

TEST(age_payload, cut_anywhere) {
    const std::string plain = plain_of(2 * age_chunk_bytes + 100);
    const sealed_file file = seal(plain);
    const auto cut = [&](std::size_t size) { return read(file.key, std::string_view(file.payload).substr(0, size)); };
    test::random_text random(8);
    std::vector<std::size_t> sizes = {
        0,         1,         15,           16,       17,           full - 1,      full,         full + 1,
        full + 16, full + 17, 2 * full - 1, 2 * full, 2 * full + 1, 2 * full + 16, 2 * full + 17};
    for (int i = 0; i < 50; ++i) sizes.push_back(random.below(file.payload.size()));
    for (std::size_t i = 1; i < 100; ++i) sizes.push_back(file.payload.size() - i);
    for (const std::size_t size : sizes) {
        const auto [error, released] = cut(size);
        const std::size_t whole = size / full, rest = size % full;
        ASSERT_TRUE(error.has_value()) << size;
        EXPECT_EQ(error->chunk, whole) << size;
        // Where the cut is at an end of chunks, or leaves less than a chunk can be, it is known to be one.
        const bool certain = rest < 16 || (rest == 16 && whole > 0);
        EXPECT_EQ(error->fault, certain ? truncated : damaged) << size;
        EXPECT_EQ(released, plain.substr(0, whole * age_chunk_bytes)) << size;
    }
    EXPECT_EQ(cut(file.payload.size()).error, std::nullopt);
}

TEST(age_payload, chunks_in_wrong_places) {
    const std::string plain = plain_of(3 * age_chunk_bytes + 100);
    const sealed_file file = seal(plain);
    const auto chunk = [&](std::size_t index) { return file.payload.substr(index * full, full); };
    const std::string a = chunk(0), b = chunk(1), c = chunk(2), last = chunk(3);
    const std::string other = seal(plain, 2).payload.substr(full, full);  // of a file with the same plain text
    struct {
        const char* what;
        std::string payload;
        age_payload_error error;
    } const table[] = {
        {"swapped", b + a + c + last, {damaged, 0}},
        {"swapped later", a + c + b + last, {damaged, 1}},
        {"twice", a + b + b + c + last, {damaged, 2}},
        {"first left out", b + c + last, {damaged, 0}},
        {"one left out", a + c + last, {damaged, 1}},
        {"last left out", a + b + c, {truncated, 3}},
        {"two left out at the end", a + b, {truncated, 2}},
        {"last too early", a + b + last, {damaged, 2}},
        {"last twice", a + b + c + last + last, {damaged, 3}},
        {"of another file", a + other + c + last, {damaged, 1}},
        {"nothing", "", {truncated, 0}},
        {"zeros behind", a + b + c + last + std::string(full, '\0'), {damaged, 3}},
    };
    EXPECT_EQ(read(file.key, a + b + c + last).plain, plain);
    for (const auto& [what, payload, error] : table) {
        const auto result = read(file.key, payload);
        EXPECT_EQ(result.error, error) << what;
        EXPECT_EQ(result.plain, plain.substr(0, error.chunk * age_chunk_bytes)) << what;
        for (const std::size_t piece : {std::size_t{1000}, full - 1, full, full + 1}) {
            const auto again = read(file.key, payload, piece);
            EXPECT_EQ(again.error, error) << what << " in pieces of " << piece;
            EXPECT_EQ(again.plain, result.plain) << what << " in pieces of " << piece;
        }
    }
}

TEST(age_payload, bytes_behind_the_last_chunk) {
    for (const std::size_t chunks : {std::size_t{1}, std::size_t{2}}) {
        const std::string plain = plain_of(chunks * age_chunk_bytes);
        const sealed_file file = seal(plain);
        for (const std::size_t more : {std::size_t{1}, std::size_t{16}, std::size_t{17}, full, 2 * full}) {
            const auto result = read(file.key, file.payload + std::string(more, 'x'));
            EXPECT_EQ(result.error, (age_payload_error{extended, chunks - 1})) << more;
            EXPECT_EQ(result.plain, plain) << "what is proven is given out";
        }
    }
    // Behind a last chunk that is not full they cannot be told from damage.
    const sealed_file file = seal("short");
    EXPECT_EQ(read(file.key, file.payload + "x").error, (age_payload_error{damaged, 0}));
}

TEST(age_payload, any_byte_changed) {
    const std::string plain = plain_of(age_chunk_bytes + 40);
    const sealed_file file = seal(plain);
    test::random_text random(8);
    for (int round = 0; round < test::rounds(200); ++round) {
        std::string wrong = file.payload;
        const std::size_t at =
            round < 20 ? wrong.size() - 1 - static_cast<std::size_t>(round) : random.below(wrong.size());
        wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ (1U << random.below(8)));
        const auto result = read(file.key, wrong, 1 + random.below(100000));
        EXPECT_EQ(result.error, (age_payload_error{damaged, at / full})) << at;
        EXPECT_EQ(result.plain, plain.substr(0, at / full * age_chunk_bytes));
    }
}

// Sealed as a chunk in good order, but against the rule that only an empty file has an empty chunk.
TEST(age_payload, an_empty_chunk_behind_others_is_refused) {
    const std::string plain = plain_of(age_chunk_bytes);
    const sealed_file file = seal(plain);
    detail::chacha20_poly1305 cipher(file.key.bytes(), detail::chacha20_poly1305::direction::sealing);
    std::vector<std::byte> payload(full + 16);
    cipher.seal(detail::chunk_nonce(0, false), as_bytes(plain), std::span(payload).first(full));
    cipher.seal(detail::chunk_nonce(1, true), {}, std::span(payload).last(16));
    EXPECT_EQ(read(file.key, as_text(payload)).error, (age_payload_error{truncated, 1}));
    EXPECT_FALSE(age_chunk_reader(file.key).decrypt_chunk(1, true, std::span(payload).last(16), {}));
}

TEST(age_payload, calls_out_of_turn_are_bugs) {
    const sealed_file file = seal("x");
    age_decryptor decryptor(file.key);
    std::vector<std::byte> plain;
    EXPECT_EQ(decryptor.feed(plain, as_bytes(file.payload)), std::nullopt);
    EXPECT_TRUE(plain.empty()) << "given out before it was known to be the last";
    EXPECT_EQ(decryptor.finish(plain), std::nullopt);
    EXPECT_EQ(decryptor.chunks(), 1U);
    EXPECT_THROW(static_cast<void>(decryptor.feed(plain, as_bytes("x"))), std::logic_error);
    EXPECT_THROW(static_cast<void>(decryptor.finish(plain)), std::logic_error);
    EXPECT_EQ(as_text(plain), "x");
}

}  // namespace
}  // namespace decamp::formats
