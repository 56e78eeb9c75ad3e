#include "engine/transport/response_header.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>

namespace decamp::transport {

namespace http = boost::beast::http;

struct header_reader::impl {
    explicit impl(bool head = false) : answers_head(head) {}
    bool answers_head;
    // The size of the header once it is whole, else 0. Beast sees a header only then: fed in pieces it would answer to
    // the same bytes by how they were cut, and wait for ever for the end of one whose lines end in a bare LF.
    result<std::size_t> find_end(std::span<const std::byte> window);
    std::size_t looked_at = 0;
    http::response_parser<http::empty_body> parser;
};

namespace {

using parser_type = http::response_parser<http::empty_body>;

std::string text_of(boost::beast::string_view text) {
    return std::string(text.data(), text.size());
}

// Nobody asked for a transfer coding (no TE header), so only "chunked" alone can be undone.
bool unknown_coding(const response_head& head) {
    return std::ranges::any_of(head.all("Transfer-Encoding"),
                               [](std::string_view v) { return !equal_names(v, "chunked"); });
}

body_framing framing_of(const parser_type& parser, bool answers_head, int status) {
    if (answers_head || status == 204 || status == 304 || status / 100 == 1) return {};
    if (parser.chunked()) return {body_kind::chunked, 0};
    const auto length = parser.content_length();
    if (!length) return {body_kind::until_close, 0};
    return {body_kind::length, *length};
}

result<std::optional<parsed_header>> finish(const parser_type& parser, bool answers_head, std::size_t consumed) {
    parsed_header out;
    out.consumed = consumed;
    const auto& message = parser.get();
    out.head.status = static_cast<int>(message.result_int());
    for (const auto& field : message)
        out.head.headers.push_back({text_of(field.name_string()), text_of(field.value())});
    if (out.head.status < 100 || out.head.status == 101)
        return failure(http_errc::bad_response, "status " + std::to_string(out.head.status));
    if (unknown_coding(out.head)) return failure(http_errc::bad_response, "transfer coding other than chunked");
    if (const auto length = parser.content_length()) out.head.content_length = *length;
    out.interim = out.head.status / 100 == 1;
    out.framing = framing_of(parser, answers_head, out.head.status);
    // RFC 9112, 6.1: chunks in HTTP/1.0 are faulty framing; the body is read, the connection is not trusted again.
    const bool chunked_1_0 = parser.chunked() && message.version() < 11;
    out.keep_alive = parser.keep_alive() && out.framing.kind != body_kind::until_close && !chunked_1_0;
    return std::optional<parsed_header>(std::move(out));
}

}  // namespace

result<std::size_t> header_reader::impl::find_end(std::span<const std::byte> window) {
    for (auto& i = looked_at; i < window.size(); ++i) {
        if (window[i] != std::byte{'\n'}) continue;
        if (window[i - 1] != std::byte{'\r'})
            return failure(http_errc::bad_response, "line feed without carriage return");
        if (window[i - 2] == std::byte{'\n'}) return i + 1;  // the banner stands before: never below 0
    }
    return std::size_t{0};
}

header_reader::header_reader(bool answers_head) : impl_(std::make_unique<impl>()) {
    impl_->answers_head = answers_head;
    restart();
}

void header_reader::restart() {
    impl_ = std::make_unique<impl>(impl_->answers_head);
    impl_->parser.eager(false);
    impl_->parser.skip(true);
    impl_->parser.body_limit(boost::none);
    impl_->parser.header_limit(static_cast<std::uint32_t>(header_limit));
}

header_reader::~header_reader() = default;

result<std::optional<parsed_header>> header_reader::put(std::span<const std::byte> so_far) {
    static constexpr std::string_view banner = "HTTP/";
    const std::size_t seen = std::min(so_far.size(), banner.size());
    if (std::memcmp(so_far.data(), banner.data(), seen) != 0) return failure(http_errc::not_http);
    const auto window = so_far.first(std::min(so_far.size(), header_limit));
    const auto end = impl_->find_end(window);
    if (!end) return end.error();
    if (*end == 0) {
        if (so_far.size() >= header_limit) return failure(http_errc::header_too_large);
        return std::optional<parsed_header>();
    }
    boost::system::error_code ec;
    const std::size_t used = impl_->parser.put(boost::asio::buffer(so_far.data(), *end), ec);
    if (ec) return failure(http_errc::bad_response, ec.message());
    if (used != *end || !impl_->parser.is_header_done())
        return failure(http_errc::bad_response, "header of unclear length");
    return finish(impl_->parser, impl_->answers_head, used);
}

}  // namespace decamp::transport
