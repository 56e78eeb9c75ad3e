#pragma once
// One JSON object a line (RFC 8259; JSON Lines). Whatever goes in, what comes out is one line of valid UTF-8 that shows
// on a terminal what it says: controls, line separators and bidirectional controls are escaped.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace decamp::formats {

// Appends a JSON string literal with its quotes; bad UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

class json_line {
  public:
    json_line& add(std::string_view key, std::string_view value);
    json_line& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
    json_line& add(std::string_view key, const std::string& value) { return add(key, std::string_view(value)); }
    json_line& add(std::string_view key, std::nullptr_t);
    json_line& add(std::string_view key, const json_line& value);  // an object inside
    // A template, so that no pointer or other type slips into bool.
    template <std::same_as<bool> T>
    json_line& add(std::string_view key, T value) {
        return add_literal(key, value ? "true" : "false");
    }
    template <std::integral T>
        requires(!std::same_as<T, bool> && !std::same_as<T, char>)
    json_line& add(std::string_view key, T value) {
        return add_literal(key, std::to_string(value));
    }

    // The object with its braces, without a line end. Keys come in the order added; the caller adds none twice.
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

  private:
    json_line& add_literal(std::string_view key, std::string_view literal);

    std::string members_;
};

}  // namespace decamp::formats
