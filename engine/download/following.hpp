#pragma once
// A request for an item's bytes, sent on where it is redirected.

#include <functional>
#include <memory>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/transport/http.hpp"
#include "engine/transport/url.hpp"

namespace decamp::download {

// `may_ask`: which hosts a redirect may lead to; no secrets go there. `secure`, where not null: whether the answer came
// by TLS. Errors: download_errc::redirected_away, and the sender's.
task<result<std::unique_ptr<transport::exchange>>> send_following(transport::sender& http, transport::request request,
                                                                  std::function<bool(const transport::url&)> may_ask,
                                                                  bool* secure = nullptr);

}  // namespace decamp::download
