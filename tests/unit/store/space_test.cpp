#include "engine/store/space.hpp"

#include <gtest/gtest.h>

namespace decamp::store {
namespace {

using answer = space_book::answer;

constexpr std::uint64_t cluster = 4096;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t size = 10 * mib - 1;  // 10 MiB on the drive
constexpr std::uint64_t many = 1'000'000;

blob_key blob(std::int64_t n) {
    return blob_key{n};
}

// A drive whose figures are asked for as space_watch does it.
struct drive {
    std::uint64_t free = 0, files = many;
    int asked = 0;
    space_book book{cluster};

    answer take(std::int64_t key, room_wanted wanted, space_book::reserve kept = {}) {
        answer said = book.take(blob(key), wanted, kept);
        if (said != answer::ask_drive) return said;
        ++asked;
        book.told(free, files);
        return book.take(blob(key), wanted, kept);
    }
};

planned_item item_of(std::optional<std::uint64_t> bytes) {
    planned_item item;
    item.listed.size = bytes;
    return item;
}

TEST(room_for, counts_what_is_still_to_be_written) {
    struct row {
        const char* name;
        std::optional<std::uint64_t> size;
        std::uint64_t part;
        bool audit, archived, held;
        std::uint64_t staged, packed;
    };
    const row rows[] = {
        {"a file", 100, 0, false, false, false, 100, 0},
        {"a file of unknown size", std::nullopt, 0, false, false, false, 0, 0},
        {"the rest of a file", 100, 60, false, false, false, 40, 0},
        {"a part that is longer than the list says", 100, 160, false, false, false, 0, 0},
        {"staged, then copied into a volume", 100, 0, false, true, false, 100, 100},
        {"the rest of one", 100, 60, false, true, false, 40, 100},
        {"held in memory until it is in a volume", 100, 0, false, true, true, 0, 100},
        {"an audit", 100, 0, true, true, false, 0, 0},
    };
    for (const row& r : rows) {
        planned_item item = item_of(r.size);
        if (r.part > 0) item.part = staged_part{.path = "p", .bytes = r.part, .blocks = {}, .validator = {}};
        if (r.audit) item.audit_of = blob_key{7};
        const room_wanted wanted = room_for(item, r.archived, r.held);
        EXPECT_EQ(wanted.staged, r.staged) << r.name;
        EXPECT_EQ(wanted.packed, r.packed) << r.name;
    }
}

TEST(space_book, keeps_what_is_reserved_for_the_end) {
    drive d{.free = 25 * mib};
    const space_book::reserve kept{5 * mib, 0};
    EXPECT_EQ(d.take(1, {size, 0}, kept), answer::taken);
    EXPECT_EQ(d.take(2, {size, 0}, kept), answer::taken);
    EXPECT_EQ(d.take(3, {1, 0}, kept), answer::no_bytes);
    d.book.settled(blob(2));  // it failed: nothing was written
    EXPECT_EQ(d.take(3, {1, 0}, kept), answer::taken);
}

// Both lie on the drive until the volume that holds the copies is flushed.
TEST(space_book, counts_twice_what_is_staged_and_then_copied) {
    drive d{.free = 40 * mib - 1};
    EXPECT_EQ(d.take(1, {size, size}), answer::taken);
    EXPECT_EQ(d.take(2, {size, size}), answer::no_bytes);
    d.free = 40 * mib;
    EXPECT_EQ(d.take(2, {size, size}), answer::taken);
    EXPECT_EQ(d.take(3, {0, 0}), answer::no_bytes);
}

TEST(space_book, counts_the_staged_half_no_more_once_the_drive_shows_it) {
    drive d{.free = 40 * mib};
    EXPECT_EQ(d.take(1, {size, size}), answer::taken);
    d.book.staged(blob(1));
    d.free = 30 * mib;
    EXPECT_EQ(d.take(2, {size, size}), answer::taken);
    EXPECT_EQ(d.take(3, {0, 0}), answer::no_bytes);
    d.book.staged(blob(2));
    d.free = 20 * mib;
    EXPECT_EQ(d.take(3, {0, 0}), answer::no_bytes) << "two copies are still to be written";
    d.book.settled(blob(1));
    d.free = 20 * mib;  // the copy is written, the staged file is gone
    EXPECT_EQ(d.take(3, {size, 0}), answer::taken);
    EXPECT_EQ(d.take(4, {0, 0}), answer::no_bytes);
}

// The drive's figure is from before the files were written that were promised by then.
TEST(space_book, does_not_take_an_old_figure_for_what_is_free_now) {
    drive d{.free = 50 * mib};
    for (int n = 1; n <= 4; ++n) EXPECT_EQ(d.take(n, {size, 0}), answer::taken);
    for (int n = 1; n <= 4; ++n) d.book.settled(blob(n));
    d.free = 10 * mib;
    EXPECT_EQ(d.take(5, {size + cluster, 0}), answer::no_bytes);
    EXPECT_EQ(d.take(5, {size, 0}), answer::taken);
}

TEST(space_book, asks_the_drive_at_first_when_it_is_tight_and_when_much_was_written) {
    drive d{.free = 1000 * mib};
    EXPECT_EQ(d.take(1, {size, 0}), answer::taken);
    EXPECT_EQ(d.asked, 1);
    for (int n = 2; n <= 8; ++n) EXPECT_EQ(d.take(n, {size, 0}), answer::taken);
    EXPECT_EQ(d.asked, 1) << "promised only";
    for (int n = 1; n <= 6; ++n) d.book.settled(blob(n));
    EXPECT_EQ(d.take(9, {size, 0}), answer::taken);
    EXPECT_EQ(d.asked, 1);
    d.book.settled(blob(7));
    EXPECT_EQ(d.take(10, {size, 0}), answer::taken);
    EXPECT_EQ(d.asked, 2);
    EXPECT_EQ(d.take(11, {2000 * mib, 0}), answer::no_bytes);
    EXPECT_EQ(d.asked, 3) << "somebody may have made room";
    EXPECT_EQ(d.take(11, {size, 0}), answer::taken) << "what was refused takes nothing";
}

TEST(space_book, counts_files_where_there_are_only_so_many) {
    drive d{.free = 1000 * mib, .files = 3};
    const space_book::reserve kept{0, 1};
    EXPECT_EQ(d.take(1, {size, size}, kept), answer::taken);
    EXPECT_EQ(d.take(2, {0, 0}, kept), answer::taken);
    EXPECT_EQ(d.take(3, {1, 0}, kept), answer::no_files);
    EXPECT_EQ(d.take(3, {0, size}, kept), answer::taken) << "goes into a volume from memory";
}

TEST(space_book, gives_back_once_whatever_is_said_of_a_blob) {
    drive d{.free = 20 * mib};
    d.book.staged(blob(1));
    d.book.settled(blob(1));
    for (int n = 0; n < 3; ++n) EXPECT_EQ(d.take(1, {size, 0}), answer::taken) << "taken anew, not once more";
    EXPECT_EQ(d.take(2, {size, 0}), answer::taken);
    d.book.staged(blob(1));
    d.book.staged(blob(1));
    d.book.settled(blob(1));
    d.book.settled(blob(1));
    d.free = 10 * mib;
    EXPECT_EQ(d.take(3, {0, 0}), answer::no_bytes) << "the other's is promised still";
}

}  // namespace
}  // namespace decamp::store
