#include "engine/store/volumes/volume_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/bytes.hpp"

namespace decamp::store {

namespace {
constexpr std::size_t buffer_bytes = std::size_t{256} << 10;
}

volume_file::volume_file(std::unique_ptr<world::file> file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {
    buffer_.reserve(buffer_bytes);
}

result<std::unique_ptr<volume_file>> volume_file::create(world::file_store& files, std::string path,
                                                         const encryption::lock* lock) {
    auto made = files.open(path, world::open_mode::create_new);
    if (!made && made.error().code == world::file_errc::exists) {
        if (auto r = files.remove(path); !r) return r.error();
        made = files.open(path, world::open_mode::create_new);
    }
    if (!made) return made.error();
    std::unique_ptr<volume_file> file(new volume_file(std::move(made.value()), std::move(path)));
    if (lock != nullptr) {
        file->encryptor_.emplace(lock->begin());
        if (auto r = file->store(file->encryptor_->header()); !r) return r.error();
    }
    return file;
}

result<std::unique_ptr<volume_file>> volume_file::resume(world::file_store& files, std::string path,
                                                         std::uint64_t bytes, const formats::xxh3_128_digest& prefix) {
    auto opened = files.open(path, world::open_mode::read_write);
    if (!opened) return opened.error();
    std::unique_ptr<volume_file> file(new volume_file(std::move(opened.value()), std::move(path)));
    if (auto r = file->read_prefix(bytes, prefix); !r) return r.error();
    return file;
}

namespace {

// The first `bytes` of a file, in pieces. False: there are fewer.
template <class Visit>
result<bool> read_beginning(world::file& file, std::uint64_t bytes, Visit visit) {
    std::vector<std::byte> room(buffer_bytes);
    for (std::uint64_t at = 0; at < bytes;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), bytes - at));
        const auto got = file.read_at(at, std::span(room).first(want));
        if (!got) return got.error();
        if (got.value() == 0) return false;
        visit(std::span<const std::byte>(room).first(got.value()));
        at += got.value();
    }
    return true;
}

}  // namespace

result<void> volume_file::read_prefix(std::uint64_t bytes, const formats::xxh3_128_digest& prefix) {
    const auto whole = read_beginning(*file_, bytes, [&](std::span<const std::byte> part) {
        sha256_.update(part);
        prefix_.update(part);
    });
    if (!whole) return whole.error();
    if (!whole.value()) return failure(world::file_errc::io, path_ + " is shorter than it was");
    if (this->prefix() != prefix) return failure(world::file_errc::io, path_ + " is not what was written");
    written_ = stored_ = bytes_ = bytes;
    return file_->truncate(bytes_);
}

result<bool> volume_file::begins_with(world::file_store& files, const std::string& path, std::uint64_t bytes,
                                      const formats::xxh3_128_digest& prefix) {
    auto file = files.open(path, world::open_mode::read);
    if (!file) return file.error();
    formats::xxh3_128_hasher hasher;
    const auto whole =
        read_beginning(*file.value(), bytes, [&](std::span<const std::byte> part) { hasher.update(part); });
    if (!whole) return whole.error();
    return whole.value() && hasher.so_far() == prefix;
}

result<void> volume_file::append(std::span<const std::byte> bytes) {
    bytes_ += bytes.size();
    if (!encryptor_) return store(bytes);
    // Piece by piece: a frame of a MiB would be there twice.
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(bytes.size(), formats::age_chunk_bytes));
        bytes = bytes.subspan(piece.size());
        sealed_.clear();
        encryptor_->append(sealed_, piece);
        if (auto r = store(sealed_); !r) return r;
    }
    return {};
}

result<void> volume_file::store(std::span<const std::byte> bytes) {
    sha256_.update(bytes);
    prefix_.update(bytes);
    stored_ += bytes.size();
    while (!bytes.empty()) {
        // What is as long as the buffer need not go through it.
        if (buffer_.empty() && bytes.size() >= buffer_bytes) {
            if (auto r = file_->write_at(written_, bytes); !r) return r;
            written_ += bytes.size();
            return {};
        }
        const auto part = bytes.first(std::min(bytes.size(), buffer_bytes - buffer_.size()));
        buffer_.insert(buffer_.end(), part.begin(), part.end());
        bytes = bytes.subspan(part.size());
        if (buffer_.size() < buffer_bytes) continue;
        if (auto r = write_out(); !r) return r;
    }
    return {};
}

result<void> volume_file::append(std::string_view text) {
    return append(formats::as_bytes(text));
}

result<void> volume_file::append_zeros(std::uint64_t count) {
    static constexpr std::array<std::byte, 1024> zeros{};
    while (count > 0) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(count, zeros.size()));
        if (auto r = append(std::span(zeros).first(part)); !r) return r;
        count -= part;
    }
    return {};
}

result<void> volume_file::write_out() {
    if (buffer_.empty()) return {};
    auto written = file_->write_at(written_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
    return written;
}

result<void> volume_file::sync() {
    if (auto r = write_out(); !r) return r;
    return file_->sync();
}

result<formats::sha256_digest> volume_file::finish() {
    if (encryptor_) {
        sealed_.clear();
        encryptor_->finish(sealed_);
        if (auto r = store(sealed_); !r) return r.error();
    }
    if (auto r = sync(); !r) return r.error();
    return sha256_.finish();
}

}  // namespace decamp::store
