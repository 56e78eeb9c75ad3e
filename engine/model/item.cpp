#include "engine/model/item.hpp"

#include <cstring>
#include <span>

namespace decamp {

namespace {

void append(std::string& out, std::string_view text) {
    const auto size = static_cast<std::uint64_t>(text.size());
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>((size >> shift) & 0xff));
    out.append(text);
}

template <class Array>
void append_digest(std::string& out, const std::optional<Array>& digest) {
    append(out, digest ? std::string_view(reinterpret_cast<const char*>(digest->data()), digest->size())
                       : std::string_view());
}

}  // namespace

std::uint64_t listed_fingerprint(const listed_item& item) {
    std::string fields;
    append(fields, item.name);
    append(fields, item.size ? std::to_string(*item.size) : std::string());
    append_digest(fields, item.sha1);
    append_digest(fields, item.sha256);
    append_digest(fields, item.md5);
    append(fields, item.modified_ms ? std::to_string(*item.modified_ms) : std::string());
    return formats::xxh3_64_of(std::as_bytes(std::span(fields.data(), fields.size())));
}

}  // namespace decamp
