#pragma once
// An export as it is looked into: its files, its lists, its catalogue where that may be used. Nothing is written or
// locked. Blocking; one thread at a time.

#include <memory>
#include <optional>
#include <string>

#include "engine/catalogue/reading.hpp"
#include "engine/encryption/export_key.hpp"
#include "engine/encryption/unlocked_store.hpp"
#include "engine/model/error.hpp"
#include "engine/retrieval/lists.hpp"
#include "engine/retrieval/names.hpp"
#include "engine/store/volumes/archive.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::retrieval {

enum class retrieval_errc {
    no_export = 1,  // the folder holds none
    no_lists,       // it has come to no end yet
    not_found,      // of `cat`
    ambiguous,
};
boost::system::error_code make_error_code(retrieval_errc e);

class export_folder {
  public:
    // `keys`: what opens it where it is encrypted; encryption_errc where they do not. With the right ones everything is
    // seen as if it lay open.
    static result<export_folder> open(const std::string& path, encryption::unlocking keys);

    world::file_store& files() const { return inside_ ? static_cast<world::file_store&>(inside_->files) : *files_; }
    // Null where an export is at work or was cut short, where there is no catalogue, or one that cannot be used. Asked
    // again before each use: an export may have begun meanwhile.
    catalogue::reading* catalogue();
    // retrieval_errc::no_lists where there is nothing to read.
    result<list_set> lists() const;

  private:
    // Of an encrypted export. Stays where it is: its parts refer to each other.
    struct unlocked {
        unlocked(world::file_store& below, encryption::unlocking with) : keys(std::move(with)), files(below, keys) {}
        encryption::unlocking keys;
        encryption::unlocked_store files;
        std::optional<encryption::export_key> key;  // of its catalogue
    };

    explicit export_folder(std::unique_ptr<world::file_store> files) : files_(std::move(files)) {}
    bool at_rest() const;
    result<void> unlock(encryption::unlocking keys);

    std::unique_ptr<world::file_store> files_;
    std::unique_ptr<unlocked> inside_;
    std::unique_ptr<catalogue::reading> catalogue_;
    bool tried_ = false;
};

// A line with its name.
struct shown_item {
    const list_file& list;
    list_place place;
    list_line line;
    naming how = naming::of_bytes;
    std::string target;
};

struct item_visitor {
    std::function<bool(shown_item&&)> item;                                        // false: stop
    std::function<void(const list_file& list, std::uint64_t line)> bad_line = {};  // may be empty
};

// Every stored item of the lists under its name, in order. Reads the lists twice.
result<void> each_item(export_folder& from, list_set& lists, const item_visitor& see);

// The same name again, from a line read anew.
result<std::string> target_again(export_folder& from, const list_file& list, const list_line& line, naming how);

}  // namespace decamp::retrieval

template <>
struct boost::system::is_error_code_enum<decamp::retrieval::retrieval_errc> : std::true_type {};
