#include "engine/source/micloud/api_client.hpp"

#include <cstddef>
#include <utility>

namespace decamp::source::micloud {

namespace {

constexpr std::size_t piece_size = 16384;
constexpr std::uint64_t worth_draining = 16384;  // a body nobody reads, up to which its connection is kept

// A status whose body may hold an envelope worth more than the status itself.
bool may_explain(int status) {
    return status == 200 || (status >= 400 && status < 500 && status != 401 && status != 429);
}

// What of a status and its body counts. None: a success, to be judged by its verdict.
std::optional<failure> judge_status(int status, const result<verdict>& read) {
    if (status == 200) {
        if (!read) return read.error();
        return std::nullopt;
    }
    if (read && *read == verdict::gone) return std::nullopt;
    if (status >= 200 && status < 300) return failure(source_errc::unusable_answer, "HTTP " + std::to_string(status));
    return status_failure(status);
}

}  // namespace

task<result<verdict>> read_answer(transport::exchange& from, answer_parser& into) {
    std::vector<std::byte> buffer(piece_size);
    for (;;) {
        const auto got = co_await from.read(buffer);
        if (!got) co_return got.error();
        if (*got == 0) break;
        // Not read on: the connection is given up, and with it whatever else was to come.
        if (!into.feed(std::span(buffer).first(*got))) break;
    }
    co_return into.finish();
}

api_client::api_client(session start, transport::sender& out, world::clock& clock, std::function<void()> renewed)
    : session_(std::move(start)), out_(out), clock_(clock), renewed_(std::move(renewed)) {}

task<result<api_client::exchange_result>> api_client::send(transport::request what,
                                                           std::unique_ptr<answer_parser> parser) {
    const transport::url from = what.target;
    auto sent = co_await out_.send(std::move(what));
    if (!sent) co_return sent.error();
    transport::exchange& over = **sent;
    exchange_result out{to_answer(from, over.head()), std::nullopt, std::move(parser)};
    if (out.parser && may_explain(out.got.status)) {
        auto read = co_await read_answer(over, *out.parser);
        // A body that did not arrive whole is a failure of the line, to be told apart from one that makes no sense.
        if (!read && read.error().code.category() != make_error_code(source_errc::unusable_answer).category())
            co_return read.error();
        out.read = std::move(read);
    } else if (over.head().content_length.value_or(worth_draining + 1) <= worth_draining) {
        const auto drained = co_await transport::read_all(over, worth_draining);
        static_cast<void>(drained);
    }
    co_return out;
}

task<result<call_answer>> api_client::call(api_call what, parser_factory make) {
    transport::url target = session_.api();
    target.path = what.path;
    target.query = what.query;
    call_machine machine(target);
    call_machine::step next = machine.begin(session_);
    for (;;) {
        if (next.what == call_machine::action::fail) co_return next.why;
        if (next.what == call_machine::action::renew) {
            const auto renewed = co_await renew(machine.sent_version());
            if (!renewed) co_return renewed.error();
            next = machine.after_renewal(session_);
            continue;
        }
        auto request = api_request(what, next.to, session_.api_cookies(), session_.service_token());
        auto parser = make();
        auto sent = co_await send(std::move(request), std::move(parser));
        if (!sent) machine.on_failure(session_);
        if (!sent) co_return sent.error();
        next = machine.on_head(session_, sent->got);
        if (next.what != call_machine::action::deliver) continue;
        const result<verdict> read = sent->read ? *sent->read : result<verdict>(verdict::ok);
        if (read && *read == verdict::session) {
            next = machine.on_unauthorised(session_);
            continue;
        }
        const auto wrong = judge_status(sent->got.status, read);
        if (wrong) co_return *wrong;
        if (what.gallery) session_.prove(machine.sent_version());
        call_answer out{std::move(sent->parser), *read};
        co_return out;
    }
}

task<result<void>> api_client::renew(std::uint64_t seen) {
    if (session_.version() != seen) co_return result<void>();
    if (renewing_) {
        // Whoever waits shares the outcome, good or bad: the account server is not asked again for each of them.
        const std::uint64_t awaited = renewals_tried_;
        while (renewing_ && renewals_tried_ == awaited) co_await renewal_over_.wait();
        co_return last_renewal_;
    }
    renewing_ = true;
    ++renewals_tried_;
    auto outcome = co_await run_chain();
    if (!outcome && outcome.error().code == source_errc::session_died) session_.mark_dead();
    last_renewal_ = outcome;
    renewing_ = false;
    renewal_over_.notify_all();
    if (outcome) renewed_();
    co_return outcome;
}

task<result<void>> api_client::run_chain() {
    renewal_machine machine;
    renewal_machine::step next = machine.begin(session_, clock_.unix_ms());
    for (;;) {
        if (next.what == renewal_machine::action::fail) co_return next.why;
        if (next.what == renewal_machine::action::done) co_return result<void>();
        const bool asking = next.what == renewal_machine::action::ask_login_url;
        std::unique_ptr<one_text_parser> parser;
        if (asking) parser = std::make_unique<one_text_parser>("loginUrl", url_text_limit, true);
        one_text_parser* reads = parser.get();
        auto request = login_request(next.to, session_.account_cookies());
        auto sent = co_await send(std::move(request), std::move(parser));
        if (!sent) co_return sent.error();
        if (!asking) {
            next = machine.on_answer(session_, sent->got);
            continue;
        }
        result<std::string> login_url = failure(source_errc::unusable_answer, "no login address in it");
        if (sent->read && !*sent->read) login_url = sent->read->error();
        if (sent->read && *sent->read) {
            if (**sent->read == verdict::ok) login_url = reads->text;
            if (**sent->read == verdict::session || **sent->read == verdict::final)
                login_url = failure(source_errc::session_died, "not told where to log in");
            if (**sent->read == verdict::error)
                login_url = failure(source_errc::server_error, "asking where to log in");
        }
        next = machine.on_login_url(session_, sent->got, login_url);
    }
}

}  // namespace decamp::source::micloud
