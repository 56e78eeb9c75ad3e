#include "engine/world/drive_facts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

#include "engine/world/posix_store.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::world {
namespace {

namespace fs = std::filesystem;
using decamp::testing::get;
using decamp::testing::mounted;
using decamp::testing::put;
using decamp::testing::shell;
using decamp::testing::temporary_folder;

template <class T>
boost::system::error_code code(const result<T>& r) {
    return r ? boost::system::error_code() : r.error().code;
}
boost::system::error_code code(file_errc e) {
    return make_error_code(e);
}

std::int64_t year(int y) {
    return (std::int64_t{y} - 1970) * 31'556'952 * 1'000'000'000;
}

TEST(drive_facts, one_syncfs_only_where_it_is_known_to_hold) {
    struct row {
        std::uint64_t magic;
        const char* type;
        flush_rule flush;
        bool may_read_uncached;
        const char* name;
    };
    for (const auto& r : {row{0xEF53, "ext4", flush_rule::one_syncfs, true, "ext4"},
                          row{0xEF53, "ext2", flush_rule::each_file, false, "ext2"},
                          row{0xEF53, "", flush_rule::one_syncfs, true, "ext4"},
                          row{0x58465342, "xfs", flush_rule::one_syncfs, true, "xfs"},
                          row{0x9123683E, "btrfs", flush_rule::one_syncfs, false, "btrfs"},
                          row{0xF2F52010, "f2fs", flush_rule::each_file, true, "f2fs"},
                          row{0x65735546, "fuseblk", flush_rule::each_file, false, "fuseblk"},
                          row{0x65735546, "fuse.sshfs", flush_rule::each_file, false, "fuse.sshfs"},
                          row{0x01021994, "tmpfs", flush_rule::each_file, false, "tmpfs"},
                          row{0x794C7630, "overlay", flush_rule::each_file, false, "overlay"},
                          row{0x4D44, "vfat", flush_rule::each_file, false, "vfat"},
                          row{0x6969, "nfs4", flush_rule::each_file, false, "nfs4"},
                          row{0x01021997, "9p", flush_rule::each_file, false, "9p"},
                          row{0xDEADBEEF, "", flush_rule::each_file, false, "0xdeadbeef"},
                          row{0xDEADBEEF, "newfs", flush_rule::each_file, false, "newfs"}}) {
        const auto facts = posix::facts_by_kind(r.magic, r.type);
        EXPECT_EQ(facts.flush, r.flush) << r.name;
        EXPECT_EQ(facts.uncached_reads, r.may_read_uncached) << r.name;
        EXPECT_EQ(facts.file_system, r.name);
        EXPECT_FALSE(facts.hard_links) << "tried, not assumed";
        EXPECT_LE(facts.oldest_time_ns, 0 + year(1981));
        EXPECT_GE(facts.newest_time_ns, year(2037));
    }
}

TEST(drive_facts, limits_of_fat) {
    EXPECT_EQ(posix::facts_by_kind(0x4D44, "vfat").largest_file, 0xFFFF'FFFFU);
    EXPECT_EQ(posix::facts_by_kind(0x65735546, "fuseblk.vfat").largest_file, 0xFFFF'FFFFU);
    EXPECT_EQ(posix::facts_by_kind(0x65735546, "fuseblk.exfat").largest_file,
              std::numeric_limits<std::uint64_t>::max());
    for (const auto& facts : {posix::facts_by_kind(0x4D44, "vfat"), posix::facts_by_kind(0x65735546, "fuseblk.exfat"),
                              posix::facts_by_kind(0x65735546, "fuseblk")}) {
        EXPECT_GT(facts.oldest_time_ns, year(1979));
        EXPECT_GT(facts.newest_time_ns, year(2107));
        EXPECT_LT(facts.newest_time_ns, year(2108));
    }
}

TEST(drive_facts, the_mount_table_is_read_by_id_then_by_device) {
    constexpr std::string_view table =
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro\n"
        "garbage\n"
        "30 22 8:17 / /media/a\\040b rw - fuseblk /dev/sd\\040b1 rw,user_id=0\n"
        "31 22 8:17 /sub /media/c rw shared:4 master:1 - ext4 /dev/sdb1 rw,data=journal\n"
        "99 22 8:17\n";
    const auto by_id = posix::find_mount(table, 30, 1, 1);
    ASSERT_TRUE(by_id);
    EXPECT_EQ(by_id->type, "fuseblk");
    EXPECT_EQ(by_id->source, "/dev/sd b1");
    const auto by_device = posix::find_mount(table, 0, 8, 17);
    ASSERT_TRUE(by_device);
    EXPECT_EQ(by_device->id, 31U) << "the one mounted last is on top";
    EXPECT_EQ(by_device->options, "rw,data=journal");
    EXPECT_FALSE(posix::find_mount(table, 5, 7, 7));
    EXPECT_FALSE(posix::find_mount("", 1, 1, 1));
}

TEST(drive_facts, a_volume_says_what_it_is) {
    std::string sector(512, '\0');
    EXPECT_EQ(posix::kind_of_boot_sector(sector), "");
    EXPECT_EQ(posix::kind_of_boot_sector("short"), "");
    sector.replace(3, 8, "EXFAT   ");
    EXPECT_EQ(posix::kind_of_boot_sector(sector), "exfat");
    sector.replace(3, 8, "NTFS    ");
    EXPECT_EQ(posix::kind_of_boot_sector(sector), "ntfs");
    sector.replace(3, 8, "mkfs.fat");
    sector.replace(82, 8, "FAT32   ");
    EXPECT_EQ(posix::kind_of_boot_sector(sector), "vfat");
}

TEST(drive_facts, every_error_number_has_its_name) {
    const std::pair<int, file_errc> table[] = {{ENOSPC, file_errc::no_space},
                                               {EDQUOT, file_errc::no_space},
                                               {ENOENT, file_errc::not_found},
                                               {EEXIST, file_errc::exists},
                                               {EROFS, file_errc::read_only},
                                               {EACCES, file_errc::read_only},
                                               {ENODEV, file_errc::device_gone},
                                               {ENXIO, file_errc::device_gone},
                                               {ENOTCONN, file_errc::device_gone},
                                               {EIO, file_errc::io},
                                               {EMFILE, file_errc::io},
                                               {EFBIG, file_errc::too_large},
                                               {ELOOP, file_errc::outside},
                                               {ENAMETOOLONG, file_errc::name_refused}};
    for (const auto& [number, name] : table) EXPECT_EQ(posix::errc_of(number), name) << number;
    for (const auto e : {file_errc::not_found, file_errc::exists, file_errc::name_refused, file_errc::too_large})
        EXPECT_EQ(classify(make_error_code(e)), error_class::item);
    for (const auto e :
         {file_errc::no_space, file_errc::read_only, file_errc::device_gone, file_errc::io, file_errc::outside})
        EXPECT_EQ(classify(make_error_code(e)), error_class::run);
}

// ---- on real file systems, for root ----

#define NEEDS(mount) \
    if (!(mount)) GTEST_SKIP() << "no root, or this mount is not to be had here"

struct image {
    explicit image(const char* size, const std::string& make) {
        made = shell("truncate -s " + std::string(size) + " " + path) && shell(make + " " + path);
    }
    temporary_folder folder;
    std::string path = folder / "image";
    bool made = false;
};

struct free_page {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{4096}); }
};
std::unique_ptr<std::byte, free_page> pages(std::size_t size) {
    return std::unique_ptr<std::byte, free_page>(static_cast<std::byte*>(::operator new(size, std::align_val_t{4096})));
}

TEST(on_ext4, reads_past_the_cache_and_flushes_in_one) {
    const image disk("64M", "mkfs.ext4 -q");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    shell("rm -rf " + at.path() + "/lost+found");
    auto opened = open_posix_store(at.path(), true);
    ASSERT_TRUE(opened);
    auto& store = **opened;
    EXPECT_EQ(store.facts().file_system, "ext4");
    EXPECT_EQ(store.facts().flush, flush_rule::one_syncfs);
    EXPECT_TRUE(store.facts().hard_links);
    EXPECT_TRUE(store.facts().uncached_reads);
    EXPECT_GT(store.facts().newest_time_ns, year(2200));
    EXPECT_GT(store.space()->free_files, 1000U);

    // One byte flipped beneath: the cache keeps the old one, the medium tells.
    const std::string text(10'000, 'q');
    {
        auto f = store.open("photo", open_mode::create_new);
        ASSERT_TRUE(f);
        ASSERT_TRUE((*f)->write_at(0, std::as_bytes(std::span(text))));
        ASSERT_TRUE((*f)->sync());
    }
    ASSERT_TRUE(store.sync_all());
    std::string raw = get(disk.path);
    const auto where = raw.find(std::string(5000, 'q'));
    ASSERT_NE(where, raw.npos);
    {
        std::fstream under(disk.path, std::ios::in | std::ios::out | std::ios::binary);
        under.seekp(static_cast<std::streamoff>(where));
        under.put('X');
    }
    EXPECT_EQ(get(at.path() + "/photo"), text);
    auto direct = store.open("photo", open_mode::read_uncached);
    ASSERT_TRUE(direct);
    const auto buffer = pages(16'384);
    const auto got = (*direct)->read_at(0, {buffer.get(), 16'384});
    ASSERT_TRUE(got);
    ASSERT_EQ(*got, text.size()) << "the tail is no multiple of a block";
    EXPECT_EQ(std::count(buffer.get(), buffer.get() + *got, std::byte{'X'}), 1);
    EXPECT_EQ(*(*direct)->read_at(8192, {buffer.get(), 4096}), text.size() - 8192);
    EXPECT_EQ(*(*direct)->read_at(12'288, {buffer.get(), 4096}), 0U);
    EXPECT_FALSE((*direct)->read_at(1, {buffer.get(), 4096})) << "not aligned";
    EXPECT_FALSE((*direct)->read_at(0, {buffer.get() + 8, 4096}));
    EXPECT_FALSE((*direct)->read_at(0, {buffer.get(), 100}));
}

TEST(on_ext4, an_export_opened_only_to_read_knows_its_medium) {
    const image disk("64M", "mkfs.ext4 -q");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    put(at.path() + "/manifest-sha256.txt", "");
    auto store = open_posix_store(at.path(), false);
    ASSERT_TRUE(store);
    EXPECT_TRUE((*store)->facts().uncached_reads);
    EXPECT_FALSE(fs::exists(at.path() + "/.decamp"));
}

TEST(on_ext4, a_journal_of_data_is_no_medium) {
    const image disk("64M", "mkfs.ext4 -q");
    const mounted at("mount -o loop,data=journal " + disk.path);
    NEEDS(disk.made && at);
    auto store = open_posix_store(at.path() + "/dest", true);
    ASSERT_TRUE(store);
    EXPECT_FALSE((*store)->facts().uncached_reads);
    put(at.path() + "/dest/x", "x");
    EXPECT_EQ(code((*store)->open("x", open_mode::read_uncached)), code(file_errc::cached_only));
}

TEST(on_ext4, small_inodes_end_in_2038) {
    const image disk("64M", "mkfs.ext4 -q -I 128");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    auto store = open_posix_store(at.path() + "/dest", true);
    ASSERT_TRUE(store);
    EXPECT_LT((*store)->facts().newest_time_ns, year(2039));
    put(at.path() + "/dest/x", "x");
    ASSERT_TRUE((*store)->set_modified("x", year(2060)));
    EXPECT_EQ((*(*store)->info("x"))->modified_ns / 1'000'000'000, (*store)->facts().newest_time_ns / 1'000'000'000);
}

TEST(on_ext2, is_flushed_file_by_file) {
    const image disk("64M", "mkfs.ext2 -q");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    auto store = open_posix_store(at.path() + "/dest", true);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->facts().file_system, "ext2");
    EXPECT_EQ((*store)->facts().flush, flush_rule::each_file);
}

TEST(on_xfs, reads_past_the_cache_and_flushes_in_one) {
    const image disk("400M", "mkfs.xfs -q");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    auto store = open_posix_store(at.path(), true);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->facts().file_system, "xfs");
    EXPECT_EQ((*store)->facts().flush, flush_rule::one_syncfs);
    EXPECT_TRUE((*store)->facts().uncached_reads);
    EXPECT_TRUE((*store)->facts().hard_links);
}

TEST(on_btrfs, never_claims_the_medium) {
    const image disk("200M", "mkfs.btrfs -q");
    const mounted at("mount -o loop " + disk.path);
    NEEDS(disk.made && at);
    auto store = open_posix_store(at.path(), true);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->facts().file_system, "btrfs");
    EXPECT_EQ((*store)->facts().flush, flush_rule::one_syncfs);
    EXPECT_FALSE((*store)->facts().uncached_reads);
    EXPECT_EQ((*store)->space()->free_files, std::numeric_limits<std::uint64_t>::max());
}

TEST(on_tmpfs, never_claims_the_medium_and_says_when_it_is_full) {
    const mounted at("mount -t tmpfs -o size=1M tmpfs");
    NEEDS(at);
    auto opened = open_posix_store(at.path(), true);
    ASSERT_TRUE(opened);
    auto& store = **opened;
    EXPECT_EQ(store.facts().file_system, "tmpfs");
    EXPECT_EQ(store.facts().flush, flush_rule::each_file);
    EXPECT_FALSE(store.facts().uncached_reads) << "though it accepts O_DIRECT";
    EXPECT_EQ(store.space()->total_bytes, 1U << 20);
    auto f = store.open("big", open_mode::create_new);
    ASSERT_TRUE(f);
    EXPECT_EQ(code(store.open("big", open_mode::read_uncached)), code(file_errc::cached_only));
    const std::string block(64 << 10, 'x');
    result<void> written;
    std::uint64_t offset = 0;
    for (; offset < (2U << 20) && written; offset += written ? block.size() : 0)
        written = (*f)->write_at(offset, std::as_bytes(std::span(block)));
    EXPECT_EQ(code(written), code(file_errc::no_space));
    EXPECT_EQ(store.space()->free_bytes, 0U);
    EXPECT_LE(offset, 1U << 20);
}

TEST(on_tmpfs, says_when_there_is_no_room_for_another_file) {
    const mounted at("mount -t tmpfs -o nr_inodes=10 tmpfs");
    NEEDS(at);
    auto store = open_posix_store(at.path(), true);
    ASSERT_TRUE(store);
    boost::system::error_code last;
    for (int i = 0; i < 20 && !last; ++i) last = code((*store)->open("f" + std::to_string(i), open_mode::create_new));
    EXPECT_EQ(last, code(file_errc::no_space));
    EXPECT_EQ((*store)->space()->free_files, 0U);
    EXPECT_TRUE(open_posix_store(at.path(), true)) << "a full drive can be opened all the same";
}

TEST(on_a_read_only_mount, writing_is_refused_by_name) {
    const mounted at("mount -t tmpfs tmpfs");
    NEEDS(at);
    put(at.path() + "/file", "x");
    ASSERT_TRUE(shell("mount -o remount,ro " + at.path()));
    auto store = open_posix_store(at.path(), true);
    ASSERT_TRUE(store);
    EXPECT_EQ(code((*store)->open("new", open_mode::create_new)), code(file_errc::read_only));
    EXPECT_EQ(code((*store)->make_folders("new")), code(file_errc::read_only));
    EXPECT_EQ(code((*store)->rename("file", "other")), code(file_errc::read_only));
    EXPECT_EQ(code((*store)->remove("file")), code(file_errc::read_only));
    EXPECT_EQ(code((*store)->lock_exclusively()), code(file_errc::read_only));
    EXPECT_EQ(code(open_posix_store(at.path() + "/new/dest", true)), code(file_errc::read_only));
    EXPECT_TRUE((*store)->open("file", open_mode::read));
}

class on_exfat : public ::testing::Test {
  protected:
    // exfat-fuse wants a block device.
    void SetUp() override {
        if (!decamp::testing::own_mounts()) GTEST_SKIP() << "no root";
        if (!shell("truncate -s 64M " + image)) GTEST_SKIP() << "no room";
        if (std::system(("losetup -f --show " + image + " > " + loop + " 2>/dev/null").c_str()) != 0)
            GTEST_SKIP() << "no loop device";
        device = get(loop);
        device.erase(device.find_last_not_of('\n') + 1);
        if (!shell("mkfs.exfat " + device)) GTEST_SKIP() << "no mkfs.exfat";
        at = std::make_unique<mounted>("mount.exfat-fuse " + device);
        if (!*at) GTEST_SKIP() << "no exfat-fuse";
    }
    void TearDown() override {
        at.reset();
        if (!device.empty()) shell("losetup -d " + device);
    }
    temporary_folder folder;
    std::string image = folder / "image", loop = folder / "loop", device;
    std::unique_ptr<mounted> at;
};

TEST_F(on_exfat, each_file_no_links_no_medium) {
    auto opened = open_posix_store(at->path(), true);
    ASSERT_TRUE(opened);
    auto& store = **opened;
    EXPECT_EQ(store.facts().file_system, "fuseblk.exfat");
    EXPECT_EQ(store.facts().flush, flush_rule::each_file);
    EXPECT_FALSE(store.facts().hard_links);
    EXPECT_FALSE(store.facts().uncached_reads);
    EXPECT_GE(store.facts().cluster, 512U);
    EXPECT_GT(store.space()->free_files, 1000U);
    ASSERT_TRUE(store.lock_exclusively());
    auto second = open_posix_store(at->path(), false);
    ASSERT_TRUE(second);
    EXPECT_EQ(code((*second)->lock_exclusively()), code(file_errc::in_use));

    put(at->path() + "/a", "A");
    put(at->path() + "/b", "B");
    EXPECT_EQ(code(store.link("a", "c")), code(file_errc::no_links));
    EXPECT_EQ(code(store.open("a:b", open_mode::create_new)), code(file_errc::name_refused));
    EXPECT_EQ(code(store.make_folders("a:b")), code(file_errc::name_refused));
    EXPECT_EQ(code(store.rename("a", "x:y")), code(file_errc::name_refused));
    EXPECT_EQ(code(store.rename("a", "b")), code(file_errc::exists));
    EXPECT_EQ(code(store.rename("a", "B")), code(file_errc::exists)) << "case does not tell names apart here";
    ASSERT_TRUE(store.rename("a", "moved"));
    EXPECT_EQ(get(at->path() + "/moved"), "A");
    EXPECT_EQ(get(at->path() + "/b"), "B");
    ASSERT_TRUE(store.sync_folder(""));
    ASSERT_TRUE(store.set_modified("moved", 0));
    EXPECT_NEAR(static_cast<double>((*store.info("moved"))->modified_ns),
                static_cast<double>(store.facts().oldest_time_ns), 2e9);
    ASSERT_TRUE(store.set_modified("moved", std::numeric_limits<std::int64_t>::max()));
    EXPECT_NEAR(static_cast<double>((*store.info("moved"))->modified_ns),
                static_cast<double>(store.facts().newest_time_ns), 2e9);
}

}  // namespace
}  // namespace decamp::world
