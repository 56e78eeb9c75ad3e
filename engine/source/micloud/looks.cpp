// A second look at an item whose download was refused: does a fresh list still have it?

#include <utility>

#include "engine/source/micloud/micloud_source.hpp"
#include "formats/time.hpp"

namespace decamp::source::micloud {

namespace {

// What the list leaves out by now is not another version: rows come poorer at times.
bool is_other(const listed_item& before, const listed_item& now) {
    return now.name != before.name || (now.size && now.size != before.size) || (now.sha1 && now.sha1 != before.sha1) ||
           (now.modified_ms && now.modified_ms != before.modified_ms);
}

std::string day_beside(formats::civil_date day, std::int64_t step) {
    return formats::format_day(formats::civil_from_days(formats::days_from_civil(day) + step));
}

// Where it may stand, the likeliest first. Its day was derived from its time, perhaps in another zone than the cloud's,
// so that the days beside it are asked for before it is called missing; and its album, which may list more than
// everything. A photo that was skipped since the list shifted is there in one of them.
std::vector<scope> places_of(const listed_item& of) {
    const bool hidden = of.home.value == private_album;
    const collection_id first = hidden ? of.home : collection_id();
    std::vector<scope> places;
    const auto day = formats::parse_day(of.bucket);
    if (!day) {
        if (!of.home.everything()) places.push_back({of.home, {}, {}});
        if (!hidden) places.push_back({{}, {}, {}});
        return places;
    }
    places.push_back({first, of.bucket, of.bucket});
    const std::string from = day_beside(*day, -1), to = day_beside(*day, 1);
    places.push_back({first, from, to});
    if (!hidden && !of.home.everything()) places.push_back({of.home, from, to});
    return places;
}

}  // namespace

task<result<std::optional<listed_item>>> micloud_source::find_in(scope where, item_id id) {
    std::string cursor;
    do {
        auto got = co_await page(where, std::move(cursor));
        if (!got) co_return got.error();
        for (listed_item& item : got->items) {
            if (item.id != id) continue;
            std::optional<listed_item> found = std::move(item);
            co_return found;
        }
        cursor = std::move(got->next);
    } while (!cursor.empty());
    co_return std::optional<listed_item>();
}

task<result<second_look>> micloud_source::look_again(listed_item of) {
    second_look out;
    std::optional<failure> refused;
    const std::vector<scope> places = places_of(of);
    for (const scope& place : places) {
        auto now = co_await find_in(place, of.id);
        if (!now) {
            const error_class what = classify(now.error());
            if (what == error_class::run && now.error().code != source_errc::not_found) co_return now.error();
            refused = now.error();
            continue;
        }
        if (!*now) continue;
        listed_item& found = **now;
        if (found.home.value.empty()) found.home = of.home;
        out.found = is_other(of, found) ? second_look::finding::other : second_look::finding::same;
        if (out.found == second_look::finding::other) out.now = std::move(found);
        co_return out;
    }
    // Where a list was refused, nothing is known of what it holds: it is asked again, and no run ends by it.
    if (refused) co_return failure(source_errc::server_error, to_string(*refused));
    out.found = second_look::finding::missing;
    co_return out;
}

}  // namespace decamp::source::micloud
