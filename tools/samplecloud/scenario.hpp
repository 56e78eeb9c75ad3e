#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::samplecloud {

/// A scenario text that cannot be used; the message names the key.
struct scenario_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Which items a switch applies to: so many of a thousand, drawn from the seed, and those named by index.
struct selector {
    unsigned per_mille = 0;
    std::vector<std::uint64_t> items;  ///< sorted

    bool empty() const { return per_mille == 0 && items.empty(); }
    bool names(std::uint64_t index) const;

    bool operator==(const selector&) const = default;
};

/// Whether ids are written as JSON strings, as bare numbers, or in turn.
enum class id_form { string, number, alternate };

struct named_item {
    std::uint64_t item = 0;
    std::string name;

    bool operator==(const named_item&) const = default;
};

struct library_switches {
    std::uint64_t seed = 1;
    std::uint64_t items = 120;             ///< photos in the ordinary albums
    std::uint64_t private_items = 5;       ///< photos in album 1000
    std::uint64_t albums = 6;              ///< ordinary albums, camera (1) and screenshots (2) included; at least 1
    std::vector<std::string> album_names;  ///< names from the third album on; "" is sent as a blank name
    unsigned unnamed_albums = 2;           ///< so many of the first albums carry no name, as built-in ones do
    bool hostile_album_names = false;
    bool private_in_album_list = true;
    std::string first_day = "20180101";  ///< YYYYMMDD in UTC+8
    std::uint64_t items_per_day = 0;     ///< mean; 0 chooses so that the library spans at most about 2,000 days
    std::uint64_t size_min = 2048;
    std::uint64_t size_max = 262144;  ///< sizes are spread evenly over the logarithm
    unsigned second_album_percent = 10;
    unsigned twins_percent = 5;
    unsigned videos_percent = 2;
    selector live_photos;
    selector zero_bytes;
    selector duplicate_names;
    selector hostile_names;
    std::vector<named_item> names;
    selector sparse_fields;  ///< items that carry only the core fields
    selector wrong_sha1;     ///< announced digest differs from the bytes for good
    selector wrong_size;     ///< announced size is one more than the bytes, for good
    selector shared_sha1;    ///< announces size and digest of the item before it, with bytes of its own
    bool ids_beyond_double = true;
    id_form id_type = id_form::string;
    id_form group_id_type = id_form::alternate;
    std::uint64_t thumbnails_inline_bytes = 0;
    std::int64_t now_ms = 1795392000000;  ///< the logical clock's start: 2026-11-23 08:00 UTC+8

    bool operator==(const library_switches&) const = default;
};

enum class unauthorized_form { envelope, old, old_with_200 };
enum class e2ee_state { closed, open, open_without_token };

struct session_switches {
    std::string user_id = "2233445566";
    std::string device_id = "wb_6c1f7a52-0d3e-4b8a-9d55-3f0a7e21c944";
    std::uint64_t expire_after = 0;       ///< requests a session answers before it dies; 0: never
    std::uint64_t rotate_every = 0;       ///< every so many requests a reply carries a new service token
    std::uint64_t rotation_grace = 1000;  ///< requests for which the token before a rotation still answers
    bool keepalive_rotates = true;        ///< the keep-alive call hands out a new token
    bool pass_token_dead = false;
    std::uint64_t renewals_allowed = 0;  ///< renewals until the pass token dies; 0: no limit
    unauthorized_form unauthorized = unauthorized_form::envelope;
    std::uint64_t shard_every = 0;  ///< every so many requests are redirected to the second shard; 0: never
    bool login_lands_on_shard = false;
    bool untrusted = false;  ///< a fresh token still gets 401 on the gallery
    e2ee_state e2ee = e2ee_state::closed;

    bool operator==(const session_switches&) const = default;
};

enum class last_page_form { right, never, missing };

struct api_switches {
    std::uint64_t page_size_max = 500;
    bool null_for_empty = true;
    bool user_id_as_text = false;  ///< of an album; public clients know it as a number
    last_page_form last_page = last_page_form::right;
    bool gallery_ended = false;
    int gallery_ended_code = 10019;
    std::uint64_t deep_page = 0;  ///< pages from this number on are delayed; 0: none
    unsigned deep_page_delay_ms = 0;
    unsigned latency_ms = 0;
    std::uint64_t max_connections = 0;       ///< on each origin; above it 503 and close; 0: no limit
    std::uint64_t close_after_requests = 0;  ///< a kept connection is closed, unannounced, after so many replies

    bool operator==(const api_switches&) const = default;
};

