#include "formats/age.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "formats/base64.hpp"
#include "formats/bytes.hpp"

namespace decamp::formats {
namespace {

using detail::aead_tag_bytes;
using detail::chacha20_poly1305;

// A generator that does nothing leaves zeros, and all that is secret would be known to everybody.
void draw(const entropy& random, std::span<std::byte> into) {
    std::ranges::fill(into, std::byte{});
    random(into);
    if (std::ranges::all_of(into, [](std::byte b) { return b == std::byte{}; }))
        throw std::logic_error("no randomness was given");
}

std::string wrapped(const detail::key_bytes& wrap_key, const detail::file_key& key) {
    std::array<std::byte, detail::age_file_key_bytes + aead_tag_bytes> body{};
    // The key is made for this one message.
    chacha20_poly1305(wrap_key, chacha20_poly1305::direction::sealing).seal({}, key.span(), body);
    return to_base64(body);
}

}  // namespace

std::variant<age_encryptor, age_encrypt_fault> age_encryptor::to_recipients(std::span<const age_recipient> recipients,
                                                                            const entropy& random) {
    if (recipients.empty()) return age_encrypt_fault::no_recipients;
    if (recipients.size() > age_stanza_limit) return age_encrypt_fault::too_many_recipients;
    detail::file_key key;
    draw(random, key.span());
    std::string stanzas;
    for (const age_recipient& recipient : recipients) {
        detail::key_bytes ephemeral;
        draw(random, ephemeral.span());
        const auto shared = detail::x25519(ephemeral, recipient.public_key);
        if (!shared) return age_encrypt_fault::unusable_recipient;
        const auto share = detail::x25519_public(ephemeral);
        const auto wrap_key = detail::age_x25519_wrap_key(*shared, share, recipient.public_key);
        stanzas += "-> X25519 " + to_base64(share) + "\n" + wrapped(wrap_key, key) + "\n";
    }
    return begin(std::move(stanzas), key, random);
}

std::variant<age_encryptor, age_encrypt_fault> age_encryptor::with_passphrase(std::string_view passphrase,
                                                                              const entropy& random,
                                                                              unsigned work_factor) {
    if (passphrase.empty()) return age_encrypt_fault::empty_passphrase;
    if (work_factor < 1 || work_factor > age_work_factor_limit) return age_encrypt_fault::unusable_work_factor;
    detail::file_key key;
    draw(random, key.span());
    std::array<std::byte, 16> salt{};
    draw(random, salt);
    const auto wrap_key = detail::age_scrypt_wrap_key(passphrase, salt, work_factor);
    std::string stanza = "-> scrypt " + to_base64(salt) + " " + std::to_string(work_factor) + "\n";
    stanza += wrapped(wrap_key, key) + "\n";
    return begin(std::move(stanza), key, random);
}

age_encryptor age_encryptor::begin(std::string stanzas, const detail::file_key& key, const entropy& random) {
    std::string header = std::string(detail::age_v1_line) + "\n" + std::move(stanzas) + "---";
    const auto mac = detail::age_header_mac(key, header);
    header += " " + to_base64(mac) + "\n";
    std::array<std::byte, age_nonce_bytes> nonce{};
    draw(random, nonce);
    header += as_text(nonce);
    return {std::move(header), detail::age_derive_payload_key(key, nonce)};
}

age_encryptor::age_encryptor(std::string header, const age_payload_key& key)
    : header_(std::move(header)), cipher_(key.bytes(), chacha20_poly1305::direction::sealing) {
    held_.reserve(age_chunk_bytes);
}

age_encryptor::age_encryptor(age_encryptor&& other) noexcept
    : header_(std::move(other.header_)),
      cipher_(std::move(other.cipher_)),
      held_(std::move(other.held_)),
      index_(other.index_),
      usable_(std::exchange(other.usable_, false)) {}

age_encryptor& age_encryptor::operator=(age_encryptor&& other) noexcept {
    if (this == &other) return *this;
    header_ = std::move(other.header_);
    cipher_ = std::move(other.cipher_);
    held_ = std::move(other.held_);
    index_ = other.index_;
    usable_ = std::exchange(other.usable_, false);
    return *this;
}

age_encryptor::~age_encryptor() = default;

void age_encryptor::take_turn() {
    if (!std::exchange(usable_, false)) throw std::logic_error("an age file is written to after its end");
}

void age_encryptor::seal(std::vector<std::byte>& to, std::span<const std::byte> plain, bool last) {
    const std::size_t before = to.size();
    to.resize(before + plain.size() + aead_tag_bytes);
    cipher_.seal(detail::chunk_nonce(index_, last), plain, std::span(to).subspan(before));
    ++index_;
}

void age_encryptor::append(std::vector<std::byte>& to, std::span<const std::byte> plain) {
    take_turn();
    while (!plain.empty()) {
        if (held_.size() == age_chunk_bytes) {
            seal(to, held_, false);
            held_.clear();
        }
        if (held_.empty() && plain.size() > age_chunk_bytes) {  // no need to copy it first
            seal(to, plain.first(age_chunk_bytes), false);
            plain = plain.subspan(age_chunk_bytes);
            continue;
        }
        const auto part = plain.first(std::min(plain.size(), age_chunk_bytes - held_.size()));
        held_.insert(held_.end(), part.begin(), part.end());
        plain = plain.subspan(part.size());
    }
    usable_ = true;
}

void age_encryptor::finish(std::vector<std::byte>& to) {
    take_turn();
    seal(to, held_, true);
    held_.clear();
}

}  // namespace decamp::formats
