#include "formats/age_keys.hpp"

#include <array>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::formats {
namespace {

static_assert(!std::is_copy_constructible_v<age_identity> && std::is_nothrow_move_constructible_v<age_identity>);

// C2SP age.md, "The X25519 recipient type".
constexpr std::string_view known_identity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr std::string_view known_recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

std::optional<age_key_fault> recipient_fault(std::string_view text) {
    const auto parsed = parse_age_recipient(text);
    const auto* fault = std::get_if<age_key_fault>(&parsed);
    return fault == nullptr ? std::nullopt : std::optional(*fault);
}
std::optional<age_key_fault> identity_fault(std::string_view text) {
    const auto parsed = age_identity::parse(text);
    const auto* fault = std::get_if<age_key_fault>(&parsed);
    return fault == nullptr ? std::nullopt : std::optional(*fault);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

TEST(age_keys, published_pair) {
    std::array<std::byte, 32> secret{};
    secret.fill(std::byte{0x42});
    const age_identity made(secret);
    EXPECT_EQ(made.text().view(), known_identity);
    EXPECT_EQ(made.recipient().text(), known_recipient);

    const auto parsed = age_identity::parse(known_identity);
    const auto* identity = std::get_if<age_identity>(&parsed);
    ASSERT_NE(identity, nullptr);
    EXPECT_EQ(to_hex(identity->secret().span()), to_hex(secret));
    EXPECT_EQ(std::get<age_recipient>(parse_age_recipient(known_recipient)), identity->recipient());
}

TEST(age_keys, moved_from_an_identity_is_gone) {
    auto parsed = age_identity::parse(known_identity);
    age_identity& from = std::get<age_identity>(parsed);
    const age_identity to(std::move(from));
    EXPECT_EQ(to.text().view(), known_identity);
    EXPECT_EQ(to_hex(from.secret().span()), std::string(64, '0'));
}

TEST(age_keys, each_wrong_key_is_told_by_its_kind) {
    using enum age_key_fault;
    const std::pair<std::string_view, age_key_fault> recipients[] = {
        {"", not_a_key},
        {"age", not_a_key},
        {"somebody@example.org", not_a_key},
        {"age1", mistyped},
        {"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk", mistyped},
        {"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw", mistyped},
        {"age1zvkyg21qzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", mistyped},  // 1 for l
        {"AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ", mistyped},  // `age` wants small letters
        {" age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", not_a_key},
        {"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n", mistyped},
        {known_identity, secret_key},
        {"age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e", other_kind},
        {"age1yubikey1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2", other_kind},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", other_kind},
    };
    for (const auto& [text, fault] : recipients) EXPECT_EQ(recipient_fault(text), fault) << text;
    const std::pair<std::string_view, age_key_fault> identities[] = {
        {"", not_a_key},
        {"password", not_a_key},
        {known_recipient, public_key},
        {"AGE-SECRET-KEY-1", mistyped},
        {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY", mistyped},
        {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAE", mistyped},
        {"AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR", other_kind},
        {"AGE-PLUGIN-YUBIKEY-1QQQQ", other_kind},
        {"-----BEGIN OPENSSH PRIVATE KEY-----", other_kind},
        {"-----BEGIN AGE ENCRYPTED FILE-----", encrypted},
    };
    for (const auto& [text, fault] : identities) EXPECT_EQ(identity_fault(text), fault) << text;
    EXPECT_EQ(identity_fault(lower(known_identity)), mistyped);
}

TEST(age_keys, any_wrong_character_is_noticed) {
    for (std::size_t at = 0; at < known_recipient.size(); ++at) {
        std::string wrong(known_recipient);
        wrong[at] = wrong[at] == 'q' ? 'p' : 'q';
        EXPECT_TRUE(recipient_fault(wrong).has_value()) << wrong;
    }
    for (std::size_t at = 0; at < known_identity.size(); ++at) {
        std::string wrong(known_identity);
        wrong[at] = wrong[at] == 'Q' ? 'P' : 'Q';
        EXPECT_TRUE(identity_fault(wrong).has_value()) << wrong;
    }
}

std::optional<age_identity_file_fault> file_fault(std::string_view text) {
    const auto parsed = parse_age_identities(text);
    const auto* fault = std::get_if<age_identity_file_fault>(&parsed);
    return fault == nullptr ? std::nullopt : std::optional(*fault);
}

TEST(age_keys, a_file_as_age_keygen_writes_it) {
    std::string text = "# created: 2024-05-01T12:00:00Z\n# public key: " + std::string(known_recipient) + "\n" +
                       std::string(known_identity) + "\n";
    for (const bool windows : {false, true}) {
        if (windows)
            for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, 1, '\r');
        const auto parsed = parse_age_identities(text);
        const auto* identities = std::get_if<std::vector<age_identity>>(&parsed);
        ASSERT_NE(identities, nullptr);
        ASSERT_EQ(identities->size(), 1U);
        EXPECT_EQ(identities->front().recipient().text(), known_recipient);
    }
    const std::string known(known_identity);
    const auto two = parse_age_identities(known + "\n\n" + known);  // no end of line at its end
    EXPECT_EQ(std::get<std::vector<age_identity>>(two).size(), 2U);
}

TEST(age_keys, a_bad_file_is_named_by_its_line) {
    using enum age_key_fault;
    const std::string known = std::string(known_identity) + "\n";
    const std::pair<std::string, age_identity_file_fault> table[] = {
        {"", {none, 0}},
        {"# nothing\n\n", {none, 0}},
        {known + "# x\n" + known.substr(0, 40) + "\n", {mistyped, 3}},
        {" " + known, {not_a_key, 1}},
        {"\n\n" + std::string(known_recipient) + "\n", {public_key, 3}},
        {known + known.substr(0, known.size() - 1) + " \n", {mistyped, 2}},
        {"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", {encrypted, 0}},
        {"age-encryption.org/v1\n-> X25519 x\n", {encrypted, 0}},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\n", {other_kind, 1}},
        {std::string(age_identity_file_limit + 1, '#'), {too_large, 0}},
        {std::string("\0", 1), {not_a_key, 1}},
    };
    for (const auto& [text, fault] : table) EXPECT_EQ(file_fault(text), fault) << text.substr(0, 100);
    std::string many;
    for (std::size_t i = 0; i < age_identity_limit; ++i) many += known;
    EXPECT_EQ(file_fault(many), std::nullopt);
    EXPECT_EQ(file_fault(many + known), (age_identity_file_fault{too_many, age_identity_limit + 1}));
    EXPECT_EQ(file_fault(known + std::string(age_identity_file_limit - known.size(), '#')), std::nullopt);
}

}  // namespace
}  // namespace decamp::formats
