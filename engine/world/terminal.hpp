#pragma once
// The terminal this process talks to, for command lines. One thread at a time asks; writing is for any thread.

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace decamp::world {

// The whole text, or as much as can be written without error; false then.
bool write_out(std::string_view text);  // standard output
bool write_err(std::string_view text);  // standard error

// Columns of the terminal on standard error; 0 when it is none, or one that cannot redraw (TERM=dumb).
std::size_t terminal_columns();

// False when writing to standard error would block now (a terminal stopped by Ctrl-S).
bool err_ready();

// Whether somebody can be asked: standard input and standard error are terminals.
bool can_ask();

// What is typed or pasted until `enough` says so (it is asked at each line's end and closing bracket) or Ctrl-D, not
// shown on the screen; `prompt` is called once nothing is shown any more. None after Ctrl-C or a stop. A line may be
// longer than the 4,095 bytes a terminal takes in its usual mode.
std::optional<std::string> ask_unseen(const std::function<void()>& prompt,
                                      const std::function<bool(std::string_view)>& enough, std::size_t limit,
                                      const std::stop_token& stop);

// A write to a pipe nobody reads answers an error instead of ending the process.
void ignore_broken_pipes();

}  // namespace decamp::world
