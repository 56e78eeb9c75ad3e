#include "engine/source/s3/location.hpp"

#include <algorithm>
#include <utility>

#include "engine/source/s3/region.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::s3 {

namespace {

class location_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "s3 location"; }
    std::string message(int value) const override {
        switch (static_cast<location_errc>(value)) {
            case location_errc::not_s3:
                return "not an s3:// source";
            case location_errc::bad_bucket:
                return "the bucket's name is none";
            case location_errc::bad_prefix:
                return "the prefix is longer than any key";
            case location_errc::bad_endpoint:
                return "the endpoint is not a plain http or https address";
            case location_errc::bad_region:
                return "the region is none of AWS";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// RFC 1123, in small letters: what can stand before a host's name, and what a wildcard certificate covers.
bool is_dns_label(std::string_view text) {
    return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

// More than today's rules allow: old buckets have capitals and underscores, Ceph's may have a tenant before a colon.
bool is_bucket(std::string_view text) {
    if (text.empty() || text.size() > bucket_limit || text.find_first_not_of('.') == std::string_view::npos)
        return false;
    return std::ranges::all_of(text, [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == ':';
    });
}

// Services that refuse the bucket in the path.
bool wants_virtual_host(std::string_view host) {
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"aliyuncs.com", "myhuaweicloud.com", "myqcloud.com"},
        [&](std::string_view domain) { return in_domain(host, domain); });
}

std::string shown(std::string_view text) {
    const bool plain = formats::is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
                           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                       });
    return plain ? std::string(text) : encode_path(text);
}

// "bucket/prefix", or the bucket alone.
std::string below_host(const location& where) {
    return "/" + where.bucket + (where.prefix.empty() ? "" : "/" + shown(where.prefix));
}

std::string in_brackets_if_v6(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

result<transport::url> origin_of_text(std::string_view text) {
    const auto parsed = transport::parse_url(text);
    if (!parsed || parsed->path != "/" || !parsed->query.empty() || text.find_first_of("?#") != std::string_view::npos)
        return failure(location_errc::bad_endpoint);
    return *parsed;
}

}  // namespace

boost::system::error_code make_error_code(location_errc e) {
    static const location_category category;
    return {static_cast<int>(e), category};
}

std::string location::host() const {
    return style == addressing::virtual_host ? bucket + "." + endpoint.host : endpoint.host;
}

std::string_view location::folder() const {
    const std::string_view all = prefix;
    const auto slash = all.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : all.substr(0, slash + 1);
}

result<location> parse_location(std::string_view source, std::string_view endpoint, std::string_view region) {
    static constexpr std::string_view scheme = "s3://";
    if (!source.starts_with(scheme)) return failure(location_errc::not_s3);
    source.remove_prefix(scheme.size());
    const auto slash = std::min(source.find('/'), source.size());
    location out;
    out.bucket = source.substr(0, slash);
    out.prefix = source.substr(std::min(slash + 1, source.size()));
    if (!is_bucket(out.bucket)) return failure(location_errc::bad_bucket);
    if (out.prefix.size() > prefix_limit) return failure(location_errc::bad_prefix);

    const std::string fallback = "us-east-1";
    if (endpoint.empty()) {
        out.region = region.empty() ? fallback : std::string(region);
        if (!is_dns_label(out.region)) return failure(location_errc::bad_region);
        out.endpoint = {"https", aws_host(out.region), 443, "/", ""};
        out.aws = true;
        if (is_dns_label(out.bucket)) out.style = addressing::virtual_host;
        return out;
    }
    auto parsed = origin_of_text(endpoint);
    if (!parsed) return parsed.error();
    out.endpoint = std::move(*parsed);
    out.region = region.empty() ? region_of_host(out.endpoint.host).value_or(fallback) : std::string(region);
    out.aws = aws_domain(out.endpoint.host).has_value();
    if (out.aws && !is_dns_label(out.region)) return failure(location_errc::bad_region);
    const bool literal = transport::is_address_literal(out.endpoint.host);
    const bool provider = wants_virtual_host(out.endpoint.host);
    out.named_by_user = !out.aws && !provider;
    const std::string first = out.bucket + ".";
    if (!literal && out.endpoint.host.starts_with(first)) {
        out.endpoint.host.erase(0, first.size());
        out.style = addressing::virtual_host;
    } else if ((out.aws || provider) && is_dns_label(out.bucket)) {
        out.style = addressing::virtual_host;
    }
    return out;
}

location in_region(location where, std::string_view region) {
    if (!is_region(region) || (where.aws && !is_dns_label(region))) return where;
    if (where.aws) {
        const std::string own = "." + where.region + ".";
        const auto at = where.endpoint.host.find(own);
        if (at == std::string::npos)
            where.endpoint.host = aws_host(region);
        else
            where.endpoint.host.replace(at + 1, where.region.size(), region);
    }
    where.region = region;
    return where;
}

location with_path_style(location where) {
    if (where.style == addressing::virtual_host) where.endpoint.host = where.host();
    where.style = addressing::path;
    return where;
}

std::string encode_path(std::string_view text) {
    std::string out;
    for (;;) {
        const auto slash = text.find('/');
        out += transport::percent_encode(text.substr(0, slash));
        if (slash == std::string_view::npos) return out;
        out += '/';
        text.remove_prefix(slash + 1);
    }
}

transport::url url_of_bucket(const location& where) {
    transport::url out = where.endpoint;
    out.host = where.host();
    out.path = where.style == addressing::path ? "/" + transport::percent_encode(where.bucket) : "/";
    return out;
}

transport::url url_of_key(const location& where, std::string_view key) {
    transport::url out = url_of_bucket(where);
    if (where.style == addressing::path) out.path += '/';
    out.path += encode_path(key);
    return out;
}

std::string origin_of(const location& where) {
    const std::string host = where.aws ? "s3." + aws_domain(where.endpoint.host).value_or("amazonaws.com")
                                       : in_brackets_if_v6(where.endpoint.host);
    return host + below_host(where);
}

std::string label_of(const location& where) {
    return where.endpoint.scheme + "://" + where.endpoint.host_header() + below_host(where);
}

std::set<std::string> exempt_hosts(const location& where) {
    if (!where.named_by_user) return {};
    return {where.host(), with_path_style(where).endpoint.host};
}

bool may_hold_bytes(const location& where, const transport::url& to) {
    if (where.aws) return to.secure() == where.endpoint.secure() && aws_domain(to.host).has_value();
    return to.host == where.host() && to.port == where.endpoint.port && to.scheme == where.endpoint.scheme;
}

}  // namespace decamp::source::s3
