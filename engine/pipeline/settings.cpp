#include "engine/pipeline/settings.hpp"

#include "engine/messages/messages.hpp"
#include "engine/plan/filter.hpp"
#include "formats/size.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;
using source::micloud::credentials_errc;
using source::micloud::endpoint_errc;

outcome usage(std::string sentence) { return {exit_code::usage, std::move(sentence), {}}; }

std::optional<outcome> source_problem(const export_options& o, const failure& why) {
    const auto say = [&](id which, const auto&... values) { return usage(messages::say(o.words, which, values...)); };
    if (why.code == endpoint_errc::unknown_region) return say(id::err_source_region, why.detail, "cn, us, in, eu");
    if (why.code == endpoint_errc::bad_url) return say(id::err_endpoint_url, o.source);
    const auto colon = o.source.find(':');
    const std::string kind = o.source.substr(0, colon);
    for (const char* planned : {"s3", "webdav", "webdavs", "links", "folder"}) {
        if (colon != std::string::npos && kind == planned) return say(id::err_source_not_built, kind);
    }
    return say(id::err_source_unknown, o.source);
}

outcome credentials_problem(const export_options& o, const failure& why) {
    if (why.code == credentials_errc::empty) return usage(messages::say(o.words, id::err_credentials_empty));
    id what = id::why_credentials_value;
    if (why.code == credentials_errc::too_large) what = id::why_credentials_too_large;
    if (why.code == credentials_errc::malformed_json) what = id::why_credentials_json;
    if (why.code == credentials_errc::no_user_id) what = id::why_credentials_no_user;
    if (why.code == credentials_errc::no_token) what = id::why_credentials_no_token;
    const std::string wrong = what == id::why_credentials_value ? messages::say(o.words, what, why.detail)
                                                                : messages::say(o.words, what);
    return usage(messages::say(o.words, id::err_credentials_malformed, wrong));
}

}  // namespace

std::variant<checked_options, outcome> check_options(const export_options& o) {
    checked_options checked;
    auto endpoint = source::micloud::parse_endpoint(o.source);
    if (!endpoint) return *source_problem(o, endpoint.error());
    checked.endpoint = std::move(endpoint.value());
    if (o.memory_bytes < least_memory)
        return usage(messages::say(o.words, id::err_memory_too_small, std::to_string(o.memory_bytes), "32 MiB"));
    checked.run.wanted = {o.include, o.exclude, o.since};
    if (auto problem = plan::problem(checked.run.wanted, o.words)) return usage(std::move(*problem));
    auto credentials = source::micloud::parse_credentials(o.credentials);
    if (!credentials) return credentials_problem(o, credentials.error());
    checked.credentials = std::move(credentials.value());
    checked.memory = plan_memory(o.memory_bytes);
    checked.run.twins = o.twins == twins_mode::fetch ? plan::twin_rule::fetch : plan::twin_rule::announced;
    checked.run.prove_full = o.prove == prove_mode::full;
    checked.run.connections = o.connections;
    checked.run.most_connections = checked.memory.most_connections;
    checked.run.payload_bytes = checked.memory.payload;
    checked.run.bandwidth = o.bandwidth_bytes_per_s;
    checked.run.version = version();
    return checked;
}

}  // namespace decamp::pipeline
