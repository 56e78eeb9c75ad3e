#include "formats/age_header.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "age_making.hpp"
#include "formats/base64.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using namespace test;
using enum age_header_fault;

const std::string version = "age-encryption.org/v1\n";
const std::string share(43, 'A');  // any 32 bytes
const std::string body = share;
const std::string salt(22, 'A');  // any 16
const std::string key_stanza = "-> X25519 " + share + "\n" + body + "\n";
const std::string password_stanza = "-> scrypt " + salt + " 2\n" + body + "\n";
const std::string end = "--- " + share + "\n";
const std::string nonce(16, '\0');

std::optional<age_header_fault> fault_of(std::string_view file, age_header_limits limits = {},
                                         std::size_t piece = SIZE_MAX) {
    age_header_reader reader(limits);
    while (!file.empty()) {
        reader.feed(as_bytes(file.substr(0, piece)));
        file.remove_prefix(std::min(piece, file.size()));
    }
    reader.finish();
    return reader.fault();
}

using shape = std::pair<std::string, std::optional<age_header_fault>>;

void expect(std::initializer_list<shape> table) {
    for (const auto& [file, fault] : table) {
        EXPECT_EQ(fault_of(file), fault) << file;
        for (const std::size_t piece : {1U, 3U, 64U})
            EXPECT_EQ(fault_of(file, {}, piece), fault) << piece << ": " << file;
    }
}

const std::string line64(64, 'A');

TEST(age_header, shapes_that_are_taken) {
    expect({
        {version + key_stanza + end + nonce, {}},
        {version + key_stanza + key_stanza + end + nonce, {}},
        {version + password_stanza + end + nonce, {}},
        {version + "-> other\n\n" + end + nonce, {}},
        {version + "-> other with ~words! \x7E\n" + line64 + "\n" + line64 + "\n\n" + key_stanza + end + nonce, {}},
        {version + "-> other\nQUJD\n" + end + nonce, {}},
        {version + "-> x25519 a\n\n" + end + nonce, {}},  // another kind
        {version + key_stanza + end + nonce + "payload", {}},
    });
}

TEST(age_header, what_is_no_age_file) {
    expect({
        {"", truncated},
        {"a", truncated},
        {"age-encryption.org/v", truncated},
        {"\x89PNG", not_age},
        {"age-encryption.com/v1\n", not_age},
        {" " + version, not_age},
        {"\xEF\xBB\xBF" + version, not_age},
        {"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl", armored},
        {"-----BEGIN AGE ENCRYPTED", truncated},
        {"-----BEGIN PGP MESSAGE-----\n", not_age},
        {std::string(100000, 'a'), not_age},
    });
}

TEST(age_header, versions) {
    expect({
        {"age-encryption.org/v2\nanything", newer_version},
        {"age-encryption.org/v10\n", newer_version},
        {"age-encryption.org/\n", damaged},
        {"age-encryption.org/v1 \n", damaged},
        {"age-encryption.org/v1\r\n" + key_stanza, damaged},
    });
}

