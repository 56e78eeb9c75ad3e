#pragma once
// Reading one member out of a volume, from anywhere in it, without reading what lies before it. Blocking; one thread at
// a time. What is read may be damaged, or made by somebody else: every length is checked.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/volume.hpp"
#include "engine/store/volumes/archive.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// Which volume a member lies in, and where; offsets as volume_member has them.
struct member_place {
    std::string path;     // of the volume's file, under the destination
    std::string or_path;  // where it lies if it is not there: a volume that was open may have been sealed meanwhile
    container kind = container::tar;
    std::uint64_t body = 0, stored = 0, size = 0;
    bool deflated = false;
    std::vector<volume_frame> frames;  // of a volume that is still open; else its own table says
};

// Of a member that the catalogue knows; of a volume that is open without its frames.
member_place place_of(const volume_row& volume, const named_member& member);

// Opens the volume; file_errc::io where it is not what a volume is.
result<std::unique_ptr<member_bytes>> read_member(world::file_store& files, const member_place& place);

// Whether the member's bytes are these; reads all of them. What cannot be read is not.
bool has_bytes(world::file_store& files, const member_place& place, const formats::sha256_digest& sha256);
bool has_sha1(world::file_store& files, const member_place& place, const formats::sha1_digest& sha1);

// Where a volume of this name lies while it is open, and once it is sealed.
std::string open_path(const volume_row& volume);
std::string sealed_path(const volume_row& volume);
// As its state says.
std::string present_path(const volume_row& volume);

}  // namespace decamp::store
