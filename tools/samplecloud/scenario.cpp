#include "tools/samplecloud/scenario.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "tools/samplecloud/scenario_reader.hpp"

namespace decamp::samplecloud {
namespace {

namespace json = boost::json;

constexpr name_table<id_form, 3> id_forms{
    {{"string", id_form::string}, {"number", id_form::number}, {"alternate", id_form::alternate}}};

constexpr name_table<unauthorized_form, 3> unauthorized_forms{{{"envelope", unauthorized_form::envelope},
                                                               {"old", unauthorized_form::old},
                                                               {"old_with_200", unauthorized_form::old_with_200}}};

constexpr name_table<e2ee_state, 3> e2ee_states{{{"close", e2ee_state::closed},
                                                 {"open", e2ee_state::open},
                                                 {"open_without_token", e2ee_state::open_without_token}}};

constexpr name_table<last_page_form, 3> last_page_forms{
    {{"right", last_page_form::right}, {"never", last_page_form::never}, {"missing", last_page_form::missing}}};

constexpr name_table<request_group, 10> request_groups{{{"any", request_group::any},
                                                        {"api", request_group::api},
                                                        {"lists", request_group::lists},
                                                        {"galleries", request_group::galleries},
                                                        {"albums", request_group::albums},
                                                        {"timeline", request_group::timeline},
                                                        {"link", request_group::link},
                                                        {"page", request_group::page},
                                                        {"download", request_group::download},
                                                        {"account", request_group::account}}};

constexpr name_table<list_fault_kind, 14> list_fault_kinds{{{"cut", list_fault_kind::cut},
                                                            {"endless", list_fault_kind::endless},
                                                            {"endless_string", list_fault_kind::endless_string},
                                                            {"endless_number", list_fault_kind::endless_number},
                                                            {"deep", list_fault_kind::deep},
                                                            {"stall", list_fault_kind::stall},
                                                            {"reset", list_fault_kind::reset},
                                                            {"html", list_fault_kind::html},
                                                            {"bad_utf8", list_fault_kind::bad_utf8},
                                                            {"error", list_fault_kind::error},
                                                            {"redirect", list_fault_kind::redirect},
                                                            {"unauthorized", list_fault_kind::unauthorized},
                                                            {"twice", list_fault_kind::twice},
                                                            {"omitted", list_fault_kind::omitted}}};

constexpr name_table<item_fault_kind, 26> item_fault_kinds{{{"deleted", item_fault_kind::deleted},
                                                            {"refused", item_fault_kind::refused},
                                                            {"link_status", item_fault_kind::link_status},
                                                            {"ssrf_page", item_fault_kind::ssrf_page},
                                                            {"page_html", item_fault_kind::page_html},
                                                            {"page_broken", item_fault_kind::page_broken},
                                                            {"page_status", item_fault_kind::page_status},
                                                            {"page_redirect", item_fault_kind::page_redirect},
                                                            {"ssrf_file", item_fault_kind::ssrf_file},
                                                            {"status", item_fault_kind::status},
                                                            {"expired_link", item_fault_kind::expired_link},
                                                            {"redirect", item_fault_kind::redirect},
                                                            {"short_body", item_fault_kind::short_body},
                                                            {"corrupt", item_fault_kind::corrupt},
                                                            {"reset", item_fault_kind::reset},
                                                            {"stall", item_fault_kind::stall},
                                                            {"length_too_long", item_fault_kind::length_too_long},
                                                            {"length_too_short", item_fault_kind::length_too_short},
                                                            {"html", item_fault_kind::html},
                                                            {"json", item_fault_kind::json},
                                                            {"ignore_range", item_fault_kind::ignore_range},
                                                            {"wrong_range", item_fault_kind::wrong_range},
                                                            {"chunked", item_fault_kind::chunked},
                                                            {"no_length", item_fault_kind::no_length},
                                                            {"encoded", item_fault_kind::encoded},
                                                            {"changed_etag", item_fault_kind::changed_etag}}};

void read_library(object_reader& in, library_switches& out) {
    in.number("seed", out.seed);
    in.number("items", out.items);
    in.number("private_items", out.private_items);
    in.number("albums", out.albums);
    if (const auto* names = in.find("album_names")) {
        if (!names->is_array()) fail(in.path("album_names"), "a list of strings is wanted");
        out.album_names.clear();
        for (const auto& name : names->get_array()) {
            if (!name.is_string()) fail(in.path("album_names"), "a list of strings is wanted");
            out.album_names.emplace_back(name.get_string());
        }
    }
    in.number("unnamed_albums", out.unnamed_albums);
    in.boolean("hostile_album_names", out.hostile_album_names);
    in.boolean("private_in_album_list", out.private_in_album_list);
    in.text("first_day", out.first_day);
    in.number("items_per_day", out.items_per_day);
    in.number("size_min", out.size_min);
    in.number("size_max", out.size_max);
    in.percent("second_album_percent", out.second_album_percent);
    in.percent("twins_percent", out.twins_percent);
    in.percent("videos_percent", out.videos_percent);
    in.which("live_photos", out.live_photos);
    in.which("zero_bytes", out.zero_bytes);
    in.which("duplicate_names", out.duplicate_names);
    in.which("hostile_names", out.hostile_names);
    if (const auto* names = in.find("names")) {
        if (!names->is_array()) fail(in.path("names"), "a list of objects is wanted");
        out.names.clear();
        for (const auto& entry : names->get_array()) {
            object_reader inner(entry, in.path("names"));
            named_item named;
            inner.number("item", named.item);
            inner.text("name", named.name);
            inner.finish();
            out.names.push_back(std::move(named));
        }
    }
    in.which("sparse_fields", out.sparse_fields);
    in.which("wrong_sha1", out.wrong_sha1);
    in.which("wrong_size", out.wrong_size);
    in.which("shared_sha1", out.shared_sha1);
    in.boolean("ids_beyond_double", out.ids_beyond_double);
    in.choice("id_type", id_forms, out.id_type);
    in.choice("group_id_type", id_forms, out.group_id_type);
    in.number("thumbnails_inline_bytes", out.thumbnails_inline_bytes);
    in.number("now_ms", out.now_ms);
    in.finish();
    if (out.albums == 0) fail("library.albums", "at least 1 is wanted");
    if (out.size_max < out.size_min) fail("library.size_max", "less than size_min");
    constexpr std::uint64_t most = 1ULL << 32;
    if (out.items > most || out.private_items > most) fail("library.items", "at most 2^32");
    if (out.albums > 100000) fail("library.albums", "at most 100,000");
    if (out.thumbnails_inline_bytes > 1048576) fail("library.thumbnails_inline_bytes", "at most 1 MiB");
    const bool digits = out.first_day.size() == 8 && out.first_day.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) fail("library.first_day", "YYYYMMDD is wanted");
}

void read_session(object_reader& in, session_switches& out) {
    in.text("user_id", out.user_id);
    in.text("device_id", out.device_id);
    in.number("expire_after", out.expire_after);
    in.number("rotate_every", out.rotate_every);
    in.number("rotation_grace", out.rotation_grace);
    in.boolean("keepalive_rotates", out.keepalive_rotates);
    in.boolean("pass_token_dead", out.pass_token_dead);
    in.number("renewals_allowed", out.renewals_allowed);
    in.choice("unauthorized", unauthorized_forms, out.unauthorized);
    in.number("shard_every", out.shard_every);
    in.boolean("login_lands_on_shard", out.login_lands_on_shard);
    in.boolean("untrusted", out.untrusted);
    in.choice("e2ee", e2ee_states, out.e2ee);
    in.finish();
}

void read_api(object_reader& in, api_switches& out) {
    in.number("page_size_max", out.page_size_max);
    in.boolean("null_for_empty", out.null_for_empty);
    in.boolean("user_id_as_text", out.user_id_as_text);
    in.choice("last_page", last_page_forms, out.last_page);
    in.boolean("gallery_ended", out.gallery_ended);
    in.number("gallery_ended_code", out.gallery_ended_code);
    in.number("deep_page", out.deep_page);
    in.number("deep_page_delay_ms", out.deep_page_delay_ms);
    in.number("latency_ms", out.latency_ms);
    in.number("max_connections", out.max_connections);
    in.number("close_after_requests", out.close_after_requests);
    in.finish();
    if (out.page_size_max == 0 || out.page_size_max > 10000) fail("api.page_size_max", "1 to 10,000 is wanted");
}

void read_storage(object_reader& in, storage_switches& out) {
    in.percent("second_host_percent", out.second_host_percent);
    in.boolean("range", out.range);
    in.boolean("second_host_range", out.second_host_range);
    in.boolean("jsonp_tail", out.jsonp_tail);
    in.boolean("etag", out.etag);
    in.number("link_uses", out.link_uses);
    in.number("latency_ms", out.latency_ms);
    in.number("bytes_per_second", out.bytes_per_second);
    in.finish();
}

void read_one(object_reader& in, item_fault& out) {
    in.choice("kind", item_fault_kinds, out.kind);
    in.selection(out.which);
    in.number("times", out.times);
    in.number("bytes", out.bytes);
    in.number("status", out.status);
    in.number("retry_after", out.retry_after);
    in.text("to", out.to);
}

void read_one(object_reader& in, burst& out) {
    in.choice("on", request_groups, out.on);
    in.number("every", out.every);
    in.number("length", out.length);
    in.number("times", out.times);
    in.number("status", out.status);
    in.number("retry_after", out.retry_after);
    if (out.every == 0 || out.length == 0) fail(in.path("every"), "every and length are at least 1");
}

void read_one(object_reader& in, list_fault& out) {
    in.choice("on", request_groups, out.on);
    in.choice("kind", list_fault_kinds, out.kind);
    in.number("first", out.first);
    in.number("times", out.times);
    in.number("bytes", out.bytes);
    in.text("to", out.to);
    if (out.first == 0) fail(in.path("first"), "requests are counted from 1");
}

void read_one(object_reader& in, count_fault& out) {
    in.text("day", out.day);
    in.text("album", out.album);
    in.number("delta", out.delta);
    in.number("times", out.times);
    if (out.day.empty() && out.album.empty()) fail(in.path("day"), "day or album is wanted");
}

template <class Entry>
void read_list(object_reader& in, std::string_view key, std::vector<Entry>& out) {
    const json::value* list = in.find(key);
    if (list == nullptr) return;
    if (!list->is_array()) fail(in.path(key), "a list is wanted");
    out.clear();
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
        object_reader inner(list->get_array()[i], in.path(key) + "[" + std::to_string(i) + "]");
        Entry entry;
        read_one(inner, entry);
        inner.finish();
        out.push_back(std::move(entry));
    }
}

