#include "engine/transport/client.hpp"

#include <cstring>
#include <utility>

#include "engine/transport/buffer_pool.hpp"
#include "engine/transport/connection_pool.hpp"
#include "engine/transport/request_text.hpp"
#include "engine/transport/response_header.hpp"
#include "engine/transport/tls.hpp"

namespace decamp::transport {

namespace {

using world::network_errc;
constexpr unsigned interim_limit = 8;

failure closed_by_us() {
    return failure(network_errc::closed);
}

std::string place_of(const url& to) {
    return to.host + ":" + std::to_string(to.port);
}

std::string seconds(world::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + " s";
}

}  // namespace

struct client::impl {
    impl(world::network& n, world::clock& c, const tls_context& t, const world::address_policy& a, client_options o)
        : net(n),
          clock(c),
          tls(t),
          addresses(a),
          options(std::move(o)),
          pool({options.idle_per_origin, options.idle_total, options.idle_limit}) {}

    world::network& net;
    world::clock& clock;
    const tls_context& tls;
    const world::address_policy& addresses;
    client_options options;
    client_counters counters;
    buffer_pool buffers;
    session_store sessions;
    connection_pool pool;
};

namespace {

using state_ptr = std::shared_ptr<client::impl>;

// One request and its response on one connection.
class wire_exchange final : public exchange {
  public:
    wire_exchange(state_ptr state, std::shared_ptr<connection> on, std::string host, bool reused, bool answers_head)
        : state_(std::move(state)),
          connection_(std::move(on)),
          host_(std::move(host)),
          reused_(reused),
          answers_head_(answers_head) {}

    // Sends the request and reads the response's header.
    task<result<void>> begin(const std::string& text);
    // No byte of an answer came: the server may never have seen the request.
    bool unanswered() const { return !answered_; }

    const response_head& head() const override { return header_.head; }
    bool until_close() const override { return header_.framing.kind == body_kind::until_close; }
    task<result<std::size_t>> read(std::span<std::byte> into) override;

  private:
    failure fail(failure why);
    failure timed_out_or(const failure& f, std::string what) const;
    result<bool> parse(header_reader& reader);
    void header_done();
    void body_done(bool surplus);
    std::span<std::byte> leftover() const { return buffer_.bytes().subspan(from_, to_ - from_); }
    failure ended_early() const;
    world::steady_time in(world::duration d) const { return state_->clock.now() + d; }

