#include "formats/tar.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace decamp::formats {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::uint64_t octal_limit = (std::uint64_t{1} << 33) - 1;  // eleven octal digits
constexpr std::size_t name_bytes = 100, prefix_bytes = 155;

// Places of the ustar header's fields; the rest of the 512 bytes is NUL.
constexpr std::size_t at_name = 0, at_mode = 100, at_uid = 108, at_gid = 116, at_size = 124, at_mtime = 136,
                      at_checksum = 148, at_type = 156, at_link = 157, at_magic = 257, at_major = 329, at_minor = 337,
                      at_prefix = 345;

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// At most `limit` bytes from the front; no part of a code point, and no '/' at the end, which would make it a folder.
std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
    text = text.substr(0, limit);
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

struct split_path {
    std::string_view prefix, name;
    bool whole = true;  // false: cut, and the path must be said elsewhere
};

// The '/' between prefix and name is not stored. The first that leaves a name short enough leaves the longest name.
split_path split(std::string_view path) {
    if (path.size() <= name_bytes) return {{}, path};
    const auto slash = path.find('/', path.size() - name_bytes - 1);
    if (slash != std::string_view::npos && slash > 0 && slash <= prefix_bytes && slash + 1 < path.size())
        return {path.substr(0, slash), path.substr(slash + 1)};
    return {{}, cut(path, name_bytes), false};
}

struct split_time {
    std::int64_t seconds = 0;  // rounded down
    std::int64_t ns = 0;       // 0 .. 999,999,999
};

split_time split_ns(std::int64_t unix_ns) {
    split_time out{unix_ns / ns_per_second, unix_ns % ns_per_second};
    if (out.ns < 0) out = {out.seconds - 1, out.ns + ns_per_second};
    return out;
}

// A signed decimal number of seconds without needless digits: what POSIX lets a time record be.
std::string decimal_seconds(std::int64_t unix_ns) {
    // The lowest value has no positive counterpart, its parts have.
    const std::int64_t whole = unix_ns / ns_per_second, part = unix_ns % ns_per_second;
    std::string out = unix_ns < 0 ? "-" : "";
    out += fmt::format("{}", whole < 0 ? -whole : whole);
    if (part == 0) return out;
    out += fmt::format(".{:09}", part < 0 ? -part : part);
    while (out.ends_with('0')) out.pop_back();
    return out;
}

// "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too.
void append_record(std::string& to, std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (length != rest + fmt::formatted_size("{}", length)) length = rest + fmt::formatted_size("{}", length);
    fmt::format_to(std::back_inserter(to), "{} {}={}\n", length, key, value);
}

struct ustar_fields {
    std::string_view prefix, name, link;
    std::uint64_t size = 0, mtime = 0;
    char type = '0';
};

std::string ustar(const ustar_fields& fields) {
    std::string out(tar_block, '\0');
    const auto put = [&](std::size_t at, std::string_view text) {
        std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(at_name, fields.name);
    put(at_mode, "0000644");
    put(at_uid, "0000000");
    put(at_gid, "0000000");
    put(at_size, fmt::format("{:011o}", fields.size));
    put(at_mtime, fmt::format("{:011o}", fields.mtime));
    put(at_checksum, "        ");  // counts as spaces
    put(at_type, {&fields.type, 1});
    put(at_link, fields.link);
    put(at_magic, std::string_view("ustar\00000", 8));
    put(at_major, "0000000");
    put(at_minor, "0000000");
    put(at_prefix, fields.prefix);
    unsigned sum = 0;
    for (const char c : out) sum += static_cast<unsigned char>(c);
    put(at_checksum, fmt::format("{:06o}", sum));
    out[at_checksum + 6] = '\0';
    return out;
}

// Programs that do not know extended headers make files of them: of a plain name, in a folder of their own.
std::string extended_name(std::string_view path) {
    constexpr std::string_view folder = "PaxHeaders/";
    std::string name;
    for (const char c : path.substr(path.rfind('/') + 1)) {
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
        name += plain ? c : '_';
        if (name.size() == name_bytes - folder.size()) break;
    }
    if (name.find_first_not_of('.') == std::string::npos) name = "_";
    return std::string(folder) + name;
}

std::string extended_header(std::string_view path, std::string records) {
    std::string out =
        ustar({.prefix = {}, .name = extended_name(path), .link = {}, .size = records.size(), .type = 'x'});
    records.resize(records.size() + static_cast<std::size_t>(tar_padding(records.size())));
    return out + records;
}

}  // namespace

std::string tar_header(const tar_entry& entry) {
    const bool is_link = !entry.link_to.empty();
    const split_path path = split(entry.path);
    const std::uint64_t size = is_link ? 0 : entry.size;
    const std::int64_t modified = entry.modified_ns.value_or(0);
    const split_time time = split_ns(modified);
    const bool late = time.seconds > 0 && static_cast<std::uint64_t>(time.seconds) > octal_limit;

    std::string records;
    if (!path.whole || !is_ascii(entry.path)) append_record(records, "path", entry.path);
    if (entry.link_to.size() > name_bytes || !is_ascii(entry.link_to))
        append_record(records, "linkpath", entry.link_to);
    if (size > octal_limit) append_record(records, "size", fmt::format("{}", size));
    if (time.ns != 0 || time.seconds < 0 || late) append_record(records, "mtime", decimal_seconds(modified));

    ustar_fields fields;
    fields.prefix = path.prefix;
    fields.name = path.name;
    fields.link = cut(entry.link_to, name_bytes);
    // What does not fit here is nearest to the truth; the record before it counts.
    fields.size = std::min(size, octal_limit);
    fields.mtime = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(time.seconds, 0)), octal_limit);
    fields.type = is_link ? '1' : '0';
    return records.empty() ? ustar(fields) : extended_header(entry.path, std::move(records)) + ustar(fields);
}

}  // namespace decamp::formats
