#pragma once
// What Xiaomi Cloud answers, and what it is asked.

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "engine/source/micloud/micloud.hpp"
#include "tests/support/fake_cloud.hpp"
#include "tests/support/still_world.hpp"

namespace decamp::testing {

inline canned json(std::string body) {
    return {200, std::move(body), {}, {}, {}};
}
inline canned ok_json(const std::string& data) {
    return json(R"({"result":"ok","retriable":false,"code":0,"data":)" + data +
                R"(,"description":"成功","ts":1700000000000})");
}
inline canned error_json(int code, bool retriable = false) {
    return json(R"({"result":"error","retriable":)" + std::string(retriable ? "true" : "false") + R"(,"code":)" +
                std::to_string(code) + R"(,"data":null,"description":"x","ts":1})");
}
inline canned redirect(std::string to, const std::string& token = {}) {
    canned out{302, "", {{"Location", std::move(to)}}, {}, {}};
    if (!token.empty()) out.headers.push_back({"Set-Cookie", "serviceToken=" + token + "; Path=/; HttpOnly"});
    return out;
}

inline std::string cookie_of(const transport::request& what, std::string_view name) {
    const std::string all = "; " + header_of(what, "Cookie") + ";";
    const std::string start = "; " + std::string(name) + "=";
    const auto at = all.find(start);
    if (at == std::string::npos) return {};
    return all.substr(at + start.size(), all.find(';', at + start.size()) - at - start.size());
}

inline std::string fixture(const std::string& name) {
    std::ifstream file(std::string(DECAMP_SOURCE_DIR "/tests/unit/micloud/fixtures/") + name, std::ios::binary);
    if (!file) throw std::runtime_error("no fixture " + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace decamp::testing
