#pragma once
// The driver: folders in the order in which they are found, pages of one folder at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/source/place.hpp"
#include "engine/source/webdav/credentials.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::webdav {

// `root`: the folder, its path with a slash at its end.
std::unique_ptr<source> make_webdav(transport::url root, credentials who, source_needs needs);

// "": the root is taken up. "17": folder 17 from its start. "17:2": behind its second page.
struct walk_cursor {
    std::uint64_t folder = 0;  // 0: the root is to be taken up
    std::uint64_t part = 0;
    bool operator==(const walk_cursor&) const = default;
};
std::optional<walk_cursor> parse_cursor(std::string_view text);
std::string to_text(const walk_cursor& at);

// What becomes of a folder whose listing failed: asked again a few times, as callers do, then given up, so that the
// rest of the tree is walked.
class patience {
  public:
    // True: no use in asking on.
    bool failed(std::uint64_t folder, const failure& why);
    // The folder was listed, or given up.
    void settled() { tries_ = 0; }
    void listed() { in_a_row_ = unanswered_in_a_row_ = 0; }
    // So many failed one after the other, refusals left out, that the server, not a folder, is what fails.
    bool hopeless() const;

  private:
    std::uint64_t folder_ = 0;
    unsigned tries_ = 0, in_a_row_ = 0, unanswered_in_a_row_ = 0;
};

// A failure that may be one folder's: named, rather than ending the walk.
bool may_be_of_one_folder(const failure& why);
// The server gave no answer, or "not now": this may be the folder's trouble or that of everything.
bool is_unanswered(const failure& why);

// A folder of ours ("/a/b") that could not be listed, or not to its end.
list_gap unlisted_folder(const std::string& path, exception_reason reason, std::string why);

}  // namespace decamp::source::webdav
