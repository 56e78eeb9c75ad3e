// One member of a zip by anybody: a header that is understood says what another of ours would, and its bytes are
// inflated to no more than it says, alike in one piece and in pieces whose lengths the input chooses.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/deflate.hpp"
#include "formats/zip.hpp"

namespace {

using namespace decamp::formats;
using bytes = std::vector<std::byte>;

void check(bool good) {
    if (!good) std::abort();
}

struct outcome {
    bytes raw;
    std::size_t taken = 0;
    inflate_state state = inflate_state::needs_input;
    bool operator==(const outcome&) const = default;
};

// Pieces of in and out by turns as `lengths` say; whole where it is empty.
outcome inflated(std::span<const std::byte> packed, std::uint64_t limit, std::span<const std::byte> lengths) {
    inflater stream(limit);
    outcome out;
    std::size_t turn = 0;
    const auto piece = [&](std::size_t most) {
        return lengths.empty() ? most
                               : std::min(most, std::to_integer<std::size_t>(lengths[turn++ % lengths.size()]) + 1);
    };
    bytes room(std::size_t{64} << 10);
    std::size_t fed = 0;
    for (;;) {
        const auto step =
            stream.feed(packed.subspan(out.taken, fed - out.taken), std::span(room).first(piece(room.size())));
        out.raw.insert(out.raw.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.given));
        out.taken += step.taken;
        out.state = step.state;
        check(out.taken <= fed && out.raw.size() <= limit && stream.given() == out.raw.size());
        if (step.state == inflate_state::ended || step.state == inflate_state::damaged) return out;
        if (step.state == inflate_state::needs_room) continue;
        check(out.taken == fed);
        if (fed == packed.size()) return out;
        fed += piece(packed.size() - fed);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
    constexpr std::uint64_t most = std::uint64_t{1} << 20;
    std::uint64_t limit = most;
    auto packed = input;
    if (const auto member = parse_zip_local_header(input)) {
        check(member->header_bytes <= std::min(input.size(), zip_local_header_limit));
        check(parse_zip_local_header(input.first(member->header_bytes)) == member);
        check(!parse_zip_local_header(input.first(member->header_bytes - 1)));
        zip_entry ours;
        ours.path = member->name;
        ours.size = member->size;
        ours.packed_size = member->packed_size;
        ours.crc32 = member->crc32;
        ours.method = member->method;
        ours.wide = true;
        auto again = parse_zip_local_header(as_bytes(zip_local_header(ours)));
        check(again.has_value());
        again->header_bytes = member->header_bytes;
        check(again == member);
        packed = input.subspan(member->header_bytes);
        limit = std::min(member->size, most);
    }
    const outcome whole = inflated(packed, limit, {}), pieces = inflated(packed, limit, input);
    // Damage may be seen a little earlier or later; what was good before it is a beginning of the same.
    if (whole.state == inflate_state::damaged || pieces.state == inflate_state::damaged) {
        check(whole.state == pieces.state);
        const auto common = std::min(whole.raw.size(), pieces.raw.size());
        check(
            std::equal(whole.raw.begin(), whole.raw.begin() + static_cast<std::ptrdiff_t>(common), pieces.raw.begin()));
    } else {
        check(whole == pieces);
    }
    // Two pieces of ours, cut where the input says.
    const std::size_t cut = input.empty() ? 0 : std::to_integer<std::size_t>(input[0]) * input.size() / 256;
    bytes joined;
    append_deflate_piece(joined, input.first(cut), 1, false);
    append_deflate_piece(joined, input.subspan(cut), 9, true);
    const outcome back = inflated(joined, input.size(), {});
    check(back.state == inflate_state::ended && back.taken == joined.size() && std::ranges::equal(back.raw, input));
    return 0;
}
