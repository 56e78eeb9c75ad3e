#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "raw_client.hpp"

// Replies against fixtures written by hand from what public clients show: the same keys, the same kinds of value.

namespace decamp::samplecloud::test {
namespace {

namespace json = boost::json;

json::value fixture(const std::string& name) {
    const auto path = std::filesystem::path(DECAMP_SOURCE_DIR) / "tests/unit/samplecloud/fixtures" / name;
    std::ifstream in(path, std::ios::binary);
    return json::parse(std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
}

struct freedom {
    std::set<std::string> optional;  ///< keys that may be absent
    std::set<std::string> either;    ///< keys that are a string or a whole number
    std::set<std::string> maps;      ///< keys whose object has any keys, each of the kind of the fixture's first
};

bool number(const json::value& value) {
    return value.is_int64() || value.is_uint64();
}

std::string kind(const json::value& value) {
    if (number(value)) return "integer";
    return std::string(json::to_string(value.kind()));
}

/// Says where and how `seen` differs in shape from `wanted`; empty when it does not.
std::string difference(const json::value& seen, const json::value& wanted, const freedom& free, const std::string& at,
                       const std::string& key = {}) {
    if (free.either.contains(key) && (number(seen) || seen.is_string())) return {};
    if (kind(seen) != kind(wanted)) return at + ": " + kind(seen) + " for " + kind(wanted);
    if (wanted.is_array()) {
        if (wanted.get_array().empty()) return {};
        for (const auto& entry : seen.get_array()) {
            if (auto bad = difference(entry, wanted.get_array()[0], free, at + "[]"); !bad.empty()) return bad;
        }
        return {};
    }
    if (!wanted.is_object()) return {};
    if (free.maps.contains(key)) {
        for (const auto& entry : seen.get_object()) {
            const auto& model = wanted.get_object().begin()->value();
            if (auto bad = difference(entry.value(), model, free, at + ".*"); !bad.empty()) return bad;
        }
        return {};
    }
    for (const auto& entry : wanted.get_object()) {
        const json::value* found = seen.get_object().if_contains(entry.key());
        const std::string name(entry.key());
        if (found == nullptr) {
            if (free.optional.contains(name)) continue;
            return at + ": " + name + " is missing";
        }
        if (auto bad = difference(*found, entry.value(), free, at + "." + name, name); !bad.empty()) return bad;
    }
    for (const auto& entry : seen.get_object()) {
        if (!wanted.get_object().contains(entry.key())) return at + ": " + std::string(entry.key()) + " is invented";
    }
    return {};
}

const freedom items_are_free{
    {"exifInfo", "geoInfo", "GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef"}, {"groupId", "id"}, {}};

scenario varied() {
    scenario out = demo_scenario();
    out.bursts.clear();
    out.library.id_type = id_form::alternate;
    return out;
}

TEST(shape, the_checker_sees_differences) {
    const json::value model = json::parse(R"({"a": 1, "b": [{"c": "x"}]})");
    EXPECT_EQ(difference(json::parse(R"({"a": 2, "b": [{"c": "y"}, {"c": ""}]})"), model, {}, ""), "");
    EXPECT_NE(difference(json::parse(R"({"a": "2", "b": []})"), model, {}, ""), "");
    EXPECT_NE(difference(json::parse(R"({"b": []})"), model, {}, ""), "");
    EXPECT_NE(difference(json::parse(R"({"a": 1, "b": [], "z": 0})"), model, {}, ""), "");
    EXPECT_NE(difference(json::parse(R"({"a": 1, "b": [{"c": 1}]})"), model, {}, ""), "");
}

TEST(shape, lists) {
    const server cloud(varied());
    const signed_client client(cloud);
    EXPECT_EQ(difference(client.api("/gallery/user/album/list?ts=1&pageNum=0&pageSize=100&isShared=false").json(),
                         fixture("album_list.json"), {{"name"}, {}, {}}, "albums"),
              "");
    EXPECT_EQ(difference(client.api("/gallery/user/album/video?ts=1&isShared=false").json(),
                         fixture("album_video.json"), {}, "video"),
              "");
    EXPECT_EQ(difference(client.api("/gallery/user/timeline?ts=1").json(), fixture("timeline.json"),
                         {{}, {}, {"dayCount"}}, "timeline"),
              "");
    const json::value page = client.api("/gallery/user/galleries?ts=1&pageNum=0&pageSize=500").json();
    EXPECT_EQ(page.at("data").at("galleries").as_array().size(), 120U);
    EXPECT_EQ(difference(page, fixture("galleries.json"), items_are_free, "galleries"), "");
}

TEST(shape, inline_thumbnails_are_data_and_sparse_items_keep_the_core) {
    scenario from = varied();
    from.library.thumbnails_inline_bytes = 3000;
    from.library.sparse_fields.items = {0};
    const server cloud(from);
    const signed_client client(cloud);
    const json::value page = client.data("/gallery/user/galleries?ts=1&pageNum=0&pageSize=500");
    const json::array& items = page.at("galleries").as_array();
    EXPECT_EQ(items.at(0).at("thumbnailInfo").at("isUrl"), false);
    EXPECT_EQ(items.at(0).at("thumbnailInfo").at("data").as_string().size(), 4000U);
    const json::object& oldest = items.back().as_object();
    EXPECT_FALSE(oldest.contains("thumbnailInfo"));
    for (const char* key : {"id", "fileName", "mimeType", "type", "size", "sha1", "dateTaken", "groupId"}) {
        EXPECT_TRUE(oldest.contains(key)) << key;
    }
}

TEST(shape, links_and_deleted_items) {
    scenario from = varied();
    from.faults.push_back({.kind = item_fault_kind::deleted, .which = {0, {4, 5}}, .times = 0});
    const server cloud(from);
    const signed_client client(cloud);
    const json::value link = client.api("/gallery/storage?ts=1&id=" + cloud.item(0).id).json();
    EXPECT_EQ(difference(link, fixture("storage.json"), {}, "storage"), "");
    const std::string page = fetch(std::string(link.at("data").at("url").as_string())).body;
    const std::size_t open = page.find('(');
    EXPECT_EQ(difference(json::parse(page.substr(open + 1, page.rfind(')') - open - 1)), fixture("storage_page.json"),
                         {}, "page"),
              "");
    EXPECT_EQ(difference(client.api("/gallery/storage?ts=1&id=" + cloud.item(4).id).json(), fixture("deleted.json"), {},
                         "deleted"),
              "");
    EXPECT_EQ(difference(client.api("/gallery/storage?ts=1&id=" + cloud.item(5).id).json(),
                         fixture("deleted_message.json"), {}, "deleted"),
              "");
}

TEST(shape, session_and_status) {
    const server cloud(varied());
    const signed_client client(cloud);
    const auto same = [&](const json::value& seen, const std::string& name) {
        EXPECT_EQ(difference(seen, fixture(name), {}, name), "");
    };
    same(fetch(cloud.api_url() + "/api/user/login?ts=1&followUp=https%3A%2F%2Fi.mi.com%2F&_locale=zh_CN").json(),
         "login_url.json");
    same(client.api("/mic/keybag/v1/getEncInfo?hsid=2&appId=micloud&ts=1").json(), "enc_info.json");
    same(client.api("/status/lite/profile?ts=1").json(), "profile.json");
    same(client.api("/status/lite/alldetail?ts=1").json(), "alldetail.json");
    same(post(cloud.api_url() + "/gallery/user/lite/index/prepare", "serviceToken=" + percent_encoded(client.token),
              client.cookies())
             .json(),
         "prepare.json");
    EXPECT_EQ(client.api("/common/check?ts=1").json().at("code"), 0);
    EXPECT_EQ(client.api("/status/lite/setting?type=AutoRenewal&inactiveTime=10&ts=1").json().at("result"), "ok");
    same(fetch(cloud.api_url() + "/gallery/user/timeline?ts=1").json(), "unauthorized.json");
}

TEST(shape, the_old_form_of_unauthorized) {
    scenario from = varied();
    from.session.unauthorized = unauthorized_form::old;
    const server old(from);
    const raw_reply reply = fetch(old.api_url() + "/gallery/user/timeline?ts=1");
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(difference(reply.json(), fixture("unauthorized_old.json"), {}, "old"), "");
    from.session.unauthorized = unauthorized_form::old_with_200;
    const server older(from);
    EXPECT_EQ(fetch(older.api_url() + "/gallery/user/timeline?ts=1").status, 200);
}

}  // namespace
}  // namespace decamp::samplecloud::test
