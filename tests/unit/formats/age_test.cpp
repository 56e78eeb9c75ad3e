#include "formats/age.hpp"

#include <stdexcept>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "age_making.hpp"
#include "formats/base64.hpp"
#include "formats/hex.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using namespace test;

static_assert(!std::is_copy_constructible_v<age_encryptor> && std::is_nothrow_move_constructible_v<age_encryptor>);

// Written by age 1.1.1 to the recipient of the specification.
constexpr std::string_view written_by_age =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e205832353531392063773171784130714553624d69595a5a68497943566570594b"
    "6e7750"
    "3639564b6b4d7a79693466367454340a6251576559795059776d7443554843787856457676783737636646494561375a764576583068526848"
    "4b380a"
    "2d2d2d204b5235594f57735369483242494e444650684751384d472b325033637651644a614a36515766364b4845410a2d39f697c13bd14c83"
    "3e1563"
    "ea4548a7b22e1e01985556a39eeba6847879d3eb01058a729774a5a874f426d381d532f8929ccb797f280f676650ccfc879a0c44d6188ab598"
    "481e7a"
    "f910c6dd3c";

TEST(age, opens_what_age_wrote) {
    const auto file = from_hex(written_by_age).value();
    const opened result = open_with(known_identity(), as_text(file));
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.plain, "The quick brown fox jumps over the lazy dog.\n");
}

// The format, step by step, from the bytes that were drawn.
TEST(age, writes_what_the_specification_says) {
    const age_identity to = known_identity();
    const age_encryptor encryptor = encryptor_to(to.recipient());
    const std::string header(as_text(encryptor.header()));
    std::vector<std::byte> drawn(16 + 32 + 16);
    const entropy random = seeded(1);
    random(std::span(drawn).first(16));
    random(std::span(drawn).subspan(16, 32));
    random(std::span(drawn).last(16));
    const detail::file_key file_key(std::span<const std::byte>(drawn).first<16>());
    const detail::key_bytes ephemeral(std::span<const std::byte>(drawn).subspan<16, 32>());
    const auto share = detail::x25519_public(ephemeral);
    const auto shared = detail::x25519(ephemeral, to.recipient().public_key).value();
    const auto wrap_key = detail::age_x25519_wrap_key(shared, share, to.recipient().public_key);
    std::vector<std::byte> body(32);
    detail::chacha20_poly1305(wrap_key, detail::chacha20_poly1305::direction::sealing).seal({}, file_key.span(), body);
    const std::string covered =
        "age-encryption.org/v1\n-> X25519 " + to_base64(share) + "\n" + to_base64(body) + "\n---";
    const auto mac = detail::age_header_mac(file_key, covered);
    EXPECT_EQ(header, covered + " " + to_base64(mac) + "\n" + std::string(as_text(drawn).substr(48)));
}

TEST(age, passphrase_header) {
    const std::string file = sealed_with("secret", "x");
    EXPECT_TRUE(file.starts_with("age-encryption.org/v1\n-> scrypt ")) << file;
    EXPECT_NE(file.find(" 2\n"), std::string::npos) << file;
    age_header_reader reader;
    reader.feed(as_bytes(file));
    EXPECT_TRUE(reader.by_passphrase());
    EXPECT_EQ(reader.work_factor(), 2U);
}

constexpr std::size_t telling_sizes[] = {0,     1,     15,     16,     17,     4095,   65535,
                                         65536, 65537, 131071, 131072, 131073, 200000, 262144};

TEST(age, what_is_sealed_opens) {
    const age_identity to = identity_of(5);
    for (const std::size_t size : telling_sizes) {
        const std::string plain = plain_of(size);
        const std::string file = sealed_to(to, plain);
        EXPECT_EQ(file.size(), encryptor_to(to.recipient()).header().size() + age_payload_bytes(size));
        EXPECT_EQ(open_with(to, file), (opened{{}, {}, plain})) << size;
        EXPECT_EQ(open_with("secret", sealed_with("secret", plain)), (opened{{}, {}, plain})) << size;
    }
}

