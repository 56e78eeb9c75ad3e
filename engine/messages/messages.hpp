#pragma once
// Every sentence decamp says to people, in English and Chinese side by side (messages.def). Code names a sentence by id
// and gives values; it never builds one. The placeholders {0}, {1} stand for values, which are made printable first (no
// control or bidirectional characters).
//
// Thread: every function may be called from any thread. Errors: none; a sentence given too few values keeps its
// placeholders (a unit test looks for such calls).

#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

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
std::size_t count();  // ids are 0 .. count() - 1
std::optional<id> find(std::string_view name);

// Control characters, bidirectional controls and bad UTF-8 of a value from outside become visible stand-ins; what is
// longer than 2,000 bytes is cut and ends in an ellipsis.
std::string printable(std::string_view value);

template <class T>
std::string to_value(const T& v) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>)
        return printable(std::string_view(v));
    else
        return fmt::format("{}", v);
}

// The pattern with its values put in.
std::string fill(std::string_view sentence, fmt::format_args values);

template <class... Values>
std::string say(language words, id which, const Values&... values) {
    return [&](const auto&... texts) {
        return fill(pattern(which, words), fmt::make_format_args(texts...));
    }(to_value(values)...);
}

// The sentence for an exception's reason ("deleted_in_cloud"); an unknown reason is shown as it is.
std::string say_reason(language words, std::string_view reason);

}  // namespace decamp::messages
