#include "engine/source/micloud/listing.hpp"

#include <algorithm>
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
        if (item.listed.home.value.empty()) item.listed.home = where.collection;
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
    return std::to_string(cursor.page) + ':' + std::to_string(cursor.print) + (cursor.flag ? ":1" : ":0");
}

std::optional<page_cursor> parse_cursor(std::string_view text) {
    page_cursor out;
    if (text.empty()) return out;
    const char* const end = text.data() + text.size();
    const auto page = std::from_chars(text.data(), end, out.page);
    if (page.ec != std::errc() || page.ptr == end || *page.ptr != ':') return std::nullopt;
    const auto print = std::from_chars(page.ptr + 1, end, out.print);
    if (print.ec != std::errc() || end - print.ptr != 2 || *print.ptr != ':') return std::nullopt;
    if (print.ptr[1] != '0' && print.ptr[1] != '1') return std::nullopt;
    out.flag = print.ptr[1] == '1';
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
