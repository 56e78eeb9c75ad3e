#pragma once
// Giving staged bytes their final names, in the order that keeps every promise (docs/on-disk.md): bytes flushed, name
// durable, then the catalogue. Blocking; on world::queue::commit.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/folder_flush.hpp"

namespace decamp::store {

// Makes names durable by the drive's rule. Collects what was touched; flush() makes it durable.
class publisher {
  public:
    explicit publisher(world::file_store& files) : files_(files), folders_(files) {}

    // staging -> path, its mtime set. The staged bytes are flushed first where the rule asks for it. A stranger's file
    // in the way is renamed to NAME~found.ext.
    result<void> publish(const std::string& staging_path, const std::string& path, std::optional<std::int64_t> time_ms);
    // A hard link for a twin. no_links when the drive or the file takes no further link.
    result<void> link(const std::string& leader, const std::string& path, std::optional<std::int64_t> time_ms);
    // A file that is there already, found to be right: only its mtime is set.
    result<void> adopt(const std::string& path, std::optional<std::int64_t> time_ms);
    // After it everything published so far survives a power cut.
    result<void> flush() { return folders_.flush(); }

  private:
    result<void> set_time(const std::string& path, std::optional<std::int64_t> time_ms);
    result<void> set_durable_time(const std::string& path, std::optional<std::int64_t> time_ms);
    result<void> flush_file(const std::string& path);  // where the drive's rule is to flush each

    world::file_store& files_;
    world::folder_flush folders_;
};

// What stands in the way of a name that is ours was put there by somebody else: it is renamed to NAME~found.ext, never
// lost.
result<void> set_aside(world::file_store& files, const std::string& path);

// Whether the file at `path` has these bytes; reads all of it. An unreadable file has not.
bool has_bytes(world::file_store& files, const std::string& path, std::uint64_t size,
               const formats::sha256_digest& sha256);
bool has_sha1(world::file_store& files, const std::string& path, std::uint64_t size, const formats::sha1_digest& sha1);

}  // namespace decamp::store
