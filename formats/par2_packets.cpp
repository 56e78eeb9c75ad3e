#include "formats/par2_packets.hpp"

#include <algorithm>

namespace decamp::formats::par2_wire {
namespace {

constexpr std::size_t padded(std::size_t bytes) noexcept {
    return (bytes + 3) / 4 * 4;
}

// A body under construction.
class writer {
  public:
    writer& bytes(std::span<const std::byte> more) {
        out_.insert(out_.end(), more.begin(), more.end());
        return *this;
    }
    writer& text(std::string_view more) {
        bytes(as_bytes(more));
        out_.resize(padded(out_.size()));
        return *this;
    }
    template <class Number>
    writer& number(Number value) {
        std::array<std::byte, sizeof(Number)> little{};
        put(little, value);
        return bytes(little);
    }
    [[nodiscard]] const std::vector<std::byte>& done() const noexcept { return out_; }

  private:
    std::vector<std::byte> out_;
};

std::array<std::byte, header_bytes> header(const md5_digest& set_id, std::string_view type,
                                           std::initializer_list<std::span<const std::byte>> body) {
    std::array<std::byte, header_bytes> out{};
    const std::span<std::byte> all(out);
    std::ranges::copy(as_bytes(magic), out.begin());
    std::ranges::copy(set_id, out.begin() + 32);
    std::ranges::copy(as_bytes(type), out.begin() + 48);
    md5_hasher hasher;
    hasher.update(all.subspan(hashed_from));
    std::uint64_t length = header_bytes;
    for (const auto& part : body) {
        hasher.update(part);
        length += part.size();
    }
    put(all.subspan(8), length);
    std::ranges::copy(hasher.finish(), out.begin() + 16);
    return out;
}

}  // namespace

md5_digest file_id(const md5_digest& md5_16k, std::uint64_t file_bytes, std::string_view name) {
    std::array<std::byte, 8> length{};
    put(length, file_bytes);
    md5_hasher hasher;
    hasher.update(md5_16k);
    hasher.update(length);
    hasher.update(as_bytes(name));
    return hasher.finish();
}

critical_packets make_critical(const par2_set& set, std::string_view creator) {
    const md5_digest file = file_id(set.md5_16k, set.file_bytes, set.name);
    writer main, description, sums, made_by;
    main.number(set.slice_bytes).number(std::uint32_t{1}).bytes(file);
    description.bytes(file).bytes(set.md5).bytes(set.md5_16k).number(set.file_bytes).text(set.name);
    sums.bytes(file);
    for (const par2_slice_sums& slice : set.slices) sums.bytes(slice.md5).number(slice.crc32);
    made_by.text(creator);

    critical_packets out{.id = md5_of(main.done())};
    const auto append = [&out](std::string_view type, const writer& body) {
        const auto head = header(out.id, type, {body.done()});
        out.bytes.insert(out.bytes.end(), head.begin(), head.end());
        out.bytes.insert(out.bytes.end(), body.done().begin(), body.done().end());
    };
    append(main_type, main);
    append(file_type, description);
    append(sums_type, sums);
    append(creator_type, made_by);
    return out;
}

std::uint64_t critical_bytes(const par2_layout& layout, std::size_t name_bytes, std::size_t creator_bytes) noexcept {
    const std::uint64_t main = 12 + 16, description = 56 + padded(name_bytes);
    const std::uint64_t sums = 16 + std::uint64_t{20} * layout.source_count;
    return 4 * header_bytes + main + description + sums + padded(creator_bytes);
}

std::array<std::byte, recovery_head_bytes> recovery_head(const md5_digest& set_id, std::uint32_t exponent,
                                                         std::span<const std::byte> slice) {
    std::array<std::byte, recovery_head_bytes> out{};
    const std::span<std::byte> exponent_bytes = std::span(out).subspan(header_bytes);
    put(exponent_bytes, exponent);
    std::ranges::copy(header(set_id, recovery_type, {exponent_bytes, slice}), out.begin());
    return out;
}

}  // namespace decamp::formats::par2_wire
