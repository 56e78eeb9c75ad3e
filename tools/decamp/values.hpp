#pragma once
// What the values of options mean. Pure; an error is a whole sentence for people.

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "decamp/export.hpp"

namespace decamp::cli {

struct complaint {
    explicit complaint(std::string s) : sentence(std::move(s)) {}
    std::string sentence;
};

template <class T>
using value_or_complaint = std::variant<T, complaint>;

value_or_complaint<std::size_t> memory_value(const std::string& text, language words);
value_or_complaint<std::uint64_t> bandwidth_value(const std::string& text, language words);
value_or_complaint<unsigned> connections_value(const std::string& text, language words);  // 0: auto
value_or_complaint<twins_mode> twins_value(const std::string& text, language words);
value_or_complaint<prove_mode> prove_value(const std::string& text, language words);
value_or_complaint<archive_format> format_value(const std::string& text, language words);
value_or_complaint<std::uint64_t> volume_size_value(const std::string& text, language words);
value_or_complaint<int> level_value(const std::string& text, language words);
value_or_complaint<unsigned> recovery_value(const std::string& text, language words);  // percent
value_or_complaint<archive_twins> archive_twins_value(const std::string& text, language words);

// SOURCE and --endpoint in the form run_export takes. Of Xiaomi Cloud an endpoint is a part of the source.
struct source_words {
    std::string source, endpoint;
};
value_or_complaint<source_words> source_value(const std::string& source, const std::string& endpoint, language words);

}  // namespace decamp::cli
