// Whatever is taken for keys can be sent and says the same when it is written down and read again; whatever is taken
// for a source has an address that can be asked.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/source/s3/credentials.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/source/s3/requests.hpp"
#include "engine/transport/request_text.hpp"
#include "formats/jsonl.hpp"
#include "formats/unicode.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace decamp::source::s3;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto who = parse_credentials(text);
    if (who) {
        check(who->key_id.empty() == who->secret.empty() && (!who->anonymous() || who->token.empty()));
        if (decamp::formats::is_valid_utf8(who->secret)) {
            decamp::formats::json_line line;
            line.add("AccessKeyId", who->key_id).add("SecretAccessKey", who->secret);
            line.add("SessionToken", who->token).add("Region", who->region);
            const auto again = parse_credentials(line.str());
            check(*who == credentials{} || (again && *again == *who));
        }
        const auto where = parse_location("s3://bucket", "http://127.0.0.1", who->region);
        check(where.has_value());
        const auto request = key_request(*where, *who, text.substr(0, 1000), "etag", true, 0);
        check(decamp::transport::request_text(request, "").has_value());
    }
    for (const std::string_view endpoint : {std::string_view(), std::string_view("http://127.0.0.1"), text}) {
        const auto where = parse_location("s3://" + std::string(text.substr(0, 60)), endpoint, "");
        if (!where) continue;
        const auto request = list_request(*where, {}, {}, 1000, 0);
        check(decamp::transport::request_text(request, "").has_value());
        check(may_hold_bytes(*where, request.target));
        check(decamp::formats::is_valid_utf8(origin_of(*where)) && decamp::formats::is_valid_utf8(label_of(*where)));
    }
    return 0;
}
