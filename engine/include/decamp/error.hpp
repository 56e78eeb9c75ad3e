#pragma once
// How a run ended.

#include <cstdint>
#include <string>
#include <vector>

namespace decamp {

// Of messages and of certificate.txt.
enum class language { en, zh_cn };

// The exit codes of the program, documented in docs/exit-codes.md.
enum class exit_code : int {
    complete = 0,
    bug = 1,
    usage = 2,
    complete_with_exceptions = 3,
    incomplete = 4,
    interrupted = 5,
    source_refused = 6,
    source_unreachable = 7,
    destination_failed = 8,
    damaged = 9,
    nothing_matched = 11,
};

struct outcome {
    exit_code code = exit_code::bug;
    std::string sentence;              // one sentence for people, in the options' language; holds no secret
    std::vector<std::string> further;  // more lines: what to do next, which files are damaged (at most 100)
};

}  // namespace decamp
