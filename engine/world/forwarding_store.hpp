#pragma once
// A file store that hands everything on, for those that change a part of it. The one below outlives it.

#include "engine/world/file_store.hpp"

namespace decamp::world {

class forwarding_store : public file_store {
  public:
    explicit forwarding_store(file_store& below) : below_(below) {}

    const drive_facts& facts() const override { return below_.facts(); }
    result<std::unique_ptr<file>> open(std::string_view path, open_mode mode) override {
        return below_.open(path, mode);
    }
    result<void> rename(std::string_view from, std::string_view to) override { return below_.rename(from, to); }
    result<void> replace(std::string_view from, std::string_view to) override { return below_.replace(from, to); }
    result<void> link(std::string_view existing, std::string_view added) override {
        return below_.link(existing, added);
    }
    result<void> remove(std::string_view path) override { return below_.remove(path); }
    result<void> remove_folder(std::string_view path) override { return below_.remove_folder(path); }
    result<void> make_folders(std::string_view path, std::vector<std::string>* made) override {
        return below_.make_folders(path, made);
    }
    result<std::optional<file_info>> info(std::string_view path) override { return below_.info(path); }
    result<void> set_modified(std::string_view path, std::int64_t unix_ns) override {
        return below_.set_modified(path, unix_ns);
    }
    result<void> sync_folder(std::string_view path) override { return below_.sync_folder(path); }
    result<void> sync_all() override { return below_.sync_all(); }
    result<drive_space> space() override { return below_.space(); }
    result<write_rates> measure_writes() override { return below_.measure_writes(); }
    result<void> walk(std::string_view path,
                      const std::function<bool(std::string_view path, const file_info&)>& visit) override {
        return below_.walk(path, visit);
    }
    result<std::unique_ptr<folder_reader>> read_folder(std::string_view path) override {
        return below_.read_folder(path);
    }
    result<void> lock_exclusively() override { return below_.lock_exclusively(); }
    std::string native_path(std::string_view path) const override { return below_.native_path(path); }

  protected:
    file_store& below() { return below_; }

  private:
    file_store& below_;
};

}  // namespace decamp::world