    state_ptr state_;  // before the connection, which is part of its pool
    std::shared_ptr<connection> connection_;
    std::string host_;
    bool reused_;
    bool answers_head_;
    bool answered_ = false;
    unsigned interims_ = 0;
    buffer_pool::lease buffer_;
    std::size_t from_ = 0, to_ = 0;  // bytes in buffer_ not yet used
    parsed_header header_;
    body_machine body_;
    std::optional<failure> failed_;
};

failure wire_exchange::fail(failure why) {
    connection_.reset();
    buffer_.reset();
    from_ = to_ = 0;
    failed_ = why;
    return why;
}

failure wire_exchange::timed_out_or(const failure& f, std::string what) const {
    if (f.code == make_error_code(network_errc::timed_out)) return failure(http_errc::timed_out, host_ + ": " + what);
    if (f.detail.empty()) return failure(f.code, host_);
    return f;
}

failure wire_exchange::ended_early() const {
    if (!answered_) return failure(network_errc::reset, host_ + ": the connection ended without an answer");
    return failure(http_errc::bad_response, host_ + ": the connection ended inside the header");
}

// True: header_ is the final one. False: more bytes are needed.
result<bool> wire_exchange::parse(header_reader& reader) {
    while (to_ > from_) {
        auto parsed = reader.put(leftover());
        if (!parsed) {
            failure why = parsed.error();
            // On a kept connection such bytes are the last response's, not a server that speaks something else.
            if (reused_ && why.code == make_error_code(http_errc::not_http)) {
                ++state_->counters.surplus;
                why = failure(http_errc::bad_response, "bytes that belong to no response");
            }
            return failure(why.code, host_ + (why.detail.empty() ? "" : ": " + why.detail));
        }
        if (!*parsed) return false;
        header_ = std::move(**parsed);
        from_ += header_.consumed;
        if (!header_.interim) return true;
        if (++interims_ > interim_limit)
            return failure(http_errc::bad_response, host_ + ": too many interim responses");
        std::memmove(buffer_.bytes().data(), leftover().data(), to_ - from_);
        to_ -= from_;
        from_ = 0;
        reader.restart();
    }
    return false;
}

void wire_exchange::header_done() {
    body_ = body_machine(header_.framing);
    if (from_ == to_) buffer_.reset();
    if (body_.finished()) body_done(from_ != to_);
}

// The message is whole: the connection is free for the next request, or not to be trusted with one.
void wire_exchange::body_done(bool surplus) {
    buffer_.reset();
    from_ = to_ = 0;
    auto done = std::exchange(connection_, nullptr);
    if (surplus) ++state_->counters.surplus;
    if (header_.keep_alive && !surplus) state_->pool.give_back(std::move(done), state_->clock.now());
}

task<result<void>> wire_exchange::begin(const std::string& text) {
    const auto limit = state_->options.limits.header;
    auto& stream = *connection_->stream;
    stream.set_deadline(in(limit));
    const auto sent = co_await stream.write(std::as_bytes(std::span(text)));
    if (!sent) co_return fail(timed_out_or(sent.error(), "the request could not be sent within " + seconds(limit)));
    stream.set_deadline(in(limit));
    buffer_ = state_->buffers.take();
    header_reader reader(answers_head_);
    for (;;) {
        const auto got = co_await stream.read_some(buffer_.bytes().subspan(to_));
        const bool unclean_end = !got && got.error().code == make_error_code(http_errc::body_truncated);
        if (unclean_end || (got && *got == 0)) co_return fail(ended_early());
        if (!got) co_return fail(timed_out_or(got.error(), "no answer within " + seconds(limit)));
        answered_ = true;
        to_ += *got;
        state_->counters.bytes_received += *got;
        const auto whole = parse(reader);
        if (!whole) co_return fail(whole.error());
        if (*whole) break;
    }
    header_done();
    co_return result<void>();
}

task<result<std::size_t>> wire_exchange::read(std::span<std::byte> into) {
    if (into.empty()) throw std::invalid_argument("exchange::read into nothing");
    const auto limit = state_->options.limits.stall;
    while (!failed_ && !body_.finished()) {
        if (state_->pool.closed()) co_return fail(closed_by_us());
        std::size_t size = 0;
        if (to_ > from_) {
            const auto kept = leftover();
            size = std::min(kept.size(), into.size());
            std::memcpy(into.data(), kept.data(), size);
            from_ += size;
            if (from_ == to_) buffer_.reset();
        } else {
            auto& stream = *connection_->stream;
            stream.set_deadline(in(limit));
            const auto got = co_await stream.read_some(into);
            if (!got) co_return fail(timed_out_or(got.error(), "no byte within " + seconds(limit)));
            size = *got;
            state_->counters.bytes_received += size;
        }
        if (size == 0) {
            const auto end = body_.connection_ended();
            if (!end) co_return fail(failure(end.error().code, host_ + ": " + end.error().detail));
            body_done(false);
            break;
        }
        const auto part = body_.received(into.first(size));
        if (!part) co_return fail(failure(part.error().code, host_ + ": " + part.error().detail));
        if (body_.finished()) body_done(part->surplus > 0 || from_ != to_);
        if (part->produced > 0) co_return part->produced;
    }
    if (failed_) co_return *failed_;
    co_return std::size_t{0};
}

failure connect_failure(const failure& f, const url& to, world::duration limit) {
    const std::string place = place_of(to);
    if (f.code == make_error_code(network_errc::timed_out))
        return failure(http_errc::timed_out, place + ": no connection within " + seconds(limit));
    if (f.code == make_error_code(network_errc::address_refused)) return failure(http_errc::host_not_allowed, place);
    return failure(f.code, f.detail.empty() ? place : f.detail);
}

task<result<std::shared_ptr<connection>>> open_connection(state_ptr state, url to) {
    const auto limit = state->options.limits.connect;
    const auto deadline = state->clock.now() + limit;
    world::endpoint where{to.host, to.port};
    auto stream = co_await state->net.connect(std::move(where), state->addresses, deadline);
    if (state->pool.closed()) co_return closed_by_us();
    if (!stream) co_return connect_failure(stream.error(), to, limit);
    ++state->counters.connections;
    auto opened = state->pool.adopt(to.origin(), std::move(*stream));
    if (!to.secure()) co_return opened;
    tls_stream::setup how{to.host, to.origin(), state->options.tls_read_buffer};
    auto tls = std::make_unique<tls_stream>(state->tls.get(), std::move(opened->stream), std::move(how), state->buffers,
                                            state->sessions);
    auto& handshaking = *tls;
    opened->stream = std::move(tls);
    handshaking.set_deadline(deadline);
    const auto shaken = co_await handshaking.handshake();
    if (!shaken) co_return connect_failure(shaken.error(), to, limit);
    if (state->pool.closed()) co_return closed_by_us();
    co_return opened;
}

task<result<std::unique_ptr<exchange>>> send_on(state_ptr state, request what) {
    auto text = request_text(what, state->options.user_agent);
    if (!text)
        co_return failure(text.error().code, text.error().detail.empty() ? what.target.host : text.error().detail);
    const bool repeatable = may_repeat(what);
    const std::string origin = what.target.origin();
    for (bool fresh = false;; fresh = true) {
        if (state->pool.closed()) co_return closed_by_us();
        std::shared_ptr<connection> on;
        if (!fresh) on = state->pool.take(origin, state->clock.now(), state->counters.stale);
        const bool reused = on != nullptr;
        if (!reused) {
            auto opened = co_await open_connection(state, what.target);
            if (!opened) co_return opened.error();
            on = std::move(*opened);
        }
        if (reused) ++state->counters.reused;
        auto under_way =
            std::make_unique<wire_exchange>(state, std::move(on), place_of(what.target), reused, what.method == "HEAD");
        const auto begun = co_await under_way->begin(*text);
        if (begun) co_return std::unique_ptr<exchange>(std::move(under_way));
        // The server may end a kept connection at any time, also while the request travels.
        const bool waited = begun.error().code == make_error_code(http_errc::timed_out);
        const bool stale = reused && under_way->unanswered() && !waited && !state->pool.closed();
        if (stale) ++state->counters.stale;
        if (!stale || !repeatable) co_return begun.error();
    }
}

}  // namespace

client::client(world::network& net, world::clock& clock, const tls_context& tls, const world::address_policy& addresses,
               client_options options)
    : impl_(std::make_shared<impl>(net, clock, tls, addresses, std::move(options))) {}

client::~client() {
    close();
}

task<result<std::unique_ptr<exchange>>> client::send(request what) {
    return send_on(impl_, std::move(what));
}

void client::close() {
    impl_->pool.close();
}

const client_counters& client::counters() const {
    return impl_->counters;
}

}  // namespace decamp::transport
