#include "engine/encryption/unlocked_store.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "formats/bytes.hpp"

namespace decamp::encryption {

namespace {

using formats::age_header_fault;

// What `age` and we choose. More is a stranger's file, and would take his word for how much memory there is.
constexpr unsigned most_work_factor = formats::age_work_factor_default;
constexpr std::size_t keys_remembered = 4096;

failure wrong(encryption_errc what, std::string_view path) {
    return failure(what, std::string(path) + ": " + make_error_code(what).message());
}

encryption_errc meaning(age_header_fault fault) {
    switch (fault) {
        case age_header_fault::no_matching_key:
            return encryption_errc::wrong_key;
        case age_header_fault::work_factor_too_high:
            return encryption_errc::work_factor;
        case age_header_fault::truncated:
            return encryption_errc::truncated;
        default:
            return encryption_errc::bad_header;
    }
}

result<formats::age_header_reader> read_header(world::file& file, std::string_view path) {
    formats::age_header_limits limits;
    limits.work_factor = most_work_factor;
    formats::age_header_reader reader(limits);
    std::vector<std::byte> room(4096);
    for (std::uint64_t at = 0;;) {
        const auto got = file.read_at(at, room);
        if (!got) return got.error();
        reader.feed(std::span(room).first(got.value()));
        at += got.value();
        switch (reader.state()) {
            case formats::age_header_reader::progress::complete:
                return reader;
            case formats::age_header_reader::progress::refused:
                return wrong(meaning(*reader.fault()), path);
            case formats::age_header_reader::progress::wants_more:
                break;
        }
        if (got.value() == 0) return wrong(encryption_errc::truncated, path);
    }
}

result<formats::age_payload_key> undo(const formats::age_header_reader& header, const unlocking& keys,
                                      std::string_view path) {
    if (keys.empty()) return wrong(encryption_errc::no_key, path);
    // A file by passphrase is by nothing else, and the other way round.
    if (header.by_passphrase() ? keys.passphrase.view().empty() : keys.identities.empty())
        return wrong(encryption_errc::wrong_key, path);
    auto key = header.by_passphrase() ? header.unlock_with_passphrase(keys.passphrase.view())
                                      : header.unlock_with_keys(keys.identities);
    if (auto* good = std::get_if<formats::age_payload_key>(&key)) return std::move(*good);
    return wrong(meaning(std::get<age_header_fault>(key)), path);
}

}  // namespace

struct unlocked_store::opened_file {
    std::unique_ptr<world::file> file;
    std::uint64_t payload_at = 0, plain_bytes = 0;
    std::shared_ptr<const formats::age_payload_key> key;
};

class unlocked_store::plain_file final : public world::file {
  public:
    plain_file(opened_file&& of, std::string path)
        : of_(std::move(of)), path_(std::move(path)), reader_(*of_.key), sealed_(formats::age_sealed_chunk_bytes) {
        plain_.reserve(formats::age_chunk_bytes);
    }

