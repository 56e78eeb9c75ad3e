#pragma once
// Reading what was written, past the page cache where the drive allows it, and comparing. Blocking; on
// world::queue::read. One reader, one buffer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::verify {

struct read_bytes {
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::vector<formats::xxh3_128_digest> blocks;  // one a block of formats::block_size
    read_back_method method = read_back_method::cache;
};

class reader {
  public:
    explicit reader(world::file_store& files);
    // How this drive is read: medium only where facts() says so.
    read_back_method method() const;
    // All of a file.
    result<read_bytes> read(const std::string& path, byte_watcher* watching = nullptr);
    // A stored blob against its digests. An unreadable or missing file is damage; that the drive is gone is an error.
    result<std::variant<proven_blob, damaged_blob>> prove(const stored_blob& blob, std::int64_t now_ms);

  private:
    result<read_bytes> read(const std::string& path, world::open_mode mode, byte_watcher* watching);
    struct free_aligned {
        void operator()(std::byte* p) const noexcept;
    };
    world::file_store& files_;
    std::unique_ptr<std::byte[], free_aligned> buffer_;
};

}  // namespace decamp::verify
