#include "formats/age_payload.hpp"

#include <algorithm>
#include <stdexcept>

namespace decamp::formats {

using detail::aead_tag_bytes;
using detail::chacha20_poly1305;

detail::aead_nonce detail::chunk_nonce(std::uint64_t index, bool last) noexcept {
    aead_nonce nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce[10 - i] = static_cast<std::byte>(index >> 8 * i & 0xFF);
    nonce[11] = std::byte{last};
    return nonce;
}

age_decryptor::age_decryptor(const age_payload_key& key) : cipher_(key.bytes(), chacha20_poly1305::direction::opening) {
    held_.reserve(age_sealed_chunk_bytes);
}

bool age_decryptor::open(std::vector<std::byte>& to, std::span<const std::byte> sealed, bool last) {
    const std::size_t before = to.size();
    to.resize(before + sealed.size() - aead_tag_bytes);
    if (!cipher_.open(detail::chunk_nonce(index_, last), sealed, std::span(to).subspan(before))) {
        to.resize(before);
        return false;
    }
    ++index_;
    return true;
}

// A full chunk behind which something comes.
std::optional<age_payload_error> age_decryptor::open_followed(std::vector<std::byte>& to,
                                                              std::span<const std::byte> sealed) {
    if (open(to, sealed, false)) return std::nullopt;
    if (open(to, sealed, true)) return fail(age_payload_fault::extended, index_ - 1);
    return fail(age_payload_fault::damaged, index_);
}

std::optional<age_payload_error> age_decryptor::fail(age_payload_fault fault, std::uint64_t chunk) {
    error_ = age_payload_error{fault, chunk};
    return error_;
}

std::optional<age_payload_error> age_decryptor::feed(std::vector<std::byte>& to, std::span<const std::byte> payload) {
    if (finished_) throw std::logic_error("an age payload is fed after its end");
    if (error_) return error_;
    while (!payload.empty()) {
        if (held_.size() == age_sealed_chunk_bytes) {
            if (auto error = open_followed(to, held_)) return error;
            held_.clear();
        }
        if (held_.empty() && payload.size() > age_sealed_chunk_bytes) {  // no need to copy it first
            if (auto error = open_followed(to, payload.first(age_sealed_chunk_bytes))) return error;
            payload = payload.subspan(age_sealed_chunk_bytes);
            continue;
        }
        const auto part = payload.first(std::min(payload.size(), age_sealed_chunk_bytes - held_.size()));
        held_.insert(held_.end(), part.begin(), part.end());
        payload = payload.subspan(part.size());
    }
    return std::nullopt;
}

std::optional<age_payload_error> age_decryptor::finish(std::vector<std::byte>& to) {
    if (finished_) throw std::logic_error("an age payload is finished twice");
    finished_ = true;
    if (error_) return error_;
    // Only the chunk of an empty file is empty; elsewhere a tag alone is the beginning of more.
    const bool too_short = index_ == 0 ? held_.size() < aead_tag_bytes : held_.size() <= aead_tag_bytes;
    if (too_short) return fail(age_payload_fault::truncated, index_);
    if (open(to, held_, true)) return std::nullopt;
    if (held_.size() == age_sealed_chunk_bytes && open(to, held_, false))
        return fail(age_payload_fault::truncated, index_);
    return fail(age_payload_fault::damaged, index_);
}

age_chunk_reader::age_chunk_reader(const age_payload_key& key)
    : cipher_(key.bytes(), chacha20_poly1305::direction::opening) {}

bool age_chunk_reader::decrypt_chunk(std::uint64_t index, bool last, std::span<const std::byte> sealed,
                                     std::span<std::byte> plain) {
    const bool sizes_fit = sealed.size() == plain.size() + aead_tag_bytes && plain.size() <= age_chunk_bytes &&
                           (plain.size() == age_chunk_bytes || last) && (!plain.empty() || index == 0);
    if (sizes_fit) return cipher_.open(detail::chunk_nonce(index, last), sealed, plain);
    std::ranges::fill(plain, std::byte{});
    return false;
}

}  // namespace decamp::formats
