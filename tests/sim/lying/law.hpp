#pragma once
// The one law for verdicts: "complete" only when every item that an answer named is on the drive, byte for byte;
// "complete but for exceptions" only when what is not there really is gone, different or refused for good.

#include <set>
#include <string>

#include "decamp/error.hpp"
#include "tests/sim/checks.hpp"
#include "tests/sim/lying/bends.hpp"
#include "tests/sim/lying/server.hpp"
#include "tests/sim/lying/truth.hpp"

namespace decamp::sim::lying {

struct verdict {
    exit_code code = exit_code::bug;
    std::string sentence;
    std::set<std::string> on_drive;    // the bytes of each file below data/ that is not unproven
    std::set<std::string> exceptions;  // ids
};

// What the source was like when it was stated.
struct circumstances {
    kind_of_source kind = kind_of_source::s3;
    const truth& really;
    const bends& bent;
    const server& at;
};

void check_law(const verdict& stated, const circumstances& source, complaints& out);
// With nothing bent any more, a run comes to its end.
void check_settled(const verdict& stated, complaints& out);
verdict read_verdict(const outcome& end, const std::shared_ptr<disk>& drive);

}  // namespace decamp::sim::lying
