#pragma once
// The file store over a folder of a POSIX system (Linux). Inside engine/world and its tests only.

#include <memory>
#include <string>

#include "engine/world/file_store.hpp"
#include "engine/world/posix_path.hpp"

namespace decamp::world::posix {

class posix_store final : public file_store {
  public:
    // `root`: a folder opened for reading. `native`: its absolute path.
    posix_store(descriptor root, std::string native, drive_facts facts, beneath_method method);

    const drive_facts& facts() const override { return facts_; }
    result<std::unique_ptr<file>> open(std::string_view path, open_mode mode) override;
    result<void> rename(std::string_view from, std::string_view to) override;
    result<void> replace(std::string_view from, std::string_view to) override;
    result<void> link(std::string_view existing, std::string_view added) override;
    result<void> remove(std::string_view path) override;
    result<void> remove_folder(std::string_view path) override;
    result<void> make_folders(std::string_view path, std::vector<std::string>* made) override;
    result<std::optional<file_info>> info(std::string_view path) override;
    result<void> set_modified(std::string_view path, std::int64_t unix_ns) override;
    result<void> sync_folder(std::string_view path) override;
    result<void> sync_all() override;
    result<drive_space> space() override;
    result<write_rates> measure_writes() override;
    result<void> walk(std::string_view path,
                      const std::function<bool(std::string_view path, const file_info&)>& visit) override;
    result<std::unique_ptr<folder_reader>> read_folder(std::string_view path) override;
    result<void> lock_exclusively() override;
    std::string native_path(std::string_view path) const override;

    // Learns from files that are there, without writing.
    void probe_by_reading();
    // Makes a scratch folder in .decamp/ and tries; leaves nothing that was not there.
    void probe_by_writing();

  private:
    struct place;  // a folder's descriptor and a name in it

    result<place> place_of(std::string_view path) const;
    result<descriptor> open_new(std::string_view path) const;
    descriptor beneath(std::string_view path, int flags, mode_t mode = 0) const {
        return open_beneath(method_, root_.get(), path, flags, mode);
    }

    descriptor root_;
    std::string native_;
    drive_facts facts_;
    beneath_method method_;
    bool may_read_uncached_;  // by kind and device; a file decides
    bool probed_ = false;
    descriptor lock_;
};

}  // namespace decamp::world::posix
