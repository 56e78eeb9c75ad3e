#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/samplecloud/content.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/scenario.hpp"

namespace decamp::samplecloud {

inline constexpr std::uint64_t private_album_id = 1000;
inline constexpr std::uint64_t video_album_id = 10001;  ///< a guess: no capture shows the id of the video view

/// What has changed in a running cloud: photos that appeared at the head, and listed ones that vanished.
struct list_state {
    std::uint64_t inserted = 0;
    std::vector<std::uint64_t> removed;  ///< sorted item indices
};

struct item_facts {
    std::uint64_t index = 0;
    std::uint64_t id = 0;
    std::uint64_t content_index = 0;  ///< differs from index for a twin
    content_recipe recipe;            ///< recipe.size is the true length
    std::int64_t taken_ms = 0;        ///< UTC
    std::uint64_t album_id = 0;       ///< home album
    std::uint64_t also_album_id = 0;  ///< 0: no second album
    std::string name;
};

/// What one list request looks at: items of one album (or all), restricted to a range of days.
struct list_view {
    enum class scope { all, album, hidden, video, nothing };
    scope what = scope::nothing;
    std::uint64_t ordinal = 0;
    std::uint64_t low = 0;   ///< within its domain
    std::uint64_t high = 0;  ///< exclusive
    bool with_inserted = false;
};

struct day_count {
    std::int64_t day = 0;  ///< days since 1970 in UTC+8
    std::uint64_t count = 0;
};

/// The library by arithmetic: every property of an item is a function of scenario and index, so that a million items
/// cost nothing. Items 0 .. items-1 are the ordinary ones in the order they were taken, then the private ones, then
/// those that appear while the cloud runs. Albums repeat over a block of consecutive items. Immutable, thread-safe.
class library {
  public:
    explicit library(const scenario& from);

    std::uint64_t ordinary_items() const { return switches_.items; }
    std::uint64_t private_items() const { return switches_.private_items; }
    std::uint64_t first_inserted() const { return switches_.items + switches_.private_items; }
    std::uint64_t album_count() const { return switches_.albums; }

    std::uint64_t id_of(std::uint64_t index) const;
    /// The index of an id, or nothing when the cloud never gave that id to any item.
    std::optional<std::uint64_t> index_of(std::uint64_t id, std::uint64_t inserted) const;

    item_facts facts(std::uint64_t index) const;
    bool in_second_host(std::uint64_t index) const;
    bool selected(const selector& which, purpose salt, std::uint64_t index, std::uint64_t variant = 0) const;

    std::uint64_t album_id(std::uint64_t ordinal) const;
    std::optional<std::uint64_t> album_ordinal(std::uint64_t id) const;
    /// The album's name; nothing for built-in albums that carry none.
    std::optional<std::string> album_name(std::uint64_t ordinal) const;

    /// `album` empty: all ordinary photos. Days are inclusive; an unknown album gives a view of nothing.
    list_view view(std::optional<std::uint64_t> album, std::optional<std::int64_t> first_day,
                   std::optional<std::int64_t> last_day) const;
    std::uint64_t count(const list_view& view, const list_state& state) const;
    /// The k-th item of the view, newest first; k < count().
    std::uint64_t nth_newest(const list_view& view, const list_state& state, std::uint64_t k) const;
    /// Days that hold anything, oldest first.
    std::vector<day_count> days(const list_view& view, const list_state& state) const;

    /// Sum of the sizes of all items listed at the start. Walks the library: ask once.
    std::uint64_t total_bytes() const;

    std::uint64_t announced_size(const item_facts& item) const;
    /// Whether the item announces size and digest of the one returned instead of its own.
    std::optional<std::uint64_t> announces_digest_of(std::uint64_t index) const;

  private:
    struct album_slots {
        std::vector<std::uint32_t> slots;  ///< sorted positions within a block
    };

    void build_slots();
    bool is_video(std::uint64_t index) const;
    std::uint64_t content_index_of(std::uint64_t index) const;
    bool is_private(std::uint64_t index) const { return index >= switches_.items && index < first_inserted(); }
    bool is_inserted(std::uint64_t index) const { return index >= first_inserted(); }
    content_kind kind_of(std::uint64_t content_index) const;
    std::uint64_t size_of(std::uint64_t content_index, content_kind kind) const;
    bool shares_digest(std::uint64_t index) const;

    std::uint64_t first_of_day(std::int64_t offset, std::uint64_t domain) const;
    std::int64_t day_offset_of(std::uint64_t position) const;
    std::int64_t taken_local(std::uint64_t index) const;
    std::int64_t last_day() const;
    std::string name_of(const item_facts& item) const;

    const std::vector<std::uint32_t>* slots_of(const list_view& view) const;
    std::uint64_t rank(const list_view& view, std::uint64_t position) const;
    std::uint64_t nth_oldest(const list_view& view, std::uint64_t k) const;
    bool holds(const list_view& view, std::uint64_t index) const;
    std::uint64_t domain_start(const list_view& view) const;

    library_switches switches_;
    unsigned second_host_percent_ = 0;
    std::uint64_t day_factor_ = 1;
    std::int64_t first_day_ = 0;
    std::uint64_t block_ = 1;
    std::vector<std::uint32_t> home_;  ///< album ordinal of each slot
    std::vector<std::uint32_t> also_;  ///< second album of each slot, or its home when there is none
    std::vector<album_slots> albums_;
    album_slots videos_;
    std::vector<bool> video_slot_;
    std::unordered_map<std::uint64_t, std::uint64_t> ordinals_;
    std::unordered_map<std::uint64_t, std::string> names_;
};

}  // namespace decamp::samplecloud
