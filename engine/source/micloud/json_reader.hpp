#pragma once
// JSON as it arrives, piece by piece, in constant memory: events with the path of each value. Numbers are text, never
// floating point. Broken Unicode inside strings (bad UTF-8, lone surrogates) becomes U+FFFD, so that one badly named
// photo does not take its page with it; everything else that is not RFC 8259 is an error. Pure; one thread.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::source::micloud {

inline constexpr std::size_t json_depth_limit = 32;
inline constexpr std::size_t json_key_limit = 64;     // bytes kept of a key; a longer one equals none
inline constexpr std::size_t json_number_limit = 40;  // characters

// Where a value stands: the keys from the document down, "*" for an element of an array.
class json_path {
  public:
    bool is(std::initializer_list<std::string_view> keys) const;
    std::size_t depth() const { return depth_; }
    // Of the value itself; empty for the document and "*" in an array.
    std::string_view key() const { return depth_ == 0 ? std::string_view() : std::string_view(steps_[depth_ - 1]); }

  private:
    friend class json_handler;
    std::vector<std::string> steps_ = std::vector<std::string>(json_depth_limit + 1);
    std::size_t depth_ = 0;
};

enum class json_kind { object, array };

// Receives the events. Returning false ends the reading with json_fault::refused.
class json_sink {
  public:
    virtual ~json_sink() = default;
    virtual bool on_begin(const json_path&, json_kind) { return true; }
    virtual bool on_end(const json_path&, json_kind) { return true; }
    // How many bytes of the string at this path are wanted; the rest is passed over without being kept.
    virtual std::size_t wanted(const json_path&) { return 0; }
    // A string of which something was wanted, valid UTF-8, cut to what was; or any number, as written.
    virtual bool on_text(const json_path&, std::string_view) { return true; }
    virtual bool on_number(const json_path&, std::string_view) { return true; }
    virtual bool on_bool(const json_path&, bool) { return true; }
    virtual bool on_null(const json_path&) { return true; }
};

enum class json_fault {
    none,
    syntax,      // not JSON, or more than one document
    not_json,    // begins like something else, such as HTML
    incomplete,  // cut
    too_large,   // over the byte limit
    refused,     // over a limit of the sink, or of keys, numbers, depth
};
std::string_view to_string(json_fault fault);

class json_reader {
  public:
    // `sink` outlives the reader.
    json_reader(json_sink& sink, std::size_t byte_limit);
    ~json_reader();
    json_reader(json_reader&&) noexcept;
    // False once something is wrong, and from then on.
    bool feed(std::span<const std::byte> piece);
    // True: exactly one document, and whole.
    bool finish();
    json_fault fault() const;

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace decamp::source::micloud
