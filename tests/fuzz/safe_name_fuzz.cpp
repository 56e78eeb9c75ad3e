// Any bytes as a name: the result is one harmless component, stays itself, and keeps its shape with a suffix.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/safe_name.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::formats;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const std::string& name, name_limits limits) {
    require(!name.empty() && name != "." && name != "..");
    require(is_valid_utf8(name) && nfc(name) == name);
    require(name.size() <= limits.max_bytes && utf16_length(name) <= limits.max_utf16);
    require(name.find_first_of("<>:\"/\\|?*%\r\n") == std::string::npos && name.find('\0') == std::string::npos);
    require(name.back() != '.' && name.back() != ' ' && name.front() != ' ');
    require(!is_blank(decode_utf8(name, 0).code_point));
    std::size_t last = name.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(name[last]) & 0xC0U) == 0x80U) --last;
    require(!is_blank(decode_utf8(name, last).code_point));
    require(!is_foreign_file(name) && fold(name) != ".decamp");
    require(safe_component(name, limits) == name);
    require(fold(fold(name)) == fold(name) && fold(nfc(name)) == fold(name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    name_limits limits;
    if (size >= 2) {
        limits = {64 + std::size_t{data[0]}, 64 + std::size_t{data[1]}};
        input.remove_prefix(2);
    }
    std::size_t cut = input.find('\n');
    std::string name = safe_component(input.substr(0, cut), limits);
    check(name, limits);
    std::string suffixed = with_suffix(name, cut == std::string_view::npos ? "1" : input.substr(cut + 1), limits);
    check(suffixed, limits);
    require(fold(suffixed) != fold(name));
    return 0;
}
