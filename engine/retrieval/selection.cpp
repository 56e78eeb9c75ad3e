#include "engine/retrieval/selection.hpp"

#include <algorithm>

#include "engine/messages/messages.hpp"
#include "engine/model/layout.hpp"
#include "engine/plan/filter.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

namespace decamp::retrieval {

namespace {

std::string_view behind_slash(std::string_view path) {
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

bool in_album(const std::string& asked, std::string_view album) {
    std::string folder = formats::nfc(asked);
    while (!folder.empty() && folder.back() == '/') folder.pop_back();
    const std::string in = formats::nfc(album);
    return in == folder || (in.size() > folder.size() && in.starts_with(folder) && in[folder.size()] == '/');
}

bool fits(const std::string& asked, std::string_view target, std::string_view album, const list_line& line) {
    std::string pattern = formats::nfc(asked);
    const std::string listed = formats::nfc(target), name = formats::nfc(layout::name_of(target));
    const std::string below = formats::nfc(behind_slash(target));
    const std::string given = formats::nfc(line.name);
    if (pattern.starts_with("data/")) pattern.erase(0, 5);
    if (plan::matches(pattern, listed) || plan::matches(pattern, below)) return true;
    if (!given.empty() && plan::matches(pattern, album.empty() ? given : formats::nfc(album) + "/" + given))
        return true;
    if (pattern.find('/') != std::string::npos) return false;
    return plan::matches(pattern, name, true) || (!given.empty() && plan::matches(pattern, given, true));
}

}  // namespace

std::optional<std::string> problem(const item_selection& s, language words) {
    for (const auto& pattern : s.patterns)
        if (!plan::is_pattern(pattern)) return messages::say(words, messages::id::err_pattern, pattern);
    for (const auto& [name, day] : {std::pair("--since", &s.since), std::pair("--until", &s.until)})
        if (!day->empty() && !formats::parse_dashed_day(*day))
            return messages::say(words, messages::id::err_day_value, name, *day);
    return std::nullopt;
}

bool everything(const item_selection& s) {
    return s.patterns.empty() && s.albums.empty() && s.since.empty() && s.until.empty();
}

std::string_view album_of(std::string_view target) {
    return layout::parent_of(behind_slash(target));
}

std::string day_of(const list_line& line) {
    const auto time = line.time_ms();
    return time ? formats::format_dashed_day(formats::date_of_ms(*time, plan::source_offset_minutes)) : std::string();
}

bool wanted(const item_selection& s, std::string_view target, const list_line& line) {
    if (!s.since.empty() || !s.until.empty()) {
        // Both are of one form, with four digits for the year: text compares as days do.
        const std::string day = day_of(line);
        if (day.empty() || (!s.since.empty() && day < s.since) || (!s.until.empty() && s.until < day)) return false;
    }
    const std::string_view album = album_of(target);
    const auto named = [album](const std::string& asked) { return in_album(asked, album); };
    if (!s.albums.empty() && std::ranges::none_of(s.albums, named)) return false;
    const auto matching = [&](const std::string& pattern) { return fits(pattern, target, album, line); };
    return s.patterns.empty() || std::ranges::any_of(s.patterns, matching);
}

}  // namespace decamp::retrieval
