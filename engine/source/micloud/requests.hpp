#pragma once
// Every request decamp makes of the cloud, and nothing that could change an account: listing, links and bytes only.
// Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/item.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::micloud {

inline constexpr std::string_view browser =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
inline constexpr std::string_view referer = "https://i.mi.com/gallery/h5";
inline constexpr std::string_view private_album = "1000";
// Of a list that is narrowed on one side alone, or has to be narrowed.
inline constexpr std::string_view first_day = "00010101", earliest_day = "19000101", latest_day = "99991231";
inline constexpr std::uint64_t album_page_size = 100;
inline constexpr std::uint64_t gallery_page_size = 200;

// A call to the API. The token of a form is filled in when it is sent, for it may change before.
struct api_call {
    std::string path;
    std::string query;
    bool form = false;     // a POST whose form repeats serviceToken; else a GET
    bool gallery = false;  // a 404 or a foreign redirect here can mean that the region's gallery has ended
};

api_call keep_alive_call(std::int64_t now_ms);
api_call profile_call(std::int64_t now_ms);
api_call encryption_call(std::int64_t now_ms);
api_call prepare_call();
api_call albums_call(std::int64_t now_ms, std::uint64_t page);
api_call timeline_call(std::int64_t now_ms, const collection_id& of);
api_call gallery_call(std::int64_t now_ms, const scope& where, std::uint64_t page, std::uint64_t page_size);
api_call full_list_call(std::int64_t now_ms);
api_call quota_call(std::int64_t now_ms);
api_call storage_call(std::int64_t now_ms, const item_id& id);

// Where the chain of renewal begins: a GET with the account's cookies.
transport::url login_url_target(const transport::url& api, std::int64_t now_ms);

// `cookies` is the Cookie header's value; `token` goes into a form.
transport::request api_request(const api_call& call, const transport::url& to, const std::string& cookies,
                               const std::string& token);
transport::request login_request(const transport::url& to, const std::string& cookies);
// To a storage host: no cookies, no referer.
transport::request link_page_request(const transport::url& to);
transport::request download_request(const transport::url& to, const std::string& meta);

}  // namespace decamp::source::micloud
