#include "tools/decamp/display.hpp"

#include "tools/decamp/text_width.hpp"

namespace decamp::cli {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

// What takes the progress line away, if one is drawn. The lock is held.
std::string display::erased() {
    if (!drawn_) return {};
    drawn_ = false;
    return std::string(erase_line);
}

void display::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    to_(erased().append(text).append("\n"));
}

void display::draw_progress(std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto columns = columns_();
    if (columns < 2) return;
    // The last column stays free: some terminals wrap when it is filled.
    to_(std::string(erase_line).append(fit_columns(text, columns - 1)));
    drawn_ = true;
}

void display::clear_progress() {
    const std::lock_guard lock(mutex_);
    if (drawn_) to_(erased());
}

}  // namespace decamp::cli
