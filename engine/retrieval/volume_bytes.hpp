#pragma once
// The bytes of an archive before compression, read anywhere: of a tar or zip its file's own, of a tar.zst through the
// table of its frames. Whoever made the volume: every length is checked. Blocking; one thread at a time.

#include <cstdint>
#include <memory>
#include <string>

#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::retrieval {

class volume_bytes {
  public:
    virtual ~volume_bytes() = default;
    // Fewer than asked only at the end.
    virtual result<std::size_t> read(std::uint64_t at, std::span<std::byte> into) = 0;
    virtual std::uint64_t size() const = 0;
    // Where reading may work again, when it did not at `at`.
    virtual std::uint64_t behind_damage(std::uint64_t at) const = 0;
};

// `kind` tar_zst: file_errc::io where there is no table, or one that does not fit the file.
result<std::unique_ptr<volume_bytes>> open_volume(world::file_store& files, const std::string& path, container kind);
// The file as it is.
result<std::unique_ptr<volume_bytes>> open_packed(world::file_store& files, const std::string& path);

}  // namespace decamp::retrieval
