#pragma once
// Why something is an exception of the certificate. One table has the word of certificate.json and whether the reason
// lies with the source; the sentence for people is "reason_" and the word in engine/messages. Words are written by this
// table alone.

#include <optional>
#include <string_view>

namespace decamp {

enum class exception_reason {
    // The source's: the rest can be complete without it (exit code 3).
    deleted_in_cloud,  // a fresh list has it no more, or the source's own word says so
    refused_by_cloud,  // the source refuses it by a word of its own, or nothing else can be asked (a list of links)
    changed_in_cloud,  // a fresh list has it otherwise
    digest_mismatch,   // the same bytes three times, and not those announced
    size_mismatch,
    in_cold_storage,  // the source keeps it where it must be restored first
    // Everybody else's: the export is incomplete (exit code 4).
    refused_though_listed,  // refused, gone or changed by the answer to a download, although a fresh list has it as
                            // before
    unsteady_bytes,
    not_downloaded,
    length_unknown,  // nothing says how long it is
    same_bytes,      // the same bytes came for several items that announce different ones
    folder_not_listed,
    album_not_listed,
    list_unsteady,    // a list that was other each time it was walked
    entry_not_read,   // an entry of a list that cannot be placed
    names_collide,    // two names at the source read alike
    key_not_spelled,  // a key that the list cannot spell
    not_a_photo,
    link_refused,
    read_back_differs,
    too_large_for_drive,
    not_stored,
    not_yet,
};

std::string_view word_of(exception_reason reason);
// None: a word of another version.
std::optional<exception_reason> exception_reason_of(std::string_view word);
bool lies_with_source(exception_reason reason);

}  // namespace decamp
