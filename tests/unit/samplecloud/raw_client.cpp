#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace decamp::samplecloud::test {
namespace {

struct parts {
    std::string host;
    std::uint16_t port;
    std::string target;
};

parts split(std::string_view url) {
    url.remove_prefix(std::string_view("http://").size());
    const std::size_t slash = std::min(url.find('/'), url.size());
    const std::string_view place = url.substr(0, slash);
    const std::size_t colon = place.find(':');
    return {std::string(place.substr(0, colon)),
            static_cast<std::uint16_t>(std::stoi(std::string(place.substr(colon + 1)))),
            std::string(url.substr(slash))};
}

bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
    }
    return true;
}

}  // namespace

std::string raw_reply::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return value;
    }
    return {};
}

std::vector<std::string> raw_reply::all(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) found.push_back(value);
    }
    return found;
}

boost::json::value raw_reply::json() const {
    return boost::json::parse(body);
}

std::string raw_reply::cookie(std::string_view name) const {
    for (const std::string& line : all("Set-Cookie")) {
        if (line.starts_with(std::string(name) + "=")) {
            return line.substr(name.size() + 1, line.find(';') - name.size() - 1);
        }
    }
    return {};
}

raw_connection::raw_connection(std::string_view url) {
    const parts where = split(url);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    ::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr);
    const timeval patience{60, 0};  // a hanging test fails instead of hanging; nothing waits for it to pass
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect");
    }
}

raw_connection::~raw_connection() {
    ::close(socket_);
}

void raw_connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the reply, or its absence, shows it
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool raw_connection::more() {
    if (ended_) return false;
    std::array<char, 65536> piece;
    const ssize_t received = ::recv(socket_, piece.data(), piece.size(), 0);
    if (received <= 0) {
        if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            throw std::runtime_error("nothing came in a minute");
        reset_ = received < 0 && errno == ECONNRESET;
        ended_ = true;
        return false;
    }
    buffer_.append(piece.data(), static_cast<std::size_t>(received));
    return true;
}

std::string raw_connection::receive(std::size_t count) {
    while (buffer_.size() < count && more()) {
    }
    const std::string out = buffer_.substr(0, count);
    buffer_.erase(0, out.size());
    return out;
}

raw_reply raw_connection::reply() {
    raw_reply out;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!more()) {
            out.short_of_length = true;
            out.reset = reset_;
            return out;
        }
    }
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    out.status = std::atoi(head.substr(9, 3).c_str());
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t stop = head.find("\r\n", at);
        const std::size_t colon = head.find(": ", at);
        out.headers.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, stop - colon - 2));
        at = stop + 2;
    }
    const std::string length = out.header("Content-Length");
    if (out.header("Transfer-Encoding") == "chunked") {
        while (true) {
            while (buffer_.find("\r\n") == std::string::npos && more()) {
            }
            const std::size_t line = buffer_.find("\r\n");
            if (line == std::string::npos) break;
            const std::size_t size = std::stoul(buffer_.substr(0, line), nullptr, 16);
            buffer_.erase(0, line + 2);
            out.body += receive(size);
            receive(2);
            if (size == 0) return out;
        }
        out.short_of_length = true;
    } else if (length.empty()) {
        while (more()) {
        }
        out.body.swap(buffer_);
    } else {
        const std::size_t wanted = std::stoul(length);
        out.body = receive(wanted);
        out.short_of_length = out.body.size() < wanted;
    }
    out.reset = reset_;
    return out;
}

raw_reply raw_connection::get(std::string_view target, const std::string& headers) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: sample\r\n" + headers + "\r\n");
    return reply();
}

raw_reply raw_connection::post(std::string_view target, const std::string& body, const std::string& headers) {
    send("POST " + std::string(target) + " HTTP/1.1\r\nHost: sample\r\n" + headers +
         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body);
    return reply();
}

raw_reply fetch(const std::string& url, const std::string& headers) {
    return raw_connection(url).get(split(url).target, headers);
}

raw_reply post(const std::string& url, const std::string& body, const std::string& headers) {
    return raw_connection(url).post(split(url).target, body, headers);
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        std::array<char, 4> code{};
        std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += code.data();
    }
    return out;
}

signed_client::signed_client(const server& cloud) : cloud_(cloud) {
    const boost::json::value credentials = boost::json::parse(cloud.credentials_json());
    token = std::string(credentials.at("serviceToken").as_string());
    user_ = std::string(credentials.at("userId").as_string());
}

std::string signed_client::cookies() const {
    return "Cookie: userId=" + user_ + "; serviceToken=" + token + "\r\n";
}

raw_reply signed_client::api(const std::string& target) const {
    return fetch(cloud_.api_url() + target, cookies());
}

boost::json::value signed_client::data(const std::string& target) const {
    const raw_reply reply = api(target);
    const boost::json::value root = reply.json();
    if (reply.status != 200 || root.at("code").as_int64() != 0) throw std::runtime_error("refused: " + reply.body);
    return root.at("data");
}

std::vector<std::string> signed_client::ids(const std::string& query) const {
    std::vector<std::string> out;
    for (int page = 0;; ++page) {
        const auto answer = data("/gallery/user/galleries?ts=1&pageNum=" + std::to_string(page) + "&" + query);
        if (answer.at("galleries").is_array()) {
            for (const auto& item : answer.at("galleries").as_array()) {
                out.emplace_back(item.at("id").as_string());
            }
        }
        if (answer.at("isLastPage").as_bool()) return out;
    }
}

signed_client::file_link signed_client::link_of_page(const std::string& page) {
    const std::size_t open = page.find('(');
    const std::size_t close = page.rfind(')');
    const auto value = boost::json::parse(page.substr(open + 1, close - open - 1));
    return {std::string(value.at("url").as_string()), std::string(value.at("meta").as_string())};
}

signed_client::file_link signed_client::link(const std::string& id) const {
    const auto answer = data("/gallery/storage?ts=1&id=" + id);
    return link_of_page(fetch(std::string(answer.at("url").as_string())).body);
}

raw_reply signed_client::download(const file_link& from, const std::string& headers) {
    return post(from.url, "meta=" + percent_encoded(from.meta), headers);
}

raw_reply signed_client::download(const std::string& id, const std::string& headers) const {
    return download(link(id), headers);
}

}  // namespace decamp::samplecloud::test
