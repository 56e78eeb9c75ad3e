#include "tools/samplecloud/cloud.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"

namespace decamp::samplecloud {
namespace {

constexpr std::size_t link_memory = 100'000;

bool needs_session(endpoint kind) {
    switch (kind) {
        case endpoint::keep_alive:
        case endpoint::profile:
        case endpoint::check:
        case endpoint::enc_info:
        case endpoint::prepare:
        case endpoint::albums:
        case endpoint::video_album:
        case endpoint::timeline:
        case endpoint::galleries:
        case endpoint::link:
        case endpoint::quota:
            return true;
        default:
            return false;
    }
}

}  // namespace

cloud::cloud(scenario what, std::size_t log_limit, const std::string& log_file) : log_limit_(log_limit) {
    replace_world(std::move(what), {});
    if (log_file.empty()) return;
    log_file_.open(log_file, std::ios::app);
    if (!log_file_) throw std::runtime_error("samplecloud: the log file cannot be written");
}

std::shared_ptr<const world> cloud::now() const {
    const std::lock_guard lock(mutex_);
    return world_;
}

void cloud::replace_world(scenario switches, list_state lists) {
    auto next = std::make_shared<world>();
    next->switches = std::make_shared<const scenario>(std::move(switches));
    next->items = std::make_shared<const library>(*next->switches);
    next->lists = std::move(lists);
    lies_.assign(next->switches->counts.size(), 0);
    total_bytes_.reset();
    world_ = std::move(next);
}

void cloud::handle(origin where, const http_request& request, http_response& response) {
    if (where == origin::api && request.path().starts_with("/_control/")) {
        answer_control(*this, request, response);
        return;
    }
    const std::shared_ptr<const world> snapshot = now();
    exchange x{request, response, *snapshot, where};
    x.kind = classify(where, request.method, request.path());
    const admission entry = admit(x);
    if (entry.refused) {
        set_status(response, entry.status, entry.retry_after);
    } else if (entry.unauthorized) {
        answer_unauthorized(*this, x);
    } else if (entry.to_shard) {
        response.status = 302;
        response.headers = "Location: " + url(origin::shard) + request.target + "\r\n";
    } else if (where == origin::account) {
        answer_account(*this, x);
    } else if (where == origin::storage || where == origin::second_storage || where == origin::foreign) {
        answer_storage(*this, x);
    } else {
        answer_api(*this, x);
    }
    if (entry.fault != nullptr) spoil_list(*this, x, *entry.fault);
    if (!entry.new_token.empty()) response.headers += set_token_cookie(entry.new_token);
    open_record(x);
}

cloud::admission cloud::admit(exchange& x) {
    const scenario& conf = x.switches();
    admission out;
    const std::lock_guard lock(mutex_);
    ++in_flight_;
    x.ts = conf.library.now_ms + static_cast<std::int64_t>(clock_++);
    ++by_endpoint_[static_cast<std::size_t>(x.kind)];
    ++totals_.total_requests;
    check_cookies(x);
    for (std::size_t g = 0; g < group_counts_.size(); ++g) {
        if (in_group(static_cast<request_group>(g), x.kind)) ++group_counts_[g];
    }
    if (const burst* active = burst_for(x)) {
        ++totals_.faults_shown;
        out.refused = true;
        out.status = active->status;
        out.retry_after = active->retry_after;
        return out;
    }
    if (needs_session(x.kind)) {
        const std::string user = cookie_value(x.request.cookie, "userId");
        const std::string token = cookie_value(x.request.cookie, "serviceToken");
        // The site repeats the token in every form it posts; without it a POST is somebody else's.
        const bool form_right = x.request.method != "POST" || form_value(x.request.body, "serviceToken") == token;
        const bool gallery = x.kind >= endpoint::prepare && x.kind <= endpoint::link;
        if (!form_right || !session_.admit(conf, user, token, x.where == origin::shard) ||
            (conf.session.untrusted && gallery)) {
            out.unauthorized = true;
            return out;
        }
        if (x.where == origin::api) ++api_requests_;
        if (x.where == origin::api && conf.session.shard_every != 0 && api_requests_ % conf.session.shard_every == 0) {
            out.to_shard = true;
            out.new_token = session_.grant_shard(conf);
            return out;
        }
        if (session_.rotation_due(conf)) out.new_token = session_.rotate(conf);
    }
    out.fault = list_fault_for(x);
    return out;
}

void cloud::check_cookies(const exchange& x) {
    if (!x.request.has_cookie) return;
    const bool storage = x.where == origin::storage || x.where == origin::second_storage || x.where == origin::foreign;
    if (storage) ++totals_.cookies_leaked;
    const bool chain = x.kind == endpoint::login_url || x.kind == endpoint::service_login || x.kind == endpoint::sts;
    if (!chain && !cookie_value(x.request.cookie, "passToken").empty()) ++totals_.pass_token_misplaced;
}

const burst* cloud::burst_for(const exchange& x) const {
    for (const burst& entry : x.switches().bursts) {
        if (!in_group(entry.on, x.kind)) continue;
        const std::uint64_t number = group_counts_[static_cast<std::size_t>(entry.on)];
        const std::uint64_t bursts = number / entry.every;
        if (bursts == 0 || number % entry.every >= entry.length) continue;
        if (entry.times == 0 || bursts <= entry.times) return &entry;
    }
    return nullptr;
}

const list_fault* cloud::list_fault_for(const exchange& x) const {
    for (const list_fault& entry : x.switches().list_faults) {
        if (!in_group(entry.on, x.kind)) continue;
        const std::uint64_t number = group_counts_[static_cast<std::size_t>(entry.on)];
        if (number >= entry.first && (entry.times == 0 || number < entry.first + entry.times)) return &entry;
    }
    return nullptr;
}

void cloud::open_record(exchange& x) {
    request_record record;
    record.where = x.where;
    record.kind = x.kind;
    record.status = x.response.status;
    if (log_limit_ != 0 || log_file_.is_open()) {
        record.method = x.request.method;
        record.target = x.request.target;
        record.has_cookie = x.request.has_cookie;
        if (record.has_cookie) record.cookie_names = cookie_names(x.request.cookie);
        record.range = x.request.range;
    }
    const std::lock_guard lock(mutex_);
    record.number = next_record_++;
    x.response.record = record.number;
    const auto status = static_cast<std::size_t>(std::clamp(x.response.status, 0, 599));
    ++by_status_[status];
    if (log_limit_ == 0 && !log_file_.is_open()) return;
    log_.push_back(std::move(record));
    while (log_.size() > std::max<std::size_t>(log_limit_, 1000)) log_.pop_front();
}

void cloud::finished(const http_response& response, std::uint64_t body_bytes, bool as_planned) {
    if (response.record == 0) return;
    const std::lock_guard lock(mutex_);
    --in_flight_;
    if (response.item) {
        totals_.downloaded_bytes += body_bytes;
        if (as_planned && response.end == reply_end::whole && body_bytes == response.body_length()) {
            completed_.add(*response.item);
        }
    }
    if (!log_.empty() && response.record >= log_.front().number) {
        request_record& record = log_[response.record - log_.front().number];
        record.body_bytes = body_bytes;
        record.finished = as_planned;
        if (log_file_.is_open()) write_log_line(record);
    }
    idle_.notify_all();
}

bool cloud::connection_opened(origin where) {
    const std::lock_guard lock(mutex_);
    ++totals_.connections;
    ++totals_.open_connections;
    totals_.most_connections = std::max(totals_.most_connections, totals_.open_connections);
    const std::uint64_t open = ++open_by_origin_[static_cast<std::size_t>(where)];
    const std::uint64_t limit = world_->switches->api.max_connections;
    return limit == 0 || open <= limit;
}

void cloud::connection_closed(origin where) {
    const std::lock_guard lock(mutex_);
    --totals_.open_connections;
    --open_by_origin_[static_cast<std::size_t>(where)];
}

void cloud::stall_began() {
    const std::lock_guard lock(mutex_);
    ++totals_.stalled;
    idle_.notify_all();
}

void cloud::stall_ended() {
    const std::lock_guard lock(mutex_);
    --totals_.stalled;
}

void cloud::wait_idle() const {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return in_flight_ <= totals_.stalled; });
}

