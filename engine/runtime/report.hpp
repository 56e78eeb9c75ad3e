#pragma once
// What a run tells while it works: counters for the progress line, events for programs, sentences for people. On the
// coordinator's thread only.

#include <functional>
#include <string>
#include <utility>

#include "decamp/error.hpp"
#include "decamp/observer.hpp"
#include "engine/messages/messages.hpp"
#include "formats/jsonl.hpp"

namespace decamp::runtime {

class reporter {
  public:
    // `stamp` gives the time of an event as RFC 3339.
    reporter(observer& to, language words, std::function<std::string()> stamp)
        : to_(to), words_(words), stamp_(std::move(stamp)), events_(to.wants_events()) {}

    progress counters;

    bool wants_events() const { return events_; }
    language words() const { return words_; }

    // `fill(line)` adds the event's fields; not called when nobody wants events.
    template <class Fill>
    void event(const char* name, Fill fill) {
        if (!events_) return;
        formats::json_line line;
        line.add("time", stamp_()).add("event", name);
        fill(line);
        to_.on_event({name, line.str()});
    }
    void event(const char* name) {
        event(name, [](formats::json_line&) {});
    }

    template <class... Values>
    void say(messages::id which, const Values&... values) {
        to_.on_message(messages::say(words_, which, values...));
    }

    void show_progress() { to_.on_progress(counters); }

  private:
    observer& to_;
    language words_;
    std::function<std::string()> stamp_;
    bool events_;
};

}  // namespace decamp::runtime
