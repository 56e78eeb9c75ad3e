#include "tools/samplecloud/connection.hpp"

#include <fmt/format.h>

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
constexpr std::uint64_t piece_bytes = 128 * 1024;

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 206:
            return "Partial Content";
        case 302:
            return "Found";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 416:
            return "Range Not Satisfiable";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

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

std::string connection::head() const {
    const bool bare = response_.status == 204 || response_.status == 304;
    std::string out = fmt::format("HTTP/1.1 {} {}\r\nServer: sample\r\n", response_.status, reason(response_.status));
    if (!response_.content_type.empty() && !bare) out += "Content-Type: " + response_.content_type + "\r\n";
    out += response_.headers;
    if (response_.chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!response_.no_length && !bare) {
        out += fmt::format("Content-Length: {}\r\n", response_.announced_length.value_or(response_.body_length()));
    }
    if (response_.close_after || response_.no_length) out += "Connection: close\r\n";
    return out + "\r\n";
}

void connection::begin_reply() {
    replying_ = true;
    body_sent_ = 0;
    body_end_ = response_.body_length();
    if (response_.send_only) body_end_ = std::min(body_end_, *response_.send_only);
    output_ = head();
    append_body();
    write();
}

/// Adds the next piece of the body to output_.
void connection::append_body() {
    const std::uint64_t most =
        response_.bytes_per_second != 0 ? std::max<std::uint64_t>(response_.bytes_per_second / 20, 1) : piece_bytes;
    const auto take = static_cast<std::size_t>(std::min(most, body_end_ - body_sent_));
    if (take != 0) {
        if (response_.chunked) output_ += fmt::format("{:x}\r\n", take);
        if (response_.stream) {
            const std::size_t before = output_.size();
            output_.resize(before + take);
            response_.stream(response_.stream_offset + body_sent_, output_.data() + before, take);
        } else {
            output_.append(response_.body, static_cast<std::size_t>(body_sent_), take);
        }
        if (response_.chunked) output_ += "\r\n";
        body_sent_ += take;
    }
    if (response_.chunked && body_sent_ == body_end_ && response_.end == reply_end::whole) output_ += "0\r\n\r\n";
}

void connection::write() {
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](const error_code& ec, std::size_t) {
        if (!ec) self->written();
    });
}

void connection::written() {
    if (body_sent_ == body_end_) {
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
    report(true);
    if (response_.end == reply_end::reset) {
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
        return;
    }
    const bool closes = response_.end == reply_end::close || response_.close_after || response_.drop_after ||
                        response_.no_length || !keep_;
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
    cloud_.finished(response_, body_sent_, as_planned);
    response_.record = 0;
}

}  // namespace decamp::samplecloud
