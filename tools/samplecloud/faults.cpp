#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/json_text.hpp"

namespace decamp::samplecloud {
namespace {

constexpr std::uint64_t most_encoded = std::uint64_t{4} << 20;

std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

void put_le(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
}

/// A gzip member of stored blocks (RFC 1952, RFC 1951 3.2.4): an encoding nobody asked for, undone by any reader.
std::string gzip_stored(const std::string& bytes) {
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    constexpr std::size_t block = 65535;
    std::size_t at = 0;
    do {
        const std::size_t take = std::min(block, bytes.size() - at);
        out.push_back(at + take == bytes.size() ? '\1' : '\0');
        put_le(out, take, 2);
        put_le(out, ~take, 2);
        out.append(bytes, at, take);
        at += take;
    } while (at < bytes.size());
    put_le(out, crc32(bytes), 4);
    put_le(out, bytes.size(), 4);
    return out;
}

void replace_body(http_response& response, std::string type, std::string body) {
    response.stream = nullptr;
    response.item.reset();
    response.content_type = std::move(type);
    response.headers.clear();
    response.body = std::move(body);
}

void corrupt(http_response& response) {
    const std::uint64_t length = response.stream_length;
    if (length == 0) return;
    const std::uint64_t wrong = response.stream_offset + length / 2;
    response.stream = [inner = std::move(response.stream), wrong](std::uint64_t offset, char* out, std::size_t count) {
        inner(offset, out, count);
        if (wrong >= offset && wrong < offset + count) out[wrong - offset] = static_cast<char>(out[wrong - offset] ^ 1);
    };
}

void encode(http_response& response) {
    if (response.status != 200 || response.stream_length > most_encoded) return;
    std::string plain(static_cast<std::size_t>(response.stream_length), '\0');
    response.stream(response.stream_offset, plain.data(), plain.size());
    response.stream = nullptr;
    response.body = gzip_stored(plain);
    response.headers += "Content-Encoding: gzip\r\n";
}

/// Where the first object of the answer's list stands; nothing of a list without any.
std::pair<std::size_t, std::size_t> first_of_list(const std::string& body) {
    const std::size_t list = body.find("[{");
    if (list == std::string::npos) return {0, 0};
    std::size_t depth = 0;
    bool text = false;
    for (std::size_t i = list + 1; i < body.size(); ++i) {
        const char c = body[i];
        if (text) {
            if (c == '\\') ++i;
            text = c != '"';
        } else if (c == '"') {
            text = true;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return {list + 1, i - list};
        }
    }
    return {0, 0};
}

void list_first_again(std::string& body) {
    const auto [begin, length] = first_of_list(body);
    if (length != 0) body.insert(begin + length, "," + body.substr(begin, length));
}

void leave_first_out(std::string& body) {
    const auto [begin, length] = first_of_list(body);
    if (length != 0) body.erase(begin, length + (body[begin + length] == ',' ? 1 : 0));
}

}  // namespace

bool in_group(request_group group, endpoint kind) {
    const bool list = kind == endpoint::albums || kind == endpoint::timeline || kind == endpoint::galleries;
    switch (group) {
        case request_group::any:
            return true;
        case request_group::api:
            return (kind >= endpoint::keep_alive && kind <= endpoint::link) || kind == endpoint::quota;
        case request_group::lists:
            return list;
        case request_group::galleries:
            return kind == endpoint::galleries;
        case request_group::albums:
            return kind == endpoint::albums;
        case request_group::timeline:
            return kind == endpoint::timeline;
        case request_group::link:
            return kind == endpoint::link;
        case request_group::page:
            return kind == endpoint::page;
        case request_group::download:
            return kind == endpoint::download;
        case request_group::account:
            return kind <= endpoint::sts;
    }
    return false;
}

const item_fault* fault_for(cloud& of, const exchange& x, fault_stage stage, std::uint64_t index) {
    std::uint64_t attempt = of.attempt(stage, index);
    const auto& faults = x.switches().faults;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        const item_fault& fault = faults[i];
        if (stage_of(fault.kind) != stage) continue;
        if (!x.items().selected(fault.which, purpose::fault, index, i + 1)) continue;
        if (fault.times == 0 || attempt < fault.times) {
            of.count_fault_shown();
            return &fault;
        }
        attempt -= fault.times;  // several faults of one item show one after the other
    }
    return nullptr;
}

