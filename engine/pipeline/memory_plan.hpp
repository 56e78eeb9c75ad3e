#pragma once
// How --memory is spent: fixed reserves first, the rest is payload. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
};

// `total` at least least_memory.
memory_plan plan_memory(std::size_t total);

}  // namespace decamp::pipeline
