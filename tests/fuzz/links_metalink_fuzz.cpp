// A Metalink document from bytes of any kind: the same files however it is cut, and each readable by itself behind the
// head.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/source/links/metalink.hpp"

namespace {

using namespace decamp::source::links;

void require(bool ok) {
    if (!ok) std::abort();
}

std::string shown(const found_file& one) {
    if (const auto* wrong = std::get_if<fault>(&one.what)) return std::string(to_string(*wrong)) + "\n";
    const auto item = item_of(std::get<entry>(one.what));
    require(item.has_value() && !item->name.empty() && item->home.value.starts_with('/'));
    return item->id.value + item->home.value + item->name + std::to_string(item->size.value_or(0)) + "\n";
}

bool read(metalink& document, std::string_view text, std::size_t step) {
    for (std::size_t at = 0; at < text.size(); at += step) {
        if (!document.feed(text.substr(at, step))) return false;
    }
    return document.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    metalink whole, pieces;
    const bool good = read(whole, text, size + 1);
    require(read(pieces, text, 3) == good);
    require(good || !whole.why().empty());
    if (!good) return 0;
    require(whole.found().size() == pieces.found().size());
    for (std::size_t i = 0; i < whole.found().size(); ++i) {
        const found_file& one = whole.found()[i];
        require(shown(one) == shown(pieces.found()[i]) && one.number == i + 1 &&
                one.offset == pieces.found()[i].offset);
        metalink alone;
        (void)alone.feed(whole.head());
        (void)alone.feed(text.substr(one.offset));
        require(!alone.found().empty() && alone.found().front().offset == whole.head().size());
        require(shown(alone.found().front()) == shown(one));
    }
    return 0;
}
