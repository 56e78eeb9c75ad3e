// No Set-Cookie of one host reaches another or takes away its cookies, and what is sent is one line. First byte: from
// whom.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/transport/cookie_jar.hpp"

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace decamp::transport;
    if (size < 1) return 0;
    static const url ours = parse_url("https://i.mi.com/x/y").value(),
                     sibling = parse_url("https://account.mi.com/").value(),
                     plain = parse_url("http://i.mi.com/x/y").value(),
                     stranger = parse_url("https://evil.org/x/y").value();
    const std::string_view header(reinterpret_cast<const char*>(data) + 1, size - 1);
    cookie_jar jar({"mi.com"});
    jar.set("i.mi.com", "token", "secret");
    const bool mine = data[0] % 2 == 0;
    jar.apply_set_cookie(mine ? ours : stranger, header);
    if (!mine) require(jar.header_for(ours) == "token=secret" && jar.header_for(sibling).empty());
    if (mine) require(jar.header_for(stranger).empty());
    for (const auto& to : {ours, sibling, plain, stranger}) {
        const std::string sent = jar.header_for(to);
        require(sent.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        require(sent.size() <= cookie_jar::total_limit + 2 * cookie_jar::count_limit);
    }
    if (jar.value_for(ours, "token") == "secret") require(jar.redact("x secret y").find("secret") == std::string::npos);
    return 0;
}
