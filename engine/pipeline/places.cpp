#include "engine/pipeline/places.hpp"

#include "engine/messages/messages.hpp"
#include "engine/source/blocking/place.hpp"
#include "engine/source/folder/folder.hpp"
#include "engine/source/links/links.hpp"
#include "engine/source/micloud/place.hpp"
#include "engine/source/s3/credentials.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/source/s3/s3.hpp"
#include "engine/source/webdav/webdav.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;
using place_or_failure = result<std::unique_ptr<source::place>>;

outcome usage(std::string sentence) {
    return {exit_code::usage, std::move(sentence), {}};
}

template <class... Values>
outcome say(const export_options& o, id which, const Values&... values) {
    return usage(messages::say(o.words, which, values...));
}

// An address copied from somewhere may hold tokens in its query.
std::string without_query(const std::string& text) {
    return text.substr(0, text.find_first_of("?#"));
}

// --- Xiaomi Cloud

outcome micloud_credentials_problem(const export_options& o, const failure& why) {
    using source::micloud::credentials_errc;
    if (why.code == credentials_errc::empty) return say(o, id::err_credentials_empty);
    id what = id::why_credentials_value;
    if (why.code == credentials_errc::too_large) what = id::why_credentials_too_large;
    if (why.code == credentials_errc::malformed_json) what = id::why_credentials_json;
    if (why.code == credentials_errc::no_user_id) what = id::why_credentials_no_user;
    if (why.code == credentials_errc::no_token) what = id::why_credentials_no_token;
    const std::string wrong =
        what == id::why_credentials_value ? messages::say(o.words, what, why.detail) : messages::say(o.words, what);
    return say(o, id::err_credentials_malformed, wrong);
}

outcome micloud_problem(const export_options& o, const failure& why) {
    using source::micloud::endpoint_errc;
    if (why.code == endpoint_errc::unknown_region) return say(o, id::err_source_region, why.detail, "cn, us, in, eu");
    if (why.code == endpoint_errc::bad_url) return say(o, id::err_endpoint_url, o.source);
    return micloud_credentials_problem(o, why);
}

place_or_failure find_micloud(const export_options& o) {
    return source::micloud::parse_micloud(o.source, o.credentials);
}

// --- S3

place_or_failure find_s3(const export_options& o) {
    return source::s3::parse_s3(o.source, o.endpoint, o.credentials);
}

outcome s3_problem(const export_options& o, const failure& why) {
    using source::s3::credentials_errc;
    using source::s3::location_errc;
    if (why.code == location_errc::bad_endpoint) return say(o, id::err_endpoint_url, without_query(o.endpoint));
    if (why.code == location_errc::bad_region) return say(o, id::err_s3_region);
    if (why.code == location_errc::bad_bucket || why.code == location_errc::bad_prefix ||
        why.code == location_errc::not_s3)
        return say(o, id::err_s3_bucket, o.source);
    id what = id::why_keys_value;
    if (why.code == credentials_errc::too_large) what = id::why_credentials_too_large;
    if (why.code == credentials_errc::malformed_json) what = id::why_credentials_json;
    if (why.code == credentials_errc::nothing_known) what = id::why_keys_nothing_known;
    if (why.code == credentials_errc::several_profiles) what = id::why_keys_several_profiles;
    if (why.code == credentials_errc::no_key_id) what = id::why_keys_no_id;
    if (why.code == credentials_errc::no_secret) what = id::why_keys_no_secret;
    return say(o, id::err_keys_malformed, messages::say(o.words, what));
}

// --- WebDAV

place_or_failure find_webdav(const export_options& o) {
    return source::webdav::parse_webdav(o.source, o.endpoint, o.credentials);
}

outcome webdav_problem(const export_options& o, const failure& why) {
    using source::webdav::webdav_errc;
    if (why.code == webdav_errc::secret_in_url) return say(o, id::err_source_has_secret);
    if (why.code == webdav_errc::bad_endpoint) return say(o, id::err_endpoint_url, without_query(o.endpoint));
    if (why.code == webdav_errc::bad_url || why.code == webdav_errc::not_webdav)
        return say(o, id::err_webdav_url, without_query(o.source));
    id what = id::why_login_form;
    if (why.code == webdav_errc::credentials_too_large) what = id::why_credentials_too_large;
    if (why.code == webdav_errc::credentials_unsendable) what = id::why_login_characters;
    return say(o, id::err_login_malformed, messages::say(o.words, what));
}

// --- a list of links

place_or_failure find_links(const export_options& o) {
    return source::links::parse_links(o.source);
}

outcome links_problem(const export_options& o, const failure& why) {
    using source::links::links_errc;
    const std::string path = o.source.substr(o.source.find(':') + 1);
    if (why.code == links_errc::not_links) return say(o, id::err_links_no_file);
    if (why.code == links_errc::read_once) return say(o, id::err_links_read_once, path);
    if (why.code == links_errc::not_a_list || why.code == links_errc::broken)
        return say(o, id::err_links_not_a_list, path, why.detail);
    id what = id::why_unreadable;
    if (why.code == links_errc::not_found) what = id::why_not_found;
    if (why.code == links_errc::is_a_folder) what = id::why_is_folder;
    return say(o, id::err_links_unreadable, path, messages::say(o.words, what));
}

// --- a folder

place_or_failure find_folder(const export_options& o) {
    auto opened = source::folder::open_folder(o.source);
    if (!opened) return opened.error();
    return source::blocking::place_of(std::move(opened.value()));
}

outcome folder_problem(const export_options& o, const failure& why) {
    using source::folder::folder_errc;
    if (why.code == folder_errc::no_path) return say(o, id::err_folder_no_path);
    const bool refused = why.code == folder_errc::unreadable;
    return say(o, refused ? id::err_folder_unreadable : id::err_folder_not_there, why.detail);
}

// --- all of them

struct kind_of_source {
    std::string_view scheme;
    place_or_failure (*find)(const export_options&);
    outcome (*problem)(const export_options&, const failure&);
};

constexpr kind_of_source kinds[] = {
    {"micloud:", find_micloud, micloud_problem}, {"s3:", find_s3, s3_problem},
    {"webdav:", find_webdav, webdav_problem},    {"webdavs:", find_webdav, webdav_problem},
    {"links:", find_links, links_problem},       {"folder:", find_folder, folder_problem},
};

}  // namespace

std::variant<std::unique_ptr<source::place>, outcome> find_place(const export_options& o) {
    for (const kind_of_source& kind : kinds) {
        if (!o.source.starts_with(kind.scheme)) continue;
        auto found = kind.find(o);
        if (!found) return kind.problem(o, found.error());
        return std::move(found.value());
    }
    return say(o, id::err_source_unknown, o.source);
}

}  // namespace decamp::pipeline
