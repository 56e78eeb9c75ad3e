#include "engine/pipeline/places.hpp"

#include "engine/messages/messages.hpp"
#include "engine/source/blocking/place.hpp"
#include "engine/source/folder/folder.hpp"
#include "engine/source/micloud/place.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;
using place_or_failure = result<std::unique_ptr<source::place>>;

outcome usage(std::string sentence) { return {exit_code::usage, std::move(sentence), {}}; }

template <class... Values>
outcome say(const export_options& o, id which, const Values&... values) {
    return usage(messages::say(o.words, which, values...));
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
    const std::string wrong = what == id::why_credentials_value ? messages::say(o.words, what, why.detail)
                                                                : messages::say(o.words, what);
    return say(o, id::err_credentials_malformed, wrong);
}

outcome micloud_problem(const export_options& o, const failure& why) {
    using source::micloud::endpoint_errc;
    if (why.code == endpoint_errc::unknown_region) return say(o, id::err_source_region, why.detail, "cn, us, in, eu");
    if (why.code == endpoint_errc::bad_url) return say(o, id::err_endpoint_url, o.source);
    return micloud_credentials_problem(o, why);
}

place_or_failure find_micloud(const export_options& o) { return source::micloud::parse_micloud(o.source, o.credentials); }

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
    {"micloud:", find_micloud, micloud_problem},
    {"folder:", find_folder, folder_problem},
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
