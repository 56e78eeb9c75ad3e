#pragma once
// Bytes of two answers become one file only where something proves that they belong together: a strong validator that
// the second answer repeats, an announced digest of the whole, or bytes that both have and that were compared. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/transport/http.hpp"

namespace decamp::download {

// Which version of the file an answer's bytes are of, by its validators (RFC 9110, section 8.8).
struct file_version {
    std::string tag;                  // ETag as sent, weak ones too; or empty
    std::string modified;             // Last-Modified as sent, or empty
    bool modified_is_strong = false;  // by section 8.8.2.2; a tag is by its form

    // For If-Range, which takes no weak one; or empty.
    std::string strong() const;
    bool operator==(const file_version&) const = default;
};

file_version version_of(const transport::response_head& head);

// As the catalogue keeps it beside a staged part, and back: a date counts as weak from then on.
std::string recorded(const file_version& version);
file_version version_recorded(std::string text);

enum class same_version { yes, unknown, no };
// Whether what came before and what comes now are of one version: yes only by a strong validator that both have, no by
// any that differs.
same_version compare(const file_version& before, const file_version& now);

// What a further answer would be joined to.
struct bytes_here {
    std::uint64_t count = 0;
    bool readable = true;                             // they can be compared; an audit keeps none
    bool digest = false;                              // an announced digest of the whole will find wrong joins
    bool repeats = true;                              // answers were not seen to leave the validator out
    std::uint64_t overlap = std::uint64_t{64} << 10;  // how much is compared where nothing else proves anything
    std::optional<std::uint64_t> total;               // of the whole
};

// Where the next range begins; 0: what is here is of no use, the whole is asked for.
std::uint64_t next_range(const bytes_here& here, const file_version& version);

}  // namespace decamp::download
