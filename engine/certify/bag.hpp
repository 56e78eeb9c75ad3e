#pragma once
// The bag around what is stored (RFC 8493), the lists of the albums, and the certificate. Blocking; on
// world::queue::catalogue.

#include "engine/catalogue/catalogue.hpp"
#include "engine/certify/certificate.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::certify {

// Before a run's first change: the certificate of the run before does not speak for what follows. It moves to
// .decamp/previous/; the manifest stays, since what it lists stays.
result<void> put_aside_certificate(world::file_store& files);

// Writes manifest, lists, certificate and tag manifest, each in one step, in the order in which they may be relied on.
result<statement> write_bag(world::file_store& files, catalogue::catalogue& where, const run_facts& facts);

// The same around what was mended: manifest and lists anew, and the certificate of the run before as it stands in place
// or was put aside, since what it says is true again. Without one, or without `certified`, no tag manifest is written
// either. Of `facts` what bag-info.txt says.
result<void> rewrite_bag(world::file_store& files, catalogue::catalogue& where, const run_facts& facts, bool certified);

}  // namespace decamp::certify
