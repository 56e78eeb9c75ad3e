// A file in pieces of any size is judged as the file whole; whatever key is read is written as it was; and what is
// sealed opens as it was, or, with one bit of it changed, not at all.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/age.hpp"
#include "formats/bech32.hpp"
#include "formats/bytes.hpp"

namespace {

using namespace decamp::formats;

void require(bool holds) {
    if (!holds) std::abort();
}

// The identity of the specification's examples, to which the corpus is encrypted.
const age_identity& known_identity() {
    static const age_identity identity = [] {
        const std::vector<std::byte> secret(32, std::byte{0x42});
        return age_identity(std::span(secret).first<32>());
    }();
    return identity;
}

const age_payload_key& known_key() {
    static const age_payload_key key{detail::key_bytes(known_identity().secret().span())};
    return key;
}

struct outcome {
    std::optional<age_header_fault> header;
    std::optional<age_payload_error> payload;
    std::vector<std::byte> plain;
    bool operator==(const outcome&) const = default;
};

template <class Take>
void in_pieces(std::string_view text, std::size_t piece, Take take) {
    for (std::size_t at = 0; at < text.size(); at += piece) take(as_bytes(text.substr(at, piece)));
}

void read_payload(outcome& to, const age_payload_key& key, std::string_view payload, std::size_t piece) {
    age_decryptor decryptor(key);
    in_pieces(payload, piece, [&](auto bytes) { to.payload = decryptor.feed(to.plain, bytes); });
    to.payload = decryptor.finish(to.plain);
    const auto size = age_plain_bytes(payload.size());
    require(to.payload || (size && *size == to.plain.size()));
}

outcome read_file(std::string_view file, std::size_t piece) {
    // A work factor for machines that try thousands of files.
    age_header_reader reader({.work_factor = 4});
    std::size_t taken = 0;
    in_pieces(file, piece, [&](auto bytes) { taken += reader.feed(bytes); });
    reader.finish();
    outcome result;
    result.header = reader.fault();
    if (result.header) return result;
    require(reader.state() == age_header_reader::progress::complete && reader.size() == taken && taken <= file.size());
    const auto key = reader.by_passphrase() ? reader.unlock_with_passphrase("secret")
                                            : reader.unlock_with_keys(std::span(&known_identity(), 1));
    if (const auto* fault = std::get_if<age_header_fault>(&key))
        result.header = *fault;
    else
        read_payload(result, std::get<age_payload_key>(key), file.substr(taken), piece);
    return result;
}

void keys(std::string_view text) {
    const auto decoded = bech32_decode(text);
    if (const auto* content = std::get_if<bech32_content>(&decoded)) {
        const auto again = bech32_encode(content->prefix, content->bytes());
        // A prefix without letters does not say the case of the rest.
        const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        require(again && std::ranges::equal(again->view(), text, {}, small, small));
    }
    const auto recipient = parse_age_recipient(text);
    if (const auto* known = std::get_if<age_recipient>(&recipient)) require(known->text() == text);
    const auto identity = age_identity::parse(text);
    if (const auto* known = std::get_if<age_identity>(&identity)) require(known->text().view() == text);
    const auto file = parse_age_identities(text);
    if (const auto* identities = std::get_if<std::vector<age_identity>>(&file))
        require(!identities->empty() && identities->size() <= age_identity_limit);
}

void round_trip(std::string_view plain, std::size_t piece, std::uint64_t number) {
    const auto random = [n = number](std::span<std::byte> into) mutable {
        for (std::byte& b : into)
            b = static_cast<std::byte>((n = n * 6364136223846793005U + 1442695040888963407U) >> 56);
    };
    auto made = age_encryptor::to_recipients(std::span(&known_identity().recipient(), 1), random);
    auto& encryptor = std::get<age_encryptor>(made);
    std::vector<std::byte> file(encryptor.header().begin(), encryptor.header().end());
    in_pieces(plain, piece, [&](auto bytes) { encryptor.append(file, bytes); });
    encryptor.finish(file);
    require(file.size() == encryptor.header().size() + age_payload_bytes(plain.size()));
    const outcome opened = read_file(as_text(file), piece);
    require(!opened.header && !opened.payload && as_text(opened.plain) == plain);
    file[number % file.size()] ^= static_cast<std::byte>(1U << number % 8);
    const outcome damaged = read_file(as_text(file), piece);
    require(damaged.header || damaged.payload);
    require(plain.starts_with(as_text(damaged.plain)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t piece = 1 + size % 61;
    require(read_file(text, SIZE_MAX / 2) == read_file(text, piece));

    outcome whole, pieces;
    read_payload(whole, known_key(), text, SIZE_MAX / 2);
    read_payload(pieces, known_key(), text, piece);
    require(whole == pieces);

    keys(text);

    std::uint64_t number = size;
    for (const std::uint8_t byte : std::span(data, size)) number = number * 1099511628211U + byte;
    number ^= number >> 32;
    if (number % 8 != 0 || text.empty()) {
        round_trip(text, piece, number);
    } else {  // several chunks
        std::string longer;
        while (longer.size() < number % 200'000) longer += text;
        round_trip(longer, piece * 1000, number);
    }
    return 0;
}
