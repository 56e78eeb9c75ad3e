#include "engine/transport/request_text.hpp"

#include <algorithm>
#include <array>

namespace decamp::transport {

namespace {

bool is_token(std::string_view text) {
    static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

bool is_target(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f; });
}

bool is_ours(std::string_view name) {
    static constexpr std::array ours{"Host", "Content-Length", "Connection", "Transfer-Encoding"};
    return std::ranges::any_of(ours, [&](std::string_view own) { return equal_names(own, name); });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool may_repeat(const request& what) {
    return what.safe_to_repeat || what.method == "GET" || what.method == "HEAD";
}

result<std::string> request_text(const request& what, std::string_view user_agent) {
    const url& to = what.target;
    const bool http = to.scheme == "http" || to.scheme == "https";
    if (!http || to.port == 0 || normal_host(to.host) != to.host || !to.path.starts_with('/') ||
        !is_target(to.target()))
        return failure(http_errc::bad_url);
    if (!is_token(what.method)) return failure(http_errc::bad_request, "method");
    std::string out = what.method + " " + to.target() + " HTTP/1.1\r\n";
    append_field(out, "Host", to.host_header());
    bool agent = user_agent.empty(), encoding = false;
    for (const auto& field : what.headers) {
        if (!is_token(field.name) || is_ours(field.name)) return failure(http_errc::bad_request, "header name");
        // Its value may be a secret: only the name is said.
        if (!is_field_value(field.value)) return failure(http_errc::bad_request, "value of header " + field.name);
        agent = agent || equal_names(field.name, "User-Agent");
        encoding = encoding || equal_names(field.name, "Accept-Encoding");
        append_field(out, field.name, field.value);
    }
    if (!agent) append_field(out, "User-Agent", user_agent);
    if (!encoding) append_field(out, "Accept-Encoding", "identity");
    if (!what.body.empty() || what.method == "POST" || what.method == "PUT")
        append_field(out, "Content-Length", std::to_string(what.body.size()));
    out += "\r\n";
    out += what.body;
    return out;
}

}  // namespace decamp::transport
