#include "engine/retrieval/volume_scan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

#include "engine/retrieval/volume_bytes.hpp"
#include "formats/bytes.hpp"
#include "formats/tar.hpp"

namespace decamp::retrieval {

namespace {

constexpr std::size_t block = 512;

class volume_input final : public formats::archive_input {
  public:
    explicit volume_input(volume_bytes& of) : of_(of) {}
    std::optional<std::size_t> read(std::uint64_t at, std::span<std::byte> into) noexcept override {
        try {
            if (const auto got = of_.read(at, into)) return got.value();
            // What lies before the damage is still good.
            const std::uint64_t border = of_.behind_damage(at);
            if (border > at && border - at < into.size()) {
                const auto got = of_.read(at, into.first(static_cast<std::size_t>(border - at)));
                if (got) return got.value();
            }
            damaged_at = at;
        } catch (const std::bad_alloc&) {
            out_of_memory = true;
        }
        return std::nullopt;
    }
    std::uint64_t size() const noexcept override { return of_.size(); }

    std::optional<std::uint64_t> damaged_at;
    bool out_of_memory = false;

  private:
    volume_bytes& of_;
};

// A header of a tar archive: its checksum holds, and it says what it is.
bool is_header(std::span<const std::byte> b) {
    constexpr std::size_t sum_at = 148, sum_bytes = 8, magic_at = 257;
    if (formats::as_text(b.subspan(magic_at, 5)) != "ustar") return false;
    unsigned sum = 0;
    for (std::size_t i = 0; i < block; ++i)
        sum += i >= sum_at && i < sum_at + sum_bytes ? ' ' : std::to_integer<unsigned>(b[i]);
    const std::string_view field = formats::as_text(b.subspan(sum_at, sum_bytes));
    const auto digits = field.find_first_of("01234567");
    if (digits == std::string_view::npos) return false;
    unsigned told = 0;
    const auto read = std::from_chars(field.data() + digits, field.data() + field.size(), told, 8);
    return read.ec == std::errc() && told == sum;
}

// Where the body begins of the entry whose first header is at `at`: extended headers, and what they hold, stand before
// its own.
std::uint64_t behind_headers(volume_bytes& in, std::uint64_t at) {
    constexpr std::size_t size_at = 124, size_bytes = 11, type_at = 156;
    constexpr std::string_view extended = "xgLK";
    for (int headers = 0; headers < 8; ++headers) {
        std::array<std::byte, block> b{};
        const auto got = in.read(at, b);
        at += block;
        if (!got || got.value() < block || !is_header(b)) break;
        if (extended.find(static_cast<char>(b[type_at])) == std::string_view::npos) break;
        const std::string_view field = formats::as_text(std::span<const std::byte>(b).subspan(size_at, size_bytes));
        std::uint64_t size = 0;
        if (std::from_chars(field.data(), field.data() + field.size(), size, 8).ec != std::errc()) break;
        at += size + formats::tar_padding(size);
    }
    return std::min(at, in.size());
}

// The first header at or behind `at`, on a block's border.
std::optional<std::uint64_t> next_header(volume_bytes& in, std::uint64_t at) {
    std::vector<std::byte> piece(block * 128);
    at += (block - at % block) % block;
    while (at + block <= in.size()) {
        const auto got = in.read(at, piece);
        if (!got || got.value() < block) {
            std::array<std::byte, block> one{};
            const auto single = in.read(at, one);
            if (single && single.value() == block && is_header(one)) return at;
            at = single ? at + block : in.behind_damage(at);
            at += (block - at % block) % block;
            continue;
        }
        for (std::size_t i = 0; i + block <= got.value(); i += block)
            if (is_header(std::span<const std::byte>(piece).subspan(i, block))) return at + i;
        at += got.value() - got.value() % block;
    }
    return std::nullopt;
}

}  // namespace

result<scan_end> scan_volume(world::file_store& files, const std::string& path, container kind,
                             const entry_visitor& see) {
    auto opened = open_volume(files, path, kind);
    bool framed = true;
    if (!opened && kind == container::tar_zst) {  // another program's, or its end is gone
        opened = open_packed(files, path);
        framed = false;
    }
    if (!opened) return opened.error();
    volume_bytes& bytes = *opened.value();
    const auto form = kind == container::zip ? formats::archive_form::zip
                      : framed               ? formats::archive_form::tar
                                             : formats::archive_form::tar_zst;
    scan_end end;
    std::uint64_t from = 0;
    for (;;) {
        volume_input input(bytes);
        formats::archive_reader reader(form, input, from);
        formats::archived_entry entry;
        auto step = formats::archive_reader::step::damaged;
        std::optional<std::uint64_t> last;
        std::uint64_t size_of_last = 0;
        while ((step = reader.next(entry)) == formats::archive_reader::step::entry) {
            last = entry.at;
            size_of_last = entry.what == formats::archived_entry::kind::file ? entry.size.value_or(0) : 0;
            const bool more = see(entry, [&reader](std::span<std::byte> into) { return reader.read(into); });
            if (input.out_of_memory) throw std::bad_alloc();
            if (!more) return end;
        }
        if (input.out_of_memory) throw std::bad_alloc();
        const bool over = step == formats::archive_reader::step::end && !input.damaged_at;
        end.damaged = end.damaged || !over;
        if (form != formats::archive_form::tar) return end;
        const std::uint64_t body = last ? behind_headers(bytes, *last) : from;
        if (over) {
            // Two blocks of zeros end a tar; where more follows, they are somebody's hole in it.
            const auto further = next_header(bytes, body + std::min(size_of_last, bytes.size() - body));
            if (!further || *further <= from) return end;
            end.damaged = true;
            from = *further;
            continue;
        }
        const std::uint64_t behind = input.damaged_at ? bytes.behind_damage(*input.damaged_at) : body;
        const auto further = next_header(bytes, std::max(body, std::min(behind, bytes.size())));
        if (!further || *further <= from) return end;
        from = *further;
    }
}

}  // namespace decamp::retrieval
