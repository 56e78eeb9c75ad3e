#pragma once
// Who is asking, as requests say it: Basic (RFC 7617), Digest (RFC 7616) and Bearer (RFC 6750). A state machine without
// I/O; one thread. Nothing of what it says may stand in a text for people but the failures' details.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/source/webdav/challenge.hpp"
#include "engine/source/webdav/credentials.hpp"

namespace decamp::source::webdav {

// Digest without integrity of the body. Best last.
enum class scheme { none, basic, md5, md5_sess, sha256_sess, sha256, bearer };

// One nonce and what goes with it.
struct digest_terms {
    scheme how = scheme::md5;
    std::string realm, nonce;
    std::optional<std::string> opaque;
    bool qop = true;     // false: RFC 2069's form, from servers that never learnt another
    std::string cnonce;  // one a nonce: the -sess forms need it unchanged
    bool operator==(const digest_terms&) const = default;
};

// The value of Authorization for one request. `count`: the how-manieth request with this nonce, from 1.
std::string digest_header(const digest_terms& terms, const credentials& who, std::string_view method,
                          std::string_view target, std::uint32_t count);
// The same of Basic.
std::string basic_header(const credentials& who);

class login {
  public:
    explicit login(credentials who);

    // Authorization for a request of `method` to `target` (origin form, as in the request line); none while nothing was
    // asked for. User and password go nowhere before a server asked for them; a bearer token goes from the start.
    std::optional<std::string> header_for(std::string_view method, std::string_view target);
    // Changes whenever what header_for() gives is of another kind or nonce. 0: nothing is sent.
    std::uint64_t version() const { return version_; }
    // A digest's nonce can run out while the password is still right.
    bool has_nonce() const { return terms_.has_value(); }

    // After a 401 to a request sent under `sent_version`, with all its WWW-Authenticate fields. `cnonce`: fresh, hex.
    // A value: ask again. login_refused: there is no use in it.
    result<void> on_challenge(const std::vector<std::string_view>& fields, std::uint64_t sent_version,
                              std::string cnonce);
    // After an answer other than 401 to such a request. `info`: its Authentication-Info, or empty; may bring the next
    // nonce. `cnonce` as above.
    void on_accepted(std::uint64_t sent_version, std::string_view info, std::string cnonce);

  private:
    void take_up(digest_terms terms);

    credentials who_;
    scheme how_ = scheme::none;
    std::optional<digest_terms> terms_;
    std::uint32_t count_ = 0;  // requests with this nonce
    std::uint64_t version_ = 0;
    bool proven_ = false;    // the credentials have been accepted once
    unsigned in_a_row_ = 0;  // challenges since something was accepted
};

}  // namespace decamp::source::webdav
