#include "engine/catalogue/encrypting_vfs.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <stdexcept>

#include "engine/catalogue/vfs_layer.hpp"
#include "formats/aes_xts.hpp"
#include "formats/secret.hpp"

namespace decamp::catalogue {

struct encrypting_vfs::state : vfs_layer {
    formats::secret_bytes<32> secret;
    sqlite3_file* main = nullptr;  // the catalogue's file, as long as it is open
};

namespace {

constexpr std::uint64_t page_bytes = 4096, log_header_bytes = 32, frame_header_bytes = 24;
constexpr std::size_t journal_header_bytes = 28;  // of numbers, then zeros to the end of a sector

enum class layout_of { pages, log, journal };

struct unit {
    std::uint64_t number, begin, size;
};

unit unit_at(layout_of what, std::uint64_t offset) {
    if (what == layout_of::pages) return {offset / page_bytes, offset / page_bytes * page_bytes, page_bytes};
    if (offset < log_header_bytes) return {0, 0, log_header_bytes};
    constexpr std::uint64_t frame_bytes = frame_header_bytes + page_bytes;
    const std::uint64_t frame = (offset - log_header_bytes) / frame_bytes;
    const std::uint64_t begin = log_header_bytes + frame * frame_bytes;
    if (offset < begin + frame_header_bytes) return {1 + 2 * frame, begin, frame_header_bytes};
    return {2 + 2 * frame, begin + frame_header_bytes, page_bytes};
}

struct open_file {
    layered_file layered;
    layout_of what;
    formats::aes_xts* cipher;  // null: of a journal
    encrypting_vfs::state* of;
    std::array<std::byte, page_bytes>* room;
};
open_file& of(sqlite3_file* file) {
    return *reinterpret_cast<open_file*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
    return of(file).layered.below;
}
encrypting_vfs::state& state_of(sqlite3_vfs* vfs) {
    return static_cast<encrypting_vfs::state&>(layer_of(vfs));
}

int close_file(sqlite3_file* file) {
    open_file& f = of(file);
    delete f.cipher;
    delete f.room;
    if (f.of->main == file) f.of->main = nullptr;
    return below(file)->pMethods->xClose(below(file));
}

int read_file(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
    open_file& f = of(file);
    sqlite3_file* const from = below(file);
    if (f.cipher == nullptr) return from->pMethods->xRead(from, into, amount, offset);
    const std::span<std::byte> wanted(static_cast<std::byte*>(into), static_cast<std::size_t>(amount));
    const auto at = static_cast<std::uint64_t>(offset);
    for (std::uint64_t done = 0; done < wanted.size();) {
        const unit u = unit_at(f.what, at + done);
        const auto whole = std::span(*f.room).first(static_cast<std::size_t>(u.size));
        const int code =
            from->pMethods->xRead(from, whole.data(), static_cast<int>(u.size), static_cast<sqlite3_int64>(u.begin));
        if (code != SQLITE_OK) {
            // A piece that is not whole was never written: as behind the end.
            const auto rest = wanted.subspan(static_cast<std::size_t>(done));
            if (code == SQLITE_IOERR_SHORT_READ) std::memset(rest.data(), 0, rest.size());
            return code;
        }
        f.cipher->decrypt(u.number, whole, whole);
        const std::uint64_t skip = at + done - u.begin;
        const std::uint64_t take = std::min(u.size - skip, wanted.size() - done);
        std::ranges::copy(whole.subspan(static_cast<std::size_t>(skip), static_cast<std::size_t>(take)),
                          wanted.subspan(static_cast<std::size_t>(done)).begin());
        done += take;
    }
    return SQLITE_OK;
}

// Where the catalogue is one page or none, it has no table yet, and a run that was killed then may have left it before
// it had its log: the next one changes that page by a journal.
bool has_no_table_yet(const encrypting_vfs::state& s) {
    sqlite3_int64 size = 0;
    if (s.main == nullptr) return false;
    return below(s.main)->pMethods->xFileSize(below(s.main), &size) == SQLITE_OK &&
           size <= static_cast<sqlite3_int64>(page_bytes);
}

int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    open_file& f = of(file);
    sqlite3_file* const to = below(file);
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(amount));
    if (f.cipher == nullptr) {
        // What is longer than a header's numbers is a page, which must not get out.
        const auto rest = bytes.subspan(std::min(bytes.size(), journal_header_bytes));
        const bool page = std::ranges::any_of(rest, [](std::byte b) { return b != std::byte{}; });
        return page && !has_no_table_yet(*f.of) ? SQLITE_IOERR_WRITE : to->pMethods->xWrite(to, from, amount, offset);
    }
    const unit u = unit_at(f.what, static_cast<std::uint64_t>(offset));
    if (u.begin != static_cast<std::uint64_t>(offset) || u.size != bytes.size()) return SQLITE_IOERR_WRITE;
    const auto sealed = std::span(*f.room).first(bytes.size());
    f.cipher->encrypt(u.number, bytes, sealed);
    return to->pMethods->xWrite(to, sealed.data(), amount, offset);
}

// Without this SQLite writes pages of the log in halves.
int characteristics(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file)) | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods methods = [] {
    sqlite3_io_methods m = methods_that_hand_on();
    m.xClose = close_file;
    m.xRead = read_file;
    m.xWrite = write_file;
    m.xDeviceCharacteristics = characteristics;
    return m;
}();

int open_path(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    layout_of what = layout_of::journal;
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0)
        what = layout_of::pages;
    else if ((flags & SQLITE_OPEN_WAL) != 0)
        what = layout_of::log;
    else if ((flags & SQLITE_OPEN_MAIN_JOURNAL) == 0)
        return SQLITE_CANTOPEN;  // everything else stays in memory
    std::unique_ptr<formats::aes_xts> cipher;
    std::unique_ptr<std::array<std::byte, page_bytes>> room;
    try {
        if (what != layout_of::journal) {
            const std::string_view purpose = what == layout_of::pages ? "catalogue" : "catalogue log";
            cipher = std::make_unique<formats::aes_xts>(state_of(vfs).secret.span(), purpose);
        }
        room = std::make_unique<std::array<std::byte, page_bytes>>();
    } catch (const std::exception&) {
        return SQLITE_NOMEM;
    }
    open_file& f = of(file);
    if (const int code = open_below(vfs, name, f.layered, flags, out_flags); code != SQLITE_OK) return code;
    f.what = what;
    f.cipher = cipher.release();
    f.room = room.release();
    f.of = &state_of(vfs);
    if (what == layout_of::pages) state_of(vfs).main = file;
    f.layered.own.pMethods = &methods;
    return SQLITE_OK;
}

}  // namespace

encrypting_vfs::encrypting_vfs(std::span<const std::byte, 32> secret, const std::string& below_name)
    : state_(std::make_unique<state>()) {
    static std::atomic<unsigned> made{0};
    name_ = "decamp-encrypting-" + std::to_string(++made);
    state_->secret = formats::secret_bytes<32>(secret);
    sqlite3_vfs* const below = sqlite3_vfs_find(below_name.empty() ? nullptr : below_name.c_str());
    if (below == nullptr) throw std::logic_error("no such VFS");
    state_->stand_on(below, name_, sizeof(open_file), open_path);
    if (sqlite3_vfs_register(&state_->vfs, 0) != SQLITE_OK) throw std::bad_alloc();
}

encrypting_vfs::~encrypting_vfs() {
    sqlite3_vfs_unregister(&state_->vfs);
}

}  // namespace decamp::catalogue
