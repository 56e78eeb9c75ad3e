#pragma once
// Bytes that were read back wrong leave the drive's tree. The catalogue comes first: in one transaction it stops
// calling them stored and notes which names are to go, so that at no moment it vouches for a name that is gone, and
// what a killed run did not carry out is carried out at the next start.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/folder_flush.hpp"

namespace decamp::verify {

struct departure {
    std::string path;
    std::int64_t blob = 0;  // of the file itself; 0: a further name of it, a hard link
    bool operator==(const departure&) const = default;
};

// As noted in the catalogue: a line each, "blob path". A line that is none is left out: names hold no line feeds.
std::string departures_text(const std::vector<departure>& names);
std::vector<departure> parse_departures(std::string_view text);

// The blobs are planned again or failed (catalogue::record_damaged), and all their names leave. Awaits until that is
// durable. True: something is planned again.
task<result<bool>> take_away(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                             const std::vector<damaged_blob>& bad);
// The same for a volume, sealed or open; `path`: where it lies, if it does. The list beside its sealed name goes with
// it, and its recovery data, which is kept aside too.
task<result<bool>> take_away_volume(runtime::surroundings& around, world::file_store& files,
                                    catalogue::catalogue& where, const volume_row& volume, std::string path,
                                    std::string detail);
// Recovery data of a volume that is right: it goes, to be made again. The catalogue forgets it first.
task<result<void>> take_away_parity(runtime::surroundings& around, world::file_store& files,
                                    catalogue::catalogue& where, const volume_row& volume);
// Moves what stands under `path` into .decamp/damaged, under its name and this mark; nothing where nothing stands
// there. Durable once `folders` is flushed. Blocking.
result<void> keep_aside(world::file_store& files, std::string_view path, std::int64_t mark,
                        world::folder_flush& folders);
// What a killed run had still to carry out. Before anything is published.
task<result<void>> finish_departures(runtime::surroundings& around, world::file_store& files,
                                     catalogue::catalogue& where);

}  // namespace decamp::verify
