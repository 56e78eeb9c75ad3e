#include "formats/age_keys.hpp"

#include <algorithm>
#include <utility>

#include "formats/age_primitives.hpp"
#include "formats/bech32.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view recipient_prefix = "age";
constexpr std::string_view identity_prefix = "AGE-SECRET-KEY-";

bool begins(std::string_view text, std::string_view with) noexcept {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return text.size() >= with.size() && std::ranges::equal(text.substr(0, with.size()), with, {}, small, small);
}

enum class look { recipient, identity, other_kind, encrypted, unknown };

constexpr std::size_t recipient_length = 62;

// What a text sets out to be, whether or not it is one. The data of Bech32 has no "1": with another one behind, "age1"
// is the beginning of some longer prefix ("age1pq1...", "age1yubikey1..."), unless the length says that an "l" was
// mistyped.
look look_of(std::string_view text) noexcept {
    for (const std::string_view kind : {"AGE-PLUGIN-", "AGE-SECRET-KEY-PQ-", "ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"})
        if (begins(text, kind)) return look::other_kind;
    if (begins(text, "-----BEGIN AGE ENCRYPTED") || begins(text, "age-encryption.org/")) return look::encrypted;
    if (begins(text, "-----BEGIN ")) return look::other_kind;
    if (begins(text, "AGE-SECRET-KEY-1")) return look::identity;
    if (!begins(text, "age1")) return look::unknown;
    const bool longer_prefix = text.find('1', 4) != std::string_view::npos && text.size() != recipient_length;
    return longer_prefix ? look::other_kind : look::recipient;
}

std::optional<age_key_fault> fault_of(look found, look wanted) noexcept {
    if (found == wanted) return std::nullopt;
    switch (found) {
        case look::recipient:
            return age_key_fault::public_key;
        case look::identity:
            return age_key_fault::secret_key;
        case look::other_kind:
            return age_key_fault::other_kind;
        case look::encrypted:
            return age_key_fault::encrypted;
        case look::unknown:
            break;
    }
    return age_key_fault::not_a_key;
}

// The 32 bytes of a Bech32 text with exactly this prefix.
std::optional<secret_bytes<32>> decode_key(std::string_view text, std::string_view prefix) {
    const auto decoded = bech32_decode(text);
    const auto* content = std::get_if<bech32_content>(&decoded);
    if (content == nullptr || content->prefix != prefix || content->size != 32) return std::nullopt;
    return secret_bytes<32>(content->bytes().first<32>());
}

}  // namespace

std::string age_recipient::text() const {
    return std::string(bech32_encode(recipient_prefix, public_key).value().view());
}

std::variant<age_recipient, age_key_fault> parse_age_recipient(std::string_view text) {
    if (const auto fault = fault_of(look_of(text), look::recipient)) return *fault;
    const auto key = decode_key(text, recipient_prefix);
    if (!key) return age_key_fault::mistyped;
    age_recipient recipient;
    std::ranges::copy(key->span(), recipient.public_key.begin());
    return recipient;
}

age_identity::age_identity(std::span<const std::byte, 32> secret)
    : secret_(secret), recipient_{detail::x25519_public(secret_)} {}

std::variant<age_identity, age_key_fault> age_identity::parse(std::string_view text) {
    if (const auto fault = fault_of(look_of(text), look::identity)) return *fault;
    const auto key = decode_key(text, identity_prefix);
    if (!key) return age_key_fault::mistyped;
    return age_identity(key->span());
}

secret_text age_identity::text() const {
    return bech32_encode(identity_prefix, secret_.span()).value();
}

std::variant<std::vector<age_identity>, age_identity_file_fault> parse_age_identities(std::string_view text) {
    if (text.size() > age_identity_file_limit) return age_identity_file_fault{age_key_fault::too_large, 0};
    if (look_of(text) == look::encrypted) return age_identity_file_fault{age_key_fault::encrypted, 0};
    std::vector<age_identity> identities;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        auto identity = age_identity::parse(line);
        if (const auto* fault = std::get_if<age_key_fault>(&identity)) return age_identity_file_fault{*fault, number};
        if (identities.size() == age_identity_limit) return age_identity_file_fault{age_key_fault::too_many, number};
        identities.push_back(std::move(std::get<age_identity>(identity)));
    }
    if (identities.empty()) return age_identity_file_fault{age_key_fault::none, 0};
    return identities;
}

}  // namespace decamp::formats