std::string cloud::keep_session_alive() {
    const std::lock_guard lock(mutex_);
    return session_.keep_alive(*world_->switches);
}

bool cloud::pass_token_known(std::string_view user, std::string_view token) const {
    const std::lock_guard lock(mutex_);
    return session_.knows(*world_->switches, user, token);
}

std::string cloud::renew_session() {
    const std::lock_guard lock(mutex_);
    return session_.renew(*world_->switches);
}

std::uint64_t cloud::issue_link() {
    const std::lock_guard lock(mutex_);
    return ++link_serial_;
}

bool cloud::use_link(std::uint64_t serial, std::uint64_t uses_allowed) {
    if (uses_allowed == 0) return true;
    const std::lock_guard lock(mutex_);
    const auto [entry, fresh] = link_uses_.try_emplace(serial, 0);
    if (fresh) {
        link_order_.push_back(serial);
        if (link_order_.size() > link_memory) {
            link_uses_.erase(link_order_.front());
            link_order_.pop_front();
        }
    }
    return ++entry->second <= uses_allowed;
}

unsigned cloud::attempt(fault_stage stage, std::uint64_t index) {
    const std::lock_guard lock(mutex_);
    if (stage == fault_stage::download) downloads_.add(index);
    return attempts_[static_cast<std::size_t>(stage)].add(index);
}

