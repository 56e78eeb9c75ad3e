#pragma once
// What verifying and extracting have in common: both look through a whole export, say how far they are, and name what
// they find, so much of it. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "decamp/observer.hpp"
#include "engine/messages/messages.hpp"
#include "engine/runtime/report.hpp"
#include "engine/world/clock.hpp"

namespace decamp::pipeline {

// More than so many are only counted: a drive that fails names everything on it.
constexpr std::size_t most_named = 100;

class look_through {
  public:
    // `clock`: for tests; none: the system's. `watching` outlives it.
    look_through(observer& watching, language words, std::unique_ptr<world::clock> clock = {});

    runtime::reporter& report() { return report_; }
    void begin();  // the time that has passed counts from here

    // Four times a second at most: `fill(counters)`, and they are shown.
    template <class Fill>
    void progress(Fill fill) {
        if (!is_due()) return;
        fill(report_.counters);
        report_.show_progress();
    }

    // Keeps the sentence, or counts it where there are enough.
    template <class... Values>
    void name(messages::id sentence, const Values&... values) {
        name_it(messages::say(report_.words(), sentence, values...));
    }
    void name_it(std::string sentence) {
        ++named_;
        if (lines_.size() < most_named) lines_.push_back(std::move(sentence));
    }
    std::uint64_t named() const { return named_; }
    // The sentences, and one that says how many more there would be.
    std::vector<std::string> take_lines();

  private:
    bool is_due();

    std::unique_ptr<world::clock> clock_;
    runtime::reporter report_;
    std::vector<std::string> lines_;
    std::uint64_t named_ = 0;
    world::steady_time started_{}, last_{};
};

}  // namespace decamp::pipeline
