#include "engine/source/micloud/endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace decamp::source::micloud {

namespace {

class endpoint_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "endpoint"; }
    std::string message(int value) const override {
        switch (static_cast<endpoint_errc>(value)) {
            case endpoint_errc::not_micloud:
                return "not a micloud: source";
            case endpoint_errc::unknown_region:
                return "the region is none of cn, us, in, eu, nor a URL";
            case endpoint_errc::bad_url:
                return "the endpoint is not a plain http or https address";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> regions{{
    {"", "https://i.mi.com"},
    {"cn", "https://i.mi.com"},
    {"us", "https://us.i.mi.com"},
    {"in", "https://in.i.mi.com"},
    {"eu", "https://eu.i.mi.com"},
}};

bool in_domain(std::string_view host, std::string_view domain) {
    if (!host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

// The few addresses on which a cloud on this machine lives. Not the whole of 127.0.0.0/8: then nothing could show, on
// one machine, that a host outside of the policy is not asked.
constexpr std::array<std::string_view, 7> cloud_on_this_machine{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4",
                                                                "127.0.0.5", "localhost", "::1"};

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || (host.starts_with("127.") && transport::is_address_literal(host));
}

bool is_local(const endpoint& where, std::string_view host) {
    return host == where.api.host || std::ranges::find(cloud_on_this_machine, host) != cloud_on_this_machine.end();
}

bool is_official_api(const transport::url& to) {
    return to.secure() && to.port == 443 && in_domain(to.host, "i.mi.com");
}

}  // namespace

boost::system::error_code make_error_code(endpoint_errc e) {
    static const endpoint_category category;
    return {static_cast<int>(e), category};
}

result<endpoint> endpoint_of_url(std::string_view text) {
    const auto parsed = transport::parse_url(text);
    if (!parsed || parsed->path != "/" || !parsed->query.empty() || text.find('#') != std::string_view::npos)
        return failure(endpoint_errc::bad_url);
    endpoint out{endpoint_kind::custom, *parsed};
    if (is_loopback(parsed->host))
        out.kind = endpoint_kind::loopback;
    else if (is_official_api(*parsed))
        out.kind = endpoint_kind::official;
    else if (in_domain(parsed->host, "i.mi.com"))
        return failure(endpoint_errc::bad_url, "https is needed");  // cookies of the real service, in the clear
    return out;
}

result<endpoint> parse_endpoint(std::string_view source) {
    static constexpr std::string_view scheme = "micloud:";
    if (!source.starts_with(scheme)) return failure(endpoint_errc::not_micloud);
    source.remove_prefix(scheme.size());
    std::string lowered(source);
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (const auto& [name, address] : regions)
        if (lowered == name) return endpoint_of_url(address);
    if (!lowered.starts_with("http://") && !lowered.starts_with("https://"))
        return failure(endpoint_errc::unknown_region);
    return endpoint_of_url(source);
}

std::string endpoint_label(const endpoint& where) {
    return where.api.scheme + "://" + where.api.host_header();
}

std::set<std::string> local_hosts(const endpoint& where) {
    std::set<std::string> out;
    if (where.kind != endpoint_kind::official) out.insert(where.api.host);
    if (where.kind == endpoint_kind::loopback) out.insert(cloud_on_this_machine.begin(), cloud_on_this_machine.end());
    return out;
}

bool host_policy::api(const transport::url& to) const {
    switch (where_.kind) {
        case endpoint_kind::official:
            return is_official_api(to);
        case endpoint_kind::loopback:
            return is_local(where_, to.host) && secure_enough(to);
        case endpoint_kind::custom:
            return to.host == where_.api.host && to.port == where_.api.port && to.scheme == where_.api.scheme;
    }
    return false;
}

bool host_policy::account(const transport::url& to) const {
    switch (where_.kind) {
        case endpoint_kind::official:
            return to.secure() && to.port == 443 && in_domain(to.host, "account.xiaomi.com");
        case endpoint_kind::loopback:
            return is_local(where_, to.host) && secure_enough(to);
        case endpoint_kind::custom:
            return to.host == where_.api.host && secure_enough(to);
    }
    return false;
}

bool host_policy::storage(const transport::url& to) const {
    switch (where_.kind) {
        case endpoint_kind::official:
            return in_domain(to.host, "mi.com") || in_domain(to.host, "xiaomi.net");
        case endpoint_kind::loopback:
            return is_local(where_, to.host);
        case endpoint_kind::custom:
            return to.host == where_.api.host;
    }
    return false;
}

}  // namespace decamp::source::micloud
