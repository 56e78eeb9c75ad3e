// A manifest in pieces of any size says the same as the manifest whole, and every entry it hands out is safe to open
// and survives being written and read again.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "formats/bagit.hpp"

namespace {

using namespace decamp::formats;

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<manifest_record> read(std::string_view text, std::size_t piece) {
    std::vector<manifest_record> out;
    auto sink = [&out](manifest_record&& record) { out.push_back(std::move(record)); };
    manifest_reader reader;
    for (std::size_t i = 0; i < text.size(); i += piece) reader.feed(text.substr(i, piece), sink);
    reader.finish(sink);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto whole = read(text, std::max<std::size_t>(text.size(), 1));
    auto pieces = read(text, std::size_t{data[0]} + 1);
    require(whole.size() == pieces.size());
    std::uint64_t last_line = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        require(whole[i].line == pieces[i].line && whole[i].content == pieces[i].content);
        require(whole[i].terminated == pieces[i].terminated && whole[i].line > last_line);
        last_line = whole[i].line;
        if (const manifest_entry* entry = whole[i].entry()) {
            require(is_safe_bag_path(entry->path));
            std::string line = manifest_line(entry->digest, entry->path);
            line.pop_back();
            auto again = parse_manifest_line(line);
            // White space or the binary mark of sha256sum in front of a path is not told from what parts the columns;
            // no path of ours begins so.
            bool ambiguous = entry->path.find_first_of(" \t*") == 0;
            require(ambiguous || (again && *again == *entry));
        }
    }
    if (auto info = parse_bag_info(text)) {
        bag_info written;
        for (const auto& [label, value] : *info) written.add(label.empty() ? "Label" : label, value);
        require(parse_bag_info(written.text()).has_value());
    }
    static_cast<void>(parse_payload_oxum(text));
    static_cast<void>(is_bag_declaration(text));
    return 0;
}