struct storage_switches {
    unsigned second_host_percent = 20;  ///< items that live on the second storage host
    bool range = true;                  ///< the first host honours Range
    bool second_host_range = false;
    bool jsonp_tail = false;  ///< a semicolon and a line end behind every other JSONP, which public clients do not bear
    bool etag = true;
    std::uint64_t link_uses = 0;  ///< so many POSTs a link answers, then 403; 0: no limit
    unsigned latency_ms = 0;
    std::uint64_t bytes_per_second = 0;  ///< of each connection; 0: no limit

    bool operator==(const storage_switches&) const = default;
};

/// The values are the names used in scenarios; README.md describes each.
enum class item_fault_kind {
    // on GET /gallery/storage
    deleted,
    refused,
    link_status,
    ssrf_page,
    // on the JSONP page
    page_html,
    page_broken,
    page_status,
    page_redirect,
    ssrf_file,
    // on the POST for the bytes
    status,
    expired_link,
    redirect,
    short_body,
    corrupt,
    reset,
    stall,
    length_too_long,
    length_too_short,
    html,
    json,
    ignore_range,
    wrong_range,
    chunked,
    no_length,
    encoded,
    changed_etag,
};

enum class fault_stage { link, page, download };
fault_stage stage_of(item_fault_kind kind);

struct item_fault {
    item_fault_kind kind = item_fault_kind::status;
    selector which;
    std::uint64_t times = 1;  ///< attempts of one item it spoils; 0: for good
    std::uint64_t bytes = 0;  ///< of the body sent before it shows; 0: half the body
    int status = 503;
    int retry_after = -1;  ///< seconds; -1: no such header
    std::string to;        ///< redirect and ssrf target

    bool operator==(const item_fault&) const = default;
};

enum class request_group { any, api, lists, galleries, albums, timeline, link, page, download, account };

/// Every `every`th request of the group starts `length` refusals in a row.
struct burst {
    request_group on = request_group::api;
    std::uint64_t every = 10;
    std::uint64_t length = 1;
    std::uint64_t times = 0;  ///< bursts in all; 0: no end
    int status = 503;
    int retry_after = -1;

    bool operator==(const burst&) const = default;
};

enum class list_fault_kind {
    cut,
    endless,
    endless_string,
    endless_number,
    deep,
    stall,
    reset,
    html,
    bad_utf8,
    error,
    redirect,
    unauthorized,
    twice,    ///< the first element of the list stands in it twice
    omitted,  ///< the first element is left out
};

/// Spoils requests number first .. first + times - 1 (from 1) of its group.
struct list_fault {
    request_group on = request_group::galleries;
    list_fault_kind kind = list_fault_kind::cut;
    std::uint64_t first = 1;
    std::uint64_t times = 1;  ///< 0: for good
    std::uint64_t bytes = 0;  ///< stall, reset: sent before it shows; endless: length of the page
    std::string to;

    bool operator==(const list_fault&) const = default;
};

/// A count says `delta` more than is listed: `day` alone, the whole timeline's day; `album` alone, that album's
/// mediaCount; both, the day in that album's timeline.
struct count_fault {
    std::string day;    ///< YYYYMMDD, "first" or "last"
    std::string album;  ///< album id
    std::int64_t delta = 1;
    std::uint64_t times = 0;  ///< answers that lie; 0: for good

    bool operator==(const count_fault&) const = default;
};

/// After every `every`th gallery page that is not the last, photos appear at the head and listed ones vanish.
struct moves {
    std::uint64_t every = 0;
    std::uint64_t insert = 0;
    std::uint64_t remove = 0;
    std::uint64_t limit = 20;  ///< moves in all

    bool operator==(const moves&) const = default;
};

struct scenario {
    library_switches library;
    session_switches session;
    api_switches api;
    storage_switches storage;
    std::vector<item_fault> faults;
    std::vector<burst> bursts;
    std::vector<list_fault> list_faults;
    std::vector<count_fault> counts;
    moves moving;

    bool operator==(const scenario&) const = default;
};

/// A scenario from JSON text; keys left out keep their defaults. Throws scenario_error on unknown keys and bad values.
scenario parse_scenario(std::string_view json);

/// The same over an existing scenario: only the keys present change; the lists (faults, bursts, ...) are replaced
/// whole.
void apply_scenario(scenario& target, std::string_view json);

/// What `decamp demo` exports: about 120 photos with everything that can heal, so that the end is "complete".
scenario demo_scenario();

}  // namespace decamp::samplecloud
