#include "engine/plan/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "formats/unicode.hpp"

namespace decamp::plan {

namespace {

// What is left of a pattern without what stands for other characters.
std::string plain(std::string_view pattern) {
    std::string out;
    bool in_set = false;
    for (const char c : pattern) {
        if (c == '[') in_set = true;
        if (!in_set && c != '*' && c != '?' && c != '\\') out += c;
        if (c == ']') in_set = false;
    }
    return out;
}

std::string compared(std::string_view text) {
    return formats::fold(text.substr(0, longest_compared));
}

}  // namespace

std::size_t edit_distance(std::string_view one, std::string_view other) {
    const std::string a = compared(one), b = compared(other);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
        }
    }
    return row.back();
}

nearest_name::nearest_name(const std::vector<std::string>& asked) {
    for (const std::string& pattern : asked) {
        std::string whole = plain(pattern);
        const bool all_of_album = whole.ends_with('/');
        while (whole.ends_with('/')) whole.pop_back();
        if (all_of_album) {
            if (!whole.empty()) albums_.push_back(whole);
            continue;
        }
        const auto slash = whole.rfind('/');
        if (!whole.empty()) albums_.push_back(whole);
        if (slash == whole.npos) {
            if (!whole.empty()) files_.push_back(whole);
            continue;
        }
        albums_.push_back(whole.substr(0, slash));
        files_.push_back(whole.substr(slash + 1));
    }
}

// A name that begins with what was asked comes next to one that is the same.
void nearest_name::offer(const std::vector<std::string>& asked, std::string_view name, candidate& to) {
    if (name.empty()) return;
    const std::string folded = compared(name);
    for (const std::string& text : asked) {
        const std::string wanted = compared(text);
        std::size_t distance = edit_distance(text, name);
        if (distance > 1 && folded.starts_with(wanted)) distance = 1;
        // Further away than half of it, nothing of it is left.
        if (distance * 2 > std::max(wanted.size(), folded.size()) || (to.any && to.distance <= distance)) continue;
        to = {std::string(name), distance, true};
    }
}

void nearest_name::album(std::string_view name) {
    offer(albums_, name, album_);
}
void nearest_name::file(std::string_view name) {
    offer(files_, name, file_);
}

std::string nearest_name::best() const {
    const bool album = album_.any && album_.distance > 0;
    if (album && (!file_.any || album_.distance <= file_.distance)) return album_.name;
    return file_.any ? file_.name : album_.any ? album_.name : std::string();
}

}  // namespace decamp::plan
