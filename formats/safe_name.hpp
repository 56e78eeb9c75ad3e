#pragma once
// Names from outside made into names for the drive: one path component that exFAT, NTFS, APFS and ext4 all take, that
// climbs nowhere, and that stands unescaped in a BagIt manifest. The rules are in docs/on-disk.md and are a contract:
// names already given must come out the same in every later version.

#include <cstddef>
#include <string>
#include <string_view>

namespace decamp::formats {

struct name_limits {
    std::size_t max_utf16 = 255;  // exFAT, NTFS
    std::size_t max_bytes = 255;  // ext4, APFS
};
// Limits below this are raised to it, so that a suffix and an extension always find room.
inline constexpr name_limits smallest_name_limits{64, 64};

// Any bytes in, a safe component out, never empty. Deterministic; safe(safe(x)) == safe(x) under the same limits.
// Different names may come out the same: the caller keeps them apart by fold() and with_suffix().
[[nodiscard]] std::string safe_component(std::string_view name, name_limits limits = {});

// `IMG.jpg` and `123` give `IMG~123.jpg`. `safe_name` is a result of safe_component; the suffix may be anything and is
// made safe, at most 32 bytes of it are used. The stem is shortened until the whole fits; the result is itself safe:
// safe_component(with_suffix(n, s, l), l) gives it back. It never folds to the key of `safe_name`, but it may be some
// other name already given (a source can hold an `IMG~123.jpg` of its own): the caller asks again, with another suffix.
[[nodiscard]] std::string with_suffix(std::string_view safe_name, std::string_view suffix, name_limits limits = {});

// The part from the last dot on that is treated as the extension (".jpg"), or empty: at most 16 UTF-16 units and
// 24 bytes with the dot, without spaces, and never the whole name (".nomedia" has none).
[[nodiscard]] std::string_view name_extension(std::string_view name) noexcept;

// True for what computers leave on drives by themselves: .DS_Store, ._*, Thumbs.db, desktop.ini, .Trashes,
// System Volume Information, $RECYCLE.BIN, lost+found ... The path is relative to the drive or export, with slashes;
// true when any component of it is such a name. No result of safe_component is one.
[[nodiscard]] bool is_foreign_file(std::string_view path);

}  // namespace decamp::formats
