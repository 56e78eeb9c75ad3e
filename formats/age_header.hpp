#pragma once
// The header of an age file (C2SP age.md, "Header"): a line of version, a stanza for each recipient that wraps the
// file's key, a MAC; then the 16 bytes from which the payload's key is derived. Everything is refused that the
// specification says must be: other line ends, base64 that is not canonical, an scrypt stanza beside others. Stanzas of
// unknown kinds are passed over. ASCII armour is not read. One thread at a time; std::logic_error for a call out of
// turn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/age_keys.hpp"
#include "formats/age_payload.hpp"

namespace decamp::formats {

inline constexpr std::size_t age_nonce_bytes = 16;
inline constexpr std::size_t age_stanza_limit = 20;      // recipients of one file
inline constexpr unsigned age_work_factor_default = 18;  // 2^18 of scrypt: 256 MiB of memory, about a second
inline constexpr unsigned age_work_factor_limit = 22;    // 4 GiB of memory; what `age` takes too

struct age_header_limits {
    std::size_t bytes = std::size_t{64} << 10;  // of the text
    std::size_t stanzas = age_stanza_limit;
    // Base 2 logarithm; the sender chose it, and undoing scrypt takes 2^(work_factor + 10) bytes of memory.
    unsigned work_factor = age_work_factor_limit;
};

enum class age_header_fault {
    not_age,        // does not begin as an age file
    armored,        // an age file in ASCII armour: `age -d` and base64 read it
    newer_version,  // age, but not v1
    damaged,        // against the specification
    truncated,      // ends within the header
    too_large,      // more text or stanzas than the limits allow
    work_factor_too_high,
    no_matching_key,  // none of the keys, or not the passphrase
    forged,           // the key fits, but the header was changed after it was made
};

class age_header_reader {
  public:
    explicit age_header_reader(age_header_limits limits = {}) : limits_(limits) {}

    enum class progress { wants_more, complete, refused };
    // The file's bytes from its first one on, in pieces of any size. Returns how many of them belonged to the header
    // and its nonce: all, unless it is then complete (the payload follows) or refused.
    std::size_t feed(std::span<const std::byte> bytes);
    // The file has ended: a header that is not complete is now refused.
    void finish();
    [[nodiscard]] progress state() const noexcept;
    [[nodiscard]] std::optional<age_header_fault> fault() const noexcept { return fault_; }  // where refused

    // Of a complete header:
    [[nodiscard]] std::size_t size() const noexcept { return text_.size() + nonce_size_; }  // bytes, nonce included
    [[nodiscard]] bool by_passphrase() const noexcept { return password_.has_value(); }     // and by nothing else
    [[nodiscard]] unsigned work_factor() const noexcept { return password_ ? password_->work_factor : 0; }

    // Tries each identity on each stanza. Costs an X25519 for each pair.
    [[nodiscard]] std::variant<age_payload_key, age_header_fault> unlock_with_keys(
        std::span<const age_identity> identities) const;
    // Takes a second and 256 MiB, or what work_factor() says. std::bad_alloc where there is not that much memory.
    [[nodiscard]] std::variant<age_payload_key, age_header_fault> unlock_with_passphrase(
        std::string_view passphrase) const;

  private:
    using wrapped_key = std::array<std::byte, 32>;
    struct key_stanza {
        detail::public_bytes share{};
        wrapped_key body{};
    };
    struct password_stanza {
        std::array<std::byte, 16> salt{};
        unsigned work_factor = 0;
        wrapped_key body{};
    };
    enum class expects { version, stanza_or_end, body, nonce, nothing };

    void refuse(age_header_fault fault) noexcept { fault_ = fault; }
    void check_beginning();
    void take_line(std::string_view line);
    void take_version(std::string_view line);
    void take_arguments(std::string_view line);
    void take_body(std::string_view line);
    void take_end(std::string_view line);
    [[nodiscard]] std::variant<age_payload_key, age_header_fault> unlock(const secret_bytes<16>& file_key) const;

    age_header_limits limits_;
    expects expects_ = expects::version;
    std::optional<age_header_fault> fault_;
    std::string text_;
    std::size_t line_begin_ = 0;  // of the line that is not complete yet
    std::size_t mac_covers_ = 0;  // bytes of text_
    std::array<std::byte, 32> mac_{};
    std::array<std::byte, age_nonce_bytes> nonce_{};
    std::size_t nonce_size_ = 0;
    std::size_t stanzas_ = 0;  // of every kind
    enum class kind { unknown, key, password };
    kind body_of_ = kind::unknown;  // whose body is under way
    bool body_goes_on_ = false;     // it has a full line already
    std::vector<key_stanza> keys_;
    std::optional<password_stanza> password_;
};

namespace detail {
// What both directions must agree on.
inline constexpr std::string_view age_v1_line = "age-encryption.org/v1";
inline constexpr std::size_t age_file_key_bytes = 16;
using file_key = secret_bytes<age_file_key_bytes>;
[[nodiscard]] key_bytes age_x25519_wrap_key(const key_bytes& shared, const public_bytes& share,
                                            const public_bytes& recipient);
[[nodiscard]] key_bytes age_scrypt_wrap_key(std::string_view passphrase, std::span<const std::byte, 16> salt,
                                            unsigned log2_n);
[[nodiscard]] std::array<std::byte, 32> age_header_mac(const file_key& key, std::string_view covered);
[[nodiscard]] age_payload_key age_derive_payload_key(const file_key& key,
                                                     std::span<const std::byte, age_nonce_bytes> nonce);
}  // namespace detail

}  // namespace decamp::formats
