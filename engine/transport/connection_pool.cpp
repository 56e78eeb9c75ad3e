#include "engine/transport/connection_pool.hpp"

#include <algorithm>

namespace decamp::transport {

connection::connection(connection_pool& pool, std::string to, std::unique_ptr<world::byte_stream> below)
    : home(pool), origin(std::move(to)), stream(std::move(below)) {
    home.live_.insert(this);
}

connection::~connection() {
    home.live_.erase(this);
}

connection_pool::~connection_pool() {
    close();
}

std::shared_ptr<connection> connection_pool::adopt(std::string origin, std::unique_ptr<world::byte_stream> stream) {
    return std::make_shared<connection>(*this, std::move(origin), std::move(stream));
}

void connection_pool::drop_old(world::steady_time now) {
    std::erase_if(idle_, [&](const auto& c) { return now - c->idle_since > limits_.age; });
}

std::shared_ptr<connection> connection_pool::take(const std::string& origin, world::steady_time now,
                                                  std::uint64_t& stale) {
    drop_old(now);
    for (std::size_t i = idle_.size(); i-- > 0;) {
        if (idle_[i]->origin != origin) continue;
        auto found = std::move(idle_[i]);
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        if (found->stream->quiet()) return found;
        ++stale;
    }
    return nullptr;
}

void connection_pool::give_back(std::shared_ptr<connection> c, world::steady_time now) {
    if (closed_) return;
    drop_old(now);
    const auto same = [&](const auto& other) { return other->origin == c->origin; };
    if (limits_.total == 0 || limits_.per_origin == 0) return;
    if (static_cast<std::size_t>(std::ranges::count_if(idle_, same)) >= limits_.per_origin)
        idle_.erase(std::ranges::find_if(idle_, same));
    else if (idle_.size() >= limits_.total)
        idle_.erase(idle_.begin());
    c->idle_since = now;
    idle_.push_back(std::move(c));
}

void connection_pool::close() {
    closed_ = true;
    idle_.clear();
    // Held while closing: a stream's owner may let go of it in the middle.
    std::vector<std::shared_ptr<connection>> held;
    for (connection* c : live_)
        if (auto alive = c->weak_from_this().lock()) held.push_back(std::move(alive));
    for (const auto& c : held) c->stream->close();
}

}  // namespace decamp::transport
