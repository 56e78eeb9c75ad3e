#pragma once
// The one place that decides what is wanted, what is known, what is a twin, and which name an item gets; all of it
// committed before anything is fetched. Runs on world::queue::catalogue; every call blocks.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/plan/filter.hpp"

namespace decamp::plan {

enum class twin_rule {
    announced,  // trust announced digest and size, but fetch one group in 64 whole
    fetch,      // fetch every twin
};

struct planner_options {
    filter wanted;
    arrangement arranged = arrangement::albums;
    twin_rule twins = twin_rule::announced;
    std::uint64_t audit_seed = 0;  // of this run, drawn at random: which groups are fetched whole
    // True when the bytes of this file or member have this digest: asked only of what was taken up without its
    // catalogue.
    std::function<bool(const stored_blob& orphan, const formats::sha1_digest& sha1)> has_sha1;
};

struct planned_name {  // for events
    std::string id, path;
    std::optional<std::uint64_t> size;
};

struct planned_page {
    std::uint64_t items = 0;       // of the page
    std::uint64_t first_seen = 0;  // not listed before in this run in this scope
    std::uint64_t fresh = 0;       // not listed before in this run at all
    std::uint64_t planned = 0;     // newly named
    std::uint64_t standing = 0;    // of the fresh, stored by an earlier run
    std::uint64_t standing_bytes = 0;
    std::uint64_t bytes = 0;       // to be fetched for those
    std::uint64_t twin_bytes = 0;  // not to be fetched, thanks to twins
    std::uint64_t collisions = 0;  // items whose name reads as another's, and that cannot be told apart
    std::vector<planned_name> names;
};

class planner {
  public:
    planner(catalogue::catalogue& where, planner_options options);

    // Names the collections of a page, in order. Gives their rows, in order.
    result<std::vector<std::int64_t>> plan_collections(const std::vector<collection>& page);
    // Takes a page of a list; `collection_row` 0 for the list of everything. One transaction. `gaps`: what it holds and
    // no item stands for. `listed_in`: the home of items that say none, and said none before.
    result<planned_page> plan_page(std::int64_t collection_row, const std::vector<listed_item>& items,
                                   const std::vector<list_gap>& gaps = {}, const collection_id& listed_in = {});
    // From now on no announcement is trusted. The number of files that will be fetched after all.
    result<std::uint64_t> distrust_twins();

  private:
    result<catalogue::known_collection> home_of(const listed_item& item);
    result<catalogue::known_collection> find_home(const listed_item& item);
    result<catalogue::known_collection> add_collection(const collection& c);
    result<catalogue::known_collection> folder_of_tree(const collection_id& folder);
    result<bool> folder_taken(const std::string& folder);
    result<bool> path_taken(const std::string& path);
    result<void> plan_item(std::int64_t collection_row, listed_item item, const collection_id& listed_in,
                           planned_page& page);
    result<std::optional<catalogue::known_item>> identify(listed_item& item, planned_page& page);
    result<void> name_item(std::int64_t row, const listed_item& item, const catalogue::known_collection& home,
                           bool changed, planned_page& page);
    bool is_file_of(const stored_blob& orphan, const listed_item& item) const;
    result<void> bind(std::int64_t row, std::string_view path, const listed_item& item, planned_page& page);
    struct chosen_path {
        std::string path;
        bool adopted = false;  // a file of the item's, bound to no item yet, stands there
    };
    result<chosen_path> free_path(std::string_view folder, const listed_item& item, bool changed);

    catalogue::catalogue& catalogue_;
    planner_options options_;
    bool twins_distrusted_ = false;
    std::optional<std::pair<collection_id, catalogue::known_collection>> last_home_;  // of the present page
};

// The row with what it leaves out and a row before it announced, as long as both speak of one version.
listed_item completed(listed_item row, const listed_item& before);

// One group of twins in 64 is fetched whole; which ones, nobody can know who announces them.
bool is_audit_group(const formats::sha1_digest& announced, std::uint64_t seed);

}  // namespace decamp::plan
