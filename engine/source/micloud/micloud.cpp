#include "engine/source/micloud/micloud.hpp"

#include <algorithm>
#include <utility>

#include "engine/source/micloud/micloud_source.hpp"

namespace decamp::source::micloud {

namespace {

constexpr std::size_t nickname_limit = 64;

// Failures that an optional call may have: an endpoint that is not there, or says what nobody understands.
bool tolerable(const failure& why) {
    return why.code == source_errc::not_found || why.code == source_errc::unusable_answer ||
           why.code == source_errc::server_error || why.code == source_errc::refused ||
           why.code == source_errc::cut_by_redirect;
}

}  // namespace

task<result<account_info>> micloud_source::sign_in() {
    const auto at_login = [](failure why) {
        if (why.code == source_errc::session_died) why.code = make_error_code(source_errc::login_refused);
        return why;
    };
    // Encryption first: with it on, everything else fails in ways that explain less.
    const auto readable = co_await check_encryption();
    if (!readable) co_return at_login(readable.error());
    const auto name = co_await display_name();
    if (!name) co_return at_login(name.error());
    const parser_factory make = [] { return std::make_unique<plain_parser>(); };
    api_call what = prepare_call();
    const auto prepared = co_await client_.call(std::move(what), make);
    // Optional, says every client. Only a session that it ends, or a line that is down, is worth a word.
    if (!prepared && prepared.error().code == source_errc::session_died) co_return at_login(prepared.error());
    account_info out;
    out.display = *name;
    out.endpoint = label_;
    co_return out;
}

task<result<void>> micloud_source::check_encryption() {
    const parser_factory make = [] { return std::make_unique<one_text_parser>("e2eeStatus", nickname_limit, false); };
    api_call what = encryption_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) {
        if (tolerable(got.error())) co_return result<void>();
        co_return got.error();
    }
    if (got->said == verdict::ok && read_as<one_text_parser>(*got).text == "open")
        co_return failure(source_errc::end_to_end_encrypted);
    co_return result<void>();
}

task<result<std::string>> micloud_source::display_name() {
    const std::string redacted = "redacted";
    const parser_factory make = [] { return std::make_unique<one_text_parser>("nickname", nickname_limit, false); };
    api_call what = profile_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) {
        if (tolerable(got.error())) co_return redacted;
        co_return got.error();
    }
    const std::string& name = read_as<one_text_parser>(*got).text;
    const bool plain =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    // Who never chose a name is shown by id, and the id is a secret.
    if (got->said != verdict::ok || name.empty() || !plain || name.find(client_.state().user_id()) != std::string::npos)
        co_return redacted;
    co_return name;
}

task<result<void>> micloud_source::keep_alive() {
    const parser_factory make = [] { return std::make_unique<plain_parser>(); };
    api_call what = keep_alive_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) co_return got.error();
    co_return result<void>();
}

std::unique_ptr<source> make_micloud(micloud_options options, transport::sender& api, world::clock& clock,
                                     world::random& random, source_observer observer) {
    return std::make_unique<micloud_source>(std::move(options), api, clock, random, std::move(observer));
}

}  // namespace decamp::source::micloud
