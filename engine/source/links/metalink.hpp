#pragma once
// A Metalink document (RFC 5854) as it streams: its files, their sizes and digests, and of each its best http or https
// URL (lowest priority number, the first among equals). Torrents and the like (metaurl) are passed over. Pure; one
// thread. Memory: what one piece fed to it names.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/source/links/entry.hpp"
#include "formats/xml.hpp"

namespace decamp::source::links {

inline constexpr std::size_t metalink_head_limit = std::size_t{64}
                                                   << 10;  // bytes up to the end of the root's opening tag

struct found_file {
    std::uint64_t offset = 0;  // of its opening tag, from the first byte fed
    std::uint64_t number = 0;  // from 1
    reading what = fault::not_a_url;
};

class metalink final : formats::xml_handler {
  public:
    metalink();
    // False: it is no Metalink document, or broken from here on; what was found before stands. See why().
    bool feed(std::string_view bytes);
    bool finish();
    const std::string& why() const { return foreign_.empty() ? reader_.why() : foreign_; }
    std::deque<found_file>& found() { return found_; }
    // All up to the end of the root's opening tag: fed again, followed by the bytes from a file's offset on, it makes
    // that file the first one. Empty: not seen yet.
    const std::string& head() const { return head_; }

  private:
    void on_open(std::string_view name, const formats::xml_attributes& attributes) override;
    void on_close(std::string_view name, std::string text) override;
    void on_root(std::string_view name);
    void begin_file(const formats::xml_attributes& attributes);
    void end_file();
    void on_url(std::string_view text);
    void set_fault(std::optional<fault> what);

    formats::xml_reader reader_;
    std::string foreign_;
    std::string seen_, head_;  // seen: all that was fed, until the head is known
    std::size_t depth_ = 0;
    std::uint64_t files_ = 0;
    std::deque<found_file> found_;

    // The file that is open, and the element within it.
    bool within_file_ = false;
    std::uint64_t begin_ = 0;
    entry file_;
    std::optional<fault> fault_;
    std::optional<std::uint64_t> best_;
    std::string hash_type_;
    std::uint64_t priority_ = 0;
};

}  // namespace decamp::source::links
