#pragma once
// Every sentence decamp says to people, in English and Chinese side by side (messages.def). Code names a sentence by id
// and gives values; it never builds one. fmt's placeholders {0}, {1} stand for values, which are made printable first
// (no control or bidirectional characters).

#include <fmt/core.h>
#include <string>
#include <string_view>

#include "decamp/error.hpp"

namespace decamp::messages {

enum class id {
#define DECAMP_MESSAGE(name, english, chinese) name,
#include "engine/messages/messages.def"
#undef DECAMP_MESSAGE
};

// The pattern of a sentence.
std::string_view pattern(id which, language words);
std::string_view name_of(id which);
std::size_t count();

// Control characters, bidirectional controls and bad UTF-8 of a value from outside become visible stand-ins.
std::string printable(std::string_view value);

template <class T>
std::string to_value(const T& v) {
    if constexpr (std::is_convertible_v<T, std::string_view>)
        return printable(std::string_view(v));
    else
        return fmt::format("{}", v);
}

template <class... Values>
std::string say(language words, id which, const Values&... values) {
    return [&](auto... texts) {
        return fmt::vformat(pattern(which, words), fmt::make_format_args(texts...));
    }(to_value(values)...);
}

}  // namespace decamp::messages
