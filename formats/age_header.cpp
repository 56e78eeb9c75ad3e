#include "formats/age_header.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "formats/base64.hpp"
#include "formats/bytes.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view version_beginning = "age-encryption.org/";
constexpr std::string_view armour_beginning = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::size_t full_line = 64;  // columns

bool is_word(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7E; });
}

// The words of a stanza's first line, the first three kept. A count of 0: no words with a single space between.
struct argument_list {
    std::array<std::string_view, 3> first;
    std::size_t count = 0;
};

argument_list arguments_of(std::string_view text) noexcept {
    argument_list list;
    for (;;) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (!is_word(word)) return {};
        if (list.count < list.first.size()) list.first[list.count] = word;
        ++list.count;
        if (end == text.size()) return list;
        text.remove_prefix(end + 1);
    }
}

// A decimal number without sign or leading zeros, at most 999; more is 1000. Nothing where it is none.
std::optional<unsigned> small_number(std::string_view text) noexcept {
    if (text.empty() || text.front() == '0') return std::nullopt;
    unsigned number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = std::min(number * 10 + static_cast<unsigned>(c - '0'), 1000U);
    }
    return number;
}

// Opens the 32 bytes of a stanza's body. Every key wraps one file key, so that the nonce may be constant.
std::optional<detail::file_key> unwrap(const detail::key_bytes& wrap_key, std::span<const std::byte> body) {
    using detail::chacha20_poly1305;
    chacha20_poly1305 cipher(wrap_key, chacha20_poly1305::direction::opening);
    detail::file_key key;
    if (!cipher.open({}, body, key.span())) return std::nullopt;
    return key;
}

}  // namespace

namespace detail {

key_bytes age_x25519_wrap_key(const key_bytes& shared, const public_bytes& share, const public_bytes& recipient) {
    std::array<std::byte, 64> salt{};
    std::ranges::copy(share, salt.begin());
    std::ranges::copy(recipient, salt.begin() + 32);
    return hkdf_sha256(shared.span(), salt, "age-encryption.org/v1/X25519");
}

key_bytes age_scrypt_wrap_key(std::string_view passphrase, std::span<const std::byte, 16> salt, unsigned log2_n) {
    std::string labelled = "age-encryption.org/v1/scrypt";
    labelled += as_text(salt);
    return scrypt(passphrase, as_bytes(labelled), log2_n);
}

std::array<std::byte, 32> age_header_mac(const file_key& key, std::string_view covered) {
    const key_bytes mac_key = hkdf_sha256(key.span(), {}, "header");
    return hmac_sha256(mac_key.span(), as_bytes(covered));
}

age_payload_key age_derive_payload_key(const file_key& key, std::span<const std::byte, age_nonce_bytes> nonce) {
    return age_payload_key(hkdf_sha256(key.span(), nonce, "payload"));
}

}  // namespace detail

age_header_reader::progress age_header_reader::state() const noexcept {
    if (fault_) return progress::refused;
    return expects_ == expects::nothing ? progress::complete : progress::wants_more;
}

std::size_t age_header_reader::feed(std::span<const std::byte> bytes) {
    const std::size_t given = bytes.size();
    while (!bytes.empty() && state() == progress::wants_more) {
        if (expects_ == expects::nonce) {
            const auto part = bytes.first(std::min(bytes.size(), nonce_.size() - nonce_size_));
            std::ranges::copy(part, nonce_.begin() + static_cast<std::ptrdiff_t>(nonce_size_));
            nonce_size_ += part.size();
            bytes = bytes.subspan(part.size());
            if (nonce_size_ == nonce_.size()) expects_ = expects::nothing;
            continue;
        }
        const std::size_t room = limits_.bytes - std::min(limits_.bytes, text_.size());
        const auto within = bytes.first(std::min(bytes.size(), room));
        const auto end = std::ranges::find(within, std::byte{'\n'});
        const bool whole = end != within.end();
        const auto part = within.first(static_cast<std::size_t>(end - within.begin()) + (whole ? 1 : 0));
        text_ += as_text(part);
        bytes = bytes.subspan(part.size());
        if (expects_ == expects::version) check_beginning();
        if (whole && !fault_) {
            const std::size_t begin = std::exchange(line_begin_, text_.size());
            take_line(std::string_view(text_).substr(begin, text_.size() - begin - 1));
        }
        // The last line of a header that fills the limit has been taken above.
        if (text_.size() >= limits_.bytes && !fault_ && expects_ != expects::nonce) refuse(age_header_fault::too_large);
    }
    return given - bytes.size();
}

void age_header_reader::finish() {
    if (state() == progress::wants_more) refuse(age_header_fault::truncated);
}

