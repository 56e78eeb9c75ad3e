#pragma once
// The folders a walk has found, in the catalogue. Coordinator's thread.

#include "engine/catalogue/catalogue.hpp"
#include "engine/source/place.hpp"
#include "engine/world/workers.hpp"

namespace decamp::listing {

class found_folders final : public source::folder_list {
  public:
    found_folders(world::workers& workers, catalogue::catalogue& where) : workers_(workers), catalogue_(where) {}
    task<result<void>> add(std::vector<std::string> folders) override;
    task<result<std::optional<entry>>> after(std::uint64_t number) override;

  private:
    world::workers& workers_;
    catalogue::catalogue& catalogue_;
};

}  // namespace decamp::listing