template <class Section, class Reader>
void read_section(object_reader& in, std::string_view key, Section& out, Reader reader) {
    const json::value* value = in.find(key);
    if (value == nullptr) return;
    object_reader inner(*value, std::string(key));
    reader(inner, out);
}

}  // namespace

bool selector::names(std::uint64_t index) const {
    return std::binary_search(items.begin(), items.end(), index);
}

fault_stage stage_of(item_fault_kind kind) {
    if (kind <= item_fault_kind::ssrf_page) return fault_stage::link;
    if (kind <= item_fault_kind::ssrf_file) return fault_stage::page;
    return fault_stage::download;
}

void apply_scenario(scenario& target, std::string_view text) {
    boost::system::error_code ec;
    const json::value root = json::parse(text, ec);
    if (ec) throw scenario_error("scenario: not JSON: " + ec.message());
    scenario changed = target;
    object_reader in(root, "$");
    in.find("comment");
    read_section(in, "library", changed.library, read_library);
    read_section(in, "session", changed.session, read_session);
    read_section(in, "api", changed.api, read_api);
    read_section(in, "storage", changed.storage, read_storage);
    read_list(in, "faults", changed.faults);
    read_list(in, "bursts", changed.bursts);
    read_list(in, "list_faults", changed.list_faults);
    read_list(in, "counts", changed.counts);
    read_section(in, "moves", changed.moving, [](object_reader& inner, moves& out) {
        inner.number("every", out.every);
        inner.number("insert", out.insert);
        inner.number("remove", out.remove);
        inner.number("limit", out.limit);
        inner.finish();
    });
    in.finish();
    target = std::move(changed);
}

scenario parse_scenario(std::string_view text) {
    scenario result;
    apply_scenario(result, text);
    return result;
}

scenario demo_scenario() {
    scenario demo;
    demo.library.album_names = {"旅行 2019", "Family & Friends", "Mum's 60th: party/pictures?", "宠物"};
    demo.library.live_photos.items = {17};
    demo.library.duplicate_names.items = {40, 41, 42, 43};
    demo.library.hostile_names.per_mille = 120;
    demo.library.zero_bytes.items = {77};
    demo.bursts.push_back(burst{request_group::link, 10, 1, 1, 503, -1});
    item_fault expired;
    expired.kind = item_fault_kind::expired_link;
    expired.which.items = {33};
    demo.faults.push_back(expired);
    return demo;
}

}  // namespace decamp::samplecloud
