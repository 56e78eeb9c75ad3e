#pragma once
// Walks the source's lists and hands every page to the planner: collections first, then everything in bucket order, then
// each collection for its members; then compares with the source's own counts and walks again what differs.
// Coordinator's thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/listing/ranges.hpp"
#include "engine/plan/planner.hpp"
#include "engine/runtime/retry.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/source/source.hpp"

namespace decamp::listing {

struct list_outcome {
    bool whole = false;                       // every scope was walked to its end
    std::optional<std::uint64_t> announced;   // of everything and what lies outside it, by the source, after the walk
    std::optional<failure> unusable;          // the first scope that could not be listed at all
};

class lister {
  public:
    // `planned` is called after each page was committed.
    lister(runtime::surroundings& around, source::source& from, plan::planner& planner, catalogue::catalogue& where,
           std::function<void()> planned);

    // An error ends the listing: session dead, source out of reach, catalogue failed.
    task<result<list_outcome>> run();

  private:
    struct walked_collection {
        collection what;
        std::int64_t row = 0;
    };
    task<result<void>> list_collections();
    task<result<void>> record(const std::vector<list_gap>& gaps);
    task<result<void>> walk(const walked_collection& c);
    task<result<void>> reconcile(const walked_collection& c, std::vector<bucket_count> announced);
    void tell_again(const walked_collection& c, const std::vector<scope>& days);
    task<result<std::vector<bucket_difference>>> differing(const walked_collection& c,
                                                           const std::vector<bucket_count>& announced);
    task<result<void>> walk_scopes(const walked_collection& c, const std::vector<scope>& scopes);
    task<result<void>> recount_everything();
    task<result<void>> recount_collections();
    task<result<void>> settle_doubt(const walked_collection& c, std::uint64_t announced);
    task<result<void>> plan_page(const walked_collection& c, const scope& where, item_page page);
    task<result<void>> note_announced(const walked_collection& c, std::uint64_t count);
    task<result<std::optional<std::vector<bucket_count>>>> ask_counts(collection_id of);
    task<result<item_page>> ask_page(scope where, std::string cursor);
    // True: the failure is this scope's alone, or a few scopes', and the walk goes on.
    bool only_this_scope(const failure& f);

    runtime::surroundings& around_;
    source::source& source_;
    plan::planner& planner_;
    catalogue::catalogue& catalogue_;
    std::function<void()> planned_;
    runtime::retry_policy retry_{.tries = 5};
    unsigned unusable_in_a_row_ = 0;
    std::vector<walked_collection> collections_;
    walked_collection everything_;
    std::optional<std::uint64_t> announced_everything_;
    std::uint64_t announced_outside_ = 0;
    std::vector<std::size_t> doubtful_;  // collections_ whose own count is above what its buckets add up to
    std::optional<failure> unusable_;
};

}  // namespace decamp::listing
