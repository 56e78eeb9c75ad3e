#include "engine/pipeline/explain.hpp"

#include <array>

#include "engine/catalogue/catalogue.hpp"
#include "engine/certify/verdict.hpp"
#include "engine/encryption/error.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/source/links/links.hpp"
#include "engine/source/micloud/credentials.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/network.hpp"

namespace decamp::pipeline {

namespace {

using catalogue::catalogue_errc;
using encryption::encryption_errc;
using messages::id;
using source::source_errc;
using source::links::links_errc;
using transport::http_errc;
using world::file_errc;

enum class about { destination, host, detail, nothing };

struct entry {
    boost::system::error_code code;
    exit_code exit;
    id sentence;
    about first;               // what {0} stands for
    bool detail = false;       // {1} is the failure's detail
    bool credentials = false;  // followed by how to get new ones
};

const entry* find(const boost::system::error_code& code) {
    static const std::array entries{
        entry{source_errc::login_refused, exit_code::source_refused, id::err_login_refused, about::nothing, false,
              true},
        entry{source_errc::session_died, exit_code::source_refused, id::err_session_died, about::nothing, false, true},
        entry{source_errc::end_to_end_encrypted, exit_code::source_refused, id::err_end_to_end, about::nothing},
        entry{links_errc::unreadable, exit_code::source_unreachable, id::err_links_unreadable, about::host, true},
        entry{links_errc::not_found, exit_code::source_unreachable, id::err_links_unreadable, about::host, true},
        entry{links_errc::broken, exit_code::source_unreachable, id::err_links_not_a_list, about::host, true},
        entry{source_errc::clock_skewed, exit_code::source_refused, id::err_clock_skewed, about::host},
        entry{source_errc::region_ended, exit_code::source_unreachable, id::err_region_ended, about::nothing},
        entry{source_errc::unusable_answer, exit_code::source_unreachable, id::err_unusable_answer, about::host, true},
        entry{source_errc::server_error, exit_code::source_unreachable, id::err_unusable_answer, about::host, true},
        entry{source_errc::throttled, exit_code::source_unreachable, id::err_throttled, about::host},
        entry{source_errc::not_found, exit_code::source_unreachable, id::err_source_not_found, about::host, true},
        entry{source_errc::cut_by_redirect, exit_code::source_unreachable, id::err_redirected, about::host},
        entry{http_errc::not_http, exit_code::source_unreachable, id::err_not_http, about::host},
        entry{http_errc::tls_not_verified, exit_code::source_unreachable, id::err_tls_not_verified, about::host},
        entry{http_errc::tls_failed, exit_code::source_unreachable, id::err_tls_failed, about::host},
        entry{http_errc::bad_response, exit_code::source_unreachable, id::err_unusable_answer, about::host, true},
        entry{http_errc::header_too_large, exit_code::source_unreachable, id::err_unusable_answer, about::host, true},
        entry{http_errc::body_truncated, exit_code::source_unreachable, id::err_unusable_answer, about::host, true},
        entry{destination_errc::not_ours, exit_code::usage, id::err_dest_not_ours, about::destination},
        entry{destination_errc::other_source, exit_code::usage, id::err_dest_other_source, about::destination},
        entry{destination_errc::other_format, exit_code::usage, id::err_dest_other_format, about::destination, true},
        entry{destination_errc::recovery_of_a_tree, exit_code::usage, id::err_recovery_of_a_tree, about::destination},
        entry{destination_errc::begun_without_recovery, exit_code::usage, id::err_begun_without_recovery,
              about::destination},
        entry{destination_errc::not_writable, exit_code::destination_failed, id::err_dest_not_writable,
              about::destination, true},
        entry{destination_errc::catalogue_damaged, exit_code::destination_failed, id::err_catalogue_damaged,
              about::detail},
        entry{destination_errc::no_room, exit_code::destination_failed, id::err_dest_full_before, about::destination},
        entry{encryption_errc::no_key, exit_code::usage, id::err_encrypted_no_key, about::destination},
        entry{encryption_errc::wrong_key, exit_code::usage, id::err_encrypted_wrong_key, about::destination},
        entry{encryption_errc::no_passphrase, exit_code::usage, id::err_encrypted_no_passphrase, about::destination},
        entry{encryption_errc::other_recipients, exit_code::usage, id::err_dest_other_format, about::destination, true},
        entry{encryption_errc::not_encrypted, exit_code::usage, id::err_not_encrypted, about::destination},
        entry{encryption_errc::key_not_kept, exit_code::usage, id::err_key_not_kept, about::detail},
        entry{encryption_errc::key_lost, exit_code::destination_failed, id::err_key_lost, about::destination, true},
        entry{file_errc::no_space, exit_code::destination_failed, id::err_dest_full_unknown, about::destination},
        entry{file_errc::read_only, exit_code::destination_failed, id::err_dest_read_only, about::destination},
        entry{file_errc::device_gone, exit_code::destination_failed, id::err_dest_gone, about::destination},
        entry{file_errc::outside, exit_code::destination_failed, id::err_dest_link_inside, about::destination, true},
        entry{file_errc::in_use, exit_code::usage, id::err_dest_in_use, about::destination},
        entry{file_errc::not_a_folder, exit_code::usage, id::err_dest_is_file, about::destination},
        entry{catalogue_errc::full, exit_code::destination_failed, id::err_dest_full_unknown, about::destination},
        entry{catalogue_errc::newer_version, exit_code::usage, id::err_dest_newer, about::destination},
        entry{catalogue_errc::locked, exit_code::usage, id::err_dest_in_use, about::destination},
        entry{catalogue_errc::not_ours, exit_code::usage, id::err_catalogue_not_ours, about::destination},
    };
    for (const entry& e : entries) {
        if (e.code == code) return &e;
    }
    return nullptr;
}

outcome explained(const entry& e, const failure& why, const explain_context& c) {
    outcome o;
    o.code = e.exit;
    const std::string detail = why.detail.empty() ? why.code.message() : why.detail;
    // Xiaomi Cloud's credentials come from a browser; all others are the user's own.
    if (e.credentials && !c.browser_credentials) {
        o.sentence = why.code == source_errc::session_died
                         ? messages::say(c.words, id::err_session_died)
                         : messages::say(c.words, id::err_login_refused_at, c.host, detail);
        o.further.push_back(messages::say(c.words, id::next_credentials_of_source));
        return o;
    }
    const std::string& subject = e.first == about::destination ? c.destination
                                 : e.first == about::detail    ? detail
                                                               : c.host;
    o.sentence = e.first == about::nothing ? messages::say(c.words, e.sentence)
                 : e.detail                ? messages::say(c.words, e.sentence, subject, detail)
                                           : messages::say(c.words, e.sentence, subject);
    if (e.credentials) {
        o.further.push_back(messages::say(c.words, id::next_new_credentials));
        o.further.push_back(messages::say(c.words, id::next_pass_token));
    }
    return o;
}

}  // namespace

outcome explain(const failure& why, const explain_context& c) {
    if (const entry* e = find(why.code)) return explained(*e, why, c);
    outcome o;
    switch (certify::end_of(why)) {
        case certify::run_end::destination_failed:
            o.code = exit_code::destination_failed;
            o.sentence = messages::say(c.words, id::err_dest_io, c.destination, to_string(why));
            break;
        default:
            o.code = exit_code::source_unreachable;
            o.sentence = messages::say(c.words, id::err_unreachable, c.host);
            o.further.push_back(to_string(why));
    }
    return o;
}

}  // namespace decamp::pipeline
