#include <algorithm>
#include <charconv>

#include "engine/source/webdav/webdav_source.hpp"

namespace decamp::source::webdav {

namespace {

constexpr unsigned tries_of_a_folder = 3;  // fewer than callers make, so that the walk goes on
constexpr unsigned hopeless_in_a_row = 12;
constexpr std::string_view unlisted_mark = "!";  // no entity tag and no path begins so

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<walk_cursor> parse_cursor(std::string_view text) {
    if (text.empty()) return walk_cursor{};
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto folder = number_of(text.substr(0, colon));
    if (!folder || *folder == 0) return std::nullopt;
    if (colon == text.size()) return walk_cursor{*folder, 0};
    const auto part = number_of(text.substr(colon + 1));
    if (!part || *part == 0) return std::nullopt;
    return walk_cursor{*folder, *part};
}

std::string to_text(const walk_cursor& at) {
    if (at.folder == 0) return {};
    std::string out = std::to_string(at.folder);
    if (at.part > 0) out += ":" + std::to_string(at.part);
    return out;
}

bool patience::failed(std::uint64_t folder, const failure& why) {
    if (folder != folder_) tries_ = 0;
    folder_ = folder;
    // Refusals stay what they are; the others may pass.
    const bool for_good = classify(why) == error_class::item || classify(why) == error_class::run;
    if (++tries_ < tries_of_a_folder && !for_good) return false;
    tries_ = 0;
    // A server that refuses many folders is well.
    if (!for_good) ++in_a_row_;
    return true;
}

bool patience::hopeless() const {
    return in_a_row_ >= hopeless_in_a_row;
}

listed_item unlisted_folder(const std::string& path, std::string_view why) {
    listed_item item;
    const auto slash = path.rfind('/');
    item.id.value = path.substr(1) + "/";
    item.home.value = slash == 0 ? "/" : path.substr(0, slash);
    item.name = path.substr(slash + 1);
    item.locator = std::string(unlisted_mark) + std::string(why);
    return item;
}

std::optional<failure> why_unlisted(const listed_item& item) {
    if (!item.id.value.ends_with('/') || !item.locator.starts_with(unlisted_mark)) return std::nullopt;
    return failure(source_errc::not_listed, item.locator.substr(unlisted_mark.size()));
}

}  // namespace decamp::source::webdav
