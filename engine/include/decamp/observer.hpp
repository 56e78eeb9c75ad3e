#pragma once
// What a run tells while it works. Every function has an empty default; all are called on the thread that called
// run_export, never concurrently, and must not block for long.

#include <cstdint>
#include <string>

namespace decamp {

// A snapshot for a progress line, given about four times a second.
struct progress {
    std::uint64_t items_listed = 0;
    std::uint64_t albums_listed = 0;
    std::uint64_t items_stored = 0;  // twins included
    std::uint64_t items_proven = 0;
    std::uint64_t items_failed = 0;
    std::uint64_t bytes_wanted = 0;    // listed, filters applied, twins counted once
    std::uint64_t bytes_stored = 0;    // of those
    std::uint64_t bytes_received = 0;  // over the network in this run
    std::uint64_t bytes_saved = 0;     // by dedup
    std::uint64_t retries = 0;
    std::uint32_t connections = 0;  // transfers under way
    bool listing_done = false;
    double seconds = 0;  // since the run began
};

// One event, also written by `--events`; fields by event: docs/events.md.
struct event {
    std::string name;       // "run_started", "page_listed", "item_planned", ...
    std::string json_line;  // the whole object, without a newline; holds no secret
};

class observer {
  public:
    virtual ~observer() = default;
    virtual void on_progress(const progress&) {}
    virtual void on_event(const event&) {}
    // A sentence for people in the options' language: waiting for a rate limit, session renewed, a warning.
    virtual void on_message(const std::string&) {}
    // True: on_event is wanted (events cost time).
    virtual bool wants_events() const { return false; }
};

}  // namespace decamp
