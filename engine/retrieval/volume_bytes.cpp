#include "engine/retrieval/volume_bytes.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "formats/zstd_frames.hpp"

namespace decamp::retrieval {

namespace {

// A frame of ours has a MiB; who makes larger ones means no good. A table of this size is one of two million frames.
constexpr std::uint32_t largest_frame = std::uint32_t{16} << 20;
constexpr std::uint64_t largest_table = std::uint64_t{16} << 20;
constexpr std::uint64_t sector = 4096;

failure damaged(const std::string& path, const char* what) {
    return {world::file_errc::io, path + ": " + what};
}

class plain_volume final : public volume_bytes {
  public:
    plain_volume(std::unique_ptr<world::file> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

    result<std::size_t> read(std::uint64_t at, std::span<std::byte> into) override { return file_->read_at(at, into); }
    std::uint64_t size() const override { return size_; }
    std::uint64_t behind_damage(std::uint64_t at) const override { return at - at % sector + sector; }

  private:
    std::unique_ptr<world::file> file_;
    std::uint64_t size_;
};

class framed_volume final : public volume_bytes {
  public:
    framed_volume(std::unique_ptr<world::file> file, std::string path)
        : file_(std::move(file)), path_(std::move(path)) {}

    result<void> read_table() {
        const auto size = file_->size();
        if (!size) return size.error();
        std::array<std::byte, formats::seek_footer_bytes> last{};
        if (size.value() < last.size()) return damaged(path_, "it ends early");
        if (auto r = whole(size.value() - last.size(), last); !r) return r;
        const auto bytes = formats::seek_table_bytes(last);
        if (!bytes || *bytes > size.value() || *bytes > largest_table)
            return damaged(path_, "it has no table of frames");
        std::vector<std::byte> frame(static_cast<std::size_t>(*bytes));
        if (auto r = whole(size.value() - *bytes, frame); !r) return r;
        const auto table = formats::parse_seek_table(frame);
        if (!table) return damaged(path_, "its table of frames is damaged");
        frames_.reserve(table->size() + 1);
        located end{0, 0};
        for (const formats::seek_entry& e : *table) {
            if (e.raw > largest_frame || e.packed > 2 * largest_frame) return damaged(path_, "a frame is too large");
            frames_.push_back(end);
            end.packed_at += e.packed;
            end.raw_at += e.raw;
        }
        frames_.push_back(end);
        if (end.packed_at > size.value() - *bytes) return damaged(path_, "its table of frames is another volume's");
        return {};
    }

    result<std::size_t> read(std::uint64_t at, std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size() && at + done < size()) {
            const std::size_t f = frame_of(at + done);
            if (auto r = open(f); !r) return r.error();
            const auto from = static_cast<std::size_t>(at + done - frames_[f].raw_at);
            const std::size_t take = std::min(into.size() - done, raw_.size() - from);
            std::copy_n(raw_.begin() + static_cast<std::ptrdiff_t>(from), take,
                        into.begin() + static_cast<std::ptrdiff_t>(done));
            done += take;
        }
        return done;
    }

    std::uint64_t size() const override { return frames_.back().raw_at; }
    std::uint64_t behind_damage(std::uint64_t at) const override {
        return at >= size() ? size() : frames_[frame_of(at) + 1].raw_at;
    }

  private:
    struct located {
        std::uint64_t packed_at, raw_at;
    };

    result<void> whole(std::uint64_t at, std::span<std::byte> into) {
        const auto got = file_->read_at(at, into);
        if (!got) return got.error();
        if (got.value() != into.size()) return damaged(path_, "it ends early");
        return {};
    }

    // Of the last frame that begins at or before it; empty frames are never the answer.
    std::size_t frame_of(std::uint64_t at) const {
        const auto next = std::ranges::upper_bound(frames_, at, {}, &located::raw_at);
        return static_cast<std::size_t>(next - frames_.begin()) - 1;
    }

    result<void> open(std::size_t f) {
        if (opened_ == f) return {};
        opened_.reset();
        packed_.resize(static_cast<std::size_t>(frames_[f + 1].packed_at - frames_[f].packed_at));
        if (auto r = whole(frames_[f].packed_at, packed_); !r) return r;
        raw_.resize(static_cast<std::size_t>(frames_[f + 1].raw_at - frames_[f].raw_at));
        if (!decompressor_.frame(packed_, raw_)) return damaged(path_, "a frame is damaged");
        opened_ = f;
        return {};
    }

    std::unique_ptr<world::file> file_;
    std::string path_;
    std::vector<located> frames_;  // and the end
    std::optional<std::size_t> opened_;
    std::vector<std::byte> packed_, raw_;
    formats::zstd_decompressor decompressor_;
};

}  // namespace

result<std::unique_ptr<volume_bytes>> open_packed(world::file_store& files, const std::string& path) {
    auto file = files.open(path, world::open_mode::read);
    if (!file) return file.error();
    const auto size = file.value()->size();
    if (!size) return size.error();
    return std::unique_ptr<volume_bytes>(std::make_unique<plain_volume>(std::move(file.value()), size.value()));
}

result<std::unique_ptr<volume_bytes>> open_volume(world::file_store& files, const std::string& path, container kind) {
    if (kind != container::tar_zst) return open_packed(files, path);
    auto file = files.open(path, world::open_mode::read);
    if (!file) return file.error();
    auto volume = std::make_unique<framed_volume>(std::move(file.value()), path);
    if (auto r = volume->read_table(); !r) return r.error();
    return std::unique_ptr<volume_bytes>(std::move(volume));
}

}  // namespace decamp::retrieval
