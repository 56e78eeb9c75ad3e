#include "engine/transport/http.hpp"

#include <algorithm>

namespace decamp::transport {

namespace {

class http_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "http"; }
    std::string message(int value) const override {
        switch (static_cast<http_errc>(value)) {
            case http_errc::not_http:
                return "what answers does not speak HTTP";
            case http_errc::bad_response:
                return "malformed response";
            case http_errc::header_too_large:
                return "response header too large";
            case http_errc::body_truncated:
                return "the connection ended before the body was whole";
            case http_errc::tls_failed:
                return "TLS failed";
            case http_errc::tls_not_verified:
                return "certificate not verified";
            case http_errc::bad_url:
                return "not a usable URL";
            case http_errc::host_not_allowed:
                return "host not allowed";
            case http_errc::timed_out:
                return "no answer in time";
            case http_errc::bad_request:
                return "not a sendable request";
        }
        return "unknown";
    }
    error_class classify(int value) const noexcept override {
        switch (static_cast<http_errc>(value)) {
            case http_errc::bad_response:
            case http_errc::header_too_large:
            case http_errc::body_truncated:
            case http_errc::tls_failed:
            case http_errc::timed_out:
                return error_class::transient;
            case http_errc::bad_url:
            case http_errc::host_not_allowed:
            case http_errc::bad_request:
                return error_class::item;
            case http_errc::not_http:
            case http_errc::tls_not_verified:
                return error_class::run;
        }
        return error_class::bug;
    }
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

boost::system::error_code make_error_code(http_errc e) {
    static const http_category category;
    return {static_cast<int>(e), category};
}

bool equal_names(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view response_head::header(std::string_view name) const {
    for (const auto& field : headers)
        if (equal_names(field.name, name)) return field.value;
    return {};
}

std::vector<std::string_view> response_head::all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& field : headers)
        if (equal_names(field.name, name)) out.push_back(field.value);
    return out;
}

task<result<std::string>> read_all(exchange& from, std::size_t limit) {
    static constexpr std::size_t first_piece = 16384, piece_limit = 262144;
    const failure over(http_errc::bad_response, "body over the limit");
    const auto announced = from.head().content_length;
    if (announced && *announced > limit) co_return over;
    std::string text;
    std::size_t size = 0, piece = first_piece;
    // One byte above what is announced, so that the end is found without growing.
    if (announced) piece = static_cast<std::size_t>(*announced) + 1;
    for (;;) {
        if (text.size() == size) {
            // The announced length is only a promise: memory follows what arrives.
            text.resize(size + std::min(std::max(piece, size), piece_limit));
        }
        const auto room = std::as_writable_bytes(std::span(text.data() + size, text.size() - size));
        const auto got = co_await from.read(room);
        if (!got) co_return got.error();
        if (*got == 0) break;
        size += *got;
        if (size > limit) co_return over;
    }
    text.resize(size);
    co_return text;
}

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    const auto append = [&out](std::string_view text) {
        for (char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (letter || c == '*' || c == '-' || c == '.' || c == '_') {
                out += c;
            } else if (c == ' ') {
                out += '+';
            } else {
                out += '%';
                out += digits[byte >> 4];
                out += digits[byte & 15];
            }
        }
    };
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        append(name);
        out += '=';
        append(value);
    }
    return out;
}

}  // namespace decamp::transport
