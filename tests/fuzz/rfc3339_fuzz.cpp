// Times and sizes from outside: what is taken can be written and is read back the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/jsonl.hpp"
#include "formats/size.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace decamp::formats;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto time = parse_rfc3339(text)) {
        if (parse_rfc3339(format_rfc3339(time->unix_ns, time->offset_minutes, 9)) != time) std::abort();
        std::int64_t ms = time->unix_ns / 1'000'000;
        if (!parse_day(day_of_ms(ms, time->offset_minutes))) std::abort();
    }
    if (auto date = parse_day(text)) {
        if (format_day(*date) != text || civil_from_days(days_from_civil(*date)) != *date) std::abort();
    }
    if (auto bytes = parse_size(text)) {
        if (!parse_rate(text) || human_size(*bytes).empty()) std::abort();
    }
    std::string literal;
    append_json_string(literal, text);
    if (!is_valid_utf8(literal) || literal.find('\n') != std::string::npos) std::abort();
    return 0;
}
