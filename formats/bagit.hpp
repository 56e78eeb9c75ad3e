#pragma once
// BagIt 1.0 (RFC 8493): the text files of a bag, as text.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "formats/digest.hpp"

namespace decamp::formats {

// The whole of bagit.txt.
[[nodiscard]] std::string bag_declaration();
// True when this is a bagit.txt of version 1.0 or 0.97 in UTF-8, line ends aside.
[[nodiscard]] bool is_bag_declaration(std::string_view text);

struct payload_oxum {  // "octetstream sum", RFC 8493, section 2.2.2
    std::uint64_t octets = 0;
    std::uint64_t streams = 0;
    bool operator==(const payload_oxum&) const = default;
};
[[nodiscard]] std::string format_payload_oxum(payload_oxum oxum);  // "octets.streams"
[[nodiscard]] std::optional<payload_oxum> parse_payload_oxum(std::string_view text);

// bag-info.txt: label and value lines in the order added. Line breaks and control characters become spaces, so that no
// value can forge a line; labels lose colons. Labels the RFC gives are for the caller to spell.
class bag_info {
  public:
    bag_info& add(std::string_view label, std::string_view value);
    bag_info& add_payload_oxum(payload_oxum oxum) { return add("Payload-Oxum", format_payload_oxum(oxum)); }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

// Labels and values of a bag-info.txt, folded lines joined by one space. Nothing above 1 MiB or with a line that has no
// colon.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_bag_info(std::string_view text);

struct manifest_entry {
    sha256_digest digest{};
    std::string path;  // relative to the bag, slashes, percent-decoded; not yet judged safe
    bool operator==(const manifest_entry&) const = default;
};

// "hex  path\n", two spaces as sha256sum writes. %, CR and LF in the path are percent-encoded (RFC 8493, 2.1.3).
[[nodiscard]] std::string manifest_line(const sha256_digest& digest, std::string_view path);
void append_manifest_line(std::string& out, const sha256_digest& digest, std::string_view path);

// One line without its end. Takes spaces or tabs, and the `*` of sha256sum's binary mode, between digest and path.
[[nodiscard]] std::optional<manifest_entry> parse_manifest_line(std::string_view line);

// Relative, only forward, no way out: no absolute path, drive letter, "..", ".", empty component, leading "~",
// backslash or NUL; valid UTF-8; at most 4096 bytes.
[[nodiscard]] bool is_safe_bag_path(std::string_view path);

enum class manifest_fault {
    line_too_long,  // more than manifest_line_limit bytes; the rest of the line was skipped
    malformed,      // no SHA-256 in hex, or no path behind it
    not_utf8,
    unsafe_path,
};

inline constexpr std::size_t manifest_line_limit = std::size_t{64} << 10;

struct manifest_record {
    std::uint64_t line = 0;  // from 1
    std::variant<manifest_entry, manifest_fault> content;
    bool terminated = true;  // false for a last line without line end: perhaps cut short
    [[nodiscard]] const manifest_entry* entry() const noexcept { return std::get_if<manifest_entry>(&content); }
};

// Takes a manifest in pieces of any size and hands out each line once, in order; never holds more than one line. Lines
// end with LF, CR or CRLF; empty lines are passed over. The record and its path are the sink's to move from.
class manifest_reader {
  public:
    using sink = std::function<void(manifest_record&&)>;
    void feed(std::string_view piece, const sink& out);
    void finish(const sink& out);  // after it the reader is as new

  private:
    void end_line(bool terminated, const sink& out);

    std::string partial_;
    std::uint64_t line_ = 1;
    bool skipping_ = false;  // the line is over the limit; drop up to its end
    bool after_cr_ = false;  // an LF right now belongs to the CR before
};

}  // namespace decamp::formats
