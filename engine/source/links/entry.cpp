#include "engine/source/links/entry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::links {

namespace {

constexpr std::int64_t first_second = -62'167'219'200;  // year 0
constexpr std::int64_t last_second = 253'402'300'799;   // year 9999
constexpr std::size_t hash_digits = 16;

template <std::size_t N>
bool set(std::optional<std::array<std::byte, N>>& to, std::string_view hex) {
    to = formats::array_from_hex<N>(hex);
    return to.has_value();
}

template <class Integer>
std::optional<Integer> whole(std::string_view text) {
    Integer value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// A folder of the tree: what is a slash within it would divide it.
std::string folder_component(std::string_view text) {
    std::string out = formats::to_valid_utf8(text);
    std::ranges::replace(out, '/', '_');
    return out;
}

bool is_dots(std::string_view component) {
    return component.empty() || component == "." || component == "..";
}

std::vector<std::string_view> components_of(std::string_view path) {
    std::vector<std::string_view> out;
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        out.push_back(path.substr(start, end - start));
        start = end + 1;
    }
    return out;
}

std::string hash_text(std::string_view text) {
    std::uint64_t value = formats::xxh3_64_of(formats::as_bytes(text));
    std::string out(hash_digits, '0');
    for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 4) *at = "0123456789abcdef"[value & 15];
    return out;
}

// "64" of "0.064": milliseconds of a fraction, cut.
std::optional<std::int64_t> thousandths(std::string_view digits) {
    if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    std::string three(digits.substr(0, 3));
    three.resize(3, '0');
    return whole<std::int64_t>(three);
}

}  // namespace

std::string_view to_string(fault what) {
    switch (what) {
        case fault::line_too_long:
            return "longer than 64 KiB";
        case fault::not_a_url:
            return "no http or https URL, or one with a user name in it";
        case fault::not_an_entry:
            return "no JSON object with a url in it";
        case fault::bad_size:
            return "a size that is none";
        case fault::bad_digest:
            return "a digest that is none";
        case fault::bad_time:
            return "a time that is none";
        case fault::bad_path:
            return "a path that is none";
        case fault::too_deep:
            return "the path has too many folders, or is too long";
        case fault::stray_option:
            return "an option without a URL above it";
        case fault::not_text:
            return "not text";
    }
    return "unknown";
}

std::optional<std::uint64_t> read_size(std::string_view text) {
    const auto value = whole<std::uint64_t>(text);
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value && *value <= most ? value : std::nullopt;
}

std::optional<std::int64_t> read_time(std::string_view text) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (const auto seconds = whole<std::int64_t>(text.substr(0, dot))) {
        std::optional<std::int64_t> rest = 0;
        if (dot < text.size()) rest = thousandths(text.substr(dot + 1));
        if (!rest || *seconds < first_second || *seconds > last_second) return std::nullopt;
        return *seconds * 1000 + (text.front() == '-' ? -*rest : *rest);
    }
    const auto time = formats::parse_rfc3339(text);
    if (!time) return std::nullopt;
    constexpr std::int64_t ns = 1'000'000;
    return time->unix_ns / ns - (time->unix_ns % ns < 0 ? 1 : 0);
}

std::optional<fault> set_digest(entry& to, std::string_view type, std::string_view hex) {
    bool good = true;
    if (type == "sha-256")
        good = set(to.sha256, hex);
    else if (type == "sha-1")
        good = set(to.sha1, hex);
    else if (type == "md5")
        good = set(to.md5, hex);
    return good ? std::nullopt : std::optional(fault::bad_digest);
}

std::string id_of(const transport::url& target) {
    std::string out = target.without_query();
    if (!target.query.empty()) out += "?" + hash_text(target.query);
    return out;
}

tree_place place_of_url(const transport::url& target) {
    tree_place out{"/" + target.host, {}};
    const auto components = components_of(target.path);
    std::size_t depth = 1;
    for (std::size_t i = 0; i < components.size(); ++i) {
        const auto decoded = transport::percent_decode(components[i]);
        const std::string_view plain = decoded ? std::string_view(*decoded) : components[i];
        if (is_dots(plain)) continue;
        if (i + 1 == components.size()) {
            out.name = formats::to_valid_utf8(plain);
        } else if (depth < depth_limit) {  // deeper ones fall together; the planner keeps their names apart
            out.home += "/" + folder_component(plain);
            ++depth;
        }
    }
    if (out.name.empty()) out.name = "index";
    return out;
}

std::optional<listed_item> item_of(const entry& what) {
    tree_place where = place_of_url(what.target);
    const std::string path =
        what.folder.empty() ? what.path : what.folder + "/" + (what.path.empty() ? where.name : what.path);
    if (path.size() > path_limit || static_cast<std::size_t>(std::ranges::count(path, '/')) > path_depth_limit)
        return std::nullopt;
    tree_place wanted = place_of_path(path);
    if (!wanted.name.empty()) where = std::move(wanted);
    listed_item out;
    out.id.value = id_of(what.target);
    // One URL under two paths is two files.
    out.raw_name = where.home + "/" + where.name;
    out.other_id = out.id.value + "#" + hash_text(out.raw_name);
    out.home.value = std::move(where.home);
    out.name = std::move(where.name);
    out.size = what.size;
    out.sha256 = what.sha256;
    out.sha1 = what.sha1;
    out.md5 = what.md5;
    out.modified_ms = what.modified_ms;
    return out;
}

listed_item bad_item(std::string_view unit, std::uint64_t number) {
    listed_item out;
    out.id.value = std::string(unit) + " " + std::to_string(number);
    out.name = out.id.value;
    out.home.value = "/";
    return out;
}

std::optional<std::uint64_t> bad_item_number(std::string_view unit, std::string_view id) {
    if (!id.starts_with(unit) || id.size() <= unit.size() || id[unit.size()] != ' ') return std::nullopt;
    return whole<std::uint64_t>(id.substr(unit.size() + 1));
}

}  // namespace decamp::source::links
