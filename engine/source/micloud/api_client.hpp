#pragma once
// Drives session, call_machine and renewal_machine over a sender. Calls may be under way at once, on one thread; when
// the session dies under several of them it is renewed once and each goes on.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/runtime/event.hpp"
#include "engine/source/micloud/json_page.hpp"
#include "engine/source/micloud/requests.hpp"
#include "engine/source/micloud/session.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"

namespace decamp::source::micloud {

using parser_factory = std::function<std::unique_ptr<answer_parser>()>;

// What became of a call: its parser, read to the end, and the verdict in its envelope (never verdict::session).
struct call_answer {
    std::unique_ptr<answer_parser> parser;
    verdict said = verdict::ok;
};

// Outlives its calls; so do the sender and the clock.
class api_client {
  public:
    api_client(session start, transport::sender& out, world::clock& clock, std::function<void()> renewed);

    // `make` is asked for a new parser each time the call is sent.
    task<result<call_answer>> call(api_call what, parser_factory make);
    // Renews the session unless its version is not `seen` any more.
    task<result<void>> renew(std::uint64_t seen);

    session& state() { return session_; }
    transport::sender& out() { return out_; }
    std::int64_t now_ms() const { return clock_.unix_ms(); }

  private:
    // How the answer to one sending ended: `got` is the head; `read` is what the body was.
    struct exchange_result {
        answer got;
        std::optional<result<verdict>> read;  // none: the body was not looked at
        std::unique_ptr<answer_parser> parser;
    };
    task<result<exchange_result>> send(transport::request what, std::unique_ptr<answer_parser> parser);
    task<result<void>> run_chain();

    session session_;
    transport::sender& out_;
    world::clock& clock_;
    std::function<void()> renewed_;
    runtime::event renewal_over_;
    bool renewing_ = false;
    std::uint64_t renewals_tried_ = 0;
    result<void> last_renewal_;
};

// Reads a body into a parser. The parser's own error when the body was read; the transport's when it was not.
task<result<verdict>> read_answer(transport::exchange& from, answer_parser& into);

}  // namespace decamp::source::micloud
