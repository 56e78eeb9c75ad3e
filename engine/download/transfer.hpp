#pragma once
// One item's bytes from the first request to the last byte, over as many tries as it takes: digests, block map and the
// staged file live here between tries. Each try runs on a lane (a network thread with its own connections) and never
// leaves it; between tries the object is handed over, so that one thread uses it at a time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/download/joining.hpp"
#include "engine/download/machine.hpp"
#include "engine/download/received.hpp"
#include "engine/download/response.hpp"
#include "engine/download/segments.hpp"
#include "engine/download/staging.hpp"
#include "engine/model/blob.hpp"
#include "engine/runtime/budget.hpp"
#include "engine/runtime/pace.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"

namespace decamp::download {

// A network thread: its context, and its own pool of connections.
struct lane {
    boost::asio::any_io_executor executor;
    transport::sender& http;
};

// What transfers of all lanes share.
struct transfer_settings {
    world::file_store& files;
    world::workers& workers;
    world::clock& clock;
    runtime::memory_budget& budget;
    runtime::byte_rate* rate = nullptr;                  // none: no ceiling
    std::function<bool(const transport::url&)> may_ask;  // which hosts a link may redirect to; no secrets go there
    std::function<void(std::uint64_t)> on_received;      // bytes, as they come; any lane's thread
    // Makes a durable prefix known to the catalogue. Called on the lane's thread.
    std::function<task<result<void>>(blob_key, staged_part)> commit_part;
    std::uint64_t part_bytes = std::uint64_t{64} << 20;    // a prefix is committed every so many bytes
    world::duration part_time = std::chrono::seconds(10);  // or after so long, one new block at least
    segment_settings segments{};                           // of files that several connections fetch
    // Bodies up to this size are not staged but kept in memory and handed over with it, for an archive to take; 0: all
    // are staged. At most what the common pool of `budget` holds.
    std::uint64_t hold_bytes = 0;

    // A chunk that goes back as soon as it is written. Beside bodies that are held until their turn comes, it may be of
    // the budget's reserve: else those might wait for this one for ever.
    task<std::optional<runtime::chunk>> lease(runtime::chunk_size size) const;
};

// What is leased, whole, before such an item is asked for; empty: it is staged.
std::vector<runtime::chunk_size> held_chunks(const transfer_settings& settings, const planned_item& item);

struct try_end {
    transfer_end end;
    std::optional<world::duration> retry_after;
    bool throttled = false;
    bool shared = false;        // by run(): other connections may have joined. conclude() says what it came to
    bool nothing_open = false;  // by fetch_piece(): nothing was asked for
};

class transfer {
  public:
    // `memory`: as held_chunks() says.
    transfer(const transfer_settings& settings, const planned_item& item, std::vector<runtime::chunk> memory = {});
    ~transfer();

    // Takes up the staged part of an earlier run: reads it, trusts what its block map confirms.
    task<void> take_up_part();
    // One try. `first` was leased before the link was asked for. Errors are in the end. `shareable` (may be empty) is
    // called on the lane's thread when others may join in by fetch_piece().
    task<try_end> run(transport::sender& http, source::download_link link, runtime::chunk first,
                      std::function<void()> shareable = {});
    // Whether the link is answered with bytes of the file; none are read.
    task<bool> is_answered(transport::sender& http, source::download_link link);
    // Between run()'s beginning and conclude(), on the same lane, several at once: fetches the next missing piece.
    task<try_end> fetch_piece(transport::sender& http, runtime::chunk first);
    // Pieces that wait for somebody to fetch them. Any thread.
    unsigned open_pieces() const { return open_pieces_.load(std::memory_order_relaxed); }
    // After a run() that was shared, when every fetch_piece() has ended: what the try came to.
    task<try_end> conclude();
    // Forgets all bytes; the next try begins at 0.
    task<void> start_over();
    // Ends without a result: commits the durable prefix when it is worth it (`keep`), else removes the staged file.
    task<void> end(bool keep);
    // After a whole try: closes the staged file and hands everything over.
    task<result<checked_blob>> finish();

    // Its bytes are kept in memory, so far.
    bool holds() const { return !memory_.empty(); }
    std::uint64_t offset() const { return offset_; }
    std::uint64_t downloaded() const { return downloaded_; }

