#include <algorithm>
#include <charconv>
#include <span>

#include "engine/source/webdav/webdav_source.hpp"
#include "formats/digest.hpp"

namespace decamp::source::webdav {

namespace {

constexpr unsigned tries_of_a_folder = 3;  // fewer than callers make, so that the walk goes on
constexpr unsigned hopeless_in_a_row = 12;
constexpr std::size_t named_at_most = 20;

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<walk_cursor> parse_cursor(std::string_view text) {
    if (text.empty()) return walk_cursor{};
    if (text == "!") return walk_cursor{0, 0, true};
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto folder = number_of(text.substr(0, colon));
    if (!folder || *folder == 0) return std::nullopt;
    if (colon == text.size()) return walk_cursor{*folder, 0, false};
    const auto part = number_of(text.substr(colon + 1));
    if (!part || *part == 0) return std::nullopt;
    return walk_cursor{*folder, *part, false};
}

std::string to_text(const walk_cursor& at) {
    if (at.end) return "!";
    if (at.folder == 0) return {};
    std::string out = std::to_string(at.folder);
    if (at.part > 0) out += ":" + std::to_string(at.part);
    return out;
}

bool set_aside::failed(std::uint64_t folder, const failure& why, std::string_view shown) {
    if (folder != folder_) tries_ = 0;
    folder_ = folder;
    // Refusals stay what they are; the others may pass.
    const bool for_good = classify(why) == error_class::item || classify(why) == error_class::run;
    if (++tries_ < tries_of_a_folder && !for_good) return false;
    tries_ = 0;
    // A server that refuses many folders is well.
    if (!for_good) ++in_a_row_;
    add(shown, why.detail.empty() ? why.code.message() : why.detail);
    return true;
}

void set_aside::add(std::string_view shown, std::string_view why) {
    std::string named = std::string(shown) + " (" + std::string(why) + ")";
    // A page that is given again names the same.
    if (std::ranges::find(named_, named) != named_.end()) return;
    ++count_;
    if (named_.size() < named_at_most) named_.push_back(std::move(named));
}

bool set_aside::hopeless() const {
    return in_a_row_ >= hopeless_in_a_row;
}

failure set_aside::summary() const {
    std::string detail = count_ == 1 ? "folder " : std::to_string(count_) + " folders: ";
    for (std::size_t i = 0; i < named_.size(); ++i) detail += (i == 0 ? "" : ", ") + named_[i];
    if (count_ > named_.size()) detail += ", and others";
    return {source_errc::unusable_answer, std::move(detail)};
}

bool recent_links::again(std::string_view id, std::uint64_t version) {
    const std::uint64_t key = formats::xxh3_64_of(std::as_bytes(std::span(id.data(), id.size())));
    const auto at = std::ranges::find(given_, key, &std::pair<std::uint64_t, std::uint64_t>::first);
    const bool same = at != given_.end() && at->second == version;
    if (at != given_.end())
        at->second = version;
    else
        given_.emplace_back(key, version);
    if (given_.size() > limit) given_.pop_front();
    return same;
}

}  // namespace decamp::source::webdav
