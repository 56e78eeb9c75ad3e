#pragma once
// Puts what arrives in any order into canonical order: an archive's members follow each other as they were planned,
// however fast each came. A decision; no I/O, one thread.

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "engine/model/blob.hpp"

namespace decamp::store {

class in_order {
  public:
    // One that is under way; its turn comes after all that are expected already. Keys ascend but for what is fetched
    // again, whose turn comes when it is expected.
    void expect(item_key key);
    // It is here. Given to take() when its turn comes.
    void arrived(checked_blob blob);
    // It will not come: those behind it move up. `broken`: the run is ending, and a later one will fetch it; nothing
    // behind it may go before it, so all that is here and all that still comes is dropped.
    void not_coming(item_key key, bool broken);
    // Those whose turn it is, in order.
    std::vector<checked_blob> take();
    // Those that are dropped, once: they are not stored.
    std::vector<checked_blob> take_dropped();

    std::size_t waiting() const { return arrived_.size(); }  // here, out of turn
    std::size_t expected() const { return turns_.size(); }   // under way or here, not taken

  private:
    std::map<std::uint64_t, item_key> turns_;  // by number of the turn
    std::map<item_key, std::uint64_t> turn_of_;
    std::map<std::uint64_t, checked_blob> arrived_;  // by turn
    std::vector<checked_blob> dropped_;
    std::uint64_t next_turn_ = 0;
    bool broken_ = false;
};

}  // namespace decamp::store
