#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/samplecloud/cloud.hpp"
#include "tools/samplecloud/reply.hpp"

namespace decamp::samplecloud {

/// One kept connection: reads a request, has it answered, writes the reply, and so on. Lives on one thread's context
/// and never leaves it; kept alive by its own pending operation.
class connection : public std::enable_shared_from_this<connection> {
  public:
    connection(boost::asio::ip::tcp::socket socket, cloud& of, origin where);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void start();

  private:
    void read();
    void take(std::size_t bytes);
    void answer();
    void begin_reply();
    void append_body();
    void write();
    void written();
    void end_of_reply();
    void wait_for_client_to_leave();
    void report(bool as_planned);

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    cloud& cloud_;
    origin where_;
    bool refused_ = false;
    http_request_reader reader_;
    http_response response_;
    std::vector<char> input_;
    std::string pending_;  ///< received, not yet read by the parser
    std::string output_;
    std::optional<reply> reply_;  ///< of response_, while it is under way
    std::uint64_t answered_ = 0;
    bool stalled_ = false;
    bool keep_ = true;
};

}  // namespace decamp::samplecloud
