#include "formats/zip.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/little_endian.hpp"
#include "formats/time.hpp"

namespace decamp::formats {
namespace {

constexpr std::uint32_t local_magic = 0x04034B50, directory_magic = 0x02014B50, end_magic = 0x06054B50,
                        wide_end_magic = 0x06064B50, wide_locator_magic = 0x07064B50;
constexpr std::uint16_t version_plain = 20, version_wide = 45;  // needed to extract: deflate, Zip64
constexpr std::uint16_t made_by = 3 << 8 | 63;                  // Unix; this specification
constexpr std::uint16_t flag_encrypted = 1 << 0, flag_sizes_behind = 1 << 3, flag_patch = 1 << 5, flag_strong = 1 << 6,
                        flag_utf8 = 1 << 11, flag_masked = 1 << 13;
constexpr std::uint16_t extra_wide = 0x0001, extra_time = 0x5455;
constexpr std::uint32_t regular_file = 0100644U << 16;
constexpr std::uint32_t in_wide_extra = 0xFFFFFFFF;
constexpr std::uint16_t in_wide_end = 0xFFFF;
constexpr std::size_t local_fixed_bytes = 30;

constexpr std::int64_t ns_per_second = 1'000'000'000, seconds_per_day = 86'400;

std::int64_t seconds_of(std::int64_t ns) {
    return ns / ns_per_second - (ns % ns_per_second < 0 ? 1 : 0);
}

struct dos_time {
    std::uint16_t time, date;
};

// In UTC, since there is no telling where the archive will be read. Seconds are halved.
dos_time dos_of(std::optional<std::int64_t> modified_ns) {
    static const std::int64_t first = days_from_civil({1980, 1, 1}) * seconds_per_day;
    static const std::int64_t last = (days_from_civil({2107, 12, 31}) + 1) * seconds_per_day - 2;
    const std::int64_t seconds = std::clamp(modified_ns ? seconds_of(*modified_ns) : first, first, last);
    const civil_date date = civil_from_days(seconds / seconds_per_day);
    const std::int64_t of_day = seconds % seconds_per_day;
    const auto packed = [](std::int64_t high, std::int64_t middle, std::int64_t low, unsigned middle_bits) {
        return static_cast<std::uint16_t>(high << (middle_bits + 5) | middle << 5 | low);
    };
    return {packed(of_day / 3600, of_day / 60 % 60, of_day % 60 / 2, 6),
            packed(date.year - 1980, date.month, date.day, 4)};
}

// Nine bytes always, so that a header's length does not hang on the time: one that does not fit, or none, is announced
// as not being there (no flag is set). Info-ZIP says the number is signed, but most readers take the years before 1970
// for those after 2106: so these are left to the DOS time, which is wrong by less.
void append_time_extra(std::string& to, std::optional<std::int64_t> modified_ns) {
    const std::int64_t seconds = modified_ns ? seconds_of(*modified_ns) : 0;
    const bool fits = modified_ns && seconds >= 0 && std::in_range<std::int32_t>(seconds);
    append_little(to, extra_time);
    append_little(to, std::uint16_t{5});
    append_little(to, static_cast<std::uint8_t>(fits ? 1 : 0));
    append_little(to, static_cast<std::uint32_t>(fits ? seconds : 0));
}

// The values that do not fit their own fields, in the order the specification gives: size, packed size, offset.
void append_wide_extra(std::string& to, const std::vector<std::uint64_t>& values) {
    if (values.empty()) return;
    append_little(to, extra_wide);
    append_little(to, static_cast<std::uint16_t>(8 * values.size()));
    for (const std::uint64_t value : values) append_little(to, value);
}

std::uint32_t narrow(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, in_wide_extra));
}

void require_sane(const zip_entry& entry) {
    if (entry.path.size() > 0xFFFF) throw std::length_error("a path too long for a zip");
    if (!entry.wide && std::max(entry.size, entry.packed_size) >= zip_wide_from)
        throw std::length_error("a zip member whose sizes need Zip64, but have no place for it");
}

// What a local header and a directory entry have in common, from the version needed up to the lengths.
void append_common(std::string& to, const zip_entry& entry, bool is_wide, std::uint32_t packed_size, std::uint32_t size,
                   std::size_t extra_bytes) {
    const dos_time modified = dos_of(entry.modified_ns);
    append_little(to, is_wide ? version_wide : version_plain);
    append_little(to, flag_utf8);
    append_little(to, static_cast<std::uint16_t>(entry.method));
    append_little(to, modified.time);
    append_little(to, modified.date);
    append_little(to, entry.crc32);
    append_little(to, packed_size);
    append_little(to, size);
    append_little(to, static_cast<std::uint16_t>(entry.path.size()));
    append_little(to, static_cast<std::uint16_t>(extra_bytes));
}

}  // namespace

std::string zip_local_header(const zip_entry& entry) {
    require_sane(entry);
    std::string extra;
    if (entry.wide) append_wide_extra(extra, {entry.size, entry.packed_size});
    append_time_extra(extra, entry.modified_ns);
    std::string out;
    append_little(out, local_magic);
    append_common(out, entry, entry.wide, entry.wide ? in_wide_extra : narrow(entry.packed_size),
                  entry.wide ? in_wide_extra : narrow(entry.size), extra.size());
    return out + entry.path + extra;
}

