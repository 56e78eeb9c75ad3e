#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/samplecloud/server.hpp"

namespace decamp::samplecloud::test {

/// A reply as it came off the wire, however it ended.
struct raw_reply {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool short_of_length = false;  ///< the connection ended before Content-Length bytes had come
    bool reset = false;

    std::string header(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    boost::json::value json() const;
    std::string cookie(std::string_view name) const;  ///< set by Set-Cookie; empty when not
};

/// One connection over a plain blocking socket: no HTTP library of ours or the server's stands between.
class raw_connection {
  public:
    explicit raw_connection(std::string_view url);
    ~raw_connection();
    raw_connection(const raw_connection&) = delete;
    raw_connection& operator=(const raw_connection&) = delete;

    void send(std::string_view bytes);
    /// Receives until `count` bytes are there or the stream ends.
    std::string receive(std::size_t count);
    raw_reply reply();
    raw_reply get(std::string_view target, const std::string& headers = {});
    raw_reply post(std::string_view target, const std::string& body, const std::string& headers = {});
    bool ended() const { return ended_; }

  private:
    bool more();

    int socket_ = -1;
    std::string buffer_;
    bool ended_ = false;
    bool reset_ = false;
};

/// One request on a connection of its own; `url` is absolute.
raw_reply fetch(const std::string& url, const std::string& headers = {});
raw_reply post(const std::string& url, const std::string& body, const std::string& headers = {});

std::string percent_encoded(std::string_view text);

/// A signed-in client of a server: the three requests of a download, and lists.
class signed_client {
  public:
    explicit signed_client(const server& cloud);

    std::string cookies() const;  ///< a header line
    std::string token;
    raw_reply api(const std::string& target) const;
    boost::json::value data(const std::string& target) const;      ///< of a reply that must be code 0
    std::vector<std::string> ids(const std::string& query) const;  ///< all pages of galleries?<query>

    struct file_link {
        std::string url;
        std::string meta;
    };
    file_link link(const std::string& id) const;
    raw_reply download(const std::string& id, const std::string& headers = {}) const;
    static raw_reply download(const file_link& from, const std::string& headers = {});
    static file_link link_of_page(const std::string& page);

  private:
    const server& cloud_;
    std::string user_;
};

}  // namespace decamp::samplecloud::test
