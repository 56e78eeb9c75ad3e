#pragma once
// PROPFIND over a sender: logs in when asked to, follows redirects within the host. Several calls may be under way at
// once, on one thread; a nonce that runs out under several of them is renewed once.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/source/webdav/login.hpp"
#include "engine/transport/http.hpp"
#include "engine/transport/url.hpp"
#include "engine/world/random.hpp"

namespace decamp::source::webdav {

enum class depth { itself, children };

// What a status means for a PROPFIND of a folder or item. None: 207. Of 404: source_errc::gone; of 403: refused; of
// 405, 501, or a 2xx that is no multistatus: unusable_answer "no WebDAV".
// `body`: what came with it, for the detail.
std::optional<failure> judge_status(int status, std::string_view body = {});

// Where a request to `from` may be sent on: the same host and port, or from http on 80 to https on 443.
bool same_server(const transport::url& from, const transport::url& to);

class dav_client {
  public:
    struct answer {
        transport::url from;                        // behind the redirects
        std::unique_ptr<transport::exchange> over;  // 207, nothing read yet
    };

    // References outlive the client, and the client its calls.
    dav_client(login who, transport::sender& out, world::random& random);

    // Errors: as judge_status(), login_refused, cut_by_redirect, and the sender's own.
    task<result<answer>> propfind(transport::url at, depth how_deep);
    login& state() { return login_; }

  private:
    std::string fresh_cnonce();
    transport::request prepare(const transport::url& at, depth how_deep);

    login login_;
    transport::sender& out_;
    world::random& random_;
};

}  // namespace decamp::source::webdav
