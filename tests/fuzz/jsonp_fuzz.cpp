// What comes out of the wrapper lies inside the input and looks like an object or an array.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/jsonp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace decamp::formats;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto inner = unwrap_jsonp(text);
    if (!inner) return 0;
    bool inside = inner->data() > text.data() && inner->data() + inner->size() < text.data() + text.size();
    bool object = inner->front() == '{' && inner->back() == '}';
    bool array = inner->front() == '[' && inner->back() == ']';
    if (inner->size() < 2 || !inside || !(object || array)) std::abort();
    if (unwrap_jsonp("x(" + std::string(*inner) + ")") != inner) std::abort();
    return 0;
}
