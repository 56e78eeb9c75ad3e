#include "engine/download/following.hpp"

#include <utility>

#include "engine/download/errors.hpp"
#include "engine/transport/redirect.hpp"

namespace decamp::download {

namespace {
constexpr unsigned most_redirects = 3;
}

task<result<std::unique_ptr<transport::exchange>>> send_following(transport::sender& http, transport::request request,
                                                                  std::function<bool(const transport::url&)> may_ask,
                                                                  bool* secure) {
    for (unsigned hop = 0;; ++hop) {
        auto exchange = co_await http.send(request);
        if (!exchange) co_return exchange;
        const transport::response_head& head = exchange.value()->head();
        if (secure != nullptr) *secure = request.target.secure();
        if (!transport::is_redirect(head.status)) co_return exchange;
        const auto next = transport::decide_redirect(request.target, head.status, head.header("Location"), may_ask);
        if (next.action == transport::redirect_action::refuse)
            co_return failure(download_errc::redirected_away, next.reason);
        if (hop == most_redirects) co_return failure(download_errc::redirected_away, "in circles");
        if (next.action == transport::redirect_action::follow_without_secrets) transport::drop_secrets(request.headers);
        request.target = next.to;
        if (next.as_get) {
            request.method = "GET";
            request.body.clear();
        }
    }
}

}  // namespace decamp::download
