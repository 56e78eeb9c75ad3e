#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/source/webdav/webdav_source.hpp"

namespace decamp::source::webdav {

namespace {

// Fewer than callers make, so that the walk goes on.
constexpr unsigned tries_of_a_folder = 3;
constexpr unsigned tries_when_throttled = 5;
constexpr unsigned patient_in_a_row = 12;  // folders; those behind them are asked once each
constexpr unsigned hopeless_unanswered = 12;
constexpr unsigned hopeless_in_a_row = 1000;

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
    unsigned most = why.code == source_errc::throttled ? tries_when_throttled : tries_of_a_folder;
    if (in_a_row_ >= patient_in_a_row && !is_unanswered(why)) most = 1;
    if (++tries_ < most && !for_good) return false;
    tries_ = 0;
    // A server that refuses many folders is well.
    if (for_good) return true;
    ++in_a_row_;
    if (is_unanswered(why)) ++unanswered_in_a_row_;
    return true;
}

bool patience::hopeless() const {
    return in_a_row_ >= hopeless_in_a_row || unanswered_in_a_row_ >= hopeless_unanswered;
}

bool may_be_of_one_folder(const failure& why) {
    const error_class what = classify(why);
    return what == error_class::transient || what == error_class::item || why.code == source_errc::cut_by_redirect;
}

bool is_unanswered(const failure& why) {
    const bool answered = why.code == source_errc::server_error || why.code == source_errc::unusable_answer ||
                          why.code == source_errc::cut_by_redirect || classify(why) == error_class::item;
    return !answered;
}

list_gap unlisted_folder(const std::string& path, exception_reason reason, std::string why) {
    list_gap gap;
    const auto slash = path.rfind('/');
    const std::string name = path.substr(slash + 1);
    gap.id = path == "/" ? path : path.substr(1) + "/";
    gap.name = path == "/" ? path : name;
    gap.collection.value = slash == 0 ? "/" : path.substr(0, slash);
    gap.reason = reason;
    gap.detail = std::move(why);
    return gap;
}

}  // namespace decamp::source::webdav
