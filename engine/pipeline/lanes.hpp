#pragma once
// Network threads: each has its own context, its own connections, and nothing shared with the others.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "engine/download/transfer.hpp"
#include "engine/transport/client.hpp"

namespace decamp::pipeline {

class lanes {
  public:
    lanes(unsigned count, world::network& net, world::clock& clock, const transport::tls_context& tls,
          const world::address_policy& addresses, const transport::client_options& options);
    ~lanes();  // close_connections(), then waits for the threads
    lanes(const lanes&) = delete;
    lanes& operator=(const lanes&) = delete;

    std::vector<download::lane> list();
    // Ends every transfer under way; they see an error. From any thread.
    void close_connections();

  private:
    struct one {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
        std::unique_ptr<transport::client> client;
        std::thread thread;
    };
    std::vector<std::unique_ptr<one>> lanes_;
};

}  // namespace decamp::pipeline
