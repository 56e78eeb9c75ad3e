#pragma once
// Age files for tests, made of drawn bytes: the same seed gives the same file.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "formats/age.hpp"
#include "formats/bytes.hpp"

namespace decamp::formats::test {

inline entropy seeded(std::uint64_t seed) {
    return [engine = std::mt19937_64(seed)](std::span<std::byte> into) mutable {
        for (std::byte& b : into) b = static_cast<std::byte>(engine() & 0xFF);
    };
}

inline age_identity identity_of(std::uint64_t seed) {
    secret_bytes<32> secret;
    seeded(seed)(secret.span());
    return age_identity(secret.span());
}

// The pair of the specification: 32 times 0x42.
inline age_identity known_identity() {
    const std::vector<std::byte> secret(32, std::byte{0x42});
    return age_identity(std::span(secret).first<32>());
}

// A text of that many bytes in which no two chunks are alike.
inline std::string plain_of(std::size_t size) {
    std::string text;
    for (std::size_t at = 0; text.size() < size; at = text.size()) text += std::to_string(at) + ",";
    text.resize(size);
    return text;
}

inline std::string sealed_by(age_encryptor encryptor, std::string_view plain, std::size_t piece = SIZE_MAX) {
    std::vector<std::byte> out(encryptor.header().begin(), encryptor.header().end());
    while (!plain.empty()) {
        const std::size_t part = std::min(piece, plain.size());
        encryptor.append(out, as_bytes(plain.substr(0, part)));
        plain.remove_prefix(part);
    }
    encryptor.finish(out);
    return std::string(as_text(out));
}

inline age_encryptor encryptor_to(const age_recipient& recipient, std::uint64_t seed = 1) {
    return std::get<age_encryptor>(age_encryptor::to_recipients(std::span(&recipient, 1), seeded(seed)));
}

inline std::string sealed_to(const age_identity& whom, std::string_view plain, std::size_t piece = SIZE_MAX) {
    return sealed_by(encryptor_to(whom.recipient()), plain, piece);
}

constexpr unsigned quick = 2;  // a work factor for tests

inline std::string sealed_with(std::string_view passphrase, std::string_view plain, unsigned work_factor = quick) {
    auto made = age_encryptor::with_passphrase(passphrase, seeded(1), work_factor);
    return sealed_by(std::move(std::get<age_encryptor>(made)), plain);
}

struct opened {
    std::optional<age_header_fault> header;
    std::optional<age_payload_error> payload;
    std::string plain;  // what was handed out, error or not
    [[nodiscard]] bool ok() const { return !header && !payload; }
    bool operator==(const opened&) const = default;
};

// `unlock`: what opens a complete header.
template <class Unlock>
opened open_file(std::string_view file, std::size_t piece, Unlock unlock) {
    opened result;
    age_header_reader reader;
    std::optional<age_decryptor> decryptor;
    std::vector<std::byte> plain;
    const auto begin = [&] {
        auto key = unlock(reader);
        if (const auto* fault = std::get_if<age_header_fault>(&key))
            result.header = *fault;
        else
            decryptor.emplace(std::get<age_payload_key>(key));
    };
    while (!file.empty() && result.ok()) {
        auto bytes = as_bytes(file.substr(0, std::min(piece, file.size())));
        file.remove_prefix(bytes.size());
        bytes = bytes.subspan(reader.feed(bytes));
        result.header = reader.fault();
        if (reader.state() != age_header_reader::progress::complete) continue;
        if (!decryptor) begin();
        if (decryptor) result.payload = decryptor->feed(plain, bytes);
    }
    reader.finish();
    if (!result.header) result.header = reader.fault();
    if (result.ok()) result.payload = decryptor->finish(plain);
    result.plain = as_text(plain);
    return result;
}

inline opened open_with(const age_identity& identity, std::string_view file, std::size_t piece = SIZE_MAX) {
    return open_file(file, piece,
                     [&](const age_header_reader& r) { return r.unlock_with_keys(std::span(&identity, 1)); });
}

inline opened open_with(std::string_view passphrase, std::string_view file, std::size_t piece = SIZE_MAX) {
    return open_file(file, piece, [&](const age_header_reader& r) { return r.unlock_with_passphrase(passphrase); });
}

}  // namespace decamp::formats::test
