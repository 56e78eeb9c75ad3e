#include "tools/decamp/watcher.hpp"

#include "engine/messages/messages.hpp"

namespace decamp::cli {

namespace {

constexpr double plain_line_every = 10;  // seconds

}  // namespace

void watcher::on_progress(const progress& now) {
    received_.add(now.seconds, now.bytes_received);
    done_.add(now.seconds, options_.what == work::verifying ? now.items_proven : now.bytes_stored);
    if (!options_.progress) return;
    const bool redraws = to_.redraws();
    if (!redraws) {
        if (next_plain_line_ == 0) next_plain_line_ = plain_line_every;
        if (now.seconds < next_plain_line_) return;
        next_plain_line_ = now.seconds + plain_line_every;
    }
    const progress_rates rates{received_.per_second(), done_.per_second()};
    const auto text = progress_text(now, rates, options_.what, options_.words);
    if (redraws)
        to_.draw_progress(text);
    else
        to_.line(text);
}

void watcher::on_event(const event& what) {
    if (events_ == nullptr || events_->write(what.json_line)) return;
    // A reader that went away or a full disk does not stop an export.
    to_.line(messages::say(options_.words, messages::id::err_events_lost, events_->name()));
    events_ = nullptr;
}

void watcher::on_message(const std::string& sentence) {
    if (options_.messages) to_.line(sentence);
}

}  // namespace decamp::cli
