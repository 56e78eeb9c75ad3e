#pragma once
// The containers a volume can be, behind one interface: members in, the bytes of a volume out, in order, never back.
// Where frames are cut and what is compressed depends on the members alone, so that the same members make the same
// bytes however they came. Blocking; one thread at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"
#include "engine/store/volumes/volume_file.hpp"
#include "engine/world/workers.hpp"

namespace decamp::store {

// The bytes of a member; read from anywhere, more than once.
class member_bytes {
  public:
    virtual ~member_bytes() = default;
    // Fewer than asked only at their end.
    virtual result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) = 0;
};

struct member_entry {
    std::string name;  // inside the archive
    std::uint64_t size = 0;
    std::optional<std::int64_t> modified_ns;  // Unix nanoseconds
    std::string link_to;                      // a member of this volume: a link entry instead of bytes (tar)
};

// What a zip's directory says of a member.
using visit_members = std::function<result<void>(const std::function<result<void>(const named_member&)>&)>;

class archive {
  public:
    virtual ~archive() = default;
    // Whether it fits into a volume that may have `limit` bytes when it is sealed.
    virtual result<bool> fits(const member_entry& entry, std::uint64_t limit) = 0;
    // Appends it. Where it lies; its file and blob are the caller's to say.
    virtual result<volume_member> add(const member_entry& entry, member_bytes& bytes) = 0;
    // Whatever waits for company is closed as it is, and written by write_out().
    virtual result<void> close_frame() { return {}; }
    // What is closed is compressed and appended. After it settled() counts all of it.
    virtual result<void> write_out() { return {}; }
    // Bytes of the archive before compression, and how many of them are in the file.
    virtual std::uint64_t raw() const = 0;
    virtual std::uint64_t settled() const { return raw(); }
    // Frames written since the last call.
    virtual std::vector<volume_frame> take_frames() { return {}; }
    // The end of the archive. Nothing is added after it.
    virtual result<void> finish(const visit_members& members) = 0;
};

// `so_far`: the volume's row, `frames` and the members' visitor are of what is in the file already.
struct archive_start {
    volume_file& file;
    const volume_row& so_far;
    std::vector<volume_frame> frames;
    int level = 3;
    std::uint64_t directory_bytes = 0;  // zip: of the members there are
    world::workers* helpers = nullptr;  // to compress several frames at once; none: one after the other
    unsigned packers = 1;               // how many, at most: each has a compressor and its frames in memory
};
std::unique_ptr<archive> make_archive(container kind, archive_start start);

// Of a member in a zip's directory.
std::uint64_t directory_bytes_of(const named_member& member);

}  // namespace decamp::store
