#pragma once
// A stretch of time as people say it. Any thread; no errors.

#include <string>

#include "decamp/error.hpp"

namespace decamp::messages {

// "45 s", "3 min 5 s", "2 h 10 min", "3 d 4 h"; rounded up to a second.
std::string duration_text(double seconds, language words);

}  // namespace decamp::messages
