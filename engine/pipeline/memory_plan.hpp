#pragma once
// How --memory is spent: fixed reserves first, the rest is payload. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/volume.hpp"

namespace decamp::pipeline {

inline constexpr std::size_t least_memory = std::size_t{32} << 20;

struct memory_part {
    std::string name;
    std::size_t bytes = 0;
};

struct memory_plan {
    std::vector<memory_part> reserves;
    std::size_t catalogue_cache = 0;
    std::size_t tls_read_buffer = 0;  // one receive
    unsigned most_connections = 0;
    std::size_t payload = 0;
    unsigned packers = 1;          // frames compressed at once
    unsigned head_chunks = 0;      // of the payload, for what an archive waits for
    std::size_t unused = 0;        // more than payload can use
    std::size_t parity_bytes = 0;  // what recovery data of a volume is made in
    unsigned parity_readings = 0;  // of a volume of the largest size, to make it
    std::size_t hold_bytes = 0;    // items up to this size are kept in memory until the archive takes them; 0: none are
};

// `total` at least least_memory.
memory_plan plan_memory(std::size_t total);
// What archives take of it: their frames, and the compressor, which grows with its level.
void plan_archives(memory_plan& plan, const volume_settings& volumes, unsigned threads, bool encrypted = false);

}  // namespace decamp::pipeline
