#pragma once
// Mending an export that lies on a drive. Thread, errors and ownership as in export.hpp.

#include <stop_token>

#include "decamp/export.hpp"

namespace decamp {

// Reads everything back as run_verify does, and mends what is damaged or missing from what else is on the drive:
// volumes of an archive by their recovery data. Of the options it takes destination, memory_bytes and words. With a
// source, what is left is fetched from there again, and nothing else is; then those of credentials, endpoint, ca_file
// and connections count. Code damaged where something is left.
outcome run_repair(const export_options& options, observer& watching, std::stop_token stop = {});

}  // namespace decamp
