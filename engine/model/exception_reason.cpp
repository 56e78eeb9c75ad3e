#include "engine/model/exception_reason.hpp"

#include <algorithm>
#include <array>

namespace decamp {

namespace {

struct row {
    exception_reason reason;
    std::string_view word;
    bool of_source;
};

constexpr std::array table{
    row{exception_reason::deleted_in_cloud, "deleted_in_cloud", true},
    row{exception_reason::refused_by_cloud, "refused_by_cloud", true},
    row{exception_reason::changed_in_cloud, "changed_in_cloud", true},
    row{exception_reason::digest_mismatch, "digest_mismatch", true},
    row{exception_reason::size_mismatch, "size_mismatch", true},
    row{exception_reason::in_cold_storage, "in_cold_storage", true},
    row{exception_reason::refused_though_listed, "refused_though_listed", false},
    row{exception_reason::unsteady_bytes, "unsteady_bytes", false},
    row{exception_reason::not_downloaded, "not_downloaded", false},
    row{exception_reason::length_unknown, "length_unknown", false},
    row{exception_reason::same_bytes, "same_bytes", false},
    row{exception_reason::folder_not_listed, "folder_not_listed", false},
    row{exception_reason::album_not_listed, "album_not_listed", false},
    row{exception_reason::list_unsteady, "list_unsteady", false},
    row{exception_reason::entry_not_read, "entry_not_read", false},
    row{exception_reason::names_collide, "names_collide", false},
    row{exception_reason::key_not_spelled, "key_not_spelled", false},
    row{exception_reason::not_a_photo, "not_a_photo", false},
    row{exception_reason::link_refused, "link_refused", false},
    row{exception_reason::read_back_differs, "read_back_differs", false},
    row{exception_reason::too_large_for_drive, "too_large_for_drive", false},
    row{exception_reason::not_stored, "not_stored", false},
    row{exception_reason::not_yet, "not_yet", false},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].reason != static_cast<exception_reason>(i)) return false;
    }
    return table.back().reason == exception_reason::not_yet;
}
static_assert(in_order());

}  // namespace

std::string_view word_of(exception_reason reason) {
    return table[static_cast<std::size_t>(reason)].word;
}

std::optional<exception_reason> exception_reason_of(std::string_view word) {
    const auto* const found = std::ranges::find(table, word, &row::word);
    if (found == table.end()) return std::nullopt;
    return found->reason;
}

bool lies_with_source(exception_reason reason) {
    return table[static_cast<std::size_t>(reason)].of_source;
}

}  // namespace decamp
