#include "engine/retrieval/list_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "engine/model/layout.hpp"
#include "engine/model/volume.hpp"
#include "formats/bagit.hpp"
#include "formats/hex.hpp"
#include "formats/time.hpp"

namespace decamp::retrieval {

namespace {

namespace json = boost::json;

constexpr std::size_t json_depth = 4;
constexpr std::int64_t ns_per_ms = 1'000'000;

// Members of a line; `good` says whether all that were asked for had the type they should have.
class members {
  public:
    explicit members(const json::object& of) : of_(of) {}
    bool good = true;

    std::string text(std::string_view key) {
        const json::value* v = of_.if_contains(key);
        if (v == nullptr || v->is_null()) return {};
        if (const json::string* s = v->if_string()) return {s->data(), s->size()};
        good = false;
        return {};
    }
    std::optional<std::int64_t> time(std::string_view key) {
        const std::string written = text(key);
        if (written.empty()) return std::nullopt;
        const auto read = formats::parse_rfc3339(written);
        if (!read) return std::nullopt;  // a year beyond what can be counted: as good as none
        const std::int64_t ns = read->unix_ns;
        return ns / ns_per_ms - (ns % ns_per_ms < 0 ? 1 : 0);
    }
    std::optional<std::uint64_t> number(std::string_view key) {
        const json::value* v = of_.if_contains(key);
        if (v == nullptr || v->is_null()) return std::nullopt;
        if (v->is_uint64()) return v->get_uint64();
        if (v->is_int64() && v->get_int64() >= 0) return static_cast<std::uint64_t>(v->get_int64());
        good = false;
        return std::nullopt;
    }
    std::optional<formats::sha256_digest> sha256(std::string_view key) {
        const std::string written = text(key);
        if (written.empty()) return std::nullopt;
        auto read = formats::array_from_hex<32>(written);
        good = good && read.has_value();
        return read;
    }

  private:
    const json::object& of_;
};

}  // namespace

bool is_payload_path(std::string_view path) {
    return formats::is_safe_bag_path(path) && path.size() > layout::payload_folder.size() + 1 &&
           path.starts_with(layout::payload_folder) && path[layout::payload_folder.size()] == '/';
}

bool is_volume_path(std::string_view path) {
    // One that a run which ended early has left open lies in decamp's own folder.
    const auto folder = layout::parent_of(path);
    if (!formats::is_safe_bag_path(path) || (folder != layout::volumes_folder && folder != layout::open_volumes_folder))
        return false;
    return container_of_volume(layout::name_of(path)).has_value();
}

std::variant<list_line, line_fault> read_list_line(std::string_view text) {
    if (text.size() > longest_list_line) return line_fault::malformed;
    json::parse_options options;
    options.max_depth = json_depth;
    boost::system::error_code ec;
    const json::value document = json::parse(json::string_view(text.data(), text.size()), ec, {}, options);
    const json::object* object = ec ? nullptr : document.if_object();
    if (object == nullptr) return line_fault::malformed;
    members from(*object);
    list_line line;
    line.file = from.text("file");
    line.volume = from.text("volume");
    line.name = from.text("name");
    line.id = from.text("id");
    line.taken_ms = from.time("taken");
    line.modified_ms = from.time("modified");
    line.size = from.number("size");
    line.sha256 = from.sha256("sha256");
    if (!from.good) return line_fault::malformed;
    if (!line.stored()) {
        if (!line.volume.empty()) return line_fault::malformed;
        return line;
    }
    if (!line.volume.empty()) {
        if (!is_volume_path(line.volume) || !formats::is_safe_bag_path(line.file)) return line_fault::unsafe_path;
        line.file = layout::below(layout::payload_folder, line.file);
    }
    if (!is_payload_path(line.file)) return line_fault::unsafe_path;
    return line;
}

}  // namespace decamp::retrieval
