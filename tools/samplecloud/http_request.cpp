#include "tools/samplecloud/http_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace decamp::samplecloud {
namespace {

namespace http = boost::beast::http;
using error_code = boost::system::error_code;

/// Keeps the few fields wanted instead of a container of all: no allocation for the rest.
class field_picker final : public http::basic_parser<true> {
  public:
    explicit field_picker(http_request& into) : into_(into) {
        header_limit(65536);
        body_limit(std::uint64_t{4} << 20);
        eager(true);
    }

  private:
    using text = boost::beast::string_view;

    void on_request_impl(http::verb, text method, text target, int, error_code&) override {
        into_.method.assign(method.data(), method.size());
        into_.target.assign(target.data(), target.size());
    }
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(http::field name, text, text value, error_code&) override {
        switch (name) {
            case http::field::cookie:
                if (into_.has_cookie) into_.cookie += "; ";
                into_.has_cookie = true;
                into_.cookie.append(value.data(), value.size());
                break;
            case http::field::range:
                into_.range.assign(value.data(), value.size());
                break;
            case http::field::if_range:
                into_.if_range.assign(value.data(), value.size());
                break;
            default:
                break;
        }
    }
    void on_header_impl(error_code&) override { into_.keep_alive = keep_alive(); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(text body, error_code&) override { return append(body); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return append(body); }
    void on_finish_impl(error_code&) override {}

    std::size_t append(text body) {
        into_.body.append(body.data(), body.size());
        return body.size();
    }

    http_request& into_;
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string form_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out.push_back(' ');
        } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

/// Calls visit(name, value) for each pair until it answers true.
template <class Visitor>
bool each_pair(std::string_view text, char separator, Visitor visit) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (!name.empty() && visit(name, value)) return true;
    }
    return false;
}

}  // namespace

class http_request_reader::parser {
  public:
    http_request request;
    std::optional<field_picker> picker{std::in_place, request};
};

std::string_view http_request::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view http_request::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

http_request_reader::http_request_reader() : parser_(std::make_unique<parser>()) {}
http_request_reader::~http_request_reader() = default;

std::size_t http_request_reader::feed(std::string_view bytes, error_code& ec) {
    std::size_t used = 0;
    ec = {};
    while (used < bytes.size() && !parser_->picker->is_done()) {
        const std::size_t now = parser_->picker->put(boost::asio::buffer(bytes.substr(used)), ec);
        used += now;
        if (ec == http::error::need_more) {
            ec = {};
            if (now == 0) break;
            continue;
        }
        if (ec) break;
    }
    return used;
}

bool http_request_reader::complete() const {
    return parser_->picker->is_done();
}
const http_request& http_request_reader::request() const {
    return parser_->request;
}

void http_request_reader::next() {
    http_request& request = parser_->request;
    request.method.clear();
    request.target.clear();
    request.cookie.clear();
    request.has_cookie = false;
    request.range.clear();
    request.if_range.clear();
    request.body.clear();
    request.keep_alive = true;
    parser_->picker.emplace(request);
}

std::string form_value(std::string_view form, std::string_view name) {
    std::string found;
    each_pair(form, '&', [&](std::string_view key, std::string_view value) {
        if (key != name) return false;
        found = form_decode(value);
        return true;
    });
    return found;
}

bool form_has(std::string_view form, std::string_view name) {
    return each_pair(form, '&', [&](std::string_view key, std::string_view) { return key == name; });
}

std::string cookie_value(std::string_view cookies, std::string_view name) {
    std::string found;
    each_pair(cookies, ';', [&](std::string_view key, std::string_view value) {
        if (key != name) return false;
        found = std::string(value);
        return true;
    });
    return found;
}

std::vector<std::string> cookie_names(std::string_view cookies) {
    std::vector<std::string> names;
    each_pair(cookies, ';', [&](std::string_view key, std::string_view) {
        names.emplace_back(key);
        return false;
    });
    return names;
}

std::string url_encode(std::string_view text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        }
    }
    return out;
}

}  // namespace decamp::samplecloud
