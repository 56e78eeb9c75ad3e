// A line of a list from bytes of any kind: whatever is taken leads nowhere outside of an export, and gets a name that
// does not either.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/retrieval/names.hpp"
#include "formats/bagit.hpp"

namespace {

using namespace decamp;
using namespace decamp::retrieval;

void require(bool ok) {
    if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = read_list_line({reinterpret_cast<const char*>(data), size});
    const auto* line = std::get_if<list_line>(&read);
    if (line == nullptr || !line->stored()) return 0;
    require(is_payload_path(line->file) && formats::is_safe_bag_path(line->file));
    require(line->volume.empty() || is_volume_path(line->volume));
    for (const arrangement how : {arrangement::albums, arrangement::tree}) {
        const list_context in{how, "Camera"};
        name_book book;
        book.note(in, *line);
        book.done();
        const std::string first = target_of(in, *line, book.choose(in, *line));
        const std::string second = target_of(in, *line, book.choose(in, *line));
        require(first != second);
        for (const std::string& name : {first, second}) {
            require(formats::is_safe_bag_path(name));
            require(!name.starts_with(".decamp"));
        }
    }
    return 0;
}
