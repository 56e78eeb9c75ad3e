#pragma once
// Looking into a finished export's catalogue without disturbing anybody: no lock, no file beside it, no change. Where
// an export is at work, or was cut short, there is a file catalogue.sqlite-wal, and this must not be used: what it says
// might be half of it. Its answers are to be checked against what they lead to. One thread at a time; it blocks.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/catalogue/catalogue.hpp"

namespace decamp::catalogue {

struct held_file {
    std::string path;   // its own name, as planned: data/albums/Camera/IMG_0001.jpg
    std::string bytes;  // whose name its bytes have
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::optional<std::int64_t> time_ms;
    std::optional<located_member> body;  // in a volume
};

class reading {
  public:
    // `path` is native; `key` that of an encrypted export. Any failure means: do without.
    static result<std::unique_ptr<reading>> open(const std::string& path,
                                                 std::size_t cache_bytes = std::size_t{1} << 20,
                                                 const formats::secret_bytes<32>* key = nullptr);
    virtual ~reading() = default;
    // A stored file by its own name.
    virtual result<std::optional<held_file>> find(std::string_view path) = 0;
    // The name that was planned for an item's present file.
    virtual result<std::optional<std::string>> own_path(std::string_view item) = 0;
};

}  // namespace decamp::catalogue
