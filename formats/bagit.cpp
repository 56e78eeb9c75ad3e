#include "formats/bagit.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "formats/hex.hpp"
#include "formats/unicode.hpp"

namespace decamp::formats {
namespace {

constexpr std::size_t bag_info_limit = std::size_t{1} << 20;
constexpr std::size_t bag_path_limit = 4096;
constexpr std::size_t sha256_hex_length = 64;

// Cuts the next line off, whichever of LF, CR and CRLF ends it.
std::string_view take_line(std::string_view& rest) {
    std::size_t end = rest.find_first_of("\r\n");
    std::string_view line = rest.substr(0, end);
    if (end == std::string_view::npos) {
        rest = {};
        return line;
    }
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    return line;
}

std::string_view trimmed(std::string_view text) {
    std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One line of readable text: controls and line separators become single spaces.
std::string one_line(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        utf8_step step = decode_utf8(text, i);
        char32_t c = step.code_point;
        i += step.length;
        bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
        if (!control) {
            append_utf8(out, c);
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return std::string(trimmed(out));
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string percent_decoded(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        std::size_t percent = std::min(path.find('%'), path.size());
        out += path.substr(0, percent);
        path.remove_prefix(percent);
        if (path.empty()) break;
        // Only what the RFC has encoded; any other % is taken as it stands, as old bags wrote it.
        std::string_view code = path.substr(1, 2);
        char decoded = code == "25"                   ? '%'
                       : code == "0A" || code == "0a" ? '\n'
                       : code == "0D" || code == "0d" ? '\r'
                                                      : '\0';
        out += decoded != '\0' ? decoded : '%';
        path.remove_prefix(decoded != '\0' ? 3 : 1);
    }
    return out;
}

std::variant<manifest_entry, manifest_fault> judged(std::string_view line) {
    auto entry = parse_manifest_line(line);
    if (!entry) return manifest_fault::malformed;
    if (!is_valid_utf8(entry->path)) return manifest_fault::not_utf8;
    if (!is_safe_bag_path(entry->path)) return manifest_fault::unsafe_path;
    return std::move(*entry);
}

}  // namespace

std::string bag_declaration() {
    return "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
}

bool is_bag_declaration(std::string_view text) {
    if (text.size() > 256) return false;
    std::string_view version = take_line(text);
    std::string_view encoding = take_line(text);
    bool known = version == "BagIt-Version: 1.0" || version == "BagIt-Version: 0.97";
    return known && encoding == "Tag-File-Character-Encoding: UTF-8" && text.empty();
}

std::string format_payload_oxum(payload_oxum oxum) {
    return fmt::format("{}.{}", oxum.octets, oxum.streams);
}

std::optional<payload_oxum> parse_payload_oxum(std::string_view text) {
    std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    auto octets = parse_count(text.substr(0, dot));
    auto streams = parse_count(text.substr(dot + 1));
    if (!octets || !streams) return std::nullopt;
    return payload_oxum{*octets, *streams};
}

bag_info& bag_info::add(std::string_view label, std::string_view value) {
    std::string clean = one_line(label);
    std::erase(clean, ':');
    text_ += trimmed(clean);
    text_ += ": ";
    text_ += one_line(value);
    text_ += '\n';
    return *this;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_bag_info(std::string_view text) {
    if (text.size() > bag_info_limit) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (trimmed(line).empty()) continue;
        if (line.front() == ' ' || line.front() == '\t') {
            if (out.empty()) return std::nullopt;
            out.back().second += ' ';
            out.back().second += to_valid_utf8(trimmed(line));
            continue;
        }
        std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        out.emplace_back(to_valid_utf8(trimmed(line.substr(0, colon))), to_valid_utf8(trimmed(line.substr(colon + 1))));
    }
    return out;
}

void append_manifest_line(std::string& out, const sha256_digest& digest, std::string_view path) {
    out += to_hex(digest);
    out += "  ";
    for (char c : path) {
        if (c == '%') {
            out += "%25";
        } else if (c == '\n') {
            out += "%0A";
        } else if (c == '\r') {
            out += "%0D";
        } else {
            out += c;
        }
    }
    out += '\n';
}

std::string manifest_line(const sha256_digest& digest, std::string_view path) {
    std::string out;
    append_manifest_line(out, digest, path);
    return out;
}

std::optional<manifest_entry> parse_manifest_line(std::string_view line) {
    if (line.size() < sha256_hex_length || line.size() > manifest_line_limit) return std::nullopt;
    auto digest = array_from_hex<sizeof(sha256_digest)>(line.substr(0, sha256_hex_length));
    if (!digest) return std::nullopt;
    line.remove_prefix(sha256_hex_length);
    std::size_t path = line.find_first_not_of(" \t");
    if (path == 0 || path == std::string_view::npos) return std::nullopt;
    line.remove_prefix(path);
    if (line.starts_with('*')) line.remove_prefix(1);
    if (line.empty() || line.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
    return manifest_entry{*digest, percent_decoded(line)};
}

bool is_safe_bag_path(std::string_view path) {
    if (path.empty() || path.size() > bag_path_limit || path.front() == '~') return false;
    if (path.find('\\') != std::string_view::npos || path.find('\0') != std::string_view::npos) return false;
    auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (path.size() >= 2 && path[1] == ':' && is_letter(path[0])) return false;
    if (!is_valid_utf8(path)) return false;
    for (std::size_t start = 0; start <= path.size();) {
        std::size_t end = std::min(path.find('/', start), path.size());
        std::string_view component = path.substr(start, end - start);
        if (component.empty() || component == "." || component == "..") return false;
        start = end + 1;
    }
    return true;
}

void manifest_reader::feed(std::string_view piece, const sink& out) {
    while (!piece.empty()) {
        if (std::exchange(after_cr_, false) && piece.front() == '\n') {
            piece.remove_prefix(1);
            continue;
        }
        std::size_t end = piece.find_first_of("\r\n");
        std::string_view part = piece.substr(0, end);
        if (!skipping_ && partial_.size() + part.size() > manifest_line_limit) {
            skipping_ = true;
            partial_.clear();
        }
        if (!skipping_) partial_ += part;
        if (end == std::string_view::npos) return;
        after_cr_ = piece[end] == '\r';
        piece.remove_prefix(end + 1);
        end_line(true, out);
    }
}

void manifest_reader::finish(const sink& out) {
    if (skipping_ || !partial_.empty()) end_line(false, out);
    partial_.clear();
    line_ = 1;
    after_cr_ = false;
}

void manifest_reader::end_line(bool terminated, const sink& out) {
    // State is settled before the sink is called: it may throw.
    std::uint64_t number = line_++;
    bool too_long = std::exchange(skipping_, false);
    std::string line = std::exchange(partial_, {});
    if (too_long) {
        out({number, manifest_fault::line_too_long, terminated});
    } else if (!line.empty()) {
        out({number, judged(line), terminated});
    }
    line.clear();
    if (partial_.empty()) partial_ = std::move(line);  // keeps its capacity
}

}  // namespace decamp::formats