    // That the last piece is the last: nothing was cut off or added.
    result<void> check_end() { return load(of_.plain_bytes == 0 ? 0 : of_.plain_bytes - 1); }

    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size() && offset + done < of_.plain_bytes) {
            const std::uint64_t at = offset + done;
            if (auto r = load(at); !r) return r.error();
            const auto from = static_cast<std::size_t>(at - at_.plain_offset);
            const std::size_t take = std::min(into.size() - done, plain_.size() - from);
            std::ranges::copy(std::span(plain_).subspan(from, take), into.subspan(done).begin());
            done += take;
        }
        return done;
    }
    result<world::file_info> info() override {
        auto there = of_.file->info();
        if (there) there.value().size = of_.plain_bytes;
        return there;
    }
    result<void> write_at(std::uint64_t, std::span<const std::byte>) override { return read_only(); }
    result<void> truncate(std::uint64_t) override { return read_only(); }
    result<void> sync() override { return {}; }
    result<void> set_modified(std::int64_t) override { return read_only(); }

  private:
    result<void> read_only() const { return failure(world::file_errc::read_only, path_); }

    result<void> load(std::uint64_t offset) {
        const auto place = formats::age_chunk_at(of_.plain_bytes, offset);
        if (loaded_ && at_ == place) return {};
        loaded_ = false;
        const auto sealed = std::span(sealed_).first(place.sealed_bytes);
        const auto got = of_.file->read_at(of_.payload_at + place.sealed_offset, sealed);
        if (!got) return got.error();
        if (got.value() != sealed.size()) return wrong(encryption_errc::truncated, path_);
        plain_.resize(place.plain_bytes);
        if (!reader_.decrypt_chunk(place.index, place.last, sealed, plain_)) return wrong(fault_at(place), path_);
        at_ = place;
        loaded_ = true;
        return {};
    }

    // Of a piece that is not what it should be.
    encryption_errc fault_at(const formats::age_chunk_place& place) {
        if (opens(place.index, !place.last)) return place.last ? encryption_errc::truncated : encryption_errc::extended;
        if (!place.last) return encryption_errc::damaged;
        // What was cut within a piece, or lengthened by less than one, opens in no way. Where it begins to be wrong
        // tells them apart.
        const std::uint64_t right = first_wrong(place.index);
        if (right == place.index) return encryption_errc::truncated;
        if (opens(right, true)) return encryption_errc::extended;
        return opens(right + 1, right + 1 == place.index) ? encryption_errc::damaged : encryption_errc::extended;
    }

    // Whether it does, in the middle of a file or at its end.
    bool opens(std::uint64_t index, bool as_last) {
        const auto place = formats::age_chunk_at(of_.plain_bytes, index * formats::age_chunk_bytes);
        std::vector<std::byte> sealed(place.sealed_bytes), plain(place.plain_bytes);
        const auto got = of_.file->read_at(of_.payload_at + place.sealed_offset, sealed);
        return got && got.value() == sealed.size() && reader_.decrypt_chunk(index, as_last, sealed, plain);
    }

    // The first piece below `end` that does not open as one in the middle, by halving; `end` where all do.
    std::uint64_t first_wrong(std::uint64_t end) {
        std::uint64_t right = 0, wrong = end;
        while (right < wrong) {
            const std::uint64_t middle = right + (wrong - right) / 2;
            if (opens(middle, false))
                right = middle + 1;
            else
                wrong = middle;
        }
        return right;
    }

    opened_file of_;
    std::string path_;
    formats::age_chunk_reader reader_;
    std::vector<std::byte> sealed_, plain_;
    formats::age_chunk_place at_;
    bool loaded_ = false;
};

result<unlocked_store::opened_file> unlocked_store::unlock(std::string_view path) {
    opened_file made;
    auto file = below().open(path, world::open_mode::read);
    if (!file) return file.error();
    made.file = std::move(file.value());
    const auto header = read_header(*made.file, path);
    if (!header) return header.error();
    made.payload_at = header.value().size();
    const auto size = made.file->size();
    if (!size) return size.error();
    const auto plain = formats::age_plain_bytes(size.value() - std::min(size.value(), made.payload_at));
    if (!plain) return wrong(encryption_errc::truncated, path);
    made.plain_bytes = *plain;
    {
        const std::lock_guard held(mutex_);
        if (const auto known = known_.find(path); known != known_.end()) made.key = known->second;
    }
    if (made.key) return made;
    auto key = undo(header.value(), keys_, path);
    if (!key) return key.error();
    made.key = std::make_shared<const formats::age_payload_key>(std::move(key.value()));
    const std::lock_guard held(mutex_);
    if (known_.size() < keys_remembered) known_.emplace(path, made.key);
    return made;
}

result<std::unique_ptr<world::file>> unlocked_store::open(std::string_view path, world::open_mode mode) {
    if (!is_encrypted(path) || mode != world::open_mode::read) return below().open(path, mode);
    auto opened = unlock(path);
    if (!opened) return opened.error();
    auto file = std::make_unique<plain_file>(std::move(opened.value()), std::string(path));
    if (auto r = file->check_end(); !r) return r.error();
    return std::unique_ptr<world::file>(std::move(file));
}

result<std::optional<world::file_info>> unlocked_store::info(std::string_view path) {
    auto found = below().info(path);
    if (!found || !found.value() || !is_encrypted(path) || found.value()->folder) return found;
    auto file = below().open(path, world::open_mode::read);
    if (!file) return file.error();
    const auto header = read_header(*file.value(), path);
    if (!header) return header.error();
    const std::uint64_t size = found.value()->size;
    found.value()->size =
        formats::age_plain_bytes(size - std::min<std::uint64_t>(size, header.value().size())).value_or(0);
    return found;
}

result<formats::secret_text> read_encrypted(world::file_store& files, std::string_view path, std::size_t limit,
                                            const unlocking& keys) {
    unlocked_store store(files, keys);
    auto file = store.open(path, world::open_mode::read);
    if (!file) return file.error();
    const auto size = file.value()->size();
    if (!size) return size.error();
    if (size.value() > limit) return wrong(encryption_errc::bad_header, path);
    std::vector<char> text(static_cast<std::size_t>(size.value()));
    const auto got = file.value()->read_at(0, std::as_writable_bytes(std::span(text)));
    if (!got) return got.error();
    formats::secret_text secret(std::string_view(text.data(), got.value()));
    formats::cleanse(std::span<char>(text));
    return secret;
}

}  // namespace decamp::encryption
