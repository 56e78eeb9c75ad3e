#include "engine/source/micloud/requests.hpp"

#include <utility>
#include <vector>

namespace decamp::source::micloud {

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

std::string query_of(const fields& parameters) {
    std::string out;
    for (const auto& [name, value] : parameters) {
        if (!out.empty()) out += '&';
        out += name + '=' + transport::percent_encode(value);
    }
    return out;
}

transport::request plain(std::string method, const transport::url& to) {
    transport::request out;
    out.method = std::move(method);
    out.target = to;
    out.headers.push_back({"User-Agent", std::string(browser)});
    out.headers.push_back({"Accept", "*/*"});
    return out;
}

void set_form(transport::request& what, const fields& form) {
    what.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"});
    what.body = transport::form_encode(form);
    what.safe_to_repeat = true;  // none of our forms changes anything
}

}  // namespace

api_call keep_alive_call(std::int64_t now_ms) {
    return {"/status/lite/setting",
            query_of({{"type", "AutoRenewal"}, {"inactiveTime", "10"}, {"ts", std::to_string(now_ms)}})};
}

api_call profile_call(std::int64_t now_ms) {
    return {"/status/lite/profile", query_of({{"ts", std::to_string(now_ms)}})};
}

api_call encryption_call(std::int64_t now_ms) {
    return {"/mic/keybag/v1/getEncInfo",
            query_of({{"hsid", "2"}, {"appId", "micloud"}, {"ts", std::to_string(now_ms)}})};
}

api_call prepare_call() {
    return {"/gallery/user/lite/index/prepare", "", true, true};
}

api_call albums_call(std::int64_t now_ms, std::uint64_t page) {
    return {"/gallery/user/album/list",
            query_of({{"ts", std::to_string(now_ms)},
                      {"pageNum", std::to_string(page)},
                      {"pageSize", std::to_string(album_page_size)},
                      {"isShared", "false"},
                      {"numOfThumbnails", "1"}}),
            false, true};
}

api_call timeline_call(std::int64_t now_ms, const collection_id& of) {
    fields parameters{{"ts", std::to_string(now_ms)}};
    if (!of.everything()) parameters.emplace_back("albumId", of.value);
    return {"/gallery/user/timeline", query_of(parameters), false, true};
}

api_call gallery_call(std::int64_t now_ms, const scope& where, std::uint64_t page, std::uint64_t page_size) {
    fields parameters{{"ts", std::to_string(now_ms)}};
    // Both or none: what one alone means, no client shows.
    if (!where.first_bucket.empty() || !where.last_bucket.empty()) {
        const bool ancient = !where.last_bucket.empty() && where.last_bucket < earliest_day;
        const std::string_view from = ancient ? first_day : earliest_day;
        parameters.emplace_back("startDate", where.first_bucket.empty() ? std::string(from) : where.first_bucket);
        parameters.emplace_back("endDate", where.last_bucket.empty() ? std::string(latest_day) : where.last_bucket);
    }
    parameters.emplace_back("pageNum", std::to_string(page));
    parameters.emplace_back("pageSize", std::to_string(page_size));
    if (!where.collection.everything()) parameters.emplace_back("albumId", where.collection.value);
    return {"/gallery/user/galleries", query_of(parameters), false, true};
}

api_call full_list_call(std::int64_t now_ms) {
    return {"/gallery/album/full", query_of({{"ts", std::to_string(now_ms)}})};
}

api_call quota_call(std::int64_t now_ms) {
    return {"/status/lite/alldetail", query_of({{"ts", std::to_string(now_ms)}})};
}

api_call storage_call(std::int64_t now_ms, const item_id& id) {
    const std::string ts = std::to_string(now_ms);
    return {"/gallery/storage", query_of({{"ts", ts}, {"id", id.value}, {"callBack", "dl_img_cb_" + ts + "_0"}}), false,
            true};
}

transport::url login_url_target(const transport::url& api, std::int64_t now_ms) {
    transport::url to = api;
    to.path = "/api/user/login";
    to.query = query_of({{"ts", std::to_string(now_ms)},
                         {"followUp", api.scheme + "://" + api.host_header() + "/"},
                         {"_locale", "zh_CN"}});
    return to;
}

transport::request api_request(const api_call& call, const transport::url& to, const std::string& cookies,
                               const std::string& token) {
    auto out = plain(call.form ? "POST" : "GET", to);
    out.headers.push_back({"Referer", std::string(referer)});
    out.headers.push_back({"Cookie", cookies});
    if (call.form) set_form(out, {{"serviceToken", token}});
    return out;
}

transport::request login_request(const transport::url& to, const std::string& cookies) {
    auto out = plain("GET", to);
    out.headers.push_back({"Referer", std::string(referer)});
    out.headers.push_back({"Cookie", cookies});
    return out;
}

transport::request link_page_request(const transport::url& to) {
    return plain("GET", to);
}

transport::request download_request(const transport::url& to, const std::string& meta) {
    auto out = plain("POST", to);
    set_form(out, {{"meta", meta}});
    return out;
}

}  // namespace decamp::source::micloud
