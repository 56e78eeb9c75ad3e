#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/json_text.hpp"

namespace decamp::samplecloud {
namespace {

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

std::optional<std::int64_t> day_of(const std::string& text) {
    const auto number = number_of(text);
    if (!number || text.size() != 8) return std::nullopt;
    const auto value = static_cast<int>(*number);
    return days_from_civil({value / 10000, value / 100 % 100, value % 100});
}

std::string day_text(std::int64_t day) {
    const civil_day date = civil_from_days(day);
    return fmt::format("{:04}{:02}{:02}", date.year, date.month, date.day);
}

std::uint64_t index_hash(const exchange& x) {
    const list_state& lists = x.now.lists;
    return mix64(x.switches().library.seed + lists.inserted * 1009 + lists.removed.size()) & 0x7fffffffULL;
}

struct paging {
    std::uint64_t page = 0;
    std::uint64_t size = 0;
};

std::optional<paging> paging_of(const exchange& x) {
    const std::string_view query = x.request.query();
    const auto page = number_of(form_value(query, "pageNum"));
    const auto size = number_of(form_value(query, "pageSize"));
    if (!page || !size || *size == 0 || *page > 1'000'000'000) return std::nullopt;
    return paging{*page, std::min(*size, x.switches().api.page_size_max)};
}

/// Where a page of `size` from `first` ends in a list of `all`.
struct page_span {
    std::uint64_t first;
    std::uint64_t end;
    bool last;
};

page_span span_of(const paging& wanted, std::uint64_t all) {
    const std::uint64_t first = std::min(wanted.page * wanted.size, all);
    const std::uint64_t end = std::min(first + wanted.size, all);
    return {first, end, end == all};
}

std::string last_page_field(const exchange& x, bool last) {
    switch (x.switches().api.last_page) {
        case last_page_form::never:
            return R"("isLastPage":false,)";
        case last_page_form::missing:
            return "";
        default:
            return fmt::format(R"("isLastPage":{},)", last);
    }
}

std::int64_t album_delta(cloud& of, const exchange& x, const std::string& album) {
    const auto& counts = x.switches().counts;
    std::int64_t delta = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (!counts[i].day.empty() || counts[i].album != album) continue;
        if (of.count_lie(i) < counts[i].times || counts[i].times == 0) delta += counts[i].delta;
    }
    return delta;
}

void write_album(cloud& of, const exchange& x, std::string& out, std::uint64_t id,
                 const std::optional<std::string>& name) {
    const library& items = x.items();
    const list_view view = items.view(id, std::nullopt, std::nullopt);
    const std::uint64_t held = items.count(view, x.now.lists);
    const std::string id_text = std::to_string(id);
    const std::int64_t count = static_cast<std::int64_t>(held) + album_delta(of, x, id_text);
    std::int64_t updated = x.switches().library.now_ms;
    std::string thumbnails = "[]";
    if (held != 0) {
        const item_facts newest = items.facts(items.nth_newest(view, x.now.lists, 0));
        updated = newest.taken_ms;
        thumbnails = fmt::format(R"([{{"url":"{}/2/{}/get_thumbnail?data=0&w=180&h=180&type=0","orientation":0}}])",
                                 of.url(origin::storage), newest.id);
    }
    const std::string& user_id = x.switches().session.user_id;
    const bool is_number = !user_id.empty() && user_id.find_first_not_of("0123456789") == std::string::npos;
    const std::string user = is_number && !x.switches().api.user_id_as_text ? user_id : json_string(user_id);
    out += fmt::format(R"({{"albumId":"{}",)", id_text);
    if (name) out += R"("name":)" + json_string(*name) + ",";
    out += fmt::format(R"("mediaCount":{},"userId":{},"lastUpdateTime":{},"thumbnails":{}}})", count, user, updated,
                       thumbnails);
}

void answer_albums(cloud& of, exchange& x) {
    const auto wanted = paging_of(x);
    if (!wanted) return answer_error(x, 10016, "参数缺失");
    const library& items = x.items();
    const bool shared = form_value(x.request.query(), "isShared") == "true";
    const bool with_private = x.switches().library.private_in_album_list && items.private_items() != 0;
    const std::uint64_t all = shared ? 0 : items.album_count() + (with_private ? 1 : 0);
    const page_span span = span_of(*wanted, all);
    std::string list;
    for (std::uint64_t i = span.first; i < span.end; ++i) {
        if (i != span.first) list.push_back(',');
        if (i == items.album_count()) {
            write_album(of, x, list, private_album_id, std::nullopt);
        } else {
            write_album(of, x, list, items.album_id(i), items.album_name(i));
        }
    }
    const bool null = list.empty() && x.switches().api.null_for_empty;
    answer_ok(x, fmt::format(R"({{"albums":{},{}"indexHash":{}}})", null ? "null" : "[" + list + "]",
                             last_page_field(x, span.last), index_hash(x)));
}

void answer_video_album(cloud&, exchange& x) {
    const library& items = x.items();
    const list_view view = items.view(video_album_id, std::nullopt, std::nullopt);
    answer_ok(x, fmt::format(R"({{"album":{{"albumId":"{}","name":"视频","mediaCount":{},"lastUpdateTime":{}}}}})",
                             video_album_id, items.count(view, x.now.lists), x.switches().library.now_ms));
}

void answer_timeline(cloud& of, exchange& x) {
    const std::string album_text = form_value(x.request.query(), "albumId");
    std::optional<std::uint64_t> album;
    if (!album_text.empty()) album = number_of(album_text).value_or(0);
    const library& items = x.items();
    std::vector<day_count> days = items.days(items.view(album, std::nullopt, std::nullopt), x.now.lists);
    const auto& counts = x.switches().counts;
    for (std::size_t i = 0; i < counts.size() && !days.empty(); ++i) {
        const count_fault& lie = counts[i];
        if (lie.day.empty() || lie.album != album_text) continue;
        if (lie.times != 0 && of.count_lie(i) >= lie.times) continue;
        const std::int64_t day = lie.day == "first"  ? days.front().day
                                 : lie.day == "last" ? days.back().day
                                                     : day_of(lie.day).value_or(0);
        auto place = std::find_if(days.begin(), days.end(), [day](const day_count& d) { return d.day >= day; });
        if (place == days.end() || place->day != day) place = days.insert(place, day_count{day, 0});
        place->count =
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(place->count) + lie.delta));
    }
    std::string out = R"({"dayCount":{)";
    for (auto day = days.rbegin(); day != days.rend(); ++day) {
        if (day != days.rbegin()) out.push_back(',');
        out += fmt::format(R"("{}":{})", day_text(day->day), day->count);
    }
    answer_ok(x, out + fmt::format(R"(}},"indexHash":{}}})", index_hash(x)));
}

