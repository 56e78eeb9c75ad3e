#pragma once
// The type of each hop: listed_item -> planned_item -> checked_blob -> stored_blob -> proven_blob. A stage takes the
// type before it and gives the type after it, so publishing something unchecked does not compile.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/item.hpp"
#include "formats/digest.hpp"

namespace decamp {

// Row of the catalogue's table `blob`.
struct blob_key {
    std::int64_t value = 0;
    auto operator<=>(const blob_key&) const = default;
};

// Row of the catalogue's table `item`; ascending in canonical order.
struct item_key {
    std::int64_t value = 0;
    auto operator<=>(const item_key&) const = default;
};

// Bytes durable under a staging name from an earlier run or attempt.
struct staged_part {
    std::string path;                              // relative to the destination
    std::uint64_t bytes = 0;                       // durable; a multiple of formats::block_size
    std::vector<formats::xxh3_128_digest> blocks;  // one a block of formats::block_size
    std::string validator;                         // ETag or Last-Modified of the answers it came with, or empty
};

// An item that has its name and is to be fetched; committed before anything is asked for.
struct planned_item {
    item_key key;
    blob_key blob;
    listed_item listed;
    std::string path;           // under the destination, e.g. data/albums/Camera/IMG_0001.jpg
    std::uint32_t damaged = 0;  // times that its stored bytes were read back wrong
    std::optional<staged_part> part;
    std::optional<blob_key> audit_of;  // fetched only to compare with this blob: nothing is staged
};

// What was learnt of a blob's bytes while they arrived.
struct blob_digests {
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::optional<formats::sha1_digest> sha1;      // computed only where the source announced one
    std::vector<formats::xxh3_128_digest> blocks;  // kept for blobs above formats::block_size, else empty
};

// How the source's announcement and the bytes agree.
enum class source_check {
    digest,     // an announced digest agrees
    length,     // only an announced length agrees
    none,       // nothing was announced
    mismatch,   // an announced digest disagrees for good; the bytes agreed among three tries and are kept
    unbounded,  // nothing was announced, and nothing but the connection's end said where the bytes end
};

// Bytes that a checked blob carries with it in memory, where none are staged.
class held_bytes {
  public:
    virtual ~held_bytes() = default;  // gives the memory back
    // In order; views of memory that is held.
    virtual std::vector<std::span<const std::byte>> parts() const = 0;
};

// Staged, whole, its digests known; not yet durable, not yet under its name.
struct checked_blob {
    planned_item item;
    std::string staging_path;                // empty: held
    std::shared_ptr<const held_bytes> held;  // empty: staged
    blob_digests digests;
    source_check check = source_check::none;
    std::uint64_t downloaded = 0;  // bytes that crossed the network for it, retries included
};

// Durable under its final name and committed.
struct stored_blob {
    blob_key blob;
    std::string path;
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::vector<formats::xxh3_128_digest> blocks;
};

// How a read-back was made. `medium` is promised only where the drive's file system lets reads pass the page cache.
enum class read_back_method { medium, cache };

// Read back from the drive, SHA-256 compared.
struct proven_blob {
    blob_key blob;
    read_back_method method = read_back_method::cache;
    std::int64_t when_ms = 0;  // Unix milliseconds
};

// A read-back that did not agree.
struct damaged_blob {
    blob_key blob;
    std::string path;
    std::string detail;       // "block 17 of 40" or "missing" or an I/O error
    bool unreadable = false;  // the drive reported an error
};

}  // namespace decamp