void cloud::count_fault_shown() {
    const std::lock_guard lock(mutex_);
    ++totals_.faults_shown;
}

void cloud::count_download() {
    const std::lock_guard lock(mutex_);
    ++totals_.downloads;
}

std::uint64_t cloud::count_lie(std::size_t entry) {
    const std::lock_guard lock(mutex_);
    return entry < lies_.size() ? lies_[entry]++ : 0;
}

void cloud::gallery_page_served(const std::vector<std::uint64_t>& listed) {
    const std::lock_guard lock(mutex_);
    const moves& moving = world_->switches->moving;
    ++gallery_pages_;
    if (moving.every == 0 || gallery_pages_ % moving.every != 0 || moves_made_ >= moving.limit) return;
    ++moves_made_;
    auto next = std::make_shared<world>(*world_);
    next->lists.inserted += moving.insert;
    std::uint64_t wanted = moving.remove;
    for (const std::uint64_t index : listed) {
        if (wanted == 0) break;
        --wanted;
        auto& removed = next->lists.removed;
        const auto place = std::lower_bound(removed.begin(), removed.end(), index);
        if (place == removed.end() || *place != index) removed.insert(place, index);
    }
    world_ = std::move(next);
}

sha1_digest cloud::digest_of(const content_recipe& recipe) {
    const std::size_t slot = recipe.key % digest_cache_size;
    {
        const std::lock_guard lock(digest_mutex_);
        if (digests_.empty()) digests_.resize(digest_cache_size);
        const cached_digest& known = digests_[slot];
        if (known.key == recipe.key && known.size == recipe.size && recipe.size != 0) return known.digest;
    }
    const sha1_digest digest = sha1_of(content(recipe));
    const std::lock_guard lock(digest_mutex_);
    digests_[slot] = cached_digest{recipe.key, recipe.size, digest};
    return digest;
}

std::string cloud::true_sha1(const item_facts& item) {
    return hex(digest_of(item.recipe));
}

std::string cloud::announced_sha1(const world& of, const item_facts& item) {
    const library_switches& switches = of.switches->library;
    if (const auto other = of.items->announces_digest_of(item.content_index)) {
        return announced_sha1(of, of.items->facts(*other));
    }
    sha1_digest digest = digest_of(item.recipe);
    if (of.items->selected(switches.wrong_sha1, purpose::fault, item.index, 200)) {
        digest[0] = static_cast<unsigned char>(digest[0] ^ 0x5aU);
    }
    return hex(digest);
}

std::uint64_t cloud::total_bytes(const world& of) {
    {
        const std::lock_guard lock(mutex_);
        if (total_bytes_) return *total_bytes_;
    }
    const std::uint64_t sum = of.items->total_bytes();
    const std::lock_guard lock(mutex_);
    total_bytes_ = sum;
    return sum;
}

}  // namespace decamp::samplecloud
