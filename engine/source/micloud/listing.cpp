#include "engine/source/micloud/listing.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>

#include "engine/source/micloud/requests.hpp"
#include "formats/digest.hpp"
#include "formats/time.hpp"

namespace decamp::source::micloud {

std::string album_name(const collection_id& id, std::string_view sent) {
    if (!sent.empty()) return std::string(sent);
    if (id.value == "1") return "Camera";
    if (id.value == "2") return "Screenshots";
    if (id.value == private_album) return "Private";
    return {};
}

std::string bucket_of(const gallery_item& item, const scope& where) {
    if (!where.first_bucket.empty() && where.first_bucket == where.last_bucket) return where.first_bucket;
    const auto& taken = item.listed.taken_ms;
    const auto time = taken ? taken : item.sort_ms ? item.sort_ms : item.created_ms;
    if (!time) return where.first_bucket;
    std::string day = formats::day_of_ms(*time, timeline_offset_minutes);
    if (!where.first_bucket.empty()) day = std::max(day, where.first_bucket);
    if (!where.last_bucket.empty()) day = std::min(day, where.last_bucket);
    return day;
}

std::vector<listed_item> as_listed(std::vector<gallery_item> items, const scope& where) {
    std::vector<listed_item> out;
    out.reserve(items.size());
    for (auto& item : items) {
        item.listed.bucket = bucket_of(item, where);
        out.push_back(std::move(item.listed));
    }
    return out;
}

bool can_be_asked(const scope& where) {
    const auto good = [](const std::string& bucket) {
        return bucket.empty() || formats::parse_day(bucket).has_value();
    };
    return good(where.first_bucket) && good(where.last_bucket);
}

std::string to_text(const page_cursor& cursor) {
    const char flags =
        static_cast<char>('0' + (cursor.flag ? 1 : 0) + (cursor.barren ? 2 : 0) + (cursor.beyond ? 4 : 0));
    return std::to_string(cursor.page) + ':' + std::to_string(cursor.print) + ':' + std::to_string(cursor.anchor) +
           ':' + flags;
}

std::optional<page_cursor> parse_cursor(std::string_view text) {
    page_cursor out;
    if (text.empty()) return out;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::uint64_t* part : {&out.page, &out.print, &out.anchor}) {
        const auto read = std::from_chars(at, end, *part);
        if (read.ec != std::errc() || read.ptr == end || *read.ptr != ':') return std::nullopt;
        at = read.ptr + 1;
    }
    if (end - at != 1 || *at < '0' || *at > '7') return std::nullopt;
    const unsigned flags = static_cast<unsigned>(*at - '0');
    out.flag = (flags & 1U) != 0;
    out.barren = (flags & 2U) != 0;
    out.beyond = (flags & 4U) != 0;
    return out;
}

page_outcome after_page(const page_cursor& at, const page_seen& seen) {
    page_outcome out;
    out.next = at;
    ++out.next.page;
    out.next.beyond = false;
    const bool repeated = at.page > 0 && seen.print == at.print;
    if (seen.entries == 0 || repeated) {
        out.next.barren = true;
        out.ended = at.barren || at.beyond || seen.last || (seen.entries == 0 && !seen.more);
        return out;
    }
    const bool goes_round = at.page > 0 && seen.print == at.anchor;
    out.fresh = !goes_round;
    out.next.barren = false;
    out.next.print = seen.print;
    if (std::has_single_bit(at.page) || at.page == 0) out.next.anchor = seen.print;
    out.next.beyond = seen.last && seen.entries >= seen.asked_for;
    out.ended = goes_round || (seen.last && !out.next.beyond);
    return out;
}

std::uint64_t print_of(const std::vector<std::string_view>& ids) {
    std::string all;
    for (const auto id : ids) {
        all += id;
        all += '\n';
    }
    return formats::xxh3_64_of(std::as_bytes(std::span(all.data(), all.size())));
}

}  // namespace decamp::source::micloud