// What is no age file is known by its first bytes, however long its first line is.
void age_header_reader::check_beginning() {
    const std::string_view text = text_;
    const auto agrees = [&](std::string_view with) {
        const std::size_t length = std::min(text.size(), with.size());
        return text.substr(0, length) == with.substr(0, length);
    };
    if (agrees(armour_beginning)) {
        if (text.size() >= armour_beginning.size()) refuse(age_header_fault::armored);
    } else if (!agrees(version_beginning)) {
        refuse(age_header_fault::not_age);
    }
}

void age_header_reader::take_line(std::string_view line) {
    switch (expects_) {
        case expects::version:
            return take_version(line);
        case expects::stanza_or_end:
            return line.starts_with("---") ? take_end(line) : take_arguments(line);
        case expects::body:
            return take_body(line);
        case expects::nonce:
        case expects::nothing:
            break;
    }
    throw std::logic_error("an age header has no such line");
}

void age_header_reader::take_version(std::string_view line) {
    expects_ = expects::stanza_or_end;
    if (line == detail::age_v1_line) return;
    const std::string_view version = line.substr(std::min(line.size(), version_beginning.size()));
    refuse(is_word(version) ? age_header_fault::newer_version : age_header_fault::damaged);
}

void age_header_reader::take_arguments(std::string_view line) {
    if (!line.starts_with("-> ")) return refuse(age_header_fault::damaged);
    const argument_list arguments = arguments_of(line.substr(3));
    if (arguments.count == 0) return refuse(age_header_fault::damaged);
    if (++stanzas_ > limits_.stanzas) return refuse(age_header_fault::too_large);
    expects_ = expects::body;
    body_of_ = kind::unknown;
    body_goes_on_ = false;
    if (arguments.first[0] == "X25519") {
        key_stanza stanza;
        if (arguments.count != 2 || !decode_base64(arguments.first[1], stanza.share))
            return refuse(age_header_fault::damaged);
        keys_.push_back(stanza);
        body_of_ = kind::key;
    } else if (arguments.first[0] == "scrypt") {
        password_stanza stanza;
        const auto work_factor = small_number(arguments.first[2]);
        // A second one would never be looked at: it must be alone, which is checked at the end.
        if (arguments.count != 3 || !decode_base64(arguments.first[1], stanza.salt) || !work_factor)
            return refuse(age_header_fault::damaged);
        if (*work_factor > limits_.work_factor) return refuse(age_header_fault::work_factor_too_high);
        stanza.work_factor = *work_factor;
        password_ = stanza;
        body_of_ = kind::password;
    }
}

void age_header_reader::take_body(std::string_view line) {
    if (line.size() > full_line || !is_base64(line)) return refuse(age_header_fault::damaged);
    if (line.size() == full_line) {
        body_goes_on_ = true;
        return;
    }
    expects_ = expects::stanza_or_end;
    if (body_of_ == kind::unknown) return;
    wrapped_key& body = body_of_ == kind::key ? keys_.back().body : password_->body;
    if (body_goes_on_ || !decode_base64(line, body)) refuse(age_header_fault::damaged);
}

void age_header_reader::take_end(std::string_view line) {
    const bool alone = !password_ || stanzas_ == 1;
    if (stanzas_ == 0 || !alone || !line.starts_with("--- ") || !decode_base64(line.substr(4), mac_))
        return refuse(age_header_fault::damaged);
    mac_covers_ = text_.size() - line.size() - 1 + 3;  // up to the dashes
    expects_ = expects::nonce;
}

std::variant<age_payload_key, age_header_fault> age_header_reader::unlock_with_keys(
    std::span<const age_identity> identities) const {
    if (state() != progress::complete) throw std::logic_error("an age header is unlocked before it is complete");
    for (const key_stanza& stanza : keys_) {
        for (const age_identity& identity : identities) {
            const auto shared = detail::x25519(identity.secret(), stanza.share);
            if (!shared) return age_header_fault::damaged;
            const auto wrap_key = detail::age_x25519_wrap_key(*shared, stanza.share, identity.recipient().public_key);
            if (const auto key = unwrap(wrap_key, stanza.body)) return unlock(*key);
        }
    }
    return age_header_fault::no_matching_key;
}

std::variant<age_payload_key, age_header_fault> age_header_reader::unlock_with_passphrase(
    std::string_view passphrase) const {
    if (state() != progress::complete) throw std::logic_error("an age header is unlocked before it is complete");
    if (!password_ || passphrase.empty()) return age_header_fault::no_matching_key;
    const auto wrap_key = detail::age_scrypt_wrap_key(passphrase, password_->salt, password_->work_factor);
    if (const auto key = unwrap(wrap_key, password_->body)) return unlock(*key);
    return age_header_fault::no_matching_key;
}

std::variant<age_payload_key, age_header_fault> age_header_reader::unlock(const detail::file_key& file_key) const {
    const auto mac = detail::age_header_mac(file_key, std::string_view(text_).substr(0, mac_covers_));
    if (!detail::same_bytes(mac, mac_)) return age_header_fault::forged;
    return detail::age_derive_payload_key(file_key, nonce_);
}

}  // namespace decamp::formats
