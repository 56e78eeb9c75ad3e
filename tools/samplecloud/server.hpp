#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/samplecloud/scenario.hpp"

namespace decamp::samplecloud {

/// The hosts the cloud is made of. Addresses differ, for cookies are not kept apart by port.
enum class origin {
    api,             ///< 127.0.0.1: i.mi.com
    account,         ///< 127.0.0.2: account.xiaomi.com
    storage,         ///< 127.0.0.3: a storage host that honours Range
    shard,           ///< 127.0.0.4: s010.i.mi.com
    second_storage,  ///< 127.0.0.5: a storage host that ignores Range
    foreign,         ///< 127.0.0.6: nobody's host; records who is fooled into asking it
};
inline constexpr std::size_t origin_count = 6;

/// What was asked, whatever the answer.
enum class endpoint {
    login_url,
    service_login,
    sts,
    keep_alive,
    profile,
    check,
    enc_info,
    prepare,
    albums,
    video_album,
    timeline,
    galleries,
    link,
    page,
    download,
    thumbnail,
    quota,
    unknown,
};
inline constexpr std::size_t endpoint_count = 18;
std::string_view name_of(endpoint kind);
std::string_view name_of(origin where);

struct request_record {
    std::uint64_t number = 0;  ///< from 1, in order of arrival
    origin where = origin::api;
    endpoint kind = endpoint::unknown;
    std::string method;
    std::string target;
    bool has_cookie = false;
    std::vector<std::string> cookie_names;
    std::string range;             ///< empty when the request had none
    int status = 0;                ///< sent
    std::uint64_t body_bytes = 0;  ///< of the reply, handed to the socket; 0 until it is over
    bool finished = false;         ///< the reply went out as planned (a planned stall or reset included)
};

struct server_stats {
    std::map<std::string, std::uint64_t> requests;  ///< by endpoint name; every name is present
    std::map<int, std::uint64_t> statuses;
    std::uint64_t total_requests = 0;
    std::uint64_t downloads = 0;             ///< POSTs for bytes answered 200 or 206 with bytes of the item
    std::uint64_t downloaded_bytes = 0;      ///< of those, handed to the socket
    std::uint64_t faults_shown = 0;          ///< replies spoiled by a switch
    std::uint64_t cookies_leaked = 0;        ///< requests with any cookie at a storage host or a foreign one
    std::uint64_t pass_token_misplaced = 0;  ///< requests with passToken elsewhere than on the renewal chain
    std::uint64_t renewals = 0;              ///< service tokens handed out by /sts
    std::uint64_t connections = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t most_connections = 0;
    std::uint64_t stalled = 0;  ///< replies that stand still now
    std::uint64_t inserted = 0;
    std::uint64_t removed = 0;
    std::map<std::string, unsigned> downloaded_again;  ///< item id to count, where above 1; at most 1,000 entries
};

struct server_options {
    std::string listen_address = "127.0.0.1";  ///< of the API origin
    std::uint16_t port = 0;                    ///< of the API origin; 0: any free one. The others follow if they can.
    unsigned threads = 1;
    std::size_t log_limit = 10'000;  ///< records kept in memory
    std::string log_file;            ///< JSON lines of every request, when not empty
};

/// What credentials_json() holds.
enum class credential_form { both, pass_token_only, service_token_only };

/// What the cloud truly holds, for tests that compare.
struct true_item {
    std::uint64_t index = 0;
    std::string id;
    std::string name;
    std::uint64_t size = 0;
    std::string sha1;  ///< of the bytes
    std::string announced_sha1;
    std::uint64_t announced_size = 0;
    std::vector<std::string> album_ids;  ///< home first
    std::int64_t taken_ms = 0;
};

/// The sample cloud, serving from threads of its own between construction and destruction. Members may be called from
/// any thread. The constructor throws std::runtime_error when an address cannot be listened on.
class server {
  public:
    explicit server(scenario what, server_options options = {});
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    std::string api_url() const;
    std::string account_url() const;
    std::string storage_url() const;
    std::string shard_url() const;
    std::string second_storage_url() const;
    std::string foreign_url() const;

    std::string credentials_json(credential_form form = credential_form::both) const;

    /// The last `log_limit` requests, oldest first.
    std::vector<request_record> log() const;
    server_stats stats() const;
    void reset_stats();
    void reset_attempts();  ///< faults that show once, and those counted by request, may show again
    std::uint64_t requests(endpoint kind) const;
    std::uint64_t list_requests() const;  ///< albums, timeline and galleries together
    /// POSTs for the item's bytes, whatever they were answered (counts stop at 255).
    unsigned downloads_of(std::string_view id) const;
    unsigned downloads_of_index(std::uint64_t index) const;
    /// Of those, how many sent the whole of what was asked for.
    unsigned completed_downloads_of_index(std::uint64_t index) const;
    /// Blocks until no reply is under way, stalled ones aside.
    void wait_idle() const;

    /// Changes switches while serving; counters of attempts go on.
    void mutate(const std::function<void(scenario&)>& change);
    void insert_items(std::uint64_t count);
    void remove_item(std::uint64_t index);
    void kill_service_token();
    void kill_pass_token();

    std::uint64_t item_count() const;  ///< private and inserted ones included
    true_item item(std::uint64_t index) const;
    /// The bytes of an item; for items that fit memory.
    std::string bytes_of(std::uint64_t index) const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// The credential file of a scenario's account, as it is when the cloud starts.
std::string credentials_json(const scenario& of, credential_form form = credential_form::both);

}  // namespace decamp::samplecloud
