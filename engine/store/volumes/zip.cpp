// Zip. A member's sizes and CRC stand before its bytes, so these are read twice: bytes that are appended are never
// touched again.

#include <algorithm>
#include <utility>

#include "engine/store/volumes/kinds.hpp"
#include "formats/compressible.hpp"
#include "formats/crc.hpp"
#include "formats/deflate.hpp"
#include "formats/time.hpp"
#include "formats/zip.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::size_t looked_at = std::size_t{64} << 10;
// From here on the sizes take eight bytes in the header; a deflated member may be a little longer than it was.
constexpr std::uint64_t wide_from = std::uint64_t{4000} << 20;
constexpr std::size_t most_end_bytes = 98;  // the three records that end a directory, with Zip64
constexpr std::size_t most_entry_extra = 32;

formats::zip_entry entry_of(const member_entry& entry) {
    formats::zip_entry zip;
    zip.path = entry.name;
    zip.size = zip.packed_size = entry.size;
    zip.method = formats::zip_method::stored;
    zip.modified_ns = entry.modified_ns;
    zip.wide = entry.size >= wide_from;
    return zip;
}

class zip_archive final : public archive {
  public:
    explicit zip_archive(archive_start start)
        : file_(start.file),
          level_(std::min(start.level, 9)),
          buffer_(piece_bytes),
          directory_bytes_(start.directory_bytes) {}

    result<bool> fits(const member_entry& entry, std::uint64_t limit) override {
        const formats::zip_entry zip = entry_of(entry);
        const std::uint64_t slack = entry.size / 1000 + 64;  // of deflate's own
        const std::uint64_t directory = directory_bytes_ + formats::zip_directory_entry(zip).size() + most_entry_extra;
        const std::uint64_t member = formats::zip_local_header(zip).size() + entry.size + slack;
        return file_.bytes() + member + directory + most_end_bytes <= limit;
    }

    result<volume_member> add(const member_entry& entry, member_bytes& bytes) override {
        formats::zip_entry zip = entry_of(entry);
        auto looked = look_through(entry, bytes, zip);
        if (!looked) return looked.error();
        volume_member place;
        place.at = zip.header_offset = file_.bytes();
        const std::string header = formats::zip_local_header(zip);
        place.body = place.at + header.size();
        place.stored = zip.packed_size;
        place.crc32 = zip.crc32;
        place.deflated = zip.method == formats::zip_method::deflated;
        if (auto r = file_.append(header); !r) return r.error();
        const auto write = [&](std::span<const std::byte> piece) { return file_.append(piece); };
        // A single piece was deflated when it was looked at, and is still here.
        const bool there = place.deflated && entry.size <= piece_bytes;
        if (auto r = there ? write(packed_) : each_piece(entry, bytes, place.deflated, write); !r) return r.error();
        directory_bytes_ += formats::zip_directory_entry(zip).size();
        return place;
    }

    std::uint64_t raw() const override { return file_.bytes(); }

    result<void> finish(const visit_members& members) override {
        const std::uint64_t begin = file_.bytes();
        std::uint64_t count = 0;
        auto visited = members([&](const named_member& m) -> result<void> {
            ++count;
            return file_.append(formats::zip_directory_entry(directory_entry_of(m)));
        });
        if (!visited) return visited;
        return file_.append(formats::zip_end(begin, file_.bytes() - begin, count));
    }

    static formats::zip_entry directory_entry_of(const named_member& m) {
        formats::zip_entry zip;
        zip.path = archived_name(m.path);
        zip.size = m.size;
        zip.packed_size = m.where.stored;
        zip.crc32 = m.where.crc32;
        zip.method = m.where.deflated ? formats::zip_method::deflated : formats::zip_method::stored;
        if (m.time_ms) zip.modified_ns = formats::ns_from_ms(*m.time_ms);
        zip.header_offset = m.where.at;
        zip.wide = m.size >= wide_from;
        return zip;
    }

  private:
    // Fills in the CRC, and, where it is worth it, that it is deflated and how long it is then.
    result<void> look_through(const member_entry& entry, member_bytes& bytes, formats::zip_entry& zip) {
        formats::crc32_hasher crc;
        bool worth = false, first = true;
        const auto look = [&](std::span<const std::byte> piece) -> result<void> {
            crc.update(piece);
            if (std::exchange(first, false))
                worth = formats::worth_compressing(entry.name, piece.first(std::min(piece.size(), looked_at)));
            return {};
        };
        if (auto r = each_piece(entry, bytes, false, look); !r) return r;
        zip.crc32 = crc.finish();
        if (!worth) return {};
        std::uint64_t packed = 0;
        const auto count = [&](std::span<const std::byte> piece) -> result<void> {
            packed += piece.size();
            return {};
        };
        if (auto r = each_piece(entry, bytes, true, count); !r) return r;
        if (packed >= entry.size) return {};
        zip.packed_size = packed;
        zip.method = formats::zip_method::deflated;
        return {};
    }

    // Pieces of piece_bytes, each compressed by itself, so that they are the same wherever one begins.
    result<void> each_piece(const member_entry& entry, member_bytes& bytes, bool deflated,
                            const std::function<result<void>(std::span<const std::byte>)>& visit) {
        for (std::uint64_t at = 0; at < entry.size;) {
            const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), entry.size - at));
            const auto got = bytes.read(at, std::span(buffer_).first(want));
            if (!got) return got.error();
            if (got.value() == 0) return failure(world::file_errc::io, entry.name + ": its bytes end early");
            at += got.value();
            const auto piece = std::span<const std::byte>(buffer_).first(got.value());
            if (!deflated) {
                if (auto r = visit(piece); !r) return r;
                continue;
            }
            packed_.clear();
            formats::append_deflate_piece(packed_, piece, level_, at == entry.size);
            if (auto r = visit(packed_); !r) return r;
        }
        return {};
    }

    volume_file& file_;
    int level_;
    std::vector<std::byte> buffer_, packed_;
    std::uint64_t directory_bytes_;
};

}  // namespace

std::unique_ptr<archive> make_zip(archive_start start) {
    return std::make_unique<zip_archive>(std::move(start));
}

std::uint64_t directory_bytes_of(const named_member& member) {
    return formats::zip_directory_entry(zip_archive::directory_entry_of(member)).size();
}

std::unique_ptr<archive> make_archive(container kind, archive_start start) {
    switch (kind) {
        case container::tree:
        case container::tar:
            return make_tar(std::move(start));
        case container::tar_zst:
            return make_tar_zst(std::move(start));
        case container::zip:
            return make_zip(std::move(start));
    }
    return make_tar(std::move(start));
}

}  // namespace decamp::store