void answer_galleries(cloud& of, exchange& x) {
    const std::string_view query = x.request.query();
    const auto wanted = paging_of(x);
    const std::string first_text = form_value(query, "startDate");
    const std::string last_text = form_value(query, "endDate");
    const auto first_day = day_of(first_text);
    const auto last_day = day_of(last_text);
    if (!wanted || (!first_text.empty() && !first_day) || (!last_text.empty() && !last_day)) {
        return answer_error(x, 10016, "参数缺失");
    }
    const std::string album_text = form_value(query, "albumId");
    std::optional<std::uint64_t> album;
    if (!album_text.empty()) album = number_of(album_text).value_or(0);
    const library& items = x.items();
    const list_view view = items.view(album, first_day, last_day);
    const page_span span = span_of(*wanted, items.count(view, x.now.lists));
    std::string out = R"({"galleries":)";
    if (span.first == span.end && x.switches().api.null_for_empty) {
        out += "null";
    } else {
        out.reserve((span.end - span.first) * 1700 + 256);
        out.push_back('[');
        std::vector<std::uint64_t> listed;
        for (std::uint64_t i = span.first; i < span.end; ++i) {
            if (i != span.first) out.push_back(',');
            const std::uint64_t index = items.nth_newest(view, x.now.lists, i);
            if (listed.size() < x.switches().moving.remove) listed.push_back(index);
            write_item(of, x, out, index);
        }
        out.push_back(']');
        if (!span.last) of.gallery_page_served(listed);
    }
    answer_ok(x, out + "," + last_page_field(x, span.last) + fmt::format(R"("indexHash":{}}})", index_hash(x)));
    const api_switches& api = x.switches().api;
    if (api.deep_page != 0 && wanted->page >= api.deep_page) x.response.delay_ms = api.deep_page_delay_ms;
}

}  // namespace

void answer_gallery(cloud& of, exchange& x) {
    if (x.switches().api.gallery_ended) {
        // The real answer is unknown; this one is told apart from an empty gallery by its code.
        return answer_error(x, x.switches().api.gallery_ended_code, "gallery service has ended in this region",
                            R"({"serviceStatus":"ended"})");
    }
    switch (x.kind) {
        case endpoint::prepare:
            answer_ok(x, R"({"isReady":true,"status":"ready"})");
            break;
        case endpoint::albums:
            answer_albums(of, x);
            break;
        case endpoint::video_album:
            answer_video_album(of, x);
            break;
        case endpoint::timeline:
            answer_timeline(of, x);
            break;
        case endpoint::galleries:
            answer_galleries(of, x);
            break;
        case endpoint::link:
            answer_link(of, x);
            break;
        default:
            set_status(x.response, 404, -1);
            break;
    }
}

void endless_page(cloud& of, exchange& x, list_fault_kind kind, std::uint64_t bytes) {
    struct source {
        std::string ready;
        std::string repeat;
        std::uint64_t next = 0;
    };
    auto state = std::make_shared<source>();
    state->ready = R"({"result":"ok","retriable":false,"code":0,"data":{"galleries":[)";
    switch (kind) {
        case list_fault_kind::endless_string:
            state->ready += R"({"fileName":")";
            state->repeat = std::string(4096, 'n');
            break;
        case list_fault_kind::endless_number:
            state->ready += R"({"size":)";
            state->repeat = std::string(4096, '7');
            break;
        case list_fault_kind::deep:
            state->repeat = std::string(4096, '[');
            break;
        default:
            break;
    }
    auto snapshot = std::make_shared<const world>(x.now);
    const std::int64_t ts = x.ts;
    x.response.body.clear();
    x.response.stream_length = bytes;
    x.response.stream = [state, snapshot, ts, &of, where = x.where](std::uint64_t, char* out, std::size_t count) {
        while (state->ready.size() < count) {
            if (!state->repeat.empty()) {
                state->ready += state->repeat;
                continue;
            }
            const http_request none;
            http_response ignored;
            exchange made{none, ignored, *snapshot, where, endpoint::galleries, ts};
            const std::uint64_t all = std::max<std::uint64_t>(1, snapshot->items->ordinary_items());
            if (state->next != 0) state->ready.push_back(',');
            write_item(of, made, state->ready, state->next++ % all);
        }
        state->ready.copy(out, count);
        state->ready.erase(0, count);
    };
}

}  // namespace decamp::samplecloud
