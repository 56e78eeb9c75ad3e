#include "engine/store/volumes/member_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/model/layout.hpp"
#include "formats/deflate.hpp"
#include "formats/zstd_frames.hpp"

namespace decamp::store {

namespace {

// A frame of ours has a MiB; who makes larger ones means no good.
constexpr std::uint32_t largest_frame = std::uint32_t{16} << 20;
constexpr std::uint64_t largest_table = std::uint64_t{64} << 20;
constexpr std::size_t packed_piece = std::size_t{64} << 10;
constexpr std::size_t read_piece = std::size_t{256} << 10;

failure damaged(const std::string& path, const char* what) {
    return failure(world::file_errc::io, path + ": " + what);
}

result<void> read_whole(world::file& file, std::uint64_t at, std::span<std::byte> into, const std::string& path) {
    const auto got = file.read_at(at, into);
    if (!got) return got.error();
    if (got.value() != into.size()) return damaged(path, "it ends early");
    return {};
}

// Bytes that lie in the file as they are: tar, and what a zip stores.
class plain_member final : public member_bytes {
  public:
    plain_member(std::unique_ptr<world::file> file, const member_place& place)
        : file_(std::move(file)), place_(place) {}

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (offset >= place_.size) return std::size_t{0};
        const auto most = std::min<std::uint64_t>(into.size(), place_.size - offset);
        const auto room = into.first(static_cast<std::size_t>(most));
        if (auto r = read_whole(*file_, place_.body + offset, room, place_.path); !r) return r.error();
        return room.size();
    }

  private:
    std::unique_ptr<world::file> file_;
    member_place place_;
};

class framed_member final : public member_bytes {
  public:
    framed_member(std::unique_ptr<world::file> file, const member_place& place)
        : file_(std::move(file)), place_(place) {}

    result<void> find_frames() {
        std::vector<volume_frame> all = std::move(place_.frames);
        if (all.empty()) {
            if (auto r = read_table(all); !r) return r;
        }
        // Only those that the member lies in are kept.
        std::uint64_t packed = 0, raw = 0;
        const std::uint64_t end = place_.body + place_.size;
        for (const volume_frame& f : all) {
            if (raw >= end) break;
            if (raw + f.raw > place_.body) {
                if (f.raw > largest_frame || f.packed > 2 * largest_frame)
                    return damaged(place_.path, "a frame is too large");
                frames_.push_back({packed, raw, f.packed, f.raw});
            }
            packed += f.packed;
            raw += f.raw;
        }
        if (raw < end && place_.size > 0) return damaged(place_.path, "its table of frames ends early");
        return {};
    }

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size() && offset + done < place_.size) {
            const std::uint64_t at = place_.body + offset + done;
            const auto frame = std::ranges::find_if(frames_, [at](const located& f) { return at < f.raw_at + f.raw; });
            if (frame == frames_.end()) return damaged(place_.path, "no frame holds these bytes");
            if (auto r = open_frame(*frame); !r) return r.error();
            const auto from = static_cast<std::size_t>(at - frame->raw_at);
            const auto left = std::min<std::uint64_t>(place_.size - offset - done, into.size() - done);
            const std::size_t take = std::min<std::size_t>(static_cast<std::size_t>(left), raw_.size() - from);
            std::copy_n(raw_.begin() + static_cast<std::ptrdiff_t>(from), take,
                        into.begin() + static_cast<std::ptrdiff_t>(done));
            done += take;
        }
        return done;
    }

  private:
    struct located {
        std::uint64_t packed_at, raw_at;
        std::uint32_t packed, raw;
    };

    result<void> read_table(std::vector<volume_frame>& all) {
        const auto size = file_->size();
        if (!size) return size.error();
        std::array<std::byte, formats::seek_footer_bytes> last{};
        if (size.value() < last.size()) return damaged(place_.path, "it ends early");
        if (auto r = read_whole(*file_, size.value() - last.size(), last, place_.path); !r) return r;
        const auto bytes = formats::seek_table_bytes(last);
        if (!bytes || *bytes > size.value() || *bytes > largest_table)
            return damaged(place_.path, "it has no table of frames");
        std::vector<std::byte> frame(static_cast<std::size_t>(*bytes));
        if (auto r = read_whole(*file_, size.value() - *bytes, frame, place_.path); !r) return r;
        const auto table = formats::parse_seek_table(frame);
        if (!table) return damaged(place_.path, "its table of frames is damaged");
        all.reserve(table->size());
        for (const formats::seek_entry& e : *table) all.push_back({e.packed, e.raw});
        return {};
    }

    result<void> open_frame(const located& f) {
        if (opened_ == f.raw_at) return {};
        opened_.reset();
        packed_.resize(f.packed);
        if (auto r = read_whole(*file_, f.packed_at, packed_, place_.path); !r) return r;
        raw_.resize(f.raw);
        if (!decompressor_.frame(packed_, raw_)) return damaged(place_.path, "a frame is damaged");
        opened_ = f.raw_at;
        return {};
    }

    std::unique_ptr<world::file> file_;
    member_place place_;
    std::vector<located> frames_;
    std::optional<std::uint64_t> opened_;
    std::vector<std::byte> packed_, raw_;
    formats::zstd_decompressor decompressor_;
};

