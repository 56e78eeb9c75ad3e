#pragma once
// XML (1.0, with namespaces) from strangers, read while it streams: servers' lists, their errors, Metalink files. Expat
// parses; what could make a small document large, or reach elsewhere, is refused: document types (and so all entities
// but the five of XML itself), and depth, text and attributes beyond the limits.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace decamp::formats {

// Namespace and local name as Expat joins them: "DAV:|href"; a name without a namespace stands alone: "Key".
using xml_attributes = std::vector<std::pair<std::string, std::string>>;

class xml_handler {
  public:
    virtual ~xml_handler() = default;
    virtual void on_open(std::string_view name, const xml_attributes& attributes) = 0;
    // `text`: all that stood directly within the element, its children left out, at most xml_limits::text bytes.
    virtual void on_close(std::string_view name, std::string text) = 0;
};

struct xml_limits {
    std::size_t depth = 64;
    std::size_t text = std::size_t{16} << 10;  // bytes of text within one element
    std::size_t attributes = 64;               // of one element
};

// Not shared between threads. Memory: what is open, at most depth times text.
class xml_reader {
  public:
    explicit xml_reader(xml_handler& to, xml_limits limits = {});
    ~xml_reader();
    xml_reader(const xml_reader&) = delete;
    xml_reader& operator=(const xml_reader&) = delete;

    // False: the document is refused, why() says why, and nothing more is parsed.
    [[nodiscard]] bool feed(std::string_view bytes);
    // True: it was well-formed to its end.
    [[nodiscard]] bool finish();
    [[nodiscard]] const std::string& why() const;
    // Within a handler's call: where the tag it is told of begins, and where what follows it begins. Bytes from the
    // first one fed.
    [[nodiscard]] std::uint64_t tag_begin() const;
    [[nodiscard]] std::uint64_t tag_end() const;

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// The name without its namespace: "href" of "DAV:|href".
[[nodiscard]] std::string_view xml_local_name(std::string_view name);

}  // namespace decamp::formats