TEST(age, pieces_of_any_size_make_the_same_file) {
    const age_identity to = identity_of(5);
    test::random_text random(12);
    for (const std::size_t size : telling_sizes) {
        const std::string plain = plain_of(size);
        const std::string file = sealed_to(to, plain);
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{777}, std::size_t{65535}, std::size_t{65536}, std::size_t{65537},
              std::size_t{65552}, std::size_t{65553}, std::size_t{131072}}) {
            if (piece == 1 && size > 66000) continue;
            EXPECT_EQ(sealed_to(to, plain, piece), file) << size << " in pieces of " << piece;
            EXPECT_EQ(open_with(to, file, piece), (opened{{}, {}, plain})) << size << " in pieces of " << piece;
        }
        age_encryptor encryptor = encryptor_to(to.recipient());
        std::vector<std::byte> out;
        std::string_view rest = plain;
        while (!rest.empty()) {
            const std::size_t part = std::min<std::size_t>(random.below(150000), rest.size());
            encryptor.append(out, as_bytes(rest.substr(0, part)));
            rest.remove_prefix(part);
            ASSERT_EQ(out.size() % age_sealed_chunk_bytes, 0U) << "part of a chunk was given out";
        }
        encryptor.finish(out);
        EXPECT_EQ(as_text(out), std::string_view(file).substr(encryptor.header().size())) << size;
    }
}

TEST(age, no_byte_of_a_small_file_can_be_changed) {
    const age_identity to = identity_of(5);
    const std::string by_key = sealed_to(to, "a photo");
    const std::string by_passphrase = sealed_with("secret", "a photo");
    for (const unsigned flip : {0x01U, 0x20U, 0x80U, 0xFFU}) {
        for (std::size_t at = 0; at < by_key.size(); ++at) {
            std::string wrong = by_key;
            wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ flip);
            const opened result = open_with(to, wrong);
            EXPECT_FALSE(result.ok()) << at;
            EXPECT_EQ(result.plain, "") << at;
        }
        for (std::size_t at = 0; at < by_passphrase.size(); ++at) {
            std::string wrong = by_passphrase;
            wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ flip);
            const opened result = open_with("secret", wrong);
            EXPECT_FALSE(result.ok()) << at;
            EXPECT_EQ(result.plain, "") << at;
        }
    }
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(age, no_small_file_can_be_cut_or_added_to) {
    const age_identity to = identity_of(5);
    for (const std::string_view plain : {"", "a photo"}) {
        const std::string file = sealed_to(to, plain);
        const std::size_t header = file.size() - age_payload_bytes(plain.size());
        for (std::size_t size = 0; size < file.size(); ++size) {
            const opened result = open_with(to, file.substr(0, size));
            EXPECT_EQ(result.plain, "");
            if (size < header) {
                EXPECT_EQ(result.header, age_header_fault::truncated) << size;
            } else {
                ASSERT_TRUE(result.payload.has_value()) << size;
                const auto fault = size < header + 16 ? age_payload_fault::truncated : age_payload_fault::damaged;
                EXPECT_EQ(*result.payload, (age_payload_error{fault, 0})) << size;
            }
        }
        for (const std::size_t more : {1U, 15U, 16U, 17U, 1000U})
            EXPECT_EQ(open_with(to, file + std::string(more, '\0')).payload,
                      (age_payload_error{age_payload_fault::damaged, 0}));
    }
}

TEST(age, wrong_keys) {
    const age_identity right = identity_of(1), wrong = identity_of(2);
    const std::string by_key = sealed_to(right, "x"), by_passphrase = sealed_with("secret", "x");
    EXPECT_EQ(open_with(wrong, by_key).header, age_header_fault::no_matching_key);
    EXPECT_EQ(open_with("secret", by_key).header, age_header_fault::no_matching_key);
    EXPECT_EQ(open_with(right, by_passphrase).header, age_header_fault::no_matching_key);
    for (const std::string_view passphrase : {"", "Secret", "secret ", "secre"})
        EXPECT_EQ(open_with(passphrase, by_passphrase).header, age_header_fault::no_matching_key) << passphrase;
    EXPECT_TRUE(open_with("secret", by_passphrase).ok());
}

TEST(age, each_of_several_recipients_opens) {
    for (const std::size_t count : {std::size_t{2}, std::size_t{3}, age_stanza_limit}) {
        std::vector<age_recipient> recipients;
        for (std::size_t i = 0; i < count; ++i) recipients.push_back(identity_of(i).recipient());
        auto made = age_encryptor::to_recipients(recipients, seeded(9));
        const std::string file = sealed_by(std::move(std::get<age_encryptor>(made)), "for all");
        for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(open_with(identity_of(i), file), (opened{{}, {}, "for all"}));
        EXPECT_EQ(open_with(identity_of(count), file).header, age_header_fault::no_matching_key);
        // One of several identities fits.
        std::vector<age_identity> identities;
        identities.push_back(identity_of(1000));
        identities.push_back(identity_of(count - 1));
        EXPECT_TRUE(
            open_file(file, SIZE_MAX, [&](const auto& reader) { return reader.unlock_with_keys(identities); }).ok());
        identities.pop_back();
        EXPECT_FALSE(
            open_file(file, SIZE_MAX, [&](const auto& reader) { return reader.unlock_with_keys(identities); }).ok());
    }
}