TEST(age_header, stanzas) {
    expect({
        {version + end + nonce, damaged},
        {version + "\n" + key_stanza + end + nonce, damaged},
        {version + "->X25519 " + share + "\n" + body + "\n" + end + nonce, damaged},
        {version + "->  X25519 " + share + "\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519  " + share + "\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + " \n" + body + "\n" + end + nonce, damaged},
        {version + "-> \n\n" + end + nonce, damaged},
        {version + "-> a\tb\n\n" + end + nonce, damaged},
        {version + "-> caf\xC3\xA9\n\n" + end + nonce, damaged},
        {version + "-> X25519\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + " x\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share.substr(1) + "\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "=\n" + body + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share.substr(1) + "B\n" + body + "\n" + end + nonce, damaged},  // not canonical
        {version + "-> X25519 " + share + "\n" + body.substr(1) + "\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "\n" + body + "A\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "\n" + body + "\r\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "\n\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "\n" + line64 + "\n\n" + end + nonce, damaged},
        {version + "-> X25519 " + share + "\n" + line64 + "\n" + body + "\n" + end + nonce, damaged},
        {version + "-> other\n" + line64 + "\n" + end + nonce, damaged},  // no short last line
        {version + "-> other\n" + line64 + "A\n\n" + end + nonce, damaged},
        {version + "-> other\nAAAAA\n" + end + nonce, damaged},
        {version + "-> other\n" + end + nonce, damaged},
    });
}

TEST(age_header, passphrase_stanzas) {
    expect({
        {version + "-> scrypt " + salt + "\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " 2 x\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + "A 2\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " 02\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " 0\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " +2\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " -2\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " 2x\n" + body + "\n" + end + nonce, damaged},
        {version + "-> scrypt " + salt + " 22\n" + body + "\n" + end + nonce, {}},
        {version + "-> scrypt " + salt + " 23\n" + body + "\n" + end + nonce, work_factor_too_high},
        {version + "-> scrypt " + salt + " 1000000000000000000000000000002\n" + body + "\n" + end + nonce,
         work_factor_too_high},
        {version + password_stanza + password_stanza + end + nonce, damaged},
        {version + password_stanza + key_stanza + end + nonce, damaged},
        {version + key_stanza + password_stanza + end + nonce, damaged},
        {version + password_stanza + "-> other\n\n" + end + nonce, damaged},
    });
}

TEST(age_header, ends) {
    expect({
        {version + key_stanza + "---\n" + nonce, damaged},
        {version + key_stanza + "---" + share + "\n" + nonce, damaged},
        {version + key_stanza + "---  " + share + "\n" + nonce, damaged},
        {version + key_stanza + "---- " + share + "\n" + nonce, damaged},
        {version + key_stanza + "--- " + share.substr(1) + "\n" + nonce, damaged},
        {version + key_stanza + "--- " + share.substr(1) + "B\n" + nonce, damaged},
        {version + key_stanza + "--- " + share + " \n" + nonce, damaged},
        {version + key_stanza + end + nonce.substr(1), truncated},
        {version + key_stanza + end, truncated},
        {version + key_stanza + end.substr(0, 30), truncated},
        {version + key_stanza, truncated},
        {version, truncated},
    });
}

TEST(age_header, limits) {
    const std::string file = version + key_stanza + key_stanza + end + nonce;
    const std::size_t text = file.size() - nonce.size();
    const auto with_bytes = [&](std::size_t bytes, std::size_t piece) {
        return fault_of(file, {.bytes = bytes}, piece);
    };
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{SIZE_MAX}}) {
        EXPECT_EQ(with_bytes(text, piece), std::nullopt);
        EXPECT_EQ(with_bytes(text - 1, piece), too_large);
        EXPECT_EQ(with_bytes(10, piece), too_large);
    }
    EXPECT_EQ(fault_of(file, {.stanzas = 2}), std::nullopt);
    EXPECT_EQ(fault_of(file, {.stanzas = 1}), too_large);
    std::string many = version;
    for (std::size_t i = 0; i < age_stanza_limit; ++i) many += "-> x\n\n";
    EXPECT_EQ(fault_of(many + end + nonce), std::nullopt);
    EXPECT_EQ(fault_of(many + "-> x\n\n" + end + nonce), too_large);
    EXPECT_EQ(fault_of("age-encryption.org/" + std::string(100000, 'v')), too_large);
    EXPECT_EQ(fault_of(version + "-> " + std::string(100000, 'x') + "\n\n" + end), too_large);
    EXPECT_EQ(fault_of(version + password_stanza + end + nonce, {.work_factor = 1}), work_factor_too_high);
    EXPECT_EQ(fault_of(version + password_stanza + end + nonce, {.work_factor = 2}), std::nullopt);
}

TEST(age_header, takes_no_byte_of_the_payload) {
    const std::string file = version + key_stanza + end + nonce;
    for (std::size_t piece = 1; piece <= file.size() + 5; ++piece) {
        age_header_reader reader;
        const std::string all = file + "payload";
        std::size_t taken = 0;
        while (reader.state() == age_header_reader::progress::wants_more)
            taken += reader.feed(as_bytes(std::string_view(all).substr(taken, piece)));
        EXPECT_EQ(reader.state(), age_header_reader::progress::complete);
        EXPECT_EQ(taken, file.size()) << piece;
        EXPECT_EQ(reader.size(), file.size());
        EXPECT_EQ(reader.feed(as_bytes("payload")), 0U);
        EXPECT_FALSE(reader.by_passphrase());
        EXPECT_EQ(reader.work_factor(), 0U);
    }
}

// A header with a MAC of its own, around a file key that is known.
struct own_header {
    detail::file_key key{as_bytes("a key of the file").first<16>()};
    age_identity to = identity_of(1);

    std::string stanza(std::uint64_t seed = 2) const {
        detail::key_bytes ephemeral;
        seeded(seed)(ephemeral.span());
        const auto public_share = detail::x25519_public(ephemeral);
        const auto shared = detail::x25519(ephemeral, to.recipient().public_key).value();
        const auto wrap_key = detail::age_x25519_wrap_key(shared, public_share, to.recipient().public_key);
        std::vector<std::byte> wrapped(32);
        detail::chacha20_poly1305(wrap_key, detail::chacha20_poly1305::direction::sealing)
            .seal({}, key.span(), wrapped);
        return "-> X25519 " + to_base64(public_share) + "\n" + to_base64(wrapped) + "\n";
    }
    std::string closed(const std::string& stanzas) const {
        const std::string covered = version + stanzas + "---";
        return covered + " " + to_base64(detail::age_header_mac(key, covered)) + "\n" + nonce;
    }
    std::optional<age_header_fault> unlock(const std::string& file) const {
        age_header_reader reader;
        reader.feed(as_bytes(file));
        EXPECT_EQ(reader.state(), age_header_reader::progress::complete) << file;
        const auto result = reader.unlock_with_keys(std::span(&to, 1));
        const auto* fault = std::get_if<age_header_fault>(&result);
        return fault == nullptr ? std::nullopt : std::optional(*fault);
    }
};

TEST(age_header, other_stanzas_are_passed_over_but_covered_by_the_mac) {
    const own_header own;
    const std::string strange = "-> example.com/new kind\n" + std::string(64, 'A') + "\n\n";
    EXPECT_EQ(own.unlock(own.closed(own.stanza())), std::nullopt);
    EXPECT_EQ(own.unlock(own.closed(strange + own.stanza() + strange)), std::nullopt);
    EXPECT_EQ(own.unlock(own.closed(key_stanza.substr(0, 10) + to_base64(identity_of(4).recipient().public_key) + "\n" +
                                    body + "\n" + own.stanza())),
              std::nullopt);
    EXPECT_EQ(own.unlock(own.closed(strange)), no_matching_key);

    // What was added, taken away or moved after it was made.
    const std::string whole = own.closed(own.stanza(2) + own.stanza(3));
    const std::string tail = whole.substr(whole.find("---"));
    EXPECT_EQ(own.unlock(whole), std::nullopt);
    EXPECT_EQ(own.unlock(version + own.stanza(2) + tail), forged);
    EXPECT_EQ(own.unlock(version + own.stanza(3) + own.stanza(2) + tail), forged);
    EXPECT_EQ(own.unlock(version + own.stanza(2) + own.stanza(3) + strange + tail), forged);
}

// C2SP age.md: "If the shared secret is all 0x00 bytes, the identity implementation MUST abort."
TEST(age_header, a_share_that_hides_nothing_is_refused) {
    const own_header own;
    EXPECT_EQ(own.unlock(own.closed(key_stanza + own.stanza())), damaged);
}

TEST(age_header, calls_out_of_turn_are_bugs) {
    const age_identity identity = identity_of(1);
    age_header_reader reader;
    EXPECT_THROW(static_cast<void>(reader.unlock_with_keys(std::span(&identity, 1))), std::logic_error);
    EXPECT_THROW(static_cast<void>(reader.unlock_with_passphrase("x")), std::logic_error);
    reader.feed(as_bytes("PK\x03\x04"));
    EXPECT_EQ(reader.state(), age_header_reader::progress::refused);
    EXPECT_EQ(reader.feed(as_bytes("more")), 0U);
    EXPECT_THROW(static_cast<void>(reader.unlock_with_keys({})), std::logic_error);
}

}  // namespace
}  // namespace decamp::formats
