#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::samplecloud {

/// What the handlers look at of a request; everything else in its header is read past.
struct http_request {
    std::string method;
    std::string target;
    std::string cookie;  ///< several Cookie fields are joined with "; "
    bool has_cookie = false;
    std::string range;
    std::string if_range;
    std::string body;
    bool keep_alive = true;

    std::string_view path() const;
    std::string_view query() const;
};

/// Reads one request after another from bytes as they come (Beast's parser; limits: header 64 KiB, body 4 MiB).
class http_request_reader {
  public:
    http_request_reader();
    ~http_request_reader();
    http_request_reader(const http_request_reader&) = delete;
    http_request_reader& operator=(const http_request_reader&) = delete;

    /// Takes what it can use and says how many bytes those were; the rest is to be offered again with more behind it.
    std::size_t feed(std::string_view bytes, boost::system::error_code& ec);
    bool complete() const;
    const http_request& request() const;
    /// Makes ready for the next request.
    void next();

  private:
    class parser;
    std::unique_ptr<parser> parser_;
};

/// The value of one field of a form or query, percent-decoded; empty when absent.
std::string form_value(std::string_view form, std::string_view name);
bool form_has(std::string_view form, std::string_view name);
/// The value of a cookie, as sent; empty when absent.
std::string cookie_value(std::string_view cookies, std::string_view name);
std::vector<std::string> cookie_names(std::string_view cookies);
std::string url_encode(std::string_view text);

}  // namespace decamp::samplecloud