std::optional<age_encrypt_fault> fault_of(const std::variant<age_encryptor, age_encrypt_fault>& made) {
    const auto* fault = std::get_if<age_encrypt_fault>(&made);
    return fault == nullptr ? std::nullopt : std::optional(*fault);
}

TEST(age, what_cannot_be_encrypted_to) {
    const entropy random = seeded(1);
    std::vector<age_recipient> recipients(age_stanza_limit, identity_of(1).recipient());
    EXPECT_EQ(fault_of(age_encryptor::to_recipients({}, random)), age_encrypt_fault::no_recipients);
    EXPECT_EQ(fault_of(age_encryptor::to_recipients(recipients, random)), std::nullopt);
    recipients[3] = age_recipient{};
    EXPECT_EQ(fault_of(age_encryptor::to_recipients(recipients, random)), age_encrypt_fault::unusable_recipient);
    recipients.push_back(recipients[0]);
    EXPECT_EQ(fault_of(age_encryptor::to_recipients(recipients, random)), age_encrypt_fault::too_many_recipients);
    EXPECT_EQ(fault_of(age_encryptor::with_passphrase("", random, 1)), age_encrypt_fault::empty_passphrase);
    EXPECT_EQ(fault_of(age_encryptor::with_passphrase("x", random, 0)), age_encrypt_fault::unusable_work_factor);
    EXPECT_EQ(fault_of(age_encryptor::with_passphrase("x", random, 23)), age_encrypt_fault::unusable_work_factor);
    EXPECT_EQ(fault_of(age_encryptor::with_passphrase("x", random, 1)), std::nullopt);
}

TEST(age, all_that_is_random_is_drawn) {
    const age_recipient to = identity_of(1).recipient();
    const auto header = [&](std::uint64_t seed) { return std::string(as_text(encryptor_to(to, seed).header())); };
    EXPECT_EQ(header(1), header(1));
    // Neither the share nor the body nor the MAC nor the nonce is that of another file.
    const std::string one = header(1), two = header(2);
    EXPECT_NE(one.substr(32, 43), two.substr(32, 43));
    EXPECT_NE(one.substr(77, 43), two.substr(77, 43));
    EXPECT_NE(one.substr(125, 43), two.substr(125, 43));
    EXPECT_NE(one.substr(one.size() - 16), two.substr(two.size() - 16));
    // Two stanzas of one file have nothing in common either.
    const std::vector<age_recipient> twice(2, to);
    const auto made = age_encryptor::to_recipients(twice, seeded(1));
    const std::string both(as_text(std::get<age_encryptor>(made).header()));
    EXPECT_NE(both.substr(32, 43), both.substr(32 + 43 + 1 + 43 + 1 + 10, 43));

    EXPECT_THROW(static_cast<void>(age_encryptor::to_recipients(twice, [](std::span<std::byte>) {})), std::logic_error);
    const entropy failing = [](std::span<std::byte>) { throw std::runtime_error("no randomness"); };
    EXPECT_THROW(static_cast<void>(age_encryptor::to_recipients(twice, failing)), std::runtime_error);
}

TEST(age, no_nonce_is_used_twice) {
    const age_recipient to = identity_of(1).recipient();
    std::vector<std::byte> out;
    age_encryptor encryptor = encryptor_to(to);
    encryptor.append(out, as_bytes("x"));
    age_encryptor moved = std::move(encryptor);
    // NOLINTNEXTLINE(bugprone-use-after-move): what this test is about
    EXPECT_THROW(encryptor.append(out, as_bytes("y")), std::logic_error);
    EXPECT_THROW(encryptor.finish(out), std::logic_error);
    EXPECT_TRUE(out.empty());
    moved.finish(out);
    EXPECT_EQ(out.size(), 1U + 16);
    EXPECT_THROW(moved.append(out, as_bytes("y")), std::logic_error);
    EXPECT_THROW(moved.append(out, {}), std::logic_error);
    EXPECT_THROW(moved.finish(out), std::logic_error);
    EXPECT_EQ(out.size(), 1U + 16);

    // Equal chunks of equal files are sealed to different bytes.
    const std::string zeros(3 * age_chunk_bytes, '\0');
    const std::string file = sealed_by(encryptor_to(to, 1), zeros);
    const std::string_view payload = std::string_view(file).substr(file.size() - age_payload_bytes(zeros.size()));
    const auto chunk = [&](std::size_t index) { return payload.substr(index * age_sealed_chunk_bytes, 64); };
    EXPECT_NE(chunk(0), chunk(1));
    EXPECT_NE(chunk(1), chunk(2));
    EXPECT_NE(chunk(0), chunk(2));
}

}  // namespace
}  // namespace decamp::formats
