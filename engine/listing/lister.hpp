#pragma once
// Walks the source's lists and hands every page to the planner: collections first, then everything in bucket order,
// then each collection for its members; then compares with the source's own counts and walks again what differs. What a
// source in parts refuses costs that part and no more: it is named as a gap. Coordinator's thread.
//
// lister.cpp: the order of it all. albums.cpp: which collections there are. scopes.cpp: pages. counts.cpp: comparing.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/listing/ranges.hpp"
#include "engine/plan/planner.hpp"
#include "engine/runtime/retry.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/source/source.hpp"

namespace decamp::listing {

inline constexpr unsigned most_walks = 4;  // of a list that is another each time

struct list_outcome {
    bool whole = false;                      // every scope was walked to its end, and nothing is missing in between
    std::optional<std::uint64_t> announced;  // of everything and what lies outside it, by the source, after the walk
    std::optional<source::other_count> otherwise;  // counted by the source a second way; without its collections
    std::optional<failure> unusable;               // why nothing could be listed at all
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
        bool withdrawn = false;          // the list of collections had it once, and has it no more
        std::vector<bucket_count> held;  // what its answers hold; kept as long as it is compared with
        bool by_bucket = false;          // the source counts it by bucket, and it was compared
        std::vector<bucket_count>
            agreed;  // counts with which its answers agreed as a whole, whatever single buckets hold
    };
    // What walking a scope came to.
    struct scope_walk {
        bool whole = false;
        unsigned pages = 0;              // that held something
        std::vector<std::uint64_t> ids;  // hashes, ascending, each once
        std::optional<failure> why;      // it was not walked to its end
    };
    struct album_walk {
        std::vector<collection> collections;
        std::set<std::string> ids;
        std::vector<list_gap> gaps;
    };

    task<result<void>> walk_all();
    task<result<void>> walk(walked_collection& c);
    task<result<void>> walk_albums();
    task<result<void>> settle_uncounted(const walked_collection& c, const failure& why, const scope_walk& whole);
    task<result<void>> name_uncounted(const walked_collection& c, const failure& why);
    task<result<void>> doubt_emptiness();

    task<result<void>> list_collections();
    task<result<album_walk>> walk_album_list();
    task<result<void>> take(std::vector<collection> found);
    void mark_withdrawn(const std::set<std::string>& present);
    task<result<void>> count_otherwise();
    task<result<void>> take_homes();

    task<result<std::vector<scope_walk>>> walk_scopes(const walked_collection& c, const std::vector<scope>& scopes);
    task<result<void>> walk_once(const walked_collection& c, const std::vector<scope>& scopes,
                                 std::vector<scope_walk>& into);
    task<result<void>> walk_until_steady(const walked_collection& c, const scope& where, scope_walk& seen);
    task<result<void>> name_refused(const walked_collection& c, const std::vector<scope>& scopes,
                                    const std::vector<scope_walk>& walks);
    task<result<void>> plan_page(const walked_collection& c, const scope& where, item_page page);
    bool has_to_wait(const walked_collection& c, const item_page& page);
    task<result<void>> record(std::vector<list_gap> gaps);
    std::string album_of(const walked_collection& c) const;

    task<result<void>> reconcile(walked_collection& c, const std::vector<scope>& scopes,
                                 const std::vector<scope_walk>& walks, const std::vector<bucket_count>& announced);
    task<result<void>> settle(walked_collection& c, std::vector<bucket_count> announced);
    task<result<void>> walk_differing(walked_collection& c, const std::vector<bucket_difference>& differences);
    void tell_again(const walked_collection& c, const std::vector<scope>& days);
    task<result<std::vector<bucket_count>>> tallied(std::int64_t row);
    task<result<void>> recount(walked_collection& c);
    task<result<void>> recount_collections();
    task<result<void>> settle_doubt(const walked_collection& c, std::uint64_t announced);
    task<result<void>> note_announced(const walked_collection& c, std::uint64_t count);

    task<result<std::optional<std::vector<bucket_count>>>> ask_counts(collection_id of);
    task<result<item_page>> ask_page(scope where, std::string cursor);
    task<result<collection_page>> ask_collections(std::string cursor);
    // Asks until an answer comes, as far as that makes sense. A part that is refused is asked for once more: a refusal
    // can be a moment's.
    template <class T, class Ask>
    task<result<T>> asking(Ask ask);
    // True: the failure is this part's alone, or a few parts', and the walk goes on.
    bool only_this_part(const failure& f);

    runtime::surroundings& around_;
    source::source& source_;
    plan::planner& planner_;
    catalogue::catalogue& catalogue_;
    std::function<void()> planned_;
    runtime::retry_policy retry_{.tries = 5};
    unsigned refused_in_a_row_ = 0;
    bool in_parts_;
    std::vector<walked_collection> collections_;
    walked_collection everything_;
    std::map<std::string, std::size_t> known_;  // where in collections_, by id
    std::vector<collection_id> homes_;          // named by items alone
    bool albums_walked_ = false;
    bool everything_waits_ = false;  // until its albums are walked: its items do not say which they lie in
    bool albums_alone_ = false;      // everything is refused: what the albums show is all there is
    bool listed_anything_ = false;
    std::size_t walked_whole_ = 0;  // scopes
    std::size_t gaps_ = 0;
    std::optional<std::uint64_t> announced_everything_;
    std::uint64_t announced_outside_ = 0;
    std::vector<std::size_t> doubtful_;  // collections_ whose own count is above what its buckets add up to
    std::optional<source::other_count> otherwise_;
    std::optional<failure> refused_;  // the first part that could not be listed
};

}  // namespace decamp::listing
