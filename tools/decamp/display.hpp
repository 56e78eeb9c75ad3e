#pragma once
// What people see while a command runs: sentences, and below them one progress line that is redrawn in place.

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace decamp::cli {

// Any thread may call any function; each writes with one call of the sink.
class display {
  public:
    using sink = std::function<void(std::string_view)>;

    // `columns` tells the width of the terminal, 0 where the sink is none: then nothing is redrawn.
    display(sink to, std::function<std::size_t()> columns) : to_(std::move(to)), columns_(std::move(columns)) {}

    bool redraws() const { return columns_() > 0; }
    void line(std::string_view text);
    // Redraws the progress line; on a terminal only.
    void draw_progress(std::string_view text);
    // Takes the progress line away.
    void clear_progress();

  private:
    std::string erased();

    sink to_;
    std::function<std::size_t()> columns_;
    std::mutex mutex_;
    bool drawn_ = false;
};

}  // namespace decamp::cli
