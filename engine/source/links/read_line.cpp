// The forms of a line: a URL, a JSON object, an option of aria2.
#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include "engine/source/links/entry.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::links {

namespace {

namespace json = boost::json;

constexpr std::size_t json_depth = 8;
constexpr std::string_view spaces = " \t\r";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

bool is_text(std::string_view line) {
    const bool control = std::ranges::any_of(
        line, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
    return !control && formats::is_valid_utf8(line);
}

const json::value* member(const json::object& of, std::string_view key) {
    const json::value* found = of.if_contains(key);
    return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string_view> text_of(const json::value& value) {
    const json::string* text = value.if_string();
    if (text == nullptr) return std::nullopt;
    return std::string_view(text->data(), text->size());
}

std::optional<std::uint64_t> size_of(const json::value& value) {
    if (value.is_int64()) return value.get_int64() < 0 ? std::nullopt : read_size(std::to_string(value.get_int64()));
    if (value.is_uint64()) return read_size(std::to_string(value.get_uint64()));
    const auto text = text_of(value);
    return text ? read_size(*text) : std::nullopt;
}

std::optional<std::int64_t> time_of(const json::value& value) {
    if (value.is_int64()) return read_time(std::to_string(value.get_int64()));
    if (value.is_double()) {
        constexpr double most = 1e12;  // seconds; what lies beyond the years is refused by its digits
        const double seconds = value.get_double();
        const bool in_range = seconds > -most && seconds < most;  // a NaN is not
        if (!in_range) return std::nullopt;
        return read_time(fmt::format("{:.3f}", seconds));
    }
    const auto text = text_of(value);
    return text ? read_time(*text) : std::nullopt;
}

std::optional<fault> read_members(const json::object& from, entry& out) {
    if (const auto* path = member(from, "path")) {
        const auto text = text_of(*path);
        if (!text) return fault::bad_path;
        out.path = *text;
    }
    if (const auto* size = member(from, "size")) {
        out.size = size_of(*size);
        if (!out.size) return fault::bad_size;
    }
    if (const auto* time = member(from, "mtime")) {
        out.modified_ms = time_of(*time);
        if (!out.modified_ms) return fault::bad_time;
    }
    struct known {
        std::string_view key, type;
    };
    constexpr std::array digests{known{"sha256", "sha-256"}, known{"sha1", "sha-1"}, known{"md5", "md5"}};
    for (const auto& [key, type] : digests) {
        const auto* digest = member(from, key);
        if (digest == nullptr) continue;
        const auto text = text_of(*digest);
        if (!text) return fault::bad_digest;
        if (const auto wrong = set_digest(out, type, *text)) return wrong;
    }
    return std::nullopt;
}

reading read_json(std::string_view line) {
    json::parse_options options;
    options.max_depth = json_depth;
    boost::system::error_code ec;
    const json::value document = json::parse(json::string_view(line.data(), line.size()), ec, {}, options);
    const json::object* object = ec ? nullptr : document.if_object();
    const json::value* address = object == nullptr ? nullptr : member(*object, "url");
    if (address == nullptr) return fault::not_an_entry;
    const auto text = text_of(*address);
    auto target = text ? transport::parse_url(*text) : std::nullopt;
    if (!target) return fault::not_a_url;
    entry out;
    out.target = std::move(*target);
    if (const auto wrong = read_members(*object, out)) return *wrong;
    return out;
}

}  // namespace

reading read_line(std::string_view line) {
    line = trimmed(line);
    if (!is_text(line)) return fault::not_text;
    if (line.starts_with('{')) return read_json(line);
    auto target = transport::parse_url(trimmed(line.substr(0, line.find('\t'))));
    if (!target) return fault::not_a_url;
    entry out;
    out.target = std::move(*target);
    return out;
}

std::optional<option> read_option(std::string_view line) {
    if (line.empty() || (line.front() != ' ' && line.front() != '\t')) return std::nullopt;
    line = trimmed(line);
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, equals);
    const bool plain =
        std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!plain) return std::nullopt;
    return option{name, line.substr(equals + 1)};
}

std::optional<fault> apply(const option& what, entry& to) {
    if (what.name == "checksum") {
        const std::size_t equals = what.value.find('=');
        if (equals == std::string_view::npos) return fault::bad_digest;
        return set_digest(to, what.value.substr(0, equals), what.value.substr(equals + 1));
    }
    if (what.name != "dir" && what.name != "out") return std::nullopt;
    if (!is_text(what.value)) return fault::not_text;
    (what.name == "dir" ? to.folder : to.path) = what.value;
    return item_of(to) ? std::nullopt : std::optional(fault::bad_path);
}

bool changes_the_request(const option& what) {
    constexpr std::array<std::string_view, 7> known{"header",      "http-user",   "http-passwd", "load-cookies",
                                                    "certificate", "private-key", "referer"};
    return std::ranges::find(known, what.name) != known.end();
}

}  // namespace decamp::source::links
