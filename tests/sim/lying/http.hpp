#pragma once
// HTTP/1.1 as the simulated servers speak it: requests read from bytes, responses written as bytes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace decamp::sim::lying {

struct request {
    std::string host;                            // it was sent to
    std::string method, path, query;             // as sent
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    std::string header(const std::string& name) const;
    // A parameter of the query, percent-decoded; empty: not there.
    std::string parameter(std::string_view name) const;
};

// Takes a whole request off the front of `bytes`; none: it is not whole yet.
std::optional<request> take_request(std::string& bytes);

struct response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool without_length = false;  // ends with the connection
    bool in_chunks = false;
    std::optional<std::uint64_t> ends_after;  // bytes of the body, and then the connection ends
};

struct wire_form {
    std::string bytes;
    bool closes = false;
};
wire_form bytes_of(const response& of);

std::string percent_encoded(std::string_view text, bool slashes_too = false);
std::string percent_decoded(std::string_view text);
std::string xml_escaped(std::string_view text);
std::string http_date(std::int64_t unix_ms);

}  // namespace decamp::sim::lying