  private:
    task<result<void>> expect(source::expectation what, std::span<std::byte> memory);
    task<result<std::unique_ptr<transport::exchange>>> begin(transport::sender& http, const source::download_link& link,
                                                             std::uint64_t from);
    task<failure> explained(transport::exchange& from, const source::download_link& link, failure by_status);
    task<result<std::unique_ptr<transport::exchange>>> ask(transport::sender& http, transport::request request);
    task<result<void>> receive(transport::exchange& from, runtime::chunk chunk, transfer_end& end);
    // Bodies that are held: holding.cpp.
    task<result<bool>> receive_held(transport::exchange& from, transfer_end& end);
    task<result<void>> spill();
    void catch_up_held();
    task<result<bool>> fill(transport::exchange& from, runtime::chunk& chunk, std::uint64_t most, transfer_end& end);
    task<result<std::size_t>> read(transport::exchange& from, std::span<std::byte> into, transfer_end& end);
    task<result<void>> take(runtime::chunk chunk);
    task<result<void>> commit_part_if_due();
    task<result<void>> commit_part();
    task<void> hold_to_rate(std::uint64_t bytes);
    void feed(std::span<const std::byte> bytes);
    void forget_bytes();
    void judge_whole(transfer_end& end);
    void make_staging();
    runtime::chunk_size next_chunk() const;
    bool audit() const { return item_.audit_of.has_value(); }

    // What comes now and what came before: transfer_joining.cpp.
    bytes_here here() const;
    task<result<void>> join(const answered& answer, std::uint64_t asked_from);
    task<result<void>> compare_overlap(transport::exchange& from, std::uint64_t first, std::span<std::byte> memory,
                                       transfer_end& end);
    task<result<bool>> is_here(std::uint64_t at, std::span<const std::byte> bytes, std::span<std::byte> memory);
    void conclude_answer(const answered& answer, std::uint64_t before, transfer_end& end);

    // Several connections: transfer_sharing.cpp.
    struct sharing;
    void share(const source::download_link& link, const transport::exchange& answer, bool ranges,
               const std::function<void()>& shareable);
    bool is_shared() const;
    std::uint64_t own_room() const;
    bool goes_on();
    void leave_own_piece(transfer_end& end);
    void count_open();
    failure abandon_pieces();
    void give_back(piece part, const failure& why);
    task<result<void>> fetch_range(transport::sender& http, piece mine, runtime::chunk chunk, try_end& ended);
    task<result<void>> receive_piece(transport::exchange& from, piece mine, runtime::chunk chunk, try_end& ended);
    task<result<void>> place(std::uint64_t at, runtime::chunk chunk);
    task<result<void>> advance();
    bool as_it_came(std::span<const std::byte> bytes) const;

    const transfer_settings& settings_;
    planned_item item_;
    received received_;
    std::vector<runtime::chunk> memory_;  // of a body that is held; given up when it turns out too long
    std::unique_ptr<staging_file> staging_;
    unsigned staging_attempt_ = 0;
    std::uint64_t offset_ = 0;      // bytes received, hashed and given to the writer
    std::uint64_t downloaded_ = 0;  // over the network, all tries
    std::uint64_t part_committed_ = 0;
    world::steady_time part_time_{};
    file_version version_;      // of the bytes that are here
    bool by_digest_ = false;    // they were joined on the word of a digest alone
    bool trust_digest_ = true;  // none has found such a join wrong yet
    bool repeats_ = true;       // no range left the validator out
    bool if_range_ = true;      // this host understands it, as far as known
    std::uint64_t overlap_ = bytes_here{}.overlap;
    std::optional<std::uint64_t> nothing_beyond_;  // a range that reached back brought nothing behind this
    bool secure_ = false;                          // the last answer came over TLS
    bool open_end_ = false;                        // nothing said where its body ends
    std::unique_ptr<sharing> sharing_;             // kept between tries, for what lies ahead
    std::atomic<unsigned> open_pieces_{0};
    bool may_share_ = true;
    bool committing_ = false;
    bool ranges_ = true;  // this host honours ranges, as far as known
    std::optional<std::uint64_t> total_;
    std::optional<std::int64_t> modified_ms_;  // by the last answer
    blob_digests digests_;                     // filled when whole
    source_check check_ = source_check::none;
};

}  // namespace decamp::download
