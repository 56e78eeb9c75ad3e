#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <optional>

#include "engine/world/network.hpp"

namespace decamp::world {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_addresses = 16;  // of one name: a resolver's answer is hostile too

// What a stream and its timer share. The timer's handler keeps it alive, so closing may come at any time.
struct connection : std::enable_shared_from_this<connection> {
    explicit connection(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}

    tcp::socket socket;
    asio::steady_timer timer;
    steady_time deadline = steady_time::max();
    steady_time armed_for = steady_time::max();  // when the timer will look at the deadline again
    bool closed = false;

    bool late() const { return std::chrono::steady_clock::now() >= deadline; }

    // A deadline that moves away costs nothing: the timer finds out when it fires. One that comes nearer re-arms it.
    void set_deadline(steady_time when) {
        deadline = when;
        if (!closed && when < armed_for) arm(when);
    }

    void arm(steady_time when) {
        armed_for = when;
        timer.expires_at(when);
        timer.async_wait([self = shared_from_this(), when](const boost::system::error_code& error) {
            if (error || self->closed || self->armed_for != when) return;
            self->armed_for = steady_time::max();
            boost::system::error_code ignored;
            if (self->late())
                self->socket.cancel(ignored);
            else if (self->deadline != steady_time::max())
                self->arm(self->deadline);
        });
    }

    void close() {
        closed = true;
        boost::system::error_code ignored;
        socket.close(ignored);
        timer.cancel();
    }

    // Why an operation failed.
    failure failed(const boost::system::error_code& error) const {
        namespace code = asio::error;
        if (closed) return network_errc::closed;
        if (error == code::operation_aborted || error == code::timed_out) return network_errc::timed_out;
        if (error == code::connection_refused || error == code::network_unreachable ||
            error == code::host_unreachable || error == code::network_down ||
            error == boost::system::errc::address_not_available)
            return failure(network_errc::refused, error.message());
        // Out of descriptors or memory is no fault of the network's.
        if (error == code::no_descriptors || error == code::no_memory || error == code::no_buffer_space) return {error};
        return failure(network_errc::reset, error.message());
    }
};

class tcp_stream final : public byte_stream {
  public:
    explicit tcp_stream(std::shared_ptr<connection> c) : connection_(std::move(c)) {}
    ~tcp_stream() override { connection_->close(); }

    task<result<std::size_t>> read_some(std::span<std::byte> into) override {
        const auto c = connection_;  // the stream may be gone when the operation ends
        if (c->closed) co_return network_errc::closed;
        if (c->late()) co_return network_errc::timed_out;
        const asio::mutable_buffer buffer(into.data(), into.size());
        const auto [error, bytes] = co_await c->socket.async_read_some(buffer, token);
        if (!error) co_return bytes;
        if (error == asio::error::eof && !c->closed) co_return std::size_t{0};
        co_return c->failed(error);
    }

    // Not asio::async_write: a deadline that passes between two of its parts would find nothing to cancel.
    task<result<void>> write(std::span<const std::byte> from) override {
        const auto c = connection_;
        do {
            if (c->closed) co_return network_errc::closed;
            if (c->late()) co_return network_errc::timed_out;
            const asio::const_buffer buffer(from.data(), from.size());
            const auto [error, bytes] = co_await c->socket.async_write_some(buffer, token);
            if (error) co_return c->failed(error);
            from = from.subspan(bytes);
        } while (!from.empty());
        co_return result<void>();
    }

    void set_deadline(steady_time when) override { connection_->set_deadline(when); }
    void close() override { connection_->close(); }

