#pragma once
// Tar, tar.zst and zip archives read entry by entry, whoever made them, by libarchive. Bytes come through a callback:
// nothing here opens a file. What is read is hostile: names are handed on as they are, not judged safe, and those
// beyond archive_name_limit are passed over; nothing is ever created. A reader belongs to one thread at a time; besides
// std::bad_alloc nothing is thrown. Numbers are bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

struct archive;  // libarchive's. NOLINT(bugprone-forward-declaration-namespace): decamp::store::archive is another
struct archive_entry;

namespace decamp::formats {

inline constexpr std::size_t archive_name_limit = 4096;

enum class archive_form {
    tar,      // not compressed
    tar_zst,  // in zstd frames
    zip,
};

class archive_input {
  public:
    virtual ~archive_input() = default;
    // Fewer than asked only at the end; none: they cannot be read. Throws nothing.
    virtual std::optional<std::size_t> read(std::uint64_t at, std::span<std::byte> into) noexcept = 0;
    virtual std::uint64_t size() const noexcept = 0;
};

struct archived_entry {
    enum class kind {
        file,
        link,
        other
    } what = kind::file;                // link: a hard link; other: folders, symbolic links, devices
    std::string name;                   // UTF-8 as the archive has it
    std::string link_to;                // of a link
    std::optional<std::uint64_t> size;  // as declared; of a zip perhaps not known before its end
    std::optional<std::int64_t> modified_ns;
    std::uint64_t at = 0;  // of its header, before compression
};

// The input must outlive it.
class archive_reader {
  public:
    enum class step {
        entry,
        end,
        damaged,  // nothing more can be read from here
    };

    // `from`: where in the input the first header is.
    archive_reader(archive_form form, archive_input& input, std::uint64_t from = 0);
    ~archive_reader();
    archive_reader(const archive_reader&) = delete;
    archive_reader& operator=(const archive_reader&) = delete;

    [[nodiscard]] step next(archived_entry& into);
    // Bytes of the present entry's body, in order; 0 at its end; none: damaged. Holes are zeros.
    [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> into);
    struct state;  // of this file alone

  private:
    std::unique_ptr<state> state_;
};

}  // namespace decamp::formats
