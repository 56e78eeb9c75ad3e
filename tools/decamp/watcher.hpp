#pragma once
// The observer of a run on the command line: progress, messages, events.

#include <string>

#include "decamp/observer.hpp"
#include "engine/world/line_output.hpp"
#include "tools/decamp/display.hpp"
#include "tools/decamp/progress_line.hpp"

namespace decamp::cli {

struct watch_options {
    work what = work::exporting;
    language words = language::en;
    bool messages = true;  // --quiet: false
    bool progress = true;  // --no-progress: false
};

// Called on the thread that runs; outlives the run. `events` may be null and is not owned.
class watcher final : public observer {
  public:
    watcher(display& to, world::line_output* events, watch_options options)
        : to_(to), events_(events), options_(options) {}

    void on_progress(const progress& now) override;
    void on_event(const event& what) override;
    void on_message(const std::string& sentence) override;
    bool wants_events() const override { return events_ != nullptr; }

  private:
    display& to_;
    world::line_output* events_;
    watch_options options_;
    rate_meter received_, done_;
    double next_plain_line_ = 0;  // in progress::seconds; where nothing is redrawn
};

}  // namespace decamp::cli
