#pragma once
// Keys of the age format (C2SP age.md, "The X25519 recipient type"): a recipient is a public key, "age1...", to which
// is encrypted; an identity is its secret, "AGE-SECRET-KEY-1...", which decrypts. Read as the program `age` reads them:
// recipients in small letters, identities in capitals. Values without threads; std::runtime_error where OpenSSL offers
// no X25519.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/secret.hpp"

namespace decamp::formats {

enum class age_key_fault {
    not_a_key,   // nothing that is known
    mistyped,    // begins as it should, but its checksum, length or case is wrong
    public_key,  // a recipient, where an identity belongs
    secret_key,  // an identity, where a recipient belongs
    other_kind,  // of a plugin, post-quantum, SSH: not read here
    encrypted,   // the file of identities is itself encrypted
    none,        // a file of comments
    too_large,   // a file beyond age_identity_file_limit bytes
    too_many,    // more identities than age_identity_limit
};

struct age_recipient {
    std::array<std::byte, 32> public_key{};
    [[nodiscard]] std::string text() const;
    bool operator==(const age_recipient&) const = default;
};

[[nodiscard]] std::variant<age_recipient, age_key_fault> parse_age_recipient(std::string_view text);

// Move-only, cleansed when it ends. Moved from, its secret is gone, and it may only be assigned to or destroyed.
class age_identity {
  public:
    // From 32 bytes of a cryptographic generator; the caller cleanses its own.
    explicit age_identity(std::span<const std::byte, 32> secret);
    [[nodiscard]] static std::variant<age_identity, age_key_fault> parse(std::string_view text);

    [[nodiscard]] secret_text text() const;
    [[nodiscard]] const age_recipient& recipient() const noexcept { return recipient_; }
    [[nodiscard]] const secret_bytes<32>& secret() const noexcept { return secret_; }

  private:
    secret_bytes<32> secret_;
    age_recipient recipient_;
};

inline constexpr std::size_t age_identity_file_limit = std::size_t{64} << 10;  // bytes
inline constexpr std::size_t age_identity_limit = 64;

struct age_identity_file_fault {
    age_key_fault fault = age_key_fault::not_a_key;
    std::size_t line = 0;  // from 1; 0: the file as a whole
    bool operator==(const age_identity_file_fault&) const = default;
};

// A file as age-keygen writes it: an identity a line, empty lines and those that begin with '#' passed over, lines
// ended by LF or CRLF. One bad line makes the file bad. The caller cleanses `text`.
[[nodiscard]] std::variant<std::vector<age_identity>, age_identity_file_fault> parse_age_identities(
    std::string_view text);

}  // namespace decamp::formats
