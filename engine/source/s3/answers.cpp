#include "engine/source/s3/answers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/source/s3/region.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/cookie_jar.hpp"
#include "engine/transport/redirect.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::string_view skewed = "RequestTimeTooSkewed";
constexpr std::string_view no_bucket = "NoSuchBucket";

struct meaning {
    std::string_view code;
    source_errc what;
};
// Codes whose status alone would say less, or something else: some come with 200.
constexpr std::array meanings{
    meaning{"AccessDenied", source_errc::login_refused},
    meaning{"AccountProblem", source_errc::login_refused},
    meaning{"AllAccessDisabled", source_errc::login_refused},
    meaning{"AuthorizationHeaderMalformed", source_errc::login_refused},
    meaning{"ExpiredToken", source_errc::login_refused},
    meaning{"InvalidAccessKeyId", source_errc::login_refused},
    meaning{"InvalidSecurity", source_errc::login_refused},
    meaning{"InvalidSecurityToken", source_errc::login_refused},
    meaning{"InvalidToken", source_errc::login_refused},
    meaning{"NotSignedUp", source_errc::login_refused},
    meaning{"SignatureDoesNotMatch", source_errc::login_refused},
    meaning{"TokenRefreshRequired", source_errc::login_refused},
    meaning{"RequestTimeTooSkewed", source_errc::clock_skewed},
    meaning{"NoSuchBucket", source_errc::not_found},
    meaning{"InvalidBucketName", source_errc::not_found},
    meaning{"BandwidthLimitExceeded", source_errc::throttled},
    meaning{"RequestLimitExceeded", source_errc::throttled},
    meaning{"ServiceUnavailable", source_errc::throttled},
    meaning{"SlowDown", source_errc::throttled},
    meaning{"SlowDownRead", source_errc::throttled},
    meaning{"Throttling", source_errc::throttled},
    meaning{"ThrottlingException", source_errc::throttled},
    meaning{"TooManyRequests", source_errc::throttled},
    meaning{"InternalError", source_errc::server_error},
    meaning{"OperationAborted", source_errc::server_error},
    meaning{"RequestTimeout", source_errc::server_error},
};

bool names_a_region(const heard& got) {
    if (transport::is_redirect(got.status)) return true;
    const std::string_view code = got.said.code;
    return got.status == 400 && (code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" ||
                                 code == "TemporaryRedirect" || code == "IllegalLocationConstraintException");
}

std::string region_named(const heard& got) {
    if (is_region(got.region)) return got.region;
    if (is_region(got.said.region)) return got.said.region;
    return region_of_host(got.said.endpoint).value_or(std::string());
}

bool wants_older_form(const heard& got, const tried& before) {
    if (before.form != list_form::v2 || !before.first_page) return false;
    const std::string_view code = got.said.code;
    return got.status == 501 || code == "NotImplemented" || (got.status == 400 && code == "InvalidArgument");
}

// The request was understood to be a bad one, and nothing known says otherwise.
bool is_bad_request(const heard& got) {
    const bool known = std::ranges::find(meanings, std::string_view(got.said.code), &meaning::code) != meanings.end();
    return !known && (got.status == 400 || got.status == 501);
}

std::string in_words(int status, std::string_view code) {
    std::string out = "HTTP " + std::to_string(status);
    if (!code.empty()) out += " " + std::string(code);
    return out;
}

failure elsewhere(const heard& got) {
    const auto host = transport::normal_host(got.said.endpoint);
    return failure(source_errc::cut_by_redirect, host ? *host : got.moved_to);
}

verdict failed(failure why) {
    return {next_step::fail, {}, std::move(why)};
}

}  // namespace

heard hear(const transport::url& from, const transport::response_head& head) {
    heard out;
    out.status = head.status;
    out.region = head.header("x-amz-bucket-region");
    out.date_s = transport::parse_cookie_date(head.header("Date"));
    const auto location = head.header("Location");
    if (!location.empty())
        if (const auto to = transport::resolve(from, location)) out.moved_to = to->host;
    return out;
}

failure failure_of(int status, std::string_view code) {
    std::string detail = in_words(status, code);
    const auto* const known = std::ranges::find(meanings, code, &meaning::code);
    if (known != meanings.end()) {
        if (known->what == source_errc::not_found) detail = code;
        return failure(known->what, std::move(detail));
    }
    if (status == 401 || status == 403) return failure(source_errc::login_refused, std::move(detail));
    if (status == 404) return failure(source_errc::not_found, std::string(no_bucket));
    if (status == 429 || status == 503) return failure(source_errc::throttled, std::move(detail));
    if (transport::is_redirect(status)) return failure(source_errc::cut_by_redirect, std::move(detail));
    // An error without a status of one: whatever it was, it may pass.
    if (status >= 500 || status < 300) return failure(source_errc::server_error, std::move(detail));
    return failure(source_errc::unusable_answer, std::move(detail));
}

std::optional<failure> object_failure(int status, std::string_view code, bool misspelled) {
    if (code == "InvalidObjectState") return failure(source_errc::cold_storage, std::string(code));
    if (status == 404 && misspelled) return failure(source_errc::not_spelled, in_words(status, code));
    const auto* const known = std::ranges::find(meanings, code, &meaning::code);
    const bool passes =
        known != meanings.end() && (known->what == source_errc::throttled || known->what == source_errc::server_error);
    if (passes) return failure(known->what, in_words(status, code));
    if (status == 412) return failure(source_errc::changed, in_words(status, code));
    // Statuses that say all by themselves.
    if (status == 408 || status == 416 || status == 429 || (status == 404 && code.empty())) return std::nullopt;
    if (status >= 500 && status != 501) return std::nullopt;
    return failure(source_errc::refused, in_words(status, code));
}

bool is_about_keys(std::string_view code) {
    const auto* const known = std::ranges::find(meanings, code, &meaning::code);
    return known != meanings.end() &&
           (known->what == source_errc::login_refused || known->what == source_errc::clock_skewed);
}

verdict judge(const heard& got, const location& where, const tried& before) {
    if (got.status == 200 && got.kind == document::list) return {next_step::take, {}, {}};
    if (got.status == 200 && got.kind == document::buckets) {
        if (where.style == addressing::virtual_host && !before.path_style) return {next_step::path_style, {}, {}};
        return failed(failure(source_errc::unusable_answer, "a list of buckets"));
    }
    if (got.status == 200 && got.kind == document::none)
        return failed(failure(source_errc::unusable_answer, got.why_unread));
    if (names_a_region(got)) {
        std::string region = region_named(got);
        if (!region.empty() && region != where.region && !before.region) return {next_step::adopt_region, region, {}};
        if (transport::is_redirect(got.status)) return failed(elsewhere(got));
    }
    if (wants_older_form(got, before)) return {next_step::older_form, {}, {}};
    if (is_bad_request(got) && before.by_token) return {next_step::behind_key, {}, {}};
    if (is_bad_request(got) && before.closing) return {next_step::unproven, {}, {}};
    if (got.said.code == skewed && got.date_s && !before.clock) return {next_step::correct_clock, {}, {}};
    return failed(failure_of(got.status, got.said.code));
}

}  // namespace decamp::source::s3
