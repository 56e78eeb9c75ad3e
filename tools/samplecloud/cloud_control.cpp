#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/samplecloud/cloud.hpp"
#include "tools/samplecloud/json_text.hpp"

namespace decamp::samplecloud {
namespace {

constexpr std::size_t most_repeats_named = 1000;

}  // namespace

server_stats cloud::stats() const {
    const std::lock_guard lock(mutex_);
    server_stats out = totals_;
    for (std::size_t i = 0; i < endpoint_count; ++i) {
        out.requests.emplace(std::string(name_of(static_cast<endpoint>(i))), by_endpoint_[i]);
    }
    for (std::size_t status = 0; status < by_status_.size(); ++status) {
        if (by_status_[status] != 0) out.statuses.emplace(static_cast<int>(status), by_status_[status]);
    }
    out.renewals = session_.renewals();
    out.inserted = world_->lists.inserted;
    out.removed = world_->lists.removed.size();
    downloads_.each([&](std::uint64_t index, unsigned count) {
        if (count < 2 || out.downloaded_again.size() >= most_repeats_named) return;
        out.downloaded_again.emplace(std::to_string(world_->items->id_of(index)), count);
    });
    return out;
}

std::vector<request_record> cloud::log() const {
    const std::lock_guard lock(mutex_);
    const std::size_t keep = std::min(log_limit_, log_.size());
    return {log_.end() - static_cast<std::ptrdiff_t>(keep), log_.end()};
}

void cloud::reset_stats() {
    const std::lock_guard lock(mutex_);
    server_stats fresh;
    fresh.open_connections = totals_.open_connections;
    fresh.most_connections = totals_.open_connections;
    fresh.stalled = totals_.stalled;
    totals_ = fresh;
    by_endpoint_.fill(0);
    by_status_.fill(0);
    downloads_.clear();
    completed_.clear();
    log_.clear();
}

void cloud::reset_attempts() {
    const std::lock_guard lock(mutex_);
    for (tally& stage : attempts_) stage.clear();
    group_counts_.fill(0);
    gallery_pages_ = 0;
    moves_made_ = 0;
    lies_.assign(lies_.size(), 0);
}

std::uint64_t cloud::requests(endpoint kind) const {
    const std::lock_guard lock(mutex_);
    return by_endpoint_[static_cast<std::size_t>(kind)];
}

unsigned cloud::attempts(std::uint64_t index) const {
    const std::lock_guard lock(mutex_);
    return downloads_.at(index);
}

unsigned cloud::completed(std::uint64_t index) const {
    const std::lock_guard lock(mutex_);
    return completed_.at(index);
}

void cloud::mutate(const std::function<void(scenario&)>& change) {
    const std::lock_guard lock(mutex_);
    scenario next = *world_->switches;
    change(next);
    replace_world(std::move(next), world_->lists);
}

void cloud::insert_items(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<world>(*world_);
    next->lists.inserted += count;
    world_ = std::move(next);
}

void cloud::remove_item(std::uint64_t index) {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<world>(*world_);
    auto& removed = next->lists.removed;
    const auto place = std::lower_bound(removed.begin(), removed.end(), index);
    if (place == removed.end() || *place != index) removed.insert(place, index);
    world_ = std::move(next);
}

void cloud::kill_service_token() {
    const std::lock_guard lock(mutex_);
    session_.kill_service_token();
}

void cloud::kill_pass_token() {
    const std::lock_guard lock(mutex_);
    session_.kill_pass_token();
}

void cloud::write_log_line(const request_record& record) {
    std::string line = fmt::format(R"({{"number":{},"origin":"{}","endpoint":"{}","method":)", record.number,
                                   name_of(record.where), name_of(record.kind));
    append_json_string(line, record.method);
    line += ",\"target\":";
    append_json_string(line, record.target);
    line += ",\"cookies\":[";
    for (std::size_t i = 0; i < record.cookie_names.size(); ++i) {
        if (i != 0) line.push_back(',');
        append_json_string(line, record.cookie_names[i]);
    }
    line += fmt::format(R"(],"has_cookie":{},"range":)", record.has_cookie);
    append_json_string(line, record.range);
    line += fmt::format(R"(,"status":{},"body_bytes":{},"finished":{}}})", record.status, record.body_bytes,
                        record.finished);
    log_file_ << line << '\n' << std::flush;
}

std::string_view name_of(endpoint kind) {
    constexpr std::array<std::string_view, endpoint_count> names{
        "login_url", "service_login", "sts",      "keep_alive",  "profile",  "check",
        "enc_info",  "prepare",       "albums",   "video_album", "timeline", "galleries",
        "link",      "page",          "download", "thumbnail",   "quota",    "unknown"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(origin where) {
    constexpr std::array<std::string_view, origin_count> names{"api",   "account",        "storage",
                                                               "shard", "second_storage", "foreign"};
    return names[static_cast<std::size_t>(where)];
}

}  // namespace decamp::samplecloud
