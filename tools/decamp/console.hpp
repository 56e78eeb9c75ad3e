#pragma once
// The terminal this process talks to. POSIX stands in console_posix.cpp alone.

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "tools/decamp/watcher.hpp"

namespace decamp::cli {

// The whole text, or as much as can be written without error; false then.
bool write_out(std::string_view text);  // standard output
bool write_err(std::string_view text);  // standard error

// Columns of the terminal on standard error; 0 when it is none, or one that cannot redraw (TERM=dumb).
std::size_t terminal_columns();

// False when writing to standard error would block now (a terminal stopped by Ctrl-S).
bool err_ready();

// Whether somebody can be asked: standard input and standard error are terminals.
bool can_ask();

// What is typed or pasted until `enough` says so or Ctrl-D, not shown on the screen; none after Ctrl-C or a stop. A line
// may be longer than the 4,095 bytes a terminal takes in its usual mode.
std::optional<std::string> ask_unseen(bool (*enough)(std::string_view), std::size_t limit, const std::stop_token& stop);

// Appends to `path`, or writes to standard output for "-". A null pointer and the reason in `why` when it cannot.
std::unique_ptr<event_output> open_events(const std::string& path, std::string& why);

// A write to a pipe nobody reads answers an error instead of ending the process.
void ignore_broken_pipes();

}  // namespace decamp::cli
