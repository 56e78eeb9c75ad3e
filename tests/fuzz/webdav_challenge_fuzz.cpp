// WWW-Authenticate and credentials, divided by the first line feed: whatever is asked for, what is answered can stand
// in a header and shows no password.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/source/webdav/login.hpp"

namespace {

using namespace decamp::source::webdav;

void require(bool ok) {
    if (!ok) std::abort();
}

bool fits_a_header(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check(const credentials& who, std::string_view field) {
    login state(who);
    require(!state.header_for("GET", "/") || !who.bearer.empty());
    for (int i = 0; i < 30; ++i) {
        const auto again = state.on_challenge({field, field}, state.version(), "0123");
        if (!again) return;
        const auto header = state.header_for("PROPFIND", "/a%20b");
        require(header && fits_a_header(*header));
        if (header->starts_with("Digest ")) require(!parse_challenges(*header).empty());
        state.on_accepted(state.version(), i % 2 == 0 ? field : std::string_view(), "4567");
        if (i % 2 == 1) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(text.find('\n'), text.size());
    const auto field = text.substr(0, line);
    const auto all = parse_challenges(field);
    require(all.size() <= challenge_limit);
    for (const auto& one : all) {
        require(!one.scheme.empty() && one.parameters.size() <= parameter_limit);
        for (const auto& [name, value] : one.parameters) require(!name.empty() && value.size() <= parameter_bytes);
    }
    check({"u", "hunter2", {}}, field);
    const auto who = parse_credentials(text.substr(std::min(line + 1, text.size())));
    if (who) {
        require(fits_a_header(who->user) && fits_a_header(who->password) && fits_a_header(who->bearer));
        require(who->user.find(':') == std::string::npos);
        check(*who, field);
    }
    return 0;
}
