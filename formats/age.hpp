#pragma once
// Files in the age v1 format (C2SP age.md, age-encryption.org/v1): `age -d` opens what is written here, and what `age`
// writes is read here. This page writes; formats/age_header.hpp and formats/age_payload.hpp read, formats/age_keys.hpp
// has the keys.
//
//   auto made = age_encryptor::to_recipients(recipients, random);         age_header_reader reader;
//   auto& encryptor = std::get<age_encryptor>(made);                      bytes = bytes.subspan(reader.feed(bytes));
//   write(encryptor.header());                                            auto key =
//   reader.unlock_with_keys(identities); encryptor.append(out, plain);  write(out);  out.clear();  ... age_decryptor
//   decryptor(std::get<age_payload_key>(key)); encryptor.finish(out);         write(out); auto error =
//   decryptor.feed(plain, bytes);  ...
//                                                                         error = decryptor.finish(plain);
// A file is encrypted to the public keys of recipients, or by one passphrase: never both. It does not say who wrote it:
// whoever has a recipient's public key can write another. Memory: one chunk of 64 KiB; scrypt takes 2^(work factor +
// 10) bytes once.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/age_header.hpp"
#include "formats/age_keys.hpp"
#include "formats/age_payload.hpp"

namespace decamp::formats {

// Fills all it is given with bytes of a cryptographic generator, or throws.
using entropy = std::function<void(std::span<std::byte>)>;

enum class age_encrypt_fault {
    no_recipients,
    too_many_recipients,  // more than age_stanza_limit
    unusable_recipient,   // a point that hides nothing; no identity has it
    empty_passphrase,
    unusable_work_factor,  // not from 1 to age_work_factor_limit
};

// One file. Move-only; moved from, it may only be destroyed. Not safe to share between threads. Throws std::logic_error
// when called after finish(), and after an exception out of append() or finish(): a nonce would be used twice.
class age_encryptor {
  public:
    [[nodiscard]] static std::variant<age_encryptor, age_encrypt_fault> to_recipients(
        std::span<const age_recipient> recipients, const entropy& random);
    // Takes about a second and 256 MiB by default. The caller cleanses the passphrase.
    [[nodiscard]] static std::variant<age_encryptor, age_encrypt_fault> with_passphrase(
        std::string_view passphrase, const entropy& random, unsigned work_factor = age_work_factor_default);

    age_encryptor(age_encryptor&& other) noexcept;
    age_encryptor& operator=(age_encryptor&& other) noexcept;
    ~age_encryptor();

    // What the file begins with: header and nonce. The payload follows, age_payload_bytes() of what is appended.
    [[nodiscard]] std::span<const std::byte> header() const noexcept { return std::as_bytes(std::span(header_)); }
    // Seals what is known not to be in the last chunk, and keeps the rest: up to 64 KiB.
    void append(std::vector<std::byte>& to, std::span<const std::byte> plain);
    void finish(std::vector<std::byte>& to);

  private:
    age_encryptor(std::string header, const age_payload_key& key);
    static age_encryptor begin(std::string stanzas, const detail::file_key& key, const entropy& random);
    void seal(std::vector<std::byte>& to, std::span<const std::byte> plain, bool last);
    void take_turn();

    std::string header_;
    detail::chacha20_poly1305 cipher_;
    std::vector<std::byte> held_;  // plain; a full chunk stays until it is known whether more follows
    std::uint64_t index_ = 0;      // of the next chunk
    bool usable_ = true;
};

}  // namespace decamp::formats
