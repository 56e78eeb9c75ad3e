#include "engine/download/wrong_bodies.hpp"

namespace decamp::download {

bool wrong_bodies::add(const formats::sha256_digest& sha256, const planned_item& of) {
    const listed_item& listed = of.listed;
    const auto found = bodies_.find(sha256);
    if (found == bodies_.end()) {
        if (order_.size() >= most_) {
            bodies_.erase(order_.front());
            order_.pop_front();
        }
        bodies_.emplace(sha256, body{of.blob, listed.size, listed.sha1, listed.sha256, listed.md5, false});
        order_.push_back(sha256);
        return false;
    }
    body& known = found->second;
    // Two that are announced alike may well have the same bytes.
    const bool alike = known.size == listed.size && known.sha1 == listed.sha1 && known.sha256 == listed.sha256 &&
                       known.md5 == listed.md5;
    if (known.blob != of.blob && !alike) known.shared = true;
    return known.shared;
}

}  // namespace decamp::download
