#include "engine/download/machine.hpp"

#include <algorithm>

#include "engine/download/errors.hpp"
#include "engine/source/source.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/network.hpp"

namespace decamp::download {

namespace {

template <class T>
bool says_otherwise(const std::optional<T>& before, const std::optional<T>& now) {
    return now && now != before;
}

bool announces_otherwise(const listed_item& before, const listed_item& now) {
    return says_otherwise(before.size, now.size) || says_otherwise(before.sha1, now.sha1) ||
           says_otherwise(before.sha256, now.sha256) || says_otherwise(before.md5, now.md5) ||
           before.locator != now.locator;
}

}  // namespace

bool is_throttle(const failure& f) {
    return f.code == download_errc::throttled || f.code == source::source_errc::throttled;
}

action fail_with(exception_reason reason, std::string detail) {
    action a;
    a.what = step::fail;
    a.reason = reason;
    a.detail = std::move(detail);
    return a;
}

exception_reason reason_of(const failure& f) {
    using enum exception_reason;
    if (f.code == source::source_errc::gone || f.code == download_errc::gone) return deleted_in_cloud;
    // A fresh link that is refused like the one before was not out of date: the item is refused.
    if (f.code == source::source_errc::refused || f.code == download_errc::refused ||
        f.code == source::source_errc::link_expired || f.code == download_errc::link_expired)
        return refused_by_cloud;
    if (f.code == source::source_errc::cold_storage) return in_cold_storage;
    if (f.code == source::source_errc::not_spelled) return key_not_spelled;
    if (f.code == source::source_errc::not_listed) return folder_not_listed;
    if (f.code == source::source_errc::changed || f.code == download_errc::changed) return changed_in_cloud;
    if (f.code == download_errc::redirected_away || f.code == transport::http_errc::host_not_allowed ||
        f.code == world::network_errc::address_refused)
        return link_refused;
    if (f.code == download_errc::error_body) return not_a_photo;
    if (f.code == download_errc::bytes_unstable) return unsteady_bytes;
    if (f.code == world::file_errc::too_large) return too_large_for_drive;
    if (f.code == world::file_errc::name_refused) return not_stored;
    return not_downloaded;
}

bool is_doubtful(const failure& f) {
    return f.code == source::source_errc::gone || f.code == download_errc::gone ||
           f.code == source::source_errc::refused || f.code == download_errc::refused ||
           f.code == source::source_errc::changed || f.code == download_errc::changed ||
           f.code == source::source_errc::link_expired || f.code == download_errc::link_expired;
}

action item_machine::on_link(const std::optional<failure>& error, std::uint64_t random) {
    if (!error) return {.what = step::transfer};
    return again(*error, step::resolve_link, random);
}

// Another version has a way of its own to come; one that changes with each answer has none.
void item_machine::count_version() {
    if (versions_ >= settings_.most_versions) return;
    ++versions_;
    furthest_ = 0;
}

action item_machine::on_transfer(const transfer_end& end, std::uint64_t random) {
    if (end.anew) count_version();
    if (end.error) {
        // Further, not more: a host that breaks off where it did before would be asked for the same bytes for days.
        if (end.reached >= furthest_ + settings_.progress_bytes && resumptions_ < settings_.most_resumptions) {
            ++resumptions_;
            tries_ = 0;
            refusals_ = 0;  // a link that was good for this much may run out again
            listed_still_ = false;
        }
        furthest_ = std::max(furthest_, end.reached);
        if (end.error->code == download_errc::wrong_range) count_version();
        // Links are cheap and may be what is wrong: each try gets a fresh one.
        action next = again(*end.error, step::resolve_link, random);
        next.from_zero = end.error->code == download_errc::wrong_range || end.error->code == download_errc::too_long ||
                         end.error->code == download_errc::bytes_differ;
        return next;
    }
    if (end.more) return next_part(end, random);
    if (end.check != source_check::mismatch) return {.what = step::finish};
    return differing(end, random);
}

// A range may be shorter than asked for (RFC 9110, section 15.3.7): the next one at once, where it brought something.
action item_machine::next_part(const transfer_end& end, std::uint64_t random) {
    const bool further = end.reached > furthest_ && resumptions_ < settings_.most_resumptions;
    furthest_ = std::max(furthest_, end.reached);
    if (!further)
        return again(failure(transport::http_errc::body_truncated, "parts that bring nothing"), step::resolve_link,
                     random);
    ++resumptions_;
    tries_ = 0;
    return {.what = step::resolve_link};
}

action item_machine::differing(const transfer_end& end, std::uint64_t random) {
    differing_.push_back(end.sha256);
    if (differing_.size() < settings_.differing_tries) {
        const auto pause = runtime::decide_retry(settings_.retry, static_cast<unsigned>(differing_.size()),
                                                 error_class::transient, std::nullopt, random);
        action next;
        next.what = step::wait;
        next.then = step::resolve_link;
        next.wait = pause.after;
        next.from_zero = true;
        return next;
    }
    const bool agree =
        std::all_of(differing_.begin(), differing_.end(), [&](const auto& d) { return d == end.sha256; });
    // The announcement may be what was wrong, and have been put right since.
    if (agree) return look_again(failure(download_errc::bytes_differ));
    return fail_with(exception_reason::unsteady_bytes, make_error_code(download_errc::bytes_unstable).message());
}

action item_machine::again(const failure& f, step then, std::uint64_t random) {
    const error_class what = classify(f);
    if (what == error_class::run || what == error_class::bug) {
        action stop;
        stop.what = step::stop_run;
        stop.why = f;
        return stop;
    }
    if (is_throttle(f) && throttles_ < settings_.most_throttles) {
        ++throttles_;
        return {.what = then};
    }
    if (is_doubtful(f)) {
        ++doubts_;
        const bool out_of_date = what == error_class::refresh && refusals_++ < settings_.fresh_links;
        return out_of_date ? action{.what = then} : doubt(f);
    }
    ++tries_;
    const auto decision = runtime::decide_retry(settings_.retry, tries_, what, std::nullopt, random);
    if (!decision.again) return fail_with(reason_of(f), to_string(f));
    action next;
    next.what = step::wait;
    next.then = then;
    next.wait = decision.after;
    return next;
}

action item_machine::doubt(const failure& f) {
    if (listed_still_) {
        // The service's own word that it is deleted stands, given twice; a status that contradicts the list does not.
        const bool stands = f.code == source::source_errc::gone && doubted_.code == f.code;
        return fail_with(stands ? exception_reason::deleted_in_cloud : exception_reason::refused_though_listed,
                         to_string(f));
    }
    return look_again(f);
}

action item_machine::look_again(const failure& why) {
    doubted_ = why;
    action next;
    next.what = step::look_again;
    next.why = why;
    return next;
}

action item_machine::on_look(const result<source::second_look>& look, const listed_item& listed) {
    using finding = source::second_look::finding;
    const error_class what = look ? error_class::item : classify(look.error());
    if (what == error_class::run || what == error_class::bug) {
        action stop;
        stop.what = step::stop_run;
        stop.why = look.error();
        return stop;
    }
    if (doubted_.code == download_errc::bytes_differ) {
        const bool put_right =
            look && look->found == finding::other && look->now && announces_otherwise(listed, *look->now);
        if (!put_right) return {.what = step::keep_differing};
    }
    if (!look)
        return fail_with(exception_reason::not_downloaded,
                         to_string(doubted_) + "; the list: " + to_string(look.error()));
    switch (look->found) {
        // The only thing to ask is the answer itself: twice.
        case finding::no_list:
            if (doubts_ < 2) return {.what = step::resolve_link};
            return fail_with(reason_of(doubted_), to_string(doubted_));
        case finding::missing:
            return fail_with(exception_reason::deleted_in_cloud, to_string(doubted_));
        case finding::other: {
            action next;
            next.what = step::plan_anew;
            next.detail = to_string(doubted_);
            next.now = look->now;
            return next;
        }
        case finding::same:
            break;
    }
    listed_ = listed_still_ = true;
    refusals_ = 0;
    const bool changed = doubted_.code == source::source_errc::changed || doubted_.code == download_errc::changed;
    return {.what = step::resolve_link, .from_zero = changed};
}

}  // namespace decamp::download
