// Plain tar, and tar in zstd frames. docs/decisions/0016-volumes.md says where frames are cut and why.

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "engine/store/volumes/kinds.hpp"
#include "formats/bytes.hpp"
#include "formats/compressible.hpp"
#include "formats/tar.hpp"
#include "formats/zstd_frames.hpp"

namespace decamp::store {

namespace {

// A frame has so many bytes before compression, or the rest of a member, or members that together are less.
constexpr std::size_t frame_bytes = std::size_t{1} << 20;
constexpr std::size_t looked_at = std::size_t{64} << 10;

std::string header_of(const member_entry& entry) {
    const bool link = !entry.link_to.empty();
    return formats::tar_header({entry.name, link ? 0 : entry.size, entry.modified_ns, entry.link_to});
}

std::uint64_t room_of(const member_entry& entry, std::size_t header) {
    const std::uint64_t body = entry.link_to.empty() ? entry.size : 0;
    return header + body + formats::tar_padding(body);
}

failure ended_early(const member_entry& entry) {
    return failure(world::file_errc::io, entry.name + ": its bytes end early");
}

class tar_archive final : public archive {
  public:
    explicit tar_archive(archive_start start) : file_(start.file), buffer_(frame_bytes) {}

    result<bool> fits(const member_entry& entry, std::uint64_t limit) override {
        return file_.bytes() + room_of(entry, header_of(entry).size()) + formats::tar_end_bytes <= limit;
    }

    result<volume_member> add(const member_entry& entry, member_bytes& bytes) override {
        const std::string header = header_of(entry);
        volume_member place;
        place.at = file_.bytes();
        place.body = place.at + header.size();
        if (auto r = file_.append(header); !r) return r.error();
        if (!entry.link_to.empty()) return place;
        place.stored = entry.size;
        for (std::uint64_t at = 0; at < entry.size;) {
            const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), entry.size - at));
            const auto got = bytes.read(at, std::span(buffer_).first(want));
            if (!got) return got.error();
            if (got.value() == 0) return ended_early(entry);
            if (auto r = file_.append(std::span<const std::byte>(buffer_).first(got.value())); !r) return r.error();
            at += got.value();
        }
        if (auto r = file_.append_zeros(formats::tar_padding(entry.size)); !r) return r.error();
        return place;
    }

    std::uint64_t raw() const override { return file_.bytes(); }
    result<void> finish(const visit_members&) override { return file_.append_zeros(formats::tar_end_bytes); }

  private:
    volume_file& file_;
    std::vector<std::byte> buffer_;
};

class tar_zst_archive final : public archive {
  public:
    explicit tar_zst_archive(archive_start start)
        : file_(start.file),
          helpers_(start.helpers),
          level_(start.level),
          settled_(start.so_far.raw),
          frames_(std::move(start.frames)),
          taken_(frames_.size()),
          closed_(helpers_ == nullptr ? 1 : std::clamp(helpers_->side_by_side(), 1U, start.packers)) {
        frame_.reserve(frame_bytes);
    }

    // By what frames came to, not by what they could come to at most: where it is close, the open one is closed first.
    // So a run that goes on behind a volume that was about to be sealed decides as the one before did.
    result<bool> fits(const member_entry& entry, std::uint64_t limit) override {
        const std::uint64_t member = room_of(entry, header_of(entry).size());
        if (room_for(member) <= limit) return true;
        if (auto r = close_frame(); !r) return r.error();
        if (auto r = write_out(); !r) return r.error();
        return room_for(member) <= limit;
    }

    result<volume_member> add(const member_entry& entry, member_bytes& bytes) override {
        const std::string header = header_of(entry);
        const std::uint64_t room = room_of(entry, header.size());
        if (!frame_.empty() && frame_.size() + room > frame_bytes) {
            if (auto r = close_frame(); !r) return r.error();
        }
        const std::uint64_t begun = raw() - frame_.size();
        volume_member place;
        place.at = raw();
        place.body = place.at + header.size();
        if (auto r = put(formats::as_bytes(header)); !r) return r.error();
        if (entry.link_to.empty()) {
            place.stored = entry.size;
            if (auto r = put_body(entry, bytes); !r) return r.error();
        } else {
            compress_ = true;
        }
        // A member of several frames shares none.
        if (raw() - frame_.size() != begun && !frame_.empty()) {
            if (auto r = close_frame(); !r) return r.error();
        }
        return place;
    }

    result<void> close_frame() override {
        if (frame_.empty()) return {};
        frame& closed = closed_[waiting_++];
        closed.raw.swap(frame_);
        closed.compress = std::exchange(compress_, false);
        frame_.clear();
        // What is not compressed takes no time that could be shared.
        if (waiting_ == closed_.size() || (waiting_ == 1 && !closed.compress)) return write_out();
        return {};
    }