    bool quiet() override {
        if (connection_->closed) return false;
        char byte = 0;
        const auto got = ::recv(connection_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

  private:
    std::shared_ptr<connection> connection_;
};

// getaddrinfo cannot be interrupted: at the deadline we stop waiting and let its answer fall to the ground.
struct lookup {
    explicit lookup(const asio::any_io_executor& executor) : resolver(executor), timer(executor) {}
    tcp::resolver resolver;
    asio::steady_timer timer;
    bool done = false;
    boost::system::error_code error;
    std::vector<asio::ip::address> addresses;
};

asio::ip::address plain(const asio::ip::address& address) {
    // ::ffff:127.0.0.1 is 127.0.0.1, and the address policy is to see it as that.
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

void start_lookup(const std::shared_ptr<lookup>& l, const endpoint& to, steady_time deadline) {
    l->timer.expires_at(deadline);
    l->resolver.async_resolve(
        to.host, std::to_string(to.port), tcp::resolver::numeric_service,
        [l](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
            l->done = true;
            l->error = error;
            for (const auto& entry : found) {
                const auto address = plain(entry.endpoint().address());
                if (l->addresses.size() < most_addresses &&
                    std::find(l->addresses.begin(), l->addresses.end(), address) == l->addresses.end())
                    l->addresses.push_back(address);
            }
            l->timer.cancel();
        });
}

task<result<std::vector<asio::ip::address>>> resolve(endpoint to, steady_time deadline) {
    std::vector<asio::ip::address> addresses;
    boost::system::error_code error;
    const auto literal = asio::ip::make_address(to.host, error);
    if (!error) {
        addresses.push_back(plain(literal));
        co_return addresses;
    }
    if (to.host.empty() || to.host.size() > 253 || to.host.find('\0') != to.host.npos)
        co_return failure(network_errc::unresolved, "no host name");
    const auto executor = co_await asio::this_coro::executor;
    const auto l = std::make_shared<lookup>(executor);
    start_lookup(l, to, deadline);
    while (!l->done && std::chrono::steady_clock::now() < deadline) {
        const auto [rung] = co_await l->timer.async_wait(token);
        (void)rung;
    }
    if (!l->done) {
        l->resolver.cancel();
        co_return failure(network_errc::timed_out, "looking up " + to.host);
    }
    if (l->error || l->addresses.empty()) co_return failure(network_errc::unresolved, to.host);
    co_return std::move(l->addresses);
}

void set_options(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

// Each address gets its share of the time that is left, so that a dead first one does not eat it all.
steady_time share_of(steady_time now, steady_time deadline, std::size_t addresses_left) {
    if (deadline == steady_time::max()) return addresses_left > 1 ? now + std::chrono::seconds(10) : deadline;
    const auto left = deadline - now;
    const auto share = left / static_cast<steady_time::rep>(std::max<std::size_t>(addresses_left, 1));
    return now + std::min(left, std::max<steady_time::duration>(share, std::chrono::seconds(2)));
}

class tcp_network final : public network {
  public:
    task<result<std::unique_ptr<byte_stream>>> connect(endpoint to, const address_policy& policy,
                                                       steady_time deadline) override {
        auto resolved = co_await resolve(to, deadline);
        if (!resolved) co_return resolved.error();
        std::vector<asio::ip::address> allowed;
        for (const auto& address : *resolved)
            if (policy.allowed(to, address.to_string())) allowed.push_back(address);
        if (allowed.empty()) co_return failure(network_errc::address_refused, to.host);

        const auto executor = co_await asio::this_coro::executor;
        failure last(network_errc::timed_out, to.host);
        for (std::size_t i = 0; i < allowed.size(); ++i) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) break;
            const auto c = std::make_shared<connection>(executor);
            c->set_deadline(share_of(now, deadline, allowed.size() - i));
            const tcp::endpoint target(allowed[i], to.port);
            const auto [error] = co_await c->socket.async_connect(target, token);
            if (!error) {
                set_options(c->socket);
                c->set_deadline(steady_time::max());
                std::unique_ptr<byte_stream> stream = std::make_unique<tcp_stream>(c);
                co_return std::move(stream);
            }
            last = c->failed(error);
            last.detail = to.host + (last.detail.empty() ? "" : ": " + last.detail);
            c->close();
        }
        co_return last;
    }
};

}  // namespace

std::unique_ptr<network> make_tcp_network() {
    return std::make_unique<tcp_network>();
}

}  // namespace decamp::world
