#include "tools/samplecloud/connection.hpp"

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "tools/samplecloud/handlers.hpp"

namespace decamp::samplecloud {
namespace {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

constexpr std::size_t input_bytes = 8192;
constexpr std::uint64_t piece_bytes = std::uint64_t{128} * 1024;

}  // namespace

connection::connection(asio::ip::tcp::socket socket, cloud& of, origin where)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), cloud_(of), where_(where), input_(input_bytes) {
    refused_ = !cloud_.connection_opened(where_);
}

connection::~connection() {
    report(false);
    cloud_.connection_closed(where_);
}

void connection::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    read();
}

void connection::read() {
    socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](const error_code& ec, std::size_t bytes) {
        if (!ec) self->take(bytes);
    });
}

void connection::take(std::size_t bytes) {
    std::string_view offered(input_.data(), bytes);
    if (!pending_.empty()) {
        pending_.append(offered);
        offered = pending_;
    }
    error_code ec;
    const std::size_t used = reader_.feed(offered, ec);
    std::string left(offered.substr(used));
    pending_ = std::move(left);
    if (ec) {
        keep_ = false;
        response_ = http_response{};
        set_status(response_, 400, -1);
        response_.close_after = true;
        begin_reply();
    } else if (reader_.complete()) {
        answer();
    } else {
        read();
    }
}

void connection::answer() {
    const http_request& request = reader_.request();
    response_ = http_response{};
    keep_ = request.keep_alive;
    if (refused_) {
        set_status(response_, 503, -1);
        keep_ = false;
    } else {
        cloud_.handle(where_, request, response_);
    }
    if (!keep_) response_.close_after = true;
    ++answered_;
    const std::uint64_t most = cloud_.now()->switches->api.close_after_requests;
    if (most != 0 && answered_ >= most) response_.drop_after = true;
    if (response_.delay_ms == 0) {
        begin_reply();
        return;
    }
    timer_.expires_after(std::chrono::milliseconds(response_.delay_ms));
    timer_.async_wait([self = shared_from_this()](const error_code& ec) {
        if (!ec) self->begin_reply();
    });
}

void connection::begin_reply() {
    reply_.emplace(response_);
    output_ = reply_->head();
    append_body();
    write();
}

/// Adds the next piece of the body to output_.
void connection::append_body() {
    const std::uint64_t rate = response_.bytes_per_second;
    reply_->append_body(output_, rate != 0 ? std::max<std::uint64_t>(rate / 20, 1) : piece_bytes);
}

void connection::write() {
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](const error_code& ec, std::size_t) {
        if (!ec) self->written();
    });
}

void connection::written() {
    if (reply_->done()) {
        end_of_reply();
        return;
    }
    output_.clear();
    if (response_.bytes_per_second == 0) {
        append_body();
        write();
        return;
    }
    timer_.expires_after(std::chrono::milliseconds(50));
    timer_.async_wait([self = shared_from_this()](const error_code& ec) {
        if (ec) return;
        self->append_body();
        self->write();
    });
}

void connection::end_of_reply() {
    error_code ignored;
    if (response_.end == reply_end::stall) {
        stalled_ = true;
        cloud_.stall_began();
        wait_for_client_to_leave();
        return;
    }
    const bool closes = reply_->closes() || !keep_;
    report(true);
    if (response_.end == reply_end::reset) {
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
        return;
    }
    if (closes) {
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        wait_for_client_to_leave();
        return;
    }
    reader_.next();
    if (pending_.empty()) {
        read();
    } else {
        take(0);  // a request that came in with the last one
    }
}

/// Closing with unread input would reset the connection and take the reply's end with it: read it away first.
void connection::wait_for_client_to_leave() {
    socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](const error_code& ec, std::size_t) {
        if (!ec) self->wait_for_client_to_leave();
    });
}

void connection::report(bool as_planned) {
    if (stalled_) {
        stalled_ = false;
        cloud_.stall_ended();
        as_planned = true;
    }
    if (response_.record == 0) return;
    cloud_.finished(response_, reply_ ? reply_->sent() : 0, as_planned);
    reply_.reset();
    response_.record = 0;
}

}  // namespace decamp::samplecloud
