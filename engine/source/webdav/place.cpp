#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "engine/source/webdav/dav_client.hpp"
#include "engine/source/webdav/paths.hpp"
#include "engine/source/webdav/webdav.hpp"
#include "engine/source/webdav/webdav_source.hpp"
#include "engine/transport/client.hpp"

namespace decamp::source::webdav {

namespace {

// A free account of Jianguoyun is cut off beyond this; not tried against the service.
constexpr request_quota jianguoyun_quota{600, std::chrono::minutes(30)};

bool in_domain(std::string_view host, std::string_view domain) {
    if (!host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

class webdav_place final : public place {
  public:
    webdav_place(transport::url root, credentials who)
        : root_(std::move(root)), who_(std::move(who)), addresses_(std::set<std::string>{root_.host}) {}

    std::string kind() const override { return "webdav"; }
    std::string name() const override { return root_.host; }
    std::string origin() const override { return root_.host + root_.path; }
    arrangement arranged() const override { return arrangement::tree; }
    request_quota quota() const override {
        return in_domain(root_.host, "jianguoyun.com") ? jianguoyun_quota : request_quota{};
    }
    const world::address_policy& addresses() const override { return addresses_; }
    // A download carries the password.
    bool may_ask(const transport::url& to) const override { return same_server(root_, to); }
    std::unique_ptr<source> open(source_needs needs) const override {
        return make_webdav(root_, who_, std::move(needs));
    }

  private:
    transport::url root_;
    credentials who_;
    transport::public_addresses_only addresses_;
};

// The path as the user meant it: encoded, without dots and empty components, with a slash at its end.
std::string root_path(const transport::url& base, std::string_view typed) {
    const auto whole = transport::resolve(base, "/" + tidy_reference(typed.substr(typed.starts_with('/') ? 1 : 0)));
    std::string out = "/";
    if (!whole) return out;
    std::string_view rest = whole->path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        if (end > 0) out += std::string(rest.substr(0, end)) + "/";
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

}  // namespace

result<std::unique_ptr<place>> parse_webdav(std::string_view source, std::string_view endpoint_override,
                                            std::string_view credentials) {
    static constexpr std::string_view plain = "webdav://", secure = "webdavs://";
    const bool is_plain = transport::equal_names(source.substr(0, plain.size()), plain);
    if (!is_plain && !transport::equal_names(source.substr(0, secure.size()), secure))
        return failure(webdav_errc::not_webdav);
    std::string_view rest = source.substr(is_plain ? plain.size() : secure.size());
    const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
    const auto host = rest.substr(0, slash), path = rest.substr(slash);
    if (host.find('@') != std::string_view::npos) return failure(webdav_errc::secret_in_url);
    const bool has_control =
        std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (path.find_first_of("?#") != std::string_view::npos || has_control || path.size() > path_limit / 3)
        return failure(webdav_errc::bad_url);
    auto root = transport::parse_url((is_plain ? "http://" : "https://") + std::string(host));
    if (!root) return failure(webdav_errc::bad_url);
    if (!endpoint_override.empty()) {
        const auto instead = transport::parse_url(endpoint_override);
        if (!instead || instead->path != "/" || !instead->query.empty() ||
            endpoint_override.find('#') != std::string_view::npos)
            return failure(webdav_errc::bad_endpoint);
        root = instead;
    }
    root->path = root_path(*root, path);
    const auto who = parse_credentials(credentials);
    if (!who) return who.error();
    std::unique_ptr<place> out = std::make_unique<webdav_place>(std::move(*root), *who);
    return out;
}

}  // namespace decamp::source::webdav
