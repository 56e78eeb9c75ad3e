// A folder's answer, whole and in pieces: the outcome does not depend on how it came, ids keep within the folder and
// lead back to a path that can be asked for.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/source/webdav/folder_reader.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::source::webdav;

void require(bool ok) {
    if (!ok) std::abort();
}

void check_path(std::string_view path) {
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
    require(path.starts_with('/') && path.size() <= 4 * path_limit && std::ranges::all_of(path, printable));
}

std::string understood(std::string_view text, std::size_t piece) {
    static const auto asked = *decamp::transport::parse_url("http://nas.example/dav/a%20b/");
    folder_reader reader("/dav/", asked, "/a b");
    decamp::result<void> ended;
    for (std::size_t at = 0; at < text.size() && ended; at += piece) ended = reader.feed(text.substr(at, piece));
    if (ended) ended = reader.finish();
    if (!ended) return "refused";
    reader.end_list();
    std::string out = reader.is_file() ? "file\n" : "folder\n";
    for (const auto& item : reader.take_items(1'000'000)) {
        const std::string_view id = item.id.value;
        require(id.starts_with("a b/") && id.size() > 4 && id.find('/', 4) == std::string_view::npos);
        require(id != "a b/." && id != "a b/.." && item.home.value == "/a b");
        require(decamp::formats::is_valid_utf8(id) && decamp::formats::is_valid_utf8(item.name));
        const locator at = locator_of(item.locator);
        require(to_text(at) == item.locator);
        check_path(at.spelled.empty() ? encoded_path("/dav/", id) : at.spelled);
        out += item.id.value + "|" + std::to_string(decamp::listed_fingerprint(item)) + "|" + item.locator + "\n";
    }
    for (const auto& folder : reader.take_folders()) {
        const folder_ref ref = folder_of(folder);
        require(to_text(ref) == folder && ref.path.starts_with("/a b/"));
        check_path(request_path("/dav/", ref));
        out += folder + "\n";
    }
    const auto gaps = reader.take_gaps();
    require(gaps.size() <= folder_reader::gap_limit + 2);
    for (const auto& gap : gaps) {
        require(decamp::formats::is_valid_utf8(gap.id) && !gap.id.empty() && gap.id.size() < 300);
        out += gap.id + "|" + std::string(word_of(gap.reason)) + "|" + gap.detail + "\n";
    }
    return out + reader.short_of_count() + std::to_string(reader.own_status());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    require(understood(text, 1 << 20) == understood(text, size % 13 + 1));
    return 0;
}
