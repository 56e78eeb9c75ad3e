#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/samplecloud/counters.hpp"
#include "tools/samplecloud/http_request.hpp"
#include "tools/samplecloud/http_response.hpp"
#include "tools/samplecloud/library.hpp"
#include "tools/samplecloud/server.hpp"
#include "tools/samplecloud/session.hpp"

namespace decamp::samplecloud {

/// A consistent view of switches, items and moves; replaced whole when anything changes.
struct world {
    std::shared_ptr<const scenario> switches;
    std::shared_ptr<const library> items;
    list_state lists;
};

/// One request on its way through the handlers.
struct exchange {
    const http_request& request;
    http_response& response;
    const world& now;
    origin where;
    endpoint kind = endpoint::unknown;
    std::int64_t ts = 0;  ///< the logical clock, ms

    const scenario& switches() const { return *now.switches; }
    const library& items() const { return *now.items; }
};

/// The state of the running cloud and the way of a request through it. Thread-safe; knows nothing of sockets.
class cloud {
  public:
    cloud(scenario what, std::size_t log_limit, const std::string& log_file);

    void set_url(origin where, std::string url) { urls_[static_cast<std::size_t>(where)] = std::move(url); }
    const std::string& url(origin where) const { return urls_[static_cast<std::size_t>(where)]; }

    // Serving
    void handle(origin where, const http_request& request, http_response& response);
    void finished(const http_response& response, std::uint64_t body_bytes, bool as_planned);
    bool connection_opened(origin where);  ///< false: above the limit, to be refused
    void connection_closed(origin where);
    void stall_began();
    void stall_ended();
    std::shared_ptr<const world> now() const;

    // What handlers ask of the state
    std::string keep_session_alive();  ///< a new token, or none
    bool pass_token_known(std::string_view user, std::string_view token) const;
    std::string renew_session();
    std::uint64_t issue_link();
    bool use_link(std::uint64_t serial, std::uint64_t uses_allowed);
    /// Counts an attempt of an item at a stage and returns how many came before.
    unsigned attempt(fault_stage stage, std::uint64_t index);
    void count_fault_shown();
    void count_download();
    std::uint64_t count_lie(std::size_t entry);  ///< how often that entry of `counts` was used before
    void gallery_page_served(const std::vector<std::uint64_t>& listed);
    std::string announced_sha1(const world& of, const item_facts& item);
    std::string true_sha1(const item_facts& item);
    std::uint64_t total_bytes(const world& of);

    // Control
    server_stats stats() const;
    std::vector<request_record> log() const;
    void reset_stats();
    void reset_attempts();  ///< "once" faults may show again
    std::uint64_t requests(endpoint kind) const;
    unsigned attempts(std::uint64_t index) const;
    unsigned completed(std::uint64_t index) const;
    void wait_idle() const;
    void mutate(const std::function<void(scenario&)>& change);
    void insert_items(std::uint64_t count);
    void remove_item(std::uint64_t index);
    void kill_service_token();
    void kill_pass_token();

  private:
    struct admission {
        bool refused = false;
        int status = 0;
        int retry_after = -1;
        bool unauthorized = false;
        bool to_shard = false;
        std::string new_token;
        const list_fault* fault = nullptr;
    };

    admission admit(exchange& x);
    void open_record(exchange& x);
    void replace_world(scenario switches, list_state lists);
    void check_cookies(const exchange& x);
    const burst* burst_for(const exchange& x) const;
    const list_fault* list_fault_for(const exchange& x) const;
    sha1_digest digest_of(const content_recipe& recipe);
    void write_log_line(const request_record& record);

    std::array<std::string, origin_count> urls_;

    mutable std::mutex mutex_;
    mutable std::condition_variable idle_;
    std::shared_ptr<const world> world_;
    session session_;
    std::uint64_t clock_ = 0;
    std::uint64_t api_requests_ = 0;  ///< admitted ones, for shard_every
    std::array<std::uint64_t, 10> group_counts_{};
    std::uint64_t gallery_pages_ = 0;
    std::uint64_t moves_made_ = 0;
    std::vector<std::uint64_t> lies_;
    std::uint64_t link_serial_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> link_uses_;
    std::deque<std::uint64_t> link_order_;
    std::array<tally, 3> attempts_;
    tally downloads_;  ///< POSTs for bytes since the last reset; attempts_ go on
    tally completed_;
    std::optional<std::uint64_t> total_bytes_;

    std::size_t log_limit_;
    std::deque<request_record> log_;
    std::uint64_t next_record_ = 1;
    std::ofstream log_file_;
    std::array<std::uint64_t, endpoint_count> by_endpoint_{};
    std::array<std::uint64_t, 600> by_status_{};
    server_stats totals_;  ///< its maps stay empty; filled when asked
    std::uint64_t in_flight_ = 0;
    std::array<std::uint64_t, origin_count> open_by_origin_{};

    struct cached_digest {
        std::uint64_t key = 0;
        std::uint64_t size = 0;
        sha1_digest digest{};
    };
    static constexpr std::size_t digest_cache_size = 65536;  ///< direct-mapped, 2 MiB once used
    mutable std::mutex digest_mutex_;
    std::vector<cached_digest> digests_;
};

}  // namespace decamp::samplecloud
