#pragma once
// The lists of an export, read line by line. Where they are gone, what the manifests say of names and digests stands
// in. Blocking; one thread at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/retrieval/list_line.hpp"
#include "engine/retrieval/names.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::retrieval {

struct list_file {
    std::string path;
    enum class form {
        lines,     // JSON lines
        manifest,  // digests and paths from the export's folder on
        volume,    // digests and names inside a volume
    } what = form::lines;
    list_context context;
    std::string volume;                         // of form::volume
    std::string within;                         // the file that has it, where that has several; else empty
    std::uint64_t begin = 0, end = UINT64_MAX;  // its bytes there
    const std::string& file() const { return within.empty() ? path : within; }
};

struct list_place {
    std::uint32_t list = 0;    // in files()
    std::uint64_t offset = 0;  // of the line's first byte
};

struct seen_line {
    const list_file& list;
    list_place place;
    std::uint64_t number = 0;  // from 1
    std::variant<list_line, line_fault> content;
};

class list_set {
  public:
    // Album by album in the order of their folders' bytes. Empty where there is neither a list nor a manifest.
    static result<list_set> find(world::file_store& files);

    const std::vector<list_file>& files() const { return lists_; }
    // `see` returns false to stop.
    result<void> each(const std::function<bool(seen_line&&)>& see);
    // The line that each() gave with this place.
    result<list_line> at(list_place place);

  private:
    explicit list_set(world::file_store& files) : files_(&files) {}
    struct raw_line {
        std::string_view text;
        bool too_long = false;  // left out then
        std::uint64_t begin = 0, next = 0;
    };
    using line_visitor = std::function<void(const raw_line&)>;
    result<void> find_within(std::string_view path);
    result<void> lines_of(const list_file& list, const line_visitor& see, bool& more);
    result<void> read(std::uint32_t list, const std::function<bool(seen_line&&)>& see, bool& more);
    std::variant<list_line, line_fault> parsed(const list_file& list, std::string_view text) const;

    world::file_store* files_;
    std::vector<list_file> lists_;
    std::unique_ptr<world::file> open_;  // the one that at() read last
    std::uint32_t opened_ = 0;
};

}  // namespace decamp::retrieval
