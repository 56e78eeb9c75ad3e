#pragma once
// Views of text as bytes and back; no copies, the viewed object must outlive the view.

#include <cstddef>
#include <span>
#include <string_view>

namespace decamp::formats {

inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace decamp::formats
