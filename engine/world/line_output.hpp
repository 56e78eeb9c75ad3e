#pragma once
// Where whole lines go that a program reads: a file of the user's own, or standard output.

#include <memory>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"

namespace decamp::world {

// One thread at a time.
class line_output {
  public:
    virtual ~line_output() = default;
    // The line and a newline with one write, so that no reader sees half of it. False when it could not be written.
    virtual bool write(std::string_view line) = 0;
    virtual std::string name() const = 0;
};

// Appends to `path`, which is made where it is missing; "-" is standard output. Errors as file_errc. Blocks.
result<std::unique_ptr<line_output>> open_lines(const std::string& path);

}  // namespace decamp::world
