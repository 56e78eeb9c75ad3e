#pragma once
// A file that several connections fetch, as the downloader sees it. Inside engine/download only; coordinator's thread.

#include "engine/download/downloader.hpp"

namespace decamp::download {

struct downloader::shared_file {
    transfer& bytes;
    const lane& on;  // the lane of all its connections
    runtime::task_group helpers;
    unsigned helping = 0;   // of them, those that are not over
    unsigned arriving = 0;  // of those, those that have not asked for a piece yet
    bool failed = false;    // a connection has: none is added any more
};

}  // namespace decamp::download
