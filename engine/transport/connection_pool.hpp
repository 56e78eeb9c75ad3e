#pragma once
// Connections of one client: those in use, so that close() reaches them, and those kept for the next request. One
// thread.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/world/network.hpp"

namespace decamp::transport {

class connection_pool;

// Dropping the last reference closes it. The pool outlives its connections.
struct connection : std::enable_shared_from_this<connection> {
    connection(connection_pool& pool, std::string to, std::unique_ptr<world::byte_stream> below);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    connection_pool& home;
    std::string origin;
    std::unique_ptr<world::byte_stream> stream;
    world::steady_time idle_since{};
};

class connection_pool {
  public:
    struct limits {
        std::size_t per_origin, total;
        world::duration age;
    };
    explicit connection_pool(limits l) : limits_(l) {}
    ~connection_pool();

    std::shared_ptr<connection> adopt(std::string origin, std::unique_ptr<world::byte_stream> stream);
    // The one used last, since it is the least likely to have been ended; null when none is fit. Adds to `stale` those
    // that were found ended or with bytes nobody asked for.
    std::shared_ptr<connection> take(const std::string& origin, world::steady_time now, std::uint64_t& stale);
    void give_back(std::shared_ptr<connection> c, world::steady_time now);
    void close();
    bool closed() const { return closed_; }
    std::size_t idle() const { return idle_.size(); }

  private:
    friend struct connection;
    void drop_old(world::steady_time now);

    limits limits_;
    bool closed_ = false;
    std::vector<std::shared_ptr<connection>> idle_;  // oldest first
    std::unordered_set<connection*> live_;           // also the idle ones
};

}  // namespace decamp::transport
