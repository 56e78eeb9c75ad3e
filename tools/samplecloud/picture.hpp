#pragma once

#include <cstdint>
#include <string>

namespace decamp::samplecloud {

/// SOI, EXIF (Make, Model, Orientation, DateTimeOriginal with its offset) and, for a live photo, XMP with the offset of
/// the appended clip from the file's end. `taken_local_ms` is wall-clock time in UTC+8.
std::string jpeg_head(std::uint64_t key, std::int64_t taken_local_ms, bool live, std::uint64_t clip_bytes);

/// Tables, frame, scan and EOI of a picture of 64 x 48 pixels drawn from the key.
std::string jpeg_tail(std::uint64_t key);

}  // namespace decamp::samplecloud
