#include "engine/source/s3/spelling.hpp"

#include <algorithm>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

}  // namespace

bool holds_replacement(std::string_view key) {
    return key.find(replacement) != std::string_view::npos;
}

std::string_view sure_part(std::string_view key) {
    return key.substr(0, std::min(key.find(replacement), key.size()));
}

std::uint64_t spelling::ordinal(std::string_view key, std::uint64_t row, bool perhaps_again) {
    const std::uint64_t text = formats::xxh3_64_of(formats::as_bytes(key));
    if (seen_.size() >= limit && !seen_.contains(text)) return 2;  // named rather than passed over
    auto& rows = seen_[text];
    if (perhaps_again && std::ranges::find(rows, row) != rows.end()) return 0;
    rows.push_back(row);
    return rows.size();
}

}  // namespace decamp::source::s3
