#pragma once
// What reading an export back has found, sorted by how it can be mended. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/messages/messages.hpp"
#include "engine/verify/bag_check.hpp"
#include "formats/par2.hpp"

namespace decamp::pipeline {

struct damage {
    verify::finding found;
    // Why it could not be mended, once that was tried.
    messages::id why = messages::id::why_no_copy;
};

// In the order in which they are mended: each kind may need those before it.
struct repair_plan {
    std::vector<damage> volumes;
    std::vector<damage> inner_lists;  // beside volumes
    std::vector<damage> parity;
    std::vector<damage> files;    // of a tree
    std::vector<damage> closing;  // lists, manifests, certificate: what the end of a run writes
    std::uint64_t beyond = 0;     // found, and not kept here: there were too many

    void add(verify::finding found);
    std::uint64_t left() const {
        return volumes.size() + inner_lists.size() + parity.size() + files.size() + closing.size() + beyond;
    }
    // What only the source can give back.
    std::uint64_t to_fetch() const { return volumes.size() + inner_lists.size() + files.size() + beyond; }
};

inline constexpr std::size_t most_damage = 100'000;

// Of "data/volumes/volume-0012.zip" and of whatever lies beside it; 0: of none.
std::int64_t volume_number(std::string_view path);

// Of "volume-0001.tar.vol000+12.par2" 12.
std::optional<std::uint32_t> recovery_count(std::string_view parity_name);

// How recovery data of that many slices was cut; nothing where there can be none such.
std::optional<formats::par2_layout> parity_layout(std::uint64_t volume_bytes, std::uint32_t recovery_count);

}  // namespace decamp::pipeline
