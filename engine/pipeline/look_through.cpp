#include "engine/pipeline/look_through.hpp"

#include <chrono>

#include "formats/time.hpp"

namespace decamp::pipeline {

namespace {
constexpr std::chrono::milliseconds tick(250);
}  // namespace

look_through::look_through(observer& watching, language words, std::unique_ptr<world::clock> clock)
    : clock_(clock ? std::move(clock) : world::make_system_clock()), report_(watching, words, [this] {
          return formats::format_rfc3339(formats::ns_from_ms(clock_->unix_ms()), clock_->utc_offset_minutes(), 3);
      }) {}

void look_through::begin() {
    started_ = last_ = clock_->now();
}

bool look_through::is_due() {
    const auto now = clock_->now();
    if (now - last_ < tick) return false;
    last_ = now;
    report_.counters.listing_done = true;
    report_.counters.seconds = std::chrono::duration<double>(now - started_).count();
    return true;
}

std::vector<std::string> look_through::take_lines() {
    std::vector<std::string> lines = std::exchange(lines_, {});
    if (const auto more = std::exchange(named_, 0) - lines.size(); more > 0)
        lines.push_back(messages::say(report_.words(), messages::id::verify_more_files, more));
    return lines;
}

}  // namespace decamp::pipeline
