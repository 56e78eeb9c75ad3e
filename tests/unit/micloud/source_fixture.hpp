#pragma once
// The source over a cloud in memory at 127.0.0.1 (API), .2 (account), .3 (storage), as the sample cloud lays them out.

#include <memory>
#include <string>

#include "tests/unit/micloud/answers.hpp"

namespace decamp::testing {

inline const std::string api = "http://127.0.0.1:80";
inline const std::string account = "http://127.0.0.2:80";
inline const std::string storage = "http://127.0.0.3:80";
inline const std::string shard = "http://127.0.0.4:80";

struct source_fixture {
    explicit source_fixture(source::micloud::credentials who = {"77USER", "token1", "PASSTOKEN", "wb_1"}) {
        source::source_observer observer;
        observer.session_renewed = [this] { ++renewed; };
        source::micloud::micloud_options options{source::micloud::parse_endpoint("micloud:http://127.0.0.1").value(),
                                                 std::move(who)};
        source = source::micloud::make_micloud(std::move(options), cloud, clock, random, observer);
        cloud.on(api + "/status/lite/profile", ok_json(R"({"nickname":"小明","icon":"x"})"));
        cloud.on(api + "/mic/keybag/v1/getEncInfo", ok_json(R"({"zone":301,"e2eeStatus":"close","nonce":"n"})"));
        cloud.on(api + "/gallery/user/lite/index/prepare", ok_json(R"({"isReady":true,"status":"ready"})"));
        cloud.on(api + "/status/lite/setting", ok_json("{}"));
        cloud.on(api + "/gallery/user/album/list", ok_json(R"({"albums":[{"albumId":"1"}],"isLastPage":true})"));
        cloud.on(api + "/gallery/user/timeline", ok_json(R"({"dayCount":{"20240501":2}})"));
        cloud.on(api + "/gallery/user/galleries", ok_json(R"({"galleries":null,"isLastPage":true})"));
        cloud.on(api + "/gallery/storage", ok_json(R"({"url":")" + storage + R"(/2/9/page?sig=SIGNED"})"));
        cloud.on(storage + "/2/9/page",
                 json(R"(cb_1({"url":")" + storage + R"(/2/9/download_file?sig=SIGNED","meta":"m+/="});)"));
        cloud.on(api + "/api/user/login", ok_json(R"({"loginUrl":")" + account + R"(/pass/serviceLogin?callback=c"})"));
        cloud.on(account + "/pass/serviceLogin", redirect(api + "/sts?sign=s"));
        cloud.on(api + "/sts",
                 [this](const transport::request&) { return redirect(api + "/", "token" + std::to_string(++tokens)); });
    }

    // From now on the API lets in only this token.
    void require(std::string token) {
        required = std::move(token);
        for (const char* path : {"/gallery/user/album/list", "/gallery/user/timeline", "/gallery/storage"})
            cloud.on(api + path, [this, path](const transport::request& what) { return guarded(what, path); });
    }
    canned guarded(const transport::request& what, const std::string& path) const {
        if (cookie_of(what, "serviceToken") != required) return error_json(401);
        if (path.ends_with("storage")) return ok_json(R"({"url":")" + storage + R"(/2/9/page?sig=SIGNED"})");
        return ok_json(R"({"albums":[{"albumId":"1"}],"isLastPage":true,"dayCount":{"20240501":2}})");
    }

    fake_cloud cloud;
    still_clock clock;
    counting_random random;
    std::unique_ptr<source::source> source;
    std::string required;
    int tokens = 1, renewed = 0;
};

}  // namespace decamp::testing
