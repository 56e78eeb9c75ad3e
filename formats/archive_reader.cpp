#include "formats/archive_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <clocale>
#include <new>
#include <string_view>
#include <vector>

#include "formats/unicode.hpp"

namespace decamp::formats {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr int most_refused = 100'000;  // entries in a row that are nothing to us
constexpr std::int64_t ns_per_second = 1'000'000'000;

// libarchive puts names of a zip into the character set of the locale, and loses those that it has not got. So for as
// long as it works, this thread's locale, and no other's, is one of UTF-8.
class in_utf8 {
  public:
    in_utf8() : before_(uselocale(unicode())) {}
    in_utf8(const in_utf8&) = delete;
    in_utf8& operator=(const in_utf8&) = delete;
    ~in_utf8() { uselocale(before_); }

  private:
    static locale_t unicode() {
        static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);  // null: uselocale() changes nothing
        return made;
    }
    locale_t before_;
};

std::optional<std::string> name_of(const char* utf8, const char* raw) {
    const char* text = utf8 != nullptr ? utf8 : raw;
    if (text == nullptr) return std::nullopt;
    const std::string_view name(text);
    if (name.empty() || name.size() > archive_name_limit || !is_valid_utf8(name)) return std::nullopt;
    return std::string(name);
}

std::optional<std::int64_t> time_of(::archive_entry* entry) {
    if (archive_entry_mtime_is_set(entry) == 0) return std::nullopt;
    const std::int64_t seconds = archive_entry_mtime(entry), rest = archive_entry_mtime_nsec(entry);
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(seconds, ns_per_second, &ns) || __builtin_add_overflow(ns, rest, &ns))
        return std::nullopt;
    return ns;
}

}  // namespace

struct archive_reader::state {
    archive_input& input;
    std::uint64_t from;  // what libarchive calls 0
    std::uint64_t at;
    bool zip;
    bool over = false;
    std::vector<std::byte> piece = std::vector<std::byte>(piece_bytes);
    ::archive* reader = nullptr;

    state(archive_input& in, std::uint64_t begin, bool is_zip) : input(in), from(begin), at(begin), zip(is_zip) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        if (reader != nullptr) archive_read_free(reader);
    }

    static la_ssize_t on_read(::archive* a, void* data, const void** bytes) {
        auto& s = *static_cast<state*>(data);
        const auto got = s.input.read(s.at, s.piece);
        if (!got) {
            archive_set_error(a, -1, "unreadable");
            return ARCHIVE_FATAL;
        }
        s.at += *got;
        *bytes = s.piece.data();
        return static_cast<la_ssize_t>(*got);
    }
    static la_int64_t on_skip(::archive*, void* data, la_int64_t request) {
        auto& s = *static_cast<state*>(data);
        if (request <= 0 || s.at >= s.input.size()) return 0;
        const std::uint64_t most = std::min<std::uint64_t>(static_cast<std::uint64_t>(request), s.input.size() - s.at);
        s.at += most;
        return static_cast<la_int64_t>(most);
    }
    static la_int64_t on_seek(::archive*, void* data, la_int64_t offset, int whence) {
        auto& s = *static_cast<state*>(data);
        const auto size = static_cast<std::int64_t>(s.input.size());
        const auto begin = static_cast<std::int64_t>(s.from);
        std::int64_t base = whence == 0 ? begin : whence == 1 ? static_cast<std::int64_t>(s.at) : size;
        if (__builtin_add_overflow(base, offset, &base) || base < begin || base > size) return ARCHIVE_FATAL;
        s.at = static_cast<std::uint64_t>(base);
        return base - begin;
    }
};

archive_reader::archive_reader(archive_form form, archive_input& input, std::uint64_t from)
    : state_(std::make_unique<state>(input, from, form == archive_form::zip)) {
    const in_utf8 words;
    state& s = *state_;
    s.reader = archive_read_new();
    if (s.reader == nullptr) throw std::bad_alloc();
    // Programs that libarchive would start for what it cannot decompress itself are never asked for: no _all here.
    bool ready = true;
    if (form == archive_form::zip) {
        ready = archive_read_support_format_zip_seekable(s.reader) == ARCHIVE_OK;
    } else {
        ready = archive_read_support_format_tar(s.reader) == ARCHIVE_OK;
        if (form == archive_form::tar_zst) ready = archive_read_support_filter_zstd(s.reader) == ARCHIVE_OK && ready;
    }
    archive_read_set_callback_data(s.reader, &s);
    archive_read_set_read_callback(s.reader, state::on_read);
    archive_read_set_skip_callback(s.reader, state::on_skip);
    if (form != archive_form::tar_zst) archive_read_set_seek_callback(s.reader, state::on_seek);
    s.over = !ready || archive_read_open1(s.reader) != ARCHIVE_OK;
}

archive_reader::~archive_reader() = default;

archive_reader::step archive_reader::next(archived_entry& into) {
    const in_utf8 words;
    state& s = *state_;
    if (s.over) return step::damaged;
    for (int refused = 0; refused < most_refused; ++refused) {
        ::archive_entry* entry = nullptr;
        const int answer = archive_read_next_header(s.reader, &entry);
        if (answer == ARCHIVE_EOF) return step::end;
        // A warning is about a name that the present locale has not got; the UTF-8 one stands.
        if (answer == ARCHIVE_RETRY) continue;
        if (answer != ARCHIVE_OK && answer != ARCHIVE_WARN) {
            s.over = answer == ARCHIVE_FATAL;
            if (s.over) return step::damaged;
            continue;
        }
        const auto name = name_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
        if (!name) continue;
        into = {};
        into.name = *name;
        into.at = s.from + static_cast<std::uint64_t>(std::max<la_int64_t>(archive_read_header_position(s.reader), 0));
        const char* hard = archive_entry_hardlink_utf8(entry);
        if (hard == nullptr) hard = archive_entry_hardlink(entry);
        if (hard != nullptr) {
            into.what = archived_entry::kind::link;
            const auto target = name_of(hard, nullptr);
            if (!target) continue;
            into.link_to = *target;
        } else if (archive_entry_filetype(entry) != AE_IFREG) {
            into.what = archived_entry::kind::other;
        }
        if (archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0)
            into.size = static_cast<std::uint64_t>(archive_entry_size(entry));
        into.modified_ns = time_of(entry);
        return step::entry;
    }
    s.over = true;
    return step::damaged;
}

std::optional<std::size_t> archive_reader::read(std::span<std::byte> into) {
    state& s = *state_;
    if (s.over) return std::nullopt;
    for (int refused = 0; refused < most_refused; ++refused) {
        const la_ssize_t got = archive_read_data(s.reader, into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (got == ARCHIVE_RETRY) continue;
        s.over = got == ARCHIVE_FATAL;
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace decamp::formats
