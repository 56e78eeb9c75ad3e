#include "engine/verify/listed_names.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"
#include "formats/hex.hpp"

namespace decamp::verify {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_line = std::size_t{1} << 20;
constexpr std::size_t piece = std::size_t{64} << 10;
constexpr std::string_view list_ending = ".jsonl";

std::string text_at(const json::object& of, std::string_view key) {
    const json::value* v = of.if_contains(key);
    const json::string* text = v == nullptr ? nullptr : v->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

void see_line(std::string_view line, const named_visitor& see) {
    boost::system::error_code bad;
    const json::value read = json::parse(line, bad);
    if (bad || !read.is_object()) return;
    const json::object& of = read.get_object();
    const std::string volume = text_at(of, "volume");
    const std::string path = volume.empty() ? text_at(of, "file") : volume;
    if (!path.starts_with("data/") || !formats::is_safe_bag_path(path)) return;
    formats::sha256_digest sha256{};
    if (volume.empty()) {
        if (const auto read_digest = formats::array_from_hex<sizeof(sha256)>(text_at(of, "sha256")))
            sha256 = *read_digest;
    }
    see(path, sha256);
}

result<void> each_line(world::file_store& files, const std::string& list, const named_visitor& see) {
    auto file = files.open(list, world::open_mode::read);
    if (!file) return file.error();
    std::string pending, buffer(piece, '\0');
    bool too_long = false;
    for (std::uint64_t at = 0;;) {
        const auto got = file.value()->read_at(at, std::as_writable_bytes(std::span(buffer.data(), buffer.size())));
        if (!got) return got.error();
        if (got.value() == 0) return {};
        at += got.value();
        for (std::string_view rest(buffer.data(), got.value()); !rest.empty();) {
            const auto end = rest.find('\n');
            too_long = too_long || pending.size() + std::min(end, rest.size()) > longest_line;
            if (!too_long) pending += rest.substr(0, end);
            if (end == rest.npos) break;
            rest.remove_prefix(end + 1);
            if (!std::exchange(too_long, false)) see_line(pending, see);
            pending.clear();
        }
    }
}

}  // namespace

result<void> each_named_in_lists(world::file_store& files, const named_visitor& see) {
    const auto there = files.info(layout::lists_folder);
    if (!there) return there.error();
    if (!there.value() || !there.value()->folder) return {};
    std::vector<std::string> lists;
    auto walked = files.walk(layout::lists_folder, [&](std::string_view path, const world::file_info& info) {
        if (!info.folder && path.ends_with(list_ending)) lists.emplace_back(path);
        return true;
    });
    if (!walked) return walked;
    for (const std::string& list : lists) {
        // One that cannot be read names nothing; whether it is damaged the tag manifest tells.
        if (auto r = each_line(files, list, see); !r && r.error().code == world::file_errc::device_gone) return r;
    }
    return {};
}

}  // namespace decamp::verify
