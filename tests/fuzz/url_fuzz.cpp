// What comes out of the URL parser is safe to put into a request, parses to itself again, and never names another host
// than its text does. The input: a URL, a line feed, a reference.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/transport/redirect.hpp"
#include "engine/transport/url.hpp"

namespace {

using namespace decamp::transport;

void require(bool ok) {
    if (!ok) std::abort();
}

void check(const url& u) {
    require(u.scheme == "http" || u.scheme == "https");
    require(u.port != 0 && u.path.starts_with('/') && normal_host(u.host) == u.host);
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
    const std::string all = u.origin() + u.target() + u.host_header();
    require(std::all_of(all.begin(), all.end(), printable));
    if (all.size() < url_limit) require(parse_url(u.origin() + u.target()) == u);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    require(percent_decode(percent_encode(text)) == text);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto base = parse_url(text.substr(0, end));
    if (!base) return 0;
    check(*base);
    const std::string_view reference = text.substr(std::min(end + 1, text.size()));
    const auto to = resolve(*base, reference);
    if (to) {
        check(*to);
        const std::string path = to->path + "/";
        require(path.find("/../") == std::string::npos ||
                reference.substr(0, reference.find('#')).find_first_not_of('?') != 0);
    }
    const auto may_ask = [](const url& to_there) {
        return to_there.host == "i.mi.com" || to_there.host.ends_with(".micloud.mi.com");
    };
    const auto decision = decide_redirect(*base, 302, reference, may_ask);
    if (decision.action == redirect_action::refuse) return 0;
    require(decision.to.host == "i.mi.com" || decision.to.host.ends_with(".micloud.mi.com"));
    if (decision.action == redirect_action::follow_with_secrets) {
        require(decision.to.host == base->host);
        require(decision.to.secure() || !base->secure());
    }
    return 0;
}
