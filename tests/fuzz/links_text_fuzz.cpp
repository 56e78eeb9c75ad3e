// A list of lines from bytes of any kind: the same entries however it is cut and paged, each found again where it was
// listed, nothing of a query in what is kept, and folders that divide as their ids say.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/source/links/text_list.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::source::links;

void require(bool ok) {
    if (!ok) std::abort();
}

void check(const decamp::listed_item& item) {
    require(!item.name.empty());
    require(item.home.value.starts_with('/') && decamp::formats::is_valid_utf8(item.home.value + item.name));
    require(item.home.value == "/" || (item.home.value + "/").find("//") == std::string::npos);
}

std::string shown(const found_entry& one) {
    std::string out = to_text(one.at) + " ";
    if (const auto* wrong = std::get_if<fault>(&one.what))
        return out + std::to_string(one.fault_line) + std::string(to_string(*wrong)) + "\n";
    const auto& good = std::get<entry>(one.what);
    const auto item = item_of(good);
    require(item.has_value());
    check(*item);
    require(item->id.value.size() <= good.target.without_query().size() + 17);
    return out + item->id.value + item->home.value + item->name + std::to_string(item->size.value_or(0)) + "\n";
}

// Empty: a page that does not go on.
std::string read(std::string_view text, std::size_t step, std::size_t most) {
    std::string out = "list\n";
    list_position at;
    for (bool more = true; more;) {
        text_list list(at, most);
        more = false;
        for (std::size_t from = at.offset; from < text.size() && !more; from += step)
            more = !list.feed(text.substr(from, step));
        if (!more) more = !list.finish();
        require(list.found().size() <= most);
        for (const auto& one : list.found()) out += shown(one);
        const auto next = read_position(to_text(list.next()));
        require(next.has_value() && next->offset <= text.size());
        require(!more || next->offset > at.offset || next->within != at.within);
        at = *next;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string whole = read(text, size + 1, size + 1);
    require(read(text, 5, size + 1) == whole);
    require(read(text, size + 1, 1) == whole);
    require(read(text, 3, 2) == whole);
    text_list list({}, size + 1);
    list.feed(text);
    list.finish();
    for (const auto& one : list.found()) {
        text_list again(one.at, 1);
        if (again.feed(text.substr(one.at.offset))) again.finish();
        require(again.found().size() == 1 && shown(again.found().front()) == shown(one));
    }
    return 0;
}