// Deflate has no table: going back begins again.
class deflated_member final : public member_bytes {
  public:
    deflated_member(std::unique_ptr<world::file> file, const member_place& place)
        : file_(std::move(file)), place_(place), inflater_(place.size), packed_(packed_piece) {}

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (offset >= place_.size) return std::size_t{0};
        if (offset < at_) begin_again();
        std::array<std::byte, 4096> passed_over;
        while (at_ < offset) {
            const auto most = std::min<std::uint64_t>(passed_over.size(), offset - at_);
            if (auto r = fill(std::span(passed_over).first(static_cast<std::size_t>(most))); !r) return r.error();
        }
        const auto most = std::min<std::uint64_t>(into.size(), place_.size - offset);
        const auto room = into.first(static_cast<std::size_t>(most));
        if (auto r = fill(room); !r) return r.error();
        return room.size();
    }

  private:
    void begin_again() {
        inflater_ = formats::inflater(place_.size);
        at_ = packed_at_ = 0;
        waiting_ = {};
    }

    result<void> fill(std::span<std::byte> room) {
        while (!room.empty()) {
            if (waiting_.empty() && packed_at_ < place_.stored) {
                const auto most = std::min<std::uint64_t>(packed_.size(), place_.stored - packed_at_);
                const auto piece = std::span(packed_).first(static_cast<std::size_t>(most));
                if (auto r = read_whole(*file_, place_.body + packed_at_, piece, place_.path); !r) return r;
                packed_at_ += piece.size();
                waiting_ = piece;
            }
            const auto step = inflater_.feed(waiting_, room);
            waiting_ = waiting_.subspan(step.taken);
            room = room.subspan(step.given);
            at_ += step.given;
            if (room.empty()) return {};
            if (step.state == formats::inflate_state::damaged) return damaged(place_.path, "a member is damaged");
            const bool over =
                step.state == formats::inflate_state::ended || (waiting_.empty() && packed_at_ == place_.stored);
            if (over) return damaged(place_.path, "a member ends early");
        }
        return {};
    }

    std::unique_ptr<world::file> file_;
    member_place place_;
    formats::inflater inflater_;
    std::vector<std::byte> packed_;
    std::span<const std::byte> waiting_;
    std::uint64_t at_ = 0, packed_at_ = 0;
};

template <class Hasher>
std::optional<typename Hasher::digest> digest_of(world::file_store& files, const member_place& place) {
    const auto member = read_member(files, place);
    if (!member) return std::nullopt;
    Hasher hasher;
    std::vector<std::byte> buffer(read_piece);
    std::uint64_t at = 0;
    while (at < place.size) {
        const auto got = member.value()->read(at, buffer);
        if (!got || got.value() == 0) return std::nullopt;
        hasher.update(std::span(buffer).first(got.value()));
        at += got.value();
    }
    return hasher.finish();
}

}  // namespace

std::string open_path(const volume_row& volume) {
    return layout::below(layout::open_volumes_folder, volume.name);
}
std::string sealed_path(const volume_row& volume) {
    return layout::below(layout::volumes_folder, volume.name);
}

std::string present_path(const volume_row& volume) {
    return volume.state == volume_state::open ? open_path(volume) : sealed_path(volume);
}

member_place place_of(const volume_row& volume, const named_member& member) {
    member_place place;
    place.path = present_path(volume);
    if (volume.state == volume_state::open) place.or_path = sealed_path(volume);
    place.kind = container_of_volume(volume.name).value_or(container::tar);
    place.body = member.where.body;
    place.stored = member.where.stored;
    place.size = member.size;
    place.deflated = member.where.deflated;
    return place;
}

bool has_bytes(world::file_store& files, const member_place& place, const formats::sha256_digest& sha256) {
    return digest_of<formats::sha256_hasher>(files, place) == sha256;
}

bool has_sha1(world::file_store& files, const member_place& place, const formats::sha1_digest& sha1) {
    return digest_of<formats::sha1_hasher>(files, place) == sha1;
}

result<std::unique_ptr<member_bytes>> read_member(world::file_store& files, const member_place& place) {
    auto file = files.open(place.path, world::open_mode::read);
    if (!file && file.error().code == world::file_errc::not_found && !place.or_path.empty())
        file = files.open(place.or_path, world::open_mode::read);
    if (!file) return file.error();
    if (place.kind == container::tar_zst) {
        auto member = std::make_unique<framed_member>(std::move(file.value()), place);
        if (auto r = member->find_frames(); !r) return r.error();
        return std::unique_ptr<member_bytes>(std::move(member));
    }
    if (place.deflated)
        return std::unique_ptr<member_bytes>(std::make_unique<deflated_member>(std::move(file.value()), place));
    return std::unique_ptr<member_bytes>(std::make_unique<plain_member>(std::move(file.value()), place));
}

}  // namespace decamp::store
