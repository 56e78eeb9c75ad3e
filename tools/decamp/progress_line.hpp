#pragma once
// What a progress line says: rates, time left, words. Pure; times come in as values.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "decamp/error.hpp"
#include "decamp/observer.hpp"
#include "engine/messages/duration.hpp"

namespace decamp::cli {

// Bytes a second over the last seconds of a counter that only grows.
class rate_meter {
  public:
    explicit rate_meter(double window_seconds = 10) : window_(window_seconds) {}
    // Times do not go back; a counter that does begins anew.
    void add(double seconds, std::uint64_t bytes);
    // None until two samples lie at least half a second apart.
    std::optional<double> per_second() const;

  private:
    struct sample {
        double seconds;
        std::uint64_t bytes;
    };
    double window_;
    std::deque<sample> samples_;  // at most window / 0.2 s of them
};

// Seconds; none when nothing moves or it would be more than a hundred days.
std::optional<double> time_left(std::uint64_t done, std::uint64_t wanted, std::optional<double> per_second);

using messages::duration_text;

enum class work { exporting, verifying };

struct progress_rates {
    std::optional<double> received;  // bytes a second: over the network; verifying: read back
    std::optional<double> done;      // a second, towards the end: bytes stored; verifying: files read
};

// One line, no newline, not cut. When verifying, items_proven of items_listed files
// are read and bytes_received of them.
std::string progress_text(const progress& now, const progress_rates& rates, work what, language words);

}  // namespace decamp::cli
