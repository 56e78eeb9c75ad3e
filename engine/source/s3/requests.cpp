#include "engine/source/s3/requests.hpp"

#include <string>
#include <utility>
#include <vector>

#include "engine/source/s3/sigv4.hpp"

namespace decamp::source::s3 {

void sign(transport::request& what, const credentials& who, std::string_view region, std::int64_t unix_ms) {
    static constexpr std::string_view own = "x-amz-";
    if (who.anonymous()) return;
    const signing_scope scope{amz_time(unix_ms), std::string(region), "s3"};
    what.headers.push_back({"x-amz-content-sha256", std::string(empty_payload)});
    what.headers.push_back({"x-amz-date", scope.time});
    if (!who.token.empty()) what.headers.push_back({"x-amz-security-token", who.token});
    signable signed_part{what.method, what.target.path, what.target.query, {}, std::string(empty_payload)};
    signed_part.headers.push_back({"host", what.target.host_header()});
    for (const auto& field : what.headers)
        if (field.name.starts_with(own)) signed_part.headers.push_back(field);
    what.headers.push_back({"Authorization", authorization(who.key_id, who.secret, scope, signed_part)});
}

transport::request list_request(const location& where, const credentials& who, const list_cursor& from,
                                std::uint64_t most, std::int64_t unix_ms) {
    std::vector<std::pair<std::string, std::string>> parameters;
    parameters.emplace_back("encoding-type", "url");
    parameters.emplace_back("max-keys", std::to_string(most));
    if (!where.prefix.empty()) parameters.emplace_back("prefix", where.prefix);
    if (from.form == list_form::v2) parameters.emplace_back("list-type", "2");
    const char* const onward = from.by_key ? "start-after" : "continuation-token";
    if (!from.after.empty()) parameters.emplace_back(from.form == list_form::v2 ? onward : "marker", from.after);
    transport::request out;
    out.target = url_of_bucket(where);
    out.target.query = canonical_query(parameters);
    sign(out, who, where.region, unix_ms);
    return out;
}

transport::request key_request(const location& where, const credentials& who, std::string_view key,
                               std::string_view etag, bool checksum, std::int64_t unix_ms) {
    transport::request out;
    out.target = url_of_key(where, key);
    if (checksum) out.headers.push_back({"x-amz-checksum-mode", "ENABLED"});
    if (!etag.empty()) out.headers.push_back({"If-Match", '"' + std::string(etag) + '"'});
    sign(out, who, where.region, unix_ms);
    return out;
}

}  // namespace decamp::source::s3