void set_status(http_response& response, int status, int retry_after) {
    response.status = status;
    replace_body(response, "text/html", fmt::format("<html><body><h1>{}</h1></body></html>", status));
    if (retry_after >= 0) response.headers = fmt::format("Retry-After: {}\r\n", retry_after);
}

void spoil_bytes(cloud& of, exchange& x, const item_fault& fault) {
    http_response& response = x.response;
    const std::uint64_t length = response.body_length();
    const std::uint64_t part = std::min(fault.bytes != 0 ? fault.bytes : length / 2, length);
    auto end_at_part = [&](reply_end end) {
        response.send_only = part;
        response.end = end;
    };
    switch (fault.kind) {
        case item_fault_kind::status:
            set_status(response, fault.status, fault.retry_after);
            break;
        case item_fault_kind::expired_link:
            set_status(response, 403, -1);
            break;
        case item_fault_kind::redirect:
            set_status(response, 302, -1);
            response.headers =
                "Location: " + (fault.to.empty() ? of.url(origin::foreign) + x.request.target : fault.to) + "\r\n";
            break;
        case item_fault_kind::short_body:
            end_at_part(reply_end::close);
            break;
        case item_fault_kind::reset:
            end_at_part(reply_end::reset);
            break;
        case item_fault_kind::stall:
            end_at_part(reply_end::stall);
            break;
        case item_fault_kind::corrupt:
            corrupt(response);
            break;
        case item_fault_kind::length_too_long:
            response.announced_length = length + (fault.bytes != 0 ? fault.bytes : 1000);
            response.send_only = length;
            response.end = reply_end::close;
            break;
        case item_fault_kind::length_too_short:
            response.announced_length = length - part;
            response.item.reset();
            break;
        case item_fault_kind::html:
            replace_body(response, "text/html", "<!DOCTYPE html><html><body>Please sign in</body></html>");
            response.status = 200;
            break;
        case item_fault_kind::json:
            replace_body(response, "application/json",
                         R"({"result":"error","retriable":true,"code":10001,"data":null,"description":"系统错误"})");
            response.status = 200;
            break;
        case item_fault_kind::chunked:
            response.chunked = true;
            break;
        case item_fault_kind::no_length:
            response.no_length = true;
            break;
        case item_fault_kind::encoded:
            encode(response);
            break;
        default:
            break;  // those of other stages, and what the storage handler does itself
    }
}

void spoil_list(cloud& of, exchange& x, const list_fault& fault) {
    of.count_fault_shown();
    http_response& response = x.response;
    const std::uint64_t part =
        std::min<std::uint64_t>(fault.bytes != 0 ? fault.bytes : response.body.size() / 2, response.body.size());
    switch (fault.kind) {
        case list_fault_kind::cut:
            response.body.resize(response.body.size() / 2);
            break;
        case list_fault_kind::endless:
        case list_fault_kind::endless_string:
        case list_fault_kind::endless_number:
        case list_fault_kind::deep:
            endless_page(of, x, fault.kind, fault.bytes != 0 ? fault.bytes : 10'000'000'000);
            break;
        case list_fault_kind::stall:
            response.send_only = part;
            response.end = reply_end::stall;
            break;
        case list_fault_kind::reset:
            response.send_only = part;
            response.end = reply_end::reset;
            break;
        case list_fault_kind::html:
            replace_body(response, "text/html", "<!DOCTYPE html><html><body>Please sign in</body></html>");
            break;
        case list_fault_kind::bad_utf8: {
            const std::size_t quote = response.body.find("\"ts\"");
            if (quote != std::string::npos) response.body.insert(quote, "\"x\":\"\xc3\x28\xed\xa0\x80\",");
            break;
        }
        case list_fault_kind::error:
            answer_error(x, 10001, "系统错误");
            break;
        case list_fault_kind::redirect:
            set_status(response, 302, -1);
            response.headers =
                "Location: " + (fault.to.empty() ? of.url(origin::foreign) + x.request.target : fault.to) + "\r\n";
            break;
        case list_fault_kind::unauthorized:
            answer_unauthorized(of, x);
            break;
        case list_fault_kind::twice:
            list_first_again(response.body);
            break;
        case list_fault_kind::omitted:
            leave_first_out(response.body);
            break;
    }
}

}  // namespace decamp::samplecloud
