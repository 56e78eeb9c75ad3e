#include "tools/samplecloud/reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace decamp::samplecloud {
namespace {

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

bool bare(const http_response& of) {
    return of.status == 204 || of.status == 304;
}

}  // namespace

std::string reply::head() const {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\nServer: sample\r\n", of_->status, reason(of_->status));
    if (!of_->content_type.empty() && !bare(*of_)) out += "Content-Type: " + of_->content_type + "\r\n";
    out += of_->headers;
    if (of_->chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!of_->no_length && !bare(*of_)) {
        out += fmt::format("Content-Length: {}\r\n", of_->announced_length.value_or(of_->body_length()));
    }
    if (of_->close_after || of_->no_length) out += "Connection: close\r\n";
    return out + "\r\n";
}

void reply::append_body(std::string& out, std::uint64_t most) {
    const auto take = static_cast<std::size_t>(std::min(most, end_ - sent_));
    if (take != 0) {
        if (of_->chunked) out += fmt::format("{:x}\r\n", take);
        if (of_->stream) {
            const std::size_t before = out.size();
            out.resize(before + take);
            of_->stream(of_->stream_offset + sent_, out.data() + before, take);
        } else {
            out.append(of_->body, static_cast<std::size_t>(sent_), take);
        }
        if (of_->chunked) out += "\r\n";
        sent_ += take;
    }
    if (of_->chunked && done() && of_->end == reply_end::whole) out += "0\r\n\r\n";
}

bool reply::closes() const {
    return of_->end == reply_end::close || of_->close_after || of_->drop_after || of_->no_length;
}

}  // namespace decamp::samplecloud
