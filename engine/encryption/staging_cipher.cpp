#include "engine/encryption/staging_cipher.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/model/layout.hpp"
#include "formats/aes_xts.hpp"

namespace decamp::encryption {

namespace {

constexpr std::size_t piece_bytes = 4096;
constexpr std::size_t most_at_once = std::size_t{64} << 10;

constexpr std::uint64_t whole_pieces(std::uint64_t bytes) {
    return (bytes + piece_bytes - 1) / piece_bytes * piece_bytes;
}

class staged_file final : public world::file {
  public:
    staged_file(std::unique_ptr<world::file> below, std::span<const std::byte, 32> key, std::string_view path)
        : below_(std::move(below)), cipher_(key, "staging " + std::string(path)), room_(most_at_once) {}

    result<void> write_at(std::uint64_t offset, std::span<const std::byte> from) override {
        while (!from.empty()) {
            const std::size_t skip = static_cast<std::size_t>(offset % piece_bytes);
            const std::uint64_t begin = offset - skip;
            const std::size_t take = std::min(from.size(), room_.size() - skip);
            const auto pieces = std::span(room_).first(static_cast<std::size_t>(whole_pieces(skip + take)));
            // What stands in the first and the last piece beside the new bytes stays.
            if (skip != 0) {
                if (auto r = load(begin, pieces.first(piece_bytes)); !r) return r;
            }
            const std::size_t end = skip + take;
            if (end % piece_bytes != 0 && (end > piece_bytes || skip == 0)) {
                if (auto r = load(begin + pieces.size() - piece_bytes, pieces.last(piece_bytes)); !r) return r;
            }
            std::ranges::copy(from.first(take), pieces.subspan(skip).begin());
            for (std::size_t at = 0; at < pieces.size(); at += piece_bytes) {
                const auto piece = pieces.subspan(at, piece_bytes);
                cipher_.encrypt((begin + at) / piece_bytes, piece, piece);
            }
            if (auto r = below_->write_at(begin, pieces); !r) return r;
            from = from.subspan(take);
            offset += take;
        }
        return {};
    }

    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size()) {
            const std::uint64_t at = offset + done;
            const std::size_t skip = static_cast<std::size_t>(at % piece_bytes);
            const std::size_t take = std::min(into.size() - done, room_.size() - skip);
            const auto pieces = std::span(room_).first(static_cast<std::size_t>(whole_pieces(skip + take)));
            const auto got = below_->read_at(at - skip, pieces);
            if (!got) return got.error();
            const std::size_t whole = got.value() / piece_bytes * piece_bytes;
            decrypt(at - skip, pieces.first(whole));
            if (whole <= skip) break;
            const std::size_t part = std::min(take, whole - skip);
            std::ranges::copy(pieces.subspan(skip, part), into.subspan(done).begin());
            done += part;
            if (whole < pieces.size()) break;
        }
        return done;
    }

    result<void> truncate(std::uint64_t size) override { return below_->truncate(whole_pieces(size)); }
    result<void> sync() override { return below_->sync(); }
    result<world::file_info> info() override { return below_->info(); }
    result<void> set_modified(std::int64_t unix_ns) override { return below_->set_modified(unix_ns); }

  private:
    // One piece; zeros where there is none yet.
    result<void> load(std::uint64_t begin, std::span<std::byte> piece) {
        const auto got = below_->read_at(begin, piece);
        if (!got) return got.error();
        if (got.value() == piece.size())
            decrypt(begin, piece);
        else
            std::memset(piece.data(), 0, piece.size());
        return {};
    }
    void decrypt(std::uint64_t begin, std::span<std::byte> pieces) {
        for (std::size_t at = 0; at < pieces.size(); at += piece_bytes) {
            const auto piece = pieces.subspan(at, piece_bytes);
            cipher_.decrypt((begin + at) / piece_bytes, piece, piece);
        }
    }

    std::unique_ptr<world::file> below_;
    formats::aes_xts cipher_;
    std::vector<std::byte> room_;
};

}  // namespace

staging_cipher::staging_cipher(world::file_store& below, const formats::secret_bytes<32>& key)
    : forwarding_store(below), key_(key.span()) {}

result<std::unique_ptr<world::file>> staging_cipher::open(std::string_view path, world::open_mode mode) {
    auto opened = below().open(path, mode);
    const bool staged = path.size() > layout::staging_folder.size() && path.starts_with(layout::staging_folder) &&
                        path[layout::staging_folder.size()] == '/';
    if (!opened || !staged) return opened;
    return std::unique_ptr<world::file>(std::make_unique<staged_file>(std::move(opened.value()), key_.span(), path));
}

}  // namespace decamp::encryption
