#pragma once
// A line of an export's lists, read back. Whoever had the drive may have written it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "formats/digest.hpp"

namespace decamp::retrieval {

inline constexpr std::size_t longest_list_line = std::size_t{1} << 20;  // bytes

struct list_line {
    std::string file;    // whose name the bytes have: data/albums/Camera/IMG_0001.jpg; empty: not stored
    std::string volume;  // data/volumes/volume-0001.zip, where they lie in one
    std::string name, id;
    std::optional<std::int64_t> taken_ms, modified_ms;
    std::optional<std::uint64_t> size;
    std::optional<formats::sha256_digest> sha256;

    bool stored() const { return !file.empty(); }
    std::optional<std::int64_t> time_ms() const { return taken_ms ? taken_ms : modified_ms; }
    bool operator==(const list_line&) const = default;
};

enum class line_fault {
    malformed,    // no JSON object, or a member of another type than it should have
    unsafe_path,  // a file or volume that lies elsewhere than an export's do
};

std::variant<list_line, line_fault> read_list_line(std::string_view line);

// The path of a file below data/, where it may be one of an export's files.
bool is_payload_path(std::string_view path);
// data/volumes/NAME.tar, .tar.zst or .zip, or one of these with .age behind it.
bool is_volume_path(std::string_view path);

}  // namespace decamp::retrieval
