#include "engine/verify/read_back.hpp"

#include <cstdlib>
#include <new>
#include <span>

#include "formats/digest.hpp"

namespace decamp::verify {

namespace {
constexpr std::size_t alignment = 4096;
constexpr std::size_t buffer_size = formats::block_size;
}  // namespace

void reader::free_aligned::operator()(std::byte* p) const noexcept {
    std::free(p);
}

reader::reader(world::file_store& files)
    : files_(files), buffer_(static_cast<std::byte*>(std::aligned_alloc(alignment, buffer_size))) {
    if (!buffer_) throw std::bad_alloc();
}

read_back_method reader::method() const {
    return files_.facts().uncached_reads ? read_back_method::medium : read_back_method::cache;
}

result<read_bytes> reader::read(const std::string& path, byte_watcher* watching) {
    if (!files_.facts().uncached_reads) return read(path, world::open_mode::read, watching);
    auto found = read(path, world::open_mode::read_uncached, watching);
    // A single file that only comes through the cache (a compressed or inline one) is read so, and says so.
    if (!found && found.error().code == world::file_errc::cached_only)
        return read(path, world::open_mode::read, watching);
    return found;
}

result<read_bytes> reader::read(const std::string& path, world::open_mode mode, byte_watcher* watching) {
    auto file = files_.open(path, mode);
    if (!file) return file.error();
    read_bytes found;
    found.method = mode == world::open_mode::read_uncached ? read_back_method::medium : read_back_method::cache;
    formats::sha256_hasher sha256;
    formats::block_map_hasher blocks;
    if (watching != nullptr) watching->begin();
    for (;;) {
        const auto got = file.value()->read_at(found.size, std::span(buffer_.get(), buffer_size));
        if (!got) return got.error();
        if (got.value() == 0) break;
        const auto bytes = std::span<const std::byte>(buffer_.get(), got.value());
        sha256.update(bytes);
        blocks.update(bytes);
        if (watching != nullptr) watching->update(bytes);
        found.size += got.value();
        if (got.value() < buffer_size) break;  // the end: an uncached file is not asked at an unaligned place
    }
    found.sha256 = sha256.finish();
    found.blocks = blocks.finish();
    return found;
}

result<std::variant<proven_blob, damaged_blob>> reader::prove(const stored_blob& blob, std::int64_t now_ms) {
    const auto found = read(blob.path);
    if (!found) {
        const auto& code = found.error().code;
        const bool unreadable = code == world::file_errc::io;
        // A drive that is gone or full says nothing about this file.
        if (!unreadable && code != world::file_errc::outside && classify(code) == error_class::run)
            return found.error();
        return damaged_blob{blob.blob, blob.path, code.message(), unreadable};
    }
    if (found.value().sha256 == blob.sha256) return proven_blob{blob.blob, found.value().method, now_ms};
    if (found.value().size != blob.size) {
        return damaged_blob{blob.blob, blob.path,
                            std::to_string(found.value().size) + " bytes instead of " + std::to_string(blob.size)};
    }
    for (std::size_t i = 0; i < blob.blocks.size() && i < found.value().blocks.size(); ++i) {
        if (blob.blocks[i] != found.value().blocks[i])
            return damaged_blob{blob.blob, blob.path,
                                "MiB " + std::to_string(i + 1) + " of " + std::to_string(blob.blocks.size())};
    }
    return damaged_blob{blob.blob, blob.path, "bytes differ"};
}

}  // namespace decamp::verify
