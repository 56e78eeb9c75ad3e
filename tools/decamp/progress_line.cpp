#include "tools/decamp/progress_line.hpp"

#include <cmath>
#include <vector>

#include "engine/messages/messages.hpp"
#include "formats/size.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

constexpr double least_gap = 0.2;   // seconds between samples that are kept
constexpr double least_span = 0.5;  // seconds for a rate worth showing
constexpr double longest_left = 100.0 * 24 * 3600;

std::string rate_text(double per_second, language words) {
    const auto bytes = per_second < 0 ? 0.0 : std::min(per_second, 1e18);
    return say(words, id::progress_rate, formats::human_size(static_cast<std::uint64_t>(bytes)));
}

std::string joined(const std::vector<std::string>& parts, language words) {
    std::string line;
    for (const auto& part : parts) {
        if (!line.empty()) line += words == language::zh_cn ? "，" : ", ";
        line += part;
    }
    return line;
}

void add_speed(std::vector<std::string>& parts, const progress_rates& rates, std::optional<double> left,
               language words) {
    if (rates.received) parts.push_back(rate_text(*rates.received, words));
    if (left) parts.push_back(say(words, id::progress_left, duration_text(*left, words)));
}

void add_troubles(std::vector<std::string>& parts, const progress& now, language words) {
    if (now.retries > 0) parts.push_back(say(words, id::progress_retries, now.retries));
    if (now.items_failed > 0) parts.push_back(say(words, id::progress_failed, now.items_failed));
}

std::string verify_text(const progress& now, const progress_rates& rates, language words) {
    std::vector<std::string> parts{say(words, id::progress_verifying)};
    parts.push_back(say(words, id::progress_files, now.items_proven, now.items_listed));
    parts.push_back(say(words, id::progress_read, formats::human_size(now.bytes_received)));
    add_speed(parts, rates, time_left(now.items_proven, now.items_listed, rates.done), words);
    add_troubles(parts, now, words);
    return joined(parts, words);
}

}  // namespace

void rate_meter::add(double seconds, std::uint64_t bytes) {
    if (!samples_.empty() && (bytes < samples_.back().bytes || seconds < samples_.back().seconds)) samples_.clear();
    // Samples that come thick replace the newest, so that their number stays bounded.
    if (samples_.size() > 1 && seconds - samples_[samples_.size() - 2].seconds < least_gap)
        samples_.back() = {seconds, bytes};
    else
        samples_.push_back({seconds, bytes});
    while (samples_.size() > 2 && samples_[1].seconds <= seconds - window_) samples_.pop_front();
}

std::optional<double> rate_meter::per_second() const {
    if (samples_.size() < 2) return std::nullopt;
    const double span = samples_.back().seconds - samples_.front().seconds;
    if (span < least_span) return std::nullopt;
    return static_cast<double>(samples_.back().bytes - samples_.front().bytes) / span;
}

std::optional<double> time_left(std::uint64_t done, std::uint64_t wanted, std::optional<double> per_second) {
    if (wanted == 0 || !per_second || !(*per_second > 0)) return std::nullopt;
    if (done >= wanted) return 0.0;
    const double left = static_cast<double>(wanted - done) / *per_second;
    if (left > longest_left) return std::nullopt;
    return left;
}

std::string progress_text(const progress& now, const progress_rates& rates, work what, language words) {
    if (what == work::verifying) return verify_text(now, rates, words);
    if (now.items_listed == 0) return say(words, now.listing_done ? id::progress_listing : id::progress_starting);
    std::vector<std::string> parts;
    parts.push_back(say(words, now.listing_done ? id::progress_files : id::progress_files_so_far, now.items_stored,
                        now.items_listed));
    if (now.bytes_wanted > 0)
        parts.push_back(say(words, id::progress_bytes, formats::human_size(now.bytes_stored),
                            formats::human_size(now.bytes_wanted)));
    // Nobody knows the end before the list is whole.
    const auto left = now.listing_done ? time_left(now.bytes_stored, now.bytes_wanted, rates.done) : std::nullopt;
    add_speed(parts, rates, left, words);
    if (now.items_proven > 0) parts.push_back(say(words, id::progress_proven, now.items_proven));
    if (now.bytes_saved > 0) parts.push_back(say(words, id::progress_saved, formats::human_size(now.bytes_saved)));
    add_troubles(parts, now, words);
    return joined(parts, words);
}

}  // namespace decamp::cli
