#pragma once
// What the catalogue knows of a repair that is under way. Blocking; one thread at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/catalogue/catalogue.hpp"

namespace decamp::pipeline {

// A fact of the catalogue; empty or missing: no repair is under way.
inline constexpr std::string_view repairing_fact = "repairing";

struct repair_state {
    std::uint64_t exceptions = 0;  // there were before
    bool certified = false;        // a certificate was in place, which speaks for all that was there
    bool operator==(const repair_state&) const = default;
};
// "12" or "12 uncertified". What is neither says that there was no certificate.
std::string repair_text(const repair_state& state);
repair_state parse_repair(std::string_view text);

result<std::optional<repair_state>> repair_under_way(catalogue::catalogue& where);

}  // namespace decamp::pipeline
