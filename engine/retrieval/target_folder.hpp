#pragma once
// The folder that items are taken out to. Files appear whole and checked under their names, or not at all; nothing that
// is there is replaced, and no link that somebody planted is followed. Blocking; one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "formats/digest.hpp"

namespace decamp::retrieval {

class target_folder {
  public:
    // Made when it is not there; file_errc::in_use while another decamp takes something out to it.
    static result<target_folder> open(const std::string& path);
    target_folder(target_folder&&) = default;
    ~target_folder();

    world::file_store& files() const { return *files_; }
    // An export of its own lies there: its folders are not to be mixed with others'.
    result<bool> is_export() const;

    enum class standing { free, same, other };
    // What is at a name: nothing, these very bytes, or something else.
    result<standing> look(const std::string& name, const formats::sha256_digest& sha256);

    // A file under a temporary name.
    class incoming {
      public:
        result<void> write(std::span<const std::byte> bytes);
        std::uint64_t size() const { return size_; }

      private:
        friend class target_folder;
        std::unique_ptr<world::file> file_;
        std::uint64_t size_ = 0;
    };
    result<incoming> begin();
    result<void> drop(incoming&& what);
    // Flushed, dated, then named. False: something has the name, and the bytes are dropped.
    result<bool> finish(incoming&& what, const std::string& name, std::optional<std::int64_t> modified_ns);
    // The bytes of a file that was finished, once more: a hard link where the drive has them (its time is the other's),
    // else a copy. False: something has the name.
    result<bool> repeat(const std::string& existing, const std::string& name, const formats::sha256_digest& sha256,
                        std::optional<std::int64_t> modified_ns);

    // Makes all names durable and takes away what was needed on the way.
    result<void> close();

  private:
    explicit target_folder(std::unique_ptr<world::file_store> files) : files_(std::move(files)) {}
    result<void> make_way(const std::string& name);

    std::unique_ptr<world::file_store> files_;
    std::set<std::string> touched_;  // folders
    std::string made_;               // the last one, to ask no more for it
    bool locked_ = false;
    bool links_ = true;  // until one is refused
};

}  // namespace decamp::retrieval
