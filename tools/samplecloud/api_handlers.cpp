#include <fmt/format.h>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/json_text.hpp"

namespace decamp::samplecloud {
namespace {

struct route {
    std::string_view method;
    std::string_view path;
    endpoint kind;
};

constexpr std::array api_routes{
    route{"GET", "/api/user/login", endpoint::login_url},
    route{"GET", "/sts", endpoint::sts},
    route{"GET", "/status/lite/setting", endpoint::keep_alive},
    route{"GET", "/status/setting", endpoint::keep_alive},
    route{"GET", "/status/lite/profile", endpoint::profile},
    route{"GET", "/common/check", endpoint::check},
    route{"GET", "/mic/keybag/v1/getEncInfo", endpoint::enc_info},
    route{"POST", "/gallery/user/lite/index/prepare", endpoint::prepare},
    route{"GET", "/gallery/user/album/list", endpoint::albums},
    route{"GET", "/gallery/user/album/video", endpoint::video_album},
    route{"GET", "/gallery/user/timeline", endpoint::timeline},
    route{"GET", "/gallery/user/galleries", endpoint::galleries},
    route{"GET", "/gallery/storage", endpoint::link},
    route{"GET", "/status/lite/alldetail", endpoint::quota},
};

void answer_quota(cloud& of, exchange& x) {
    const std::uint64_t used = of.total_bytes(x.now);
    // Which other parts the answer holds is taken from captures; a cloud without a gallery lists none.
    const std::string gallery =
        x.switches().api.gallery_ended ? "" : fmt::format(R"("GalleryImage":{{"size":{},"text":"相册"}},)", used);
    answer_ok(x, fmt::format(R"({{"totalQuota":5368709120,"used":{},"totalDetail":5368709120,"usedDetail":{{{})"
                             R"("Recorder":{{"size":0,"text":"录音"}},"AppList":{{"size":0,"text":"应用"}},)"
                             R"("Creation":{{"size":0,"text":"创作"}}}}}})",
                             used, gallery));
}

}  // namespace

endpoint classify(origin where, std::string_view method, std::string_view path) {
    if (where == origin::api || where == origin::shard) {
        for (const route& entry : api_routes) {
            if (entry.path == path && entry.method == method) return entry.kind;
        }
        return endpoint::unknown;
    }
    if (where == origin::account) {
        return path == "/pass/serviceLogin" && method == "GET" ? endpoint::service_login : endpoint::unknown;
    }
    if (!path.starts_with("/2/")) return endpoint::unknown;
    if (path.ends_with("/download_file") && method == "POST") return endpoint::download;
    if (path.ends_with("/download_page") && method == "GET") return endpoint::page;
    if (path.ends_with("/get_thumbnail") && method == "GET") return endpoint::thumbnail;
    return endpoint::unknown;
}

void answer_ok(exchange& x, std::string_view data) {
    x.response.body.reserve(data.size() + 128);
    x.response.body = R"({"result":"ok","retriable":false,"code":0,"data":)";
    x.response.body += data;
    x.response.body += R"(,"description":"成功","ts":)" + std::to_string(x.ts) + "}";
}

void answer_error(exchange& x, int code, std::string_view description, std::string_view data) {
    x.response.body =
        fmt::format(R"({{"result":"error","retriable":false,"code":{},"data":{},"description":{},"ts":{}}})", code,
                    data, json_string(description), x.ts);
}

void answer_unauthorized(const cloud& of, exchange& x) {
    const unauthorized_form form = x.switches().session.unauthorized;
    x.response.status = form == unauthorized_form::old_with_200 ? 200 : 401;
    x.response.headers.clear();
    if (form == unauthorized_form::envelope) {
        answer_error(x, 401, "unauthorized");
    } else {
        x.response.body = fmt::format(R"({{"R":401,"D":{}}})", json_string(login_url(of, x, false)));
    }
}

void answer_text(exchange& x, std::string_view type, std::string text) {
    x.response.content_type = type;
    x.response.body = std::move(text);
}

std::string set_token_cookie(std::string_view token) {
    return fmt::format("Set-Cookie: serviceToken={}; Path=/; HttpOnly\r\n", token);
}

void answer_api(cloud& of, exchange& x) {
    switch (x.kind) {
        case endpoint::login_url: {
            const std::string& user = x.switches().session.user_id;
            const bool known = cookie_value(x.request.cookie, "userId") == user;
            answer_ok(x, fmt::format(R"({{"loginUrl":{}}})", json_string(login_url(of, x, known))));
            break;
        }
        case endpoint::sts:
            answer_sts(of, x);
            break;
        case endpoint::keep_alive:
            if (form_value(x.request.query(), "type") != "AutoRenewal") {
                answer_error(x, 10016, "参数缺失");
                break;
            }
            if (const std::string token = of.keep_session_alive(); !token.empty()) {
                x.response.headers += set_token_cookie(token);
            }
            answer_ok(x, R"({"inactiveTime":10})");
            break;
        case endpoint::profile:
            answer_ok(
                x, R"({"nickname":"样本用户 Sample","icon":"https://cdn.cnbj1.fds.api.mi-img.com/user-avatar/0.jpg"})");
            break;
        case endpoint::check:
            answer_ok(x, "{}");
            break;
        case endpoint::enc_info: {
            const bool open = x.switches().session.e2ee != e2ee_state::closed;
            answer_ok(x, fmt::format(R"({{"zone":301,"e2eeStatus":"{}","nonce":"{:016x}"{}}})", open ? "open" : "close",
                                     mix64(static_cast<std::uint64_t>(x.ts)), open ? R"(,"appKeyVersion":1)" : ""));
            break;
        }
        case endpoint::quota:
            answer_quota(of, x);
            break;
        case endpoint::unknown:
            set_status(x.response, 404, -1);
            break;
        default:
            answer_gallery(of, x);
            break;
    }
    x.response.delay_ms = std::max(x.response.delay_ms, x.switches().api.latency_ms);
}

}  // namespace decamp::samplecloud
