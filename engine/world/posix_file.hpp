#pragma once
// One open file. Inside engine/world only.

#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "engine/world/file_store.hpp"
#include "engine/world/posix_path.hpp"

namespace decamp::world::posix {

class posix_file final : public file {
  public:
    // `uncached`: opened with O_DIRECT. Times are cut to what `facts` says the drive can hold.
    posix_file(descriptor fd, std::string path, bool uncached, const drive_facts& facts)
        : fd_(std::move(fd)),
          path_(std::move(path)),
          uncached_(uncached),
          oldest_ns_(facts.oldest_time_ns),
          newest_ns_(facts.newest_time_ns) {}

    result<void> write_at(std::uint64_t offset, std::span<const std::byte> from) override;
    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;
    result<void> truncate(std::uint64_t size) override;
    result<void> sync() override;
    result<file_info> info() override;
    result<void> set_modified(std::int64_t unix_ns) override;

  private:
    failure failed(int error) const { return failure_of(error, path_); }

    descriptor fd_;
    std::string path_;
    bool uncached_;
    std::int64_t oldest_ns_, newest_ns_;
};

file_info info_of(const struct stat& st);

// For utimensat(2): access time now, modification time cut to [oldest, newest].
struct modified_times {
    modified_times(std::int64_t unix_ns, std::int64_t oldest_ns, std::int64_t newest_ns);
    timespec values[2];
};

}  // namespace decamp::world::posix
