#include "engine/source/s3/checks.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "formats/hex.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t most_parts = 10000;  // of an object, at AWS

// AWS's tools, s3cmd, then round numbers by how common they are.
constexpr std::array<std::uint64_t, 13> usual_parts{8, 15, 5, 16, 32, 64, 100, 10, 20, 50, 128, 256, 512};

std::uint64_t parts_of(std::uint64_t size, std::uint64_t part) {
    return size / part + (size % part != 0 ? 1 : 0);
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

template <std::size_t N>
std::optional<std::array<std::byte, N>> checksum(const transport::response_head& head, std::string_view name) {
    std::array<std::byte, N> out{};
    // "abc=-3" is one over the checksums of three parts, and no base64.
    if (!decode_base64(head.header(name), out)) return std::nullopt;
    return out;
}

template <class Number, std::size_t N>
std::optional<Number> number_of(const std::optional<std::array<std::byte, N>>& bytes) {
    static_assert(sizeof(Number) == N);
    if (!bytes) return std::nullopt;
    Number out = 0;
    for (const std::byte b : *bytes) out = static_cast<Number>(out << 8) | std::to_integer<Number>(b);
    return out;
}

// x-amz-, x-oss-, x-cos- and x-obs- say the same behind their own names.
bool etag_is_no_md5(const transport::header_field& field) {
    const std::string name = lowered(field.name), value = lowered(field.value);
    if (!name.starts_with("x-")) return false;
    if (name.ends_with("-server-side-encryption-customer-algorithm")) return true;
    if (name.ends_with("-server-side-encryption")) return value.find("kms") != std::string::npos;
    return name.ends_with("-object-type") && value == "appendable";
}

}  // namespace

bool decode_base64(std::string_view text, std::span<std::byte> out) {
    const std::size_t groups = (out.size() + 2) / 3, padding = groups * 3 - out.size();
    if (text.size() != groups * 4 || groups == 0) return false;
    const std::string_view digits = text.substr(0, text.size() - padding);
    const bool plain = std::ranges::all_of(digits, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    });
    if (!plain || text.substr(digits.size()) != std::string_view("==").substr(0, padding)) return false;
    std::vector<unsigned char> decoded(groups * 3);
    const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
    const int size = EVP_DecodeBlock(decoded.data(), from, static_cast<int>(text.size()));
    if (size != static_cast<int>(decoded.size())) return false;
    std::ranges::transform(std::span(decoded).first(out.size()), out.begin(),
                           [](unsigned char c) { return static_cast<std::byte>(c); });
    return true;
}

std::optional<std::uint64_t> part_size(std::uint64_t size, std::uint64_t count) {
    if (size == 0 || count == 0 || count > most_parts || count > size) return std::nullopt;
    for (const auto usual : usual_parts)
        if (parts_of(size, usual * mib) == count) return usual * mib;
    const std::uint64_t least = parts_of(parts_of(size, count), mib);
    if (least > size / mib + 1 || parts_of(size, least * mib) != count) return std::nullopt;
    return least * mib;
}

expectation expected_of(std::string_view etag, std::optional<std::uint64_t> size) {
    static constexpr std::size_t digits = 32;
    expectation out;
    const auto md5 = formats::array_from_hex<16>(etag.substr(0, std::min(digits, etag.size())));
    if (!md5) return out;
    if (etag.size() == digits) {
        // Some give the MD5 of no bytes for whatever they have not read.
        const bool of_nothing = etag == "d41d8cd98f00b204e9800998ecf8427e" && size.value_or(0) > 0;
        if (!of_nothing) out.md5 = *md5;
        return out;
    }
    const std::string_view rest = etag.substr(digits);
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), count);
    if (rest.front() != '-' || error != std::errc() || end != rest.data() + rest.size() || !size) return out;
    if (const auto part = part_size(*size, count)) out.parts = {*part, *md5, false};
    return out;
}

void learn(const transport::response_head& head, expectation& of) {
    if (std::ranges::any_of(head.headers, etag_is_no_md5)) {
        of.not_the_listed_md5 = of.not_the_listed_md5 || of.md5.has_value();
        of.md5.reset();
        of.parts.reset();
    }
    // With a range, the checksum of a part may be meant.
    if (head.status != 200 || lowered(head.header("x-amz-checksum-type")) == "composite") return;
    const auto set = [](auto& into, auto found) {
        if (found) into = *found;
    };
    set(of.sha256, checksum<32>(head, "x-amz-checksum-sha256"));
    set(of.sha1, checksum<20>(head, "x-amz-checksum-sha1"));
    set(of.crc32, number_of<std::uint32_t>(checksum<4>(head, "x-amz-checksum-crc32")));
    set(of.crc32c, number_of<std::uint32_t>(checksum<4>(head, "x-amz-checksum-crc32c")));
    set(of.crc64nvme, number_of<std::uint64_t>(checksum<8>(head, "x-amz-checksum-crc64nvme")));
}

}  // namespace decamp::source::s3
