#pragma once
// Files of ours that replace their former selves in one step: written beside, flushed, then renamed. Blocking.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encryption/lock.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/folder_flush.hpp"
#include "formats/digest.hpp"

namespace decamp::certify {

// One file being written. Holds 64 KiB.
class draft {
  public:
    // `path`: where it will stand in the end. `lock`: null, or for whom it is encrypted.
    static result<draft> begin(world::file_store& files, std::string path, const encryption::lock* lock = nullptr);
    void add(std::string_view text);
    // Flushes; its SHA-256. The first error of add() comes out here.
    result<formats::sha256_digest> finish();
    const std::string& path() const { return path_; }
    const std::string& draft_path() const { return draft_path_; }

  private:
    draft(std::unique_ptr<world::file> file, std::string path, std::string draft_path);
    void write_out();
    void store(std::span<const std::byte> bytes);

    std::unique_ptr<world::file> file_;
    std::string path_, draft_path_;
    std::string buffer_;
    std::optional<formats::age_encryptor> encryptor_;
    std::vector<std::byte> sealed_;
    std::uint64_t written_ = 0;
    formats::sha256_hasher hasher_;
    result<void> outcome_;
};

// Finished drafts, put in place together. In order: a reader of a later one may rely on the earlier ones.
class draft_set {
  public:
    explicit draft_set(world::file_store& files) : files_(files) {}
    // Finishes and notes it.
    result<void> add(draft&& d);
    // Lines "digest  path" of all so far, for a tag manifest.
    std::string manifest_lines() const;
    // Renames all into place and makes the names durable.
    result<void> publish();

  private:
    struct finished {
        std::string path, draft_path;
        formats::sha256_digest sha256;
    };
    world::file_store& files_;
    std::vector<finished> finished_;
};

}  // namespace decamp::certify