std::string zip_directory_entry(const zip_entry& entry) {
    require_sane(entry);
    std::vector<std::uint64_t> wide_values;
    for (const std::uint64_t value : {entry.size, entry.packed_size, entry.header_offset})
        if (value >= in_wide_extra) wide_values.push_back(value);
    std::string extra;
    append_wide_extra(extra, wide_values);
    append_time_extra(extra, entry.modified_ns);
    std::string out;
    append_little(out, directory_magic);
    append_little(out, made_by);
    append_common(out, entry, entry.wide || !wide_values.empty(), narrow(entry.packed_size), narrow(entry.size),
                  extra.size());
    append_little(out, std::uint16_t{0});  // no comment
    append_little(out, std::uint16_t{0});  // the first disk
    append_little(out, std::uint16_t{0});  // internal attributes
    append_little(out, regular_file);
    append_little(out, narrow(entry.header_offset));
    return out + entry.path + extra;
}

std::string zip_end(std::uint64_t directory_offset, std::uint64_t directory_bytes, std::uint64_t entries) {
    std::string out;
    if (directory_offset >= in_wide_extra || directory_bytes >= in_wide_extra || entries >= in_wide_end) {
        append_little(out, wide_end_magic);
        append_little(out, std::uint64_t{44});  // bytes that follow this number
        append_little(out, made_by);
        append_little(out, version_wide);
        append_little(out, std::uint32_t{0});  // this disk
        append_little(out, std::uint32_t{0});  // the directory's disk
        append_little(out, entries);           // on this disk
        append_little(out, entries);
        append_little(out, directory_bytes);
        append_little(out, directory_offset);
        append_little(out, wide_locator_magic);
        append_little(out, std::uint32_t{0});                    // the disk of the end just written
        append_little(out, directory_offset + directory_bytes);  // where that is
        append_little(out, std::uint32_t{1});                    // disks in all
    }
    const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(entries, in_wide_end));
    append_little(out, end_magic);
    append_little(out, std::uint16_t{0});  // this disk
    append_little(out, std::uint16_t{0});  // the directory's disk
    append_little(out, count);             // on this disk
    append_little(out, count);
    append_little(out, narrow(directory_bytes));
    append_little(out, narrow(directory_offset));
    append_little(out, std::uint16_t{0});  // no comment
    return out;
}

namespace {

// Finds the Zip64 sizes in a header's extra fields and puts them in; false: they are needed and not there, or the
// fields are no fields.
bool take_extra(std::span<const std::byte> extra, zip_local& into) {
    const bool wants_size = into.size == in_wide_extra, wants_packed = into.packed_size == in_wide_extra;
    bool found = false;
    while (!extra.empty()) {
        if (extra.size() < 4) return false;
        const auto kind = little_at<std::uint16_t>(extra, 0), length = little_at<std::uint16_t>(extra, 2);
        if (extra.size() - 4 < length) return false;
        if (kind == extra_wide) {
            auto values = extra.subspan(4, length);
            if (std::exchange(found, true)) return false;
            if (values.size() < (wants_size ? 8U : 0U) + (wants_packed ? 8U : 0U)) return false;
            if (wants_size) {
                into.size = little_at<std::uint64_t>(values, 0);
                values = values.subspan(8);
            }
            if (wants_packed) into.packed_size = little_at<std::uint64_t>(values, 0);
        }
        extra = extra.subspan(4 + std::size_t{length});
    }
    return found || !(wants_size || wants_packed);
}

}  // namespace

std::optional<zip_local> parse_zip_local_header(std::span<const std::byte> bytes) {
    if (bytes.size() < local_fixed_bytes || little_at<std::uint32_t>(bytes, 0) != local_magic) return std::nullopt;
    constexpr std::uint16_t refused = flag_encrypted | flag_sizes_behind | flag_patch | flag_strong | flag_masked;
    if ((little_at<std::uint16_t>(bytes, 6) & refused) != 0) return std::nullopt;
    zip_local out;
    out.method = static_cast<zip_method>(little_at<std::uint16_t>(bytes, 8));
    if (out.method != zip_method::stored && out.method != zip_method::deflated) return std::nullopt;
    out.crc32 = little_at<std::uint32_t>(bytes, 14);
    out.packed_size = little_at<std::uint32_t>(bytes, 18);
    out.size = little_at<std::uint32_t>(bytes, 22);
    const std::size_t name_bytes = little_at<std::uint16_t>(bytes, 26),
                      extra_bytes = little_at<std::uint16_t>(bytes, 28);
    out.header_bytes = local_fixed_bytes + name_bytes + extra_bytes;
    if (bytes.size() < out.header_bytes) return std::nullopt;
    if (!take_extra(bytes.subspan(local_fixed_bytes + name_bytes, extra_bytes), out)) return std::nullopt;
    if (out.method == zip_method::stored && out.size != out.packed_size) return std::nullopt;
    out.name = as_text(bytes.subspan(local_fixed_bytes, name_bytes));
    return out;
}

}  // namespace decamp::formats
