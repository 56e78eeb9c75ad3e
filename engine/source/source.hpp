#pragma once
// What the engine knows of a cloud. Every call is made on the coordinator's thread; several may be under way at once.
// A source does not retry, pace or sleep: callers do, by the failure's class. It renews its session by itself (once a
// call).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/runtime/task.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source {

enum class source_errc {
    login_refused = 1,     // credentials not accepted, or verification is wanted (run, exit 6)
    session_died,          // the session ended and cannot be renewed (run, exit 6)
    end_to_end_encrypted,  // the account's data is encrypted with keys only its phones have (run, exit 6)
    region_ended,          // this region's service is closed (run, exit 7)
    unusable_answer,       // not the JSON it should be, cut, or over a limit (transient; exit 7 after retries)
    throttled,             // 429, 503 or the cloud's own code (transient; slows the account)
    server_error,          // 5xx or an envelope that says error (transient)
    gone,                  // the item was deleted (item)
    refused,               // the cloud refuses this item (item)
    not_found,             // a bucket, folder or file that is not there (run, exit 7)
    link_expired,          // (refresh)
    cut_by_redirect,       // redirected somewhere it may not go (run, exit 7)
    changed,               // what is there now is not what was listed (item)
    not_listed,            // the item stands for a folder whose list could not be had: what it holds is missing (item)
    clock_skewed,          // this computer's clock differs too much for the service's signatures (run, exit 6)
    cold_storage,          // the item must be restored at the source before it can be had (item)
    not_spelled,           // the source's list cannot spell the item's name, so that it cannot be asked for (item)
    outage,                // everything is refused since some moment: the service is down, not the items (run, exit 7)
};
boost::system::error_code make_error_code(source_errc e);

// What an item's bytes must come to, beyond what its list announced.
struct expectation {
    std::optional<formats::sha256_digest> sha256;
    std::optional<formats::sha1_digest> sha1;
    std::optional<formats::md5_digest> md5;
    std::optional<std::uint32_t> crc32, crc32c;
    std::optional<std::uint64_t> crc64nvme;
    // MD5 over the MD5s of parts of `bytes` each, as S3 makes the ETag of an object that came in parts. Only a guess
    // where it is not `certain`: then it proves what agrees, and says nothing of what does not.
    struct of_parts {
        std::uint64_t bytes = 0;
        formats::md5_digest md5{};
        bool certain = false;
    };
    std::optional<of_parts> parts;
    // Unix milliseconds: when the bytes were changed, by the answer; used where the list gave no time.
    std::optional<std::int64_t> modified_ms;
    // What the list announced as MD5 turned out to be none (an object encrypted by the server).
    bool not_the_listed_md5 = false;
};

// How to get an item's bytes.
struct download_link {
    transport::request request;  // for offset 0; the downloader adds Range and If-Range
    bool ranges = true;          // false: known not to honour Range
    bool own_host = false;       // its host is one of many: what is wrong with it is this item's trouble, not the run's
    expectation expected;
    // Told the head of each answer that carries the file; may add to `expected` what only the answer says. On a lane's
    // thread. May be empty.
    std::function<void(const transport::response_head&, expectation&)> learn;
    // Instead of `request`, for bytes that do not come over HTTP: opens them from `offset` on and answers as HTTP
    // would: 200 from the start, or 206 with a Content-Range; ETag; the length. `validator`: an earlier answer's ETag,
    // or empty; the whole is given where it does not agree any more. Called on a lane's thread.
    std::function<task<result<std::unique_ptr<transport::exchange>>>(std::uint64_t offset, std::string validator)> open;
    bool at_once = false;  // `open` brings a small item's bytes along
    // What an answer of 400 and above means, in the source's own words; `body`: its first 16 KiB, as far as they came.
    // May be empty, or give none: then the status alone decides. On a lane's thread.
    std::function<std::optional<failure>(const transport::response_head&, std::string_view body)> explain;
};

// What a fresh list says of an item whose download was answered with "gone", "refused" or "changed".
struct second_look {
    enum class finding {
        same,     // still listed, as before: the answer was no verdict on the item
        other,    // listed otherwise: `now`
        missing,  // the list is whole, and has it no more
        no_list,  // nothing but the answer itself can be asked (a list of links): it stands
    };
    finding found = finding::same;
    std::optional<listed_item> now;
    // Where it is missing: what the list has that may be it under another name, a few at most.
    std::vector<listed_item> others = {};
    // What else the fresh list holds, where that is little: a list before may have left it out.
    std::vector<listed_item> rows = {};
    // Folders that only this list names, when the walk is over: what they hold is missing from this run.
    std::vector<list_gap> gaps = {};
};

// A count of what is there that depends on neither the lists nor their buckets.
struct other_count {
    std::string by;  // what gave it, as the certificate names it
    std::uint64_t items = 0, bytes = 0;
    std::vector<collection> collections;  // those it names
};

struct account_info {
    std::string display;   // "redacted" or a display name; never the user id
    std::string endpoint;  // as the certificate names it: no secrets
};

// Called when something happened that the user should see. Message ids of engine/messages.
struct source_observer {
    std::function<void()> session_renewed = [] {};
    // A list of links wants requests changed in a way that is not done (a header of its own): the first such line.
    // Once.
    std::function<void(std::uint64_t line)> option_left_out = [](std::uint64_t) {};
};

class source {
  public:
    virtual ~source() = default;
    virtual std::string kind() const = 0;  // "micloud"
    virtual task<result<account_info>> sign_in() = 0;
    // Page `cursor` ("" for the first) of the collections, in the source's order.
    virtual task<result<collection_page>> collections(std::string cursor) = 0;
    // The source's own counts by bucket, buckets ascending; none: this source does not count.
    virtual task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id of) = 0;
    // Page `cursor` ("" for the first) of a scope. Items of a scope of one bucket carry that bucket; those of a wider
    // scope carry the bucket the source says or one derived from their time (which the counts then confirm or not).
    virtual task<result<item_page>> page(scope where, std::string cursor) = 0;
    // Resolved right before use, and again on 403 or 410. `of` is the item as it was listed last (id, locator, size,
    // digests, times; the bucket may be missing).
    virtual task<result<download_link>> link(listed_item of) = 0;
    // Asks the list again for this item (or for what it lies in). A failure: it cannot be said.
    virtual task<result<second_look>> look_again(listed_item of) = 0;
    // Keeps an idle session alive; called every few minutes while nothing else is asked.
    virtual task<result<void>> keep_alive() = 0;
    virtual std::uint64_t page_size() const = 0;  // items a page holds at most
    // Its list comes in parts (albums, days): each can be refused, or shift while it is walked, without the others.
    virtual bool in_parts() const { return false; }
    // Asked once a run, of a source in parts. None: it gives none.
    virtual task<result<std::optional<other_count>>> counted_otherwise() { co_return std::optional<other_count>(); }
    // The bytes that, by its own account, are there. Asked when it lists nothing. None: it does not say.
    virtual task<result<std::optional<std::uint64_t>>> bytes_held() { co_return std::optional<std::uint64_t>(); }
    // Items are opened on the queue of sources that block, by its few threads: how many wait for it burdens nobody.
    virtual bool blocks() const { return false; }
};

}  // namespace decamp::source

template <>
struct boost::system::is_error_code_enum<decamp::source::source_errc> : std::true_type {};
