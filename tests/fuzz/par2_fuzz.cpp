// A PAR2 file of any content, read as it is wanted and in shorter answers: what is understood keeps within the format,
// the places of recovery slices lie in the file, and the reader ends after reading a small multiple of it. What a set
// says is good enough to check and to plan a repair with.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/little_endian.hpp"
#include "formats/par2_packets.hpp"
#include "formats/par2_reader.hpp"
#include "formats/par2_repair.hpp"

namespace {

using namespace decamp::formats;

void check(bool good) {
    if (!good) std::abort();
}

void read(par2_reader& reader, std::uint32_t number, std::span<const std::byte> file, std::uint64_t said) {
    reader.begin_file(number, said);
    std::uint64_t spent = 0;
    while (const auto want = reader.wanted()) {
        check(want->length > 0 && want->offset + want->length <= said);
        const auto rest = file.subspan(std::min<std::size_t>(want->offset, file.size()));
        reader.feed(rest.first(std::min(want->length, rest.size())));
        spent += want->length;
        check(spent < 64 * said + (std::uint64_t{8} << 20));
    }
}

// Mutations seldom keep an MD5 right, so the packets found are given the sums they ought to have.
std::vector<std::byte> with_right_sums(std::span<const std::byte> file) {
    using namespace par2_wire;
    std::vector<std::byte> out(file.begin(), file.end());
    const std::span<std::byte> all(out);
    std::size_t at = 0;
    while ((at = as_text(all).find(magic, at)) != std::string_view::npos && all.size() - at >= header_bytes) {
        const std::span<std::byte> packet = all.subspan(at);
        const auto length = little_at<std::uint64_t>(packet, 8);
        if (length >= header_bytes && length <= packet.size()) {
            const auto rest = packet.first(static_cast<std::size_t>(length));
            if (as_text(rest.subspan(48, 16)) == main_type)
                std::ranges::copy(md5_of(rest.subspan(header_bytes)), rest.begin() + 32);
            std::ranges::copy(md5_of(rest.subspan(hashed_from)), rest.begin() + 16);
        }
        at += magic.size();
    }
    return out;
}

void use(const par2_set& set, std::span<const std::byte> file) {
    check(set.slices.size() == par2_slice_count(set.file_bytes, set.slice_bytes));
    check(set.slices.size() <= par2_source_limit && set.recovery.size() <= par2_recovery_limit);
    for (const auto& place : set.recovery)
        check(place.offset + set.slice_bytes <= file.size() && place.exponent < par2_recovery_limit);
    if (set.slice_bytes > 4096) return;  // hashing the zeros behind a short slice is slow, and tells nothing
    par2_checker checker(set);
    checker.update(file);
    auto damaged = checker.finish().damaged;
    if (damaged.size() > 16) damaged.resize(16);
    auto made = par2_repairer::make(set, damaged, 1 << 16);
    auto* repairer = std::get_if<par2_repairer>(&made);
    if (repairer == nullptr) return;
    check(repairer->recovery().size() == damaged.size());
    repairer->begin_range(repairer->range_bytes());
    for (std::size_t i = 0; i < std::min<std::size_t>(repairer->sources().size(), 16); ++i)
        repairer->add_source(repairer->sources()[i], file);
    for (std::size_t k = 0; k < damaged.size(); ++k) repairer->add_recovery(k, file);
    repairer->solve();
    for (std::size_t j = 0; j < damaged.size(); ++j) check(repairer->repaired(j).size() == repairer->range_bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    for (const auto& file : {std::vector<std::byte>(input.begin(), input.end()), with_right_sums(input)}) {
        par2_reader reader, short_reader;
        read(reader, 0, file, file.size());
        read(short_reader, 0, file, file.size() + 100);
        const auto found = reader.finish(), again = short_reader.finish();
        check(found.index() == again.index());
        if (const auto* set = std::get_if<par2_set>(&found)) use(*set, file);
    }
    return 0;
}
