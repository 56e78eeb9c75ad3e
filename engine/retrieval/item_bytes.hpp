#pragma once
// The bytes of one item, found by the quickest way there is. Blocking.

#include <functional>
#include <optional>
#include <string>

#include "decamp/retrieve.hpp"
#include "engine/retrieval/export_folder.hpp"

namespace decamp::retrieval {

// Takes pieces of at most a MiB, in order. An error ends it.
using piece_sink = std::function<result<void>(std::span<const std::byte>)>;

enum class read_end {
    whole,    // length and SHA-256 are right
    damaged,  // they are not, or it could not be read
    stopped,
};

struct wanted_item {
    std::string file;    // whose name its bytes have: data/...
    std::string volume;  // data/volumes/..., or empty
    std::optional<std::uint64_t> size;
    std::optional<formats::sha256_digest> sha256;  // without one nothing is whole
};

// Where an item's name leads; errors retrieval_errc and those of files.
wanted_item wanted_of(const list_line& line);
result<wanted_item> find_item(export_folder& from, std::string_view name, const std::stop_token& stop);

struct end_of_read {
    read_end how = read_end::damaged;
    std::string detail;
    std::uint64_t bytes = 0;  // given to the sink
};
// Errors are the sink's alone; what does not come out of the export is in what is given.
result<end_of_read> read_item(export_folder& from, const wanted_item& item, const piece_sink& into,
                              const std::stop_token& stop);

// Of an item in an archive that no catalogue knows, no more is written than its list and the archive both say. Where
// they differ (a source may have announced a wrong size) at most 64 times what the list says, or 64 MiB; where no list
// tells a size, at most 1,100 bytes for each byte that the volume has, which deflate does not reach.
std::uint64_t most_bytes(std::optional<std::uint64_t> listed, std::optional<std::uint64_t> declared,
                         std::uint64_t packed);
// What the list says; none for bytes that are known to contradict it.
std::optional<std::uint64_t> listed_size(const list_line& line);

// Of a volume's path.
container kind_of(std::string_view volume);

// Reads `from` to its end, at most `most` bytes, and compares.
using byte_reader = std::function<result<std::size_t>(std::span<std::byte>)>;
result<end_of_read> read_checked(const byte_reader& from, std::optional<std::uint64_t> size, std::uint64_t most,
                                 const std::optional<formats::sha256_digest>& sha256, const piece_sink& into,
                                 const std::stop_token& stop);

}  // namespace decamp::retrieval
