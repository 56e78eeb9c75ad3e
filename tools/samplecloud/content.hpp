#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace decamp::samplecloud {

enum class content_kind { jpeg, live_photo, video, empty };

/// Smallest sizes that hold a whole file of the kind.
inline constexpr std::uint64_t least_jpeg_bytes = 1280;
inline constexpr std::uint64_t least_live_photo_bytes = 8192;
inline constexpr std::uint64_t least_video_bytes = 512;

/// What the bytes of one blob are drawn from.
struct content_recipe {
    content_kind kind = content_kind::jpeg;
    std::uint64_t size = least_jpeg_bytes;
    std::uint64_t key = 0;            ///< equal recipes give equal bytes; no two keys share a block
    std::int64_t taken_local_ms = 0;  ///< wall-clock milliseconds for EXIF, as if UTC
};

/// The bytes of one photo or clip, generated at any offset: a real baseline JPEG (tiny picture, EXIF) brought to its
/// size by application segments of incompressible bytes, a live photo (such a JPEG with an MP4 behind it), or an MP4.
class content {
  public:
    explicit content(const content_recipe& recipe);

    std::uint64_t size() const { return size_; }

    /// Writes bytes offset .. offset + count - 1; the range must lie inside the content. Cost follows count alone.
    void fill(std::uint64_t offset, char* out, std::size_t count) const;

  private:
    enum class part_kind { literal, segments, noise };
    struct part {
        part_kind kind;
        std::uint64_t begin;
        std::uint64_t length;
        std::string bytes;
    };

    void add_literal(std::string bytes);
    void add_filler(part_kind kind, std::uint64_t length);
    void add_jpeg(const content_recipe& recipe, std::uint64_t length, bool live, std::uint64_t video_bytes);
    void add_video(const content_recipe& recipe, std::uint64_t length);

    std::vector<part> parts_;
    std::uint64_t key_;
    std::uint64_t size_ = 0;
};

using sha1_digest = std::array<unsigned char, 20>;

/// SHA-1 of the whole content, block by block.
sha1_digest sha1_of(const content& bytes);

std::string hex(const sha1_digest& digest);

}  // namespace decamp::samplecloud
