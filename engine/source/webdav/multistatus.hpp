#pragma once
// The answer to PROPFIND (RFC 4918, section 13), understood while it streams. Pure.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/source/source.hpp"
#include "formats/xml.hpp"

namespace decamp::source::webdav {

// The request: what is asked of each entry.
extern const std::string_view propfind_body;

// What a folder says of itself, in the way of Nextcloud and ownCloud.
struct own_counts {
    std::optional<std::uint64_t> files, folders;  // directly in it
    std::optional<std::uint64_t> bytes;           // below it
    bool any() const { return files || folders || bytes; }
};

// One response element. Of properties only those that came with a good status count.
struct dav_entry {
    std::string href;        // as sent; empty: it has none, or is no element that may stand there
    int status = 0;          // of the response as a whole; 0: none was given
    bool typed = false;      // it said what it is
    bool folder = false;     // and that is a collection
    bool described = false;  // it said anything at all
    int refusal = 0;         // the status of the first properties it did not give; 0: it gave all
    own_counts counts;
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> modified_ms;
    std::string etag;       // as sent
    std::string checksums;  // "SHA1:... MD5:...", as ownCloud and its kin send them
};

// Digests out of such a text; what is none, or of another kind, is left out. Names in either case.
void read_checksums(std::string_view text, expectation& into);

class multistatus_reader final : formats::xml_handler {
  public:
    static constexpr std::size_t silence_limit = std::size_t{1} << 20;  // bytes without an entry

    explicit multistatus_reader(std::function<void(dav_entry)> found);

    // Errors: source_errc::unusable_answer; nothing is parsed after one.
    result<void> feed(std::string_view bytes);
    result<void> finish();

  private:
    enum class element { elsewhere, multistatus, response, propstat, prop, resourcetype, checksums };
    void on_open(std::string_view name, const formats::xml_attributes& attributes) override;
    void on_close(std::string_view name, std::string text) override;
    void take_property(std::string_view name, std::string text);
    void end_propstat();

    void end_response();

    std::function<void(dav_entry)> found_;
    std::vector<element> open_;
    dav_entry entry_, pending_;
    std::vector<std::string> more_hrefs_;  // a response with a status may speak of several
    int pending_status_ = 0;
    bool is_multistatus_ = false, other_root_ = false;
    std::size_t silence_ = 0;
    formats::xml_reader reader_;
};

}  // namespace decamp::source::webdav
