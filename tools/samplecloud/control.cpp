#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/truth.hpp"

namespace decamp::samplecloud {
namespace {

namespace json = boost::json;

constexpr std::uint64_t most_items_shown = 100'000;

json::object stats_json(const server_stats& stats) {
    json::object requests;
    for (const auto& [name, count] : stats.requests) requests[name] = count;
    json::object statuses;
    for (const auto& [status, count] : stats.statuses) statuses[std::to_string(status)] = count;
    json::object again;
    for (const auto& [id, count] : stats.downloaded_again) again[id] = count;
    return {{"requests", requests},
            {"statuses", statuses},
            {"total_requests", stats.total_requests},
            {"downloads", stats.downloads},
            {"downloaded_bytes", stats.downloaded_bytes},
            {"downloaded_again", again},
            {"faults_shown", stats.faults_shown},
            {"cookies_leaked", stats.cookies_leaked},
            {"pass_token_misplaced", stats.pass_token_misplaced},
            {"renewals", stats.renewals},
            {"connections", stats.connections},
            {"open_connections", stats.open_connections},
            {"most_connections", stats.most_connections},
            {"stalled", stats.stalled},
            {"inserted", stats.inserted},
            {"removed", stats.removed}};
}

json::object record_json(const request_record& record) {
    json::array cookies;
    for (const std::string& name : record.cookie_names) cookies.emplace_back(name);
    return {{"number", record.number},
            {"origin", name_of(record.where)},
            {"endpoint", name_of(record.kind)},
            {"method", record.method},
            {"target", record.target},
            {"has_cookie", record.has_cookie},
            {"cookies", cookies},
            {"range", record.range},
            {"status", record.status},
            {"body_bytes", record.body_bytes},
            {"finished", record.finished}};
}

json::object item_json(const true_item& item) {
    json::array albums;
    for (const std::string& album : item.album_ids) albums.emplace_back(album);
    return {{"index", item.index},
            {"id", item.id},
            {"name", item.name},
            {"size", item.size},
            {"sha1", item.sha1},
            {"announced_size", item.announced_size},
            {"announced_sha1", item.announced_sha1},
            {"albums", albums},
            {"taken_ms", item.taken_ms}};
}

std::uint64_t number_field(std::string_view query, std::string_view name, std::uint64_t otherwise) {
    const std::string text = form_value(query, name);
    std::uint64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void show_items(cloud& of, const http_request& request, http_response& response) {
    const auto now = of.now();
    const std::uint64_t all = now->items->first_inserted() + now->lists.inserted;
    const std::uint64_t from = std::min(number_field(request.query(), "from", 0), all);
    const std::uint64_t count = std::min(number_field(request.query(), "count", 1000), most_items_shown);
    for (std::uint64_t i = from; i < std::min(from + count, all); ++i) {
        response.body += json::serialize(item_json(true_item_at(of, *now, i))) + "\n";
    }
    response.content_type = "application/x-ndjson";
}

/// {"insert":n, "remove":[index,...], "kill_service_token":true, "kill_pass_token":true}
void change(cloud& of, const json::object& wanted) {
    if (const auto* insert = wanted.if_contains("insert")) of.insert_items(insert->to_number<std::uint64_t>());
    if (const auto* remove = wanted.if_contains("remove")) {
        for (const auto& index : remove->as_array()) of.remove_item(index.to_number<std::uint64_t>());
    }
    if (const auto* kill = wanted.if_contains("kill_service_token"); kill != nullptr && kill->as_bool()) {
        of.kill_service_token();
    }
    if (const auto* kill = wanted.if_contains("kill_pass_token"); kill != nullptr && kill->as_bool()) {
        of.kill_pass_token();
    }
}

void control(cloud& of, const http_request& request, http_response& response) {
    const std::string_view what = request.path().substr(std::string_view("/_control/").size());
    const bool post = request.method == "POST";
    response.body = "{}";
    if (what == "stats" && !post) {
        response.body = json::serialize(stats_json(of.stats()));
    } else if (what == "log" && !post) {
        response.body.clear();
        response.content_type = "application/x-ndjson";
        for (const request_record& record : of.log()) response.body += json::serialize(record_json(record)) + "\n";
    } else if (what == "items" && !post) {
        response.body.clear();
        show_items(of, request, response);
    } else if (what == "credentials" && !post) {
        response.body = credentials_json(*of.now()->switches);
    } else if (what == "reset-stats" && post) {
        of.reset_stats();
    } else if (what == "reset-attempts" && post) {
        of.reset_attempts();
    } else if (what == "scenario" && post) {
        of.mutate([&](scenario& switches) { apply_scenario(switches, request.body); });
    } else if (what == "mutate" && post) {
        change(of, json::parse(request.body).as_object());
    } else {
        set_status(response, 404, -1);
    }
}

}  // namespace

void answer_control(cloud& of, const http_request& request, http_response& response) {
    try {
        control(of, request, response);
    } catch (const std::exception& error) {  // what came in was not as documented
        response.status = 400;
        response.body = json::serialize(json::object{{"error", error.what()}});
    }
}

}  // namespace decamp::samplecloud
