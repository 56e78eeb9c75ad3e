// Whatever is taken for credentials can be sent as cookies and says the same when it is written down and read again;
// cookies that a server sets are of the same kind.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/source/micloud/credentials.hpp"
#include "engine/source/micloud/endpoint.hpp"
#include "engine/source/micloud/session.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace decamp::source::micloud;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto got = parse_credentials(text)) {
        check(is_cookie_value(got->user_id));
        check(!got->service_token.empty() || !got->pass_token.empty());
        std::string header = "Cookie: userId=" + got->user_id;
        const auto add = [&header](const char* name, const std::string& value) {
            if (value.empty()) return;
            check(is_cookie_value(value));
            header += std::string("; ") + name + "=" + value;
        };
        add("serviceToken", got->service_token);
        add("passToken", got->pass_token);
        add("deviceId", got->device_id);
        const auto again = parse_credentials(header);
        check(again && *again == *got);
    }
    if (const auto cookie = parse_set_cookie(text)) check(is_cookie_value(cookie->value) && !cookie->name.empty());
    if (const auto where = parse_endpoint(text)) {
        const auto again = parse_endpoint("micloud:" + endpoint_label(*where));
        check(again && *again == *where);
        check(host_policy(*where).api(where->api));
    }
    return 0;
}