    result<void> write_out() override {
        std::vector<std::function<void()>> jobs;
        for (std::size_t i = 0; i < waiting_; ++i)
            jobs.emplace_back([&closed = closed_[i], level = level_] { closed.pack(level); });
        if (helpers_ != nullptr) {
            helpers_->run_all(jobs);
        } else {
            for (const auto& job : jobs) job();
        }
        for (std::size_t i = 0; i < waiting_; ++i) {
            const frame& closed = closed_[i];
            frames_.push_back(
                {static_cast<std::uint32_t>(closed.packed.size()), static_cast<std::uint32_t>(closed.raw.size())});
            settled_ += closed.raw.size();
            if (auto r = file_.append(closed.packed); !r) return r;
        }
        waiting_ = 0;
        return {};
    }

    std::uint64_t raw() const override { return settled_ + waiting_raw() + frame_.size(); }
    std::uint64_t settled() const override { return settled_; }

    std::vector<volume_frame> take_frames() override {
        std::vector<volume_frame> fresh(frames_.begin() + static_cast<std::ptrdiff_t>(taken_), frames_.end());
        taken_ = frames_.size();
        return fresh;
    }

    result<void> finish(const visit_members&) override {
        if (auto r = close_frame(); !r) return r;
        frame_.assign(formats::tar_end_bytes, std::byte{0});
        compress_ = true;
        if (auto r = close_frame(); !r) return r;
        if (auto r = write_out(); !r) return r;
        std::vector<formats::seek_entry> table;
        table.reserve(frames_.size());
        for (const volume_frame& f : frames_) table.push_back({f.packed, f.raw});
        return file_.append(formats::seek_table(table));
    }

  private:
    struct frame {
        std::vector<std::byte> raw, packed;
        bool compress = false;
        std::optional<formats::zstd_compressor> compressor;

        void pack(int level) {
            packed.clear();
            if (!compress) return formats::append_stored_frame(packed, raw);
            if (!compressor) compressor.emplace(level);
            compressor->append_frame(packed, raw);
        }
    };

    std::uint64_t waiting_raw() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < waiting_; ++i) sum += closed_[i].raw.size();
        return sum;
    }

    // Of the whole volume, with so many more bytes: each frame has its line in the table at the end, which is a frame
    // itself; so is the archive's end.
    std::uint64_t room_for(std::uint64_t member) const {
        const std::uint64_t open = waiting_raw() + frame_.size() + member;
        const std::uint64_t frames = waiting_ + 2 + (frame_.size() + member) / frame_bytes + 1;
        const std::uint64_t packed = formats::tar_end_bytes + open + frames * (formats::frame_bound(0) + 64);
        return file_.bytes() + packed + 32 + 8 * (frames_.size() + frames);
    }

    result<void> put(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const auto part = bytes.first(std::min(bytes.size(), frame_bytes - frame_.size()));
            frame_.insert(frame_.end(), part.begin(), part.end());
            bytes = bytes.subspan(part.size());
            if (frame_.size() < frame_bytes) continue;
            if (auto r = close_frame(); !r) return r;
        }
        return {};
    }

    // Read straight into the frame.
    result<void> put_body(const member_entry& entry, member_bytes& bytes) {
        bool worth = false;
        for (std::uint64_t at = 0; at < entry.size;) {
            const std::size_t filled = frame_.size();
            const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(frame_bytes - filled, entry.size - at));
            frame_.resize(filled + want);
            const auto got = bytes.read(at, std::span(frame_).subspan(filled));
            if (!got) return got.error();
            if (got.value() == 0) return ended_early(entry);
            frame_.resize(filled + got.value());
            if (at == 0) {
                const auto beginning = std::span<const std::byte>(frame_).subspan(filled);
                worth = formats::worth_compressing(entry.name, beginning.first(std::min(beginning.size(), looked_at)));
            }
            compress_ = compress_ || worth;
            at += got.value();
            if (frame_.size() < frame_bytes) continue;
            if (auto r = close_frame(); !r) return r;
            compress_ = worth && at < entry.size;
        }
        static constexpr std::array<std::byte, formats::tar_block> zeros{};
        return put(std::span(zeros).first(static_cast<std::size_t>(formats::tar_padding(entry.size))));
    }

    volume_file& file_;
    world::workers* helpers_;
    int level_;
    std::vector<std::byte> frame_;  // the open one
    bool compress_ = false;         // it holds something that is worth it
    std::uint64_t settled_;
    std::vector<volume_frame> frames_;  // written
    std::size_t taken_;
    std::vector<frame> closed_;  // as many as are compressed at once
    std::size_t waiting_ = 0;    // of these, not written yet
};

}  // namespace

std::unique_ptr<archive> make_tar(archive_start start) {
    return std::make_unique<tar_archive>(std::move(start));
}
std::unique_ptr<archive> make_tar_zst(archive_start start) {
    return std::make_unique<tar_zst_archive>(std::move(start));
}

}  // namespace decamp::store
