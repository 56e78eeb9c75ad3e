#pragma once
// Which source an export belongs to, so that two accounts are never mixed on one drive. Blocking; on the thread that
// opens DEST.

#include <string>
#include <string_view>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/world/random.hpp"

namespace decamp::pipeline {

// What an export on this drive must have been begun with; a port may change.
struct export_origin {
    std::string kind;  // of the source
    std::string host;
    std::string account = {};  // whose, as place::account() has it: secret. Empty: the source has none
    bool moved = false;        // the same content is somewhere else now: bind anew, where the kind is the same
};

// What is kept of an account: salt, rounds and a few bits of a slow hash, as text. Those few bits tell two accounts
// apart (of 65,536 others one passes), but whoever finds the drive and tries all numbers that a user id can be is left
// with tens of thousands that fit, and a guess is not confirmed: a whole hash, however slow, would be an oracle, since
// ids are short.
std::string account_mark(std::string_view account, world::random& random);
// Whether a mark may be of this account. What is no mark fits all.
bool fits_account_mark(std::string_view account, std::string_view mark);

// The first run notes where the export comes from; later ones must agree, else destination_errc::other_source. As long
// as nothing of a source is stored, another one takes its place, and what was listed of the former is forgotten.
result<void> bind_to_source(catalogue::catalogue& where, const export_origin& from, world::random& random);
// After a run that has stored something: an export that was begun before accounts were noted is bound to this one.
result<void> note_account(catalogue::catalogue& where, const export_origin& from, world::random& random);

}  // namespace decamp::pipeline
