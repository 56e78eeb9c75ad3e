// A drive that cannot be read, and a catalogue whose content is wrong, are two things: only the second is put aside.

#include <gtest/gtest.h>

#include <limits>

#include "engine/model/layout.hpp"
#include "engine/pipeline/destination.hpp"
#include "formats/bytes.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/disk_vfs.hpp"
#include "tests/sim/secret.hpp"

namespace decamp::sim {
namespace {

struct export_on_drive {
    explicit export_on_drive(bool encrypted = false) : encrypts(encrypted) {
        auto made = enter();
        EXPECT_TRUE(made);
        if (!made) return;
        // Pages of every kind: some values need overflow pages.
        auto& where = *made.value().catalogue;
        EXPECT_TRUE(where.begin());
        for (int n = 0; n < 200; ++n)
            EXPECT_TRUE(where.set_fact("name " + std::to_string(n), std::string(n % 20 == 0 ? 20'000 : 200, 'x')));
        EXPECT_TRUE(where.commit());
    }

    ~export_on_drive() { forget_vfs_name(name); }

    result<pipeline::destination> enter() {
        catalogue::open_options options;
        options.vfs = disk_vfs();
        return pipeline::enter_destination(make_disk_store(disk), {"folder", "here"}, options,
                                           wishes_of_owner(encrypts), keys);
    }

    bool is_there(const std::string& path) { return disk->find(path).has_value(); }
    bool put_aside() { return is_there(std::string(layout::damaged_catalogue) + "1"); }

    std::shared_ptr<sim::disk> disk = std::make_shared<sim::disk>(drive_kind{}, 1);
    std::string name = vfs_name_of(disk);
    bool encrypts;
    dice keys{1};
};

void every_read_fails_once(bool encrypted) {
    export_on_drive there(encrypted);
    there.disk->restart(false);
    ASSERT_TRUE(there.enter());
    const auto reads = there.disk->counts().at({drive_op::read, -1});
    ASSERT_GT(reads, 20U);
    for (const std::uint64_t times :
         {std::uint64_t{1}, std::uint64_t{3}, std::numeric_limits<std::uint64_t>::max() / 2}) {
        unsigned failed = 0;
        for (std::uint64_t first = 1; first <= reads; ++first) {
            there.disk->restart(false);
            there.disk->faults = {{.on = drive_op::read, .first = first, .times = times}};
            const auto entered = there.enter();
            there.disk->faults.clear();
            ASSERT_FALSE(there.put_aside()) << "read " << first << " and " << times << " in all";
            ASSERT_TRUE(there.is_there(std::string(layout::catalogue)));
            if (!entered) {
                ++failed;
                EXPECT_NE(entered.error().code, catalogue::catalogue_errc::damaged) << to_string(entered.error());
                EXPECT_NE(entered.error().code, pipeline::destination_errc::catalogue_damaged)
                    << to_string(entered.error());
            }
        }
        EXPECT_GT(failed, reads / 2) << times;
    }
    there.disk->restart(false);
    EXPECT_TRUE(there.enter()) << "nothing was harmed";
}

TEST(catalogue_faults, a_read_error_at_opening_leaves_the_catalogue_where_it_is) {
    every_read_fails_once(false);
    every_read_fails_once(true);
}

TEST(catalogue_faults, a_catalogue_whose_content_is_wrong_is_put_aside) {
    export_on_drive there;
    there.disk->restart(false);
    {
        auto files = make_disk_store(there.disk);
        auto file = files->open(std::string(layout::catalogue), world::open_mode::read_write).value();
        const std::uint64_t size = files->info(std::string(layout::catalogue)).value()->size;
        const std::string junk(4096, '\x5a');
        for (std::uint64_t at = size / 2 / 4096 * 4096; at < size; at += junk.size())
            ASSERT_TRUE(file->write_at(at, formats::as_bytes(junk)));
    }
    const auto entered = there.enter();
    ASSERT_FALSE(entered);
    EXPECT_EQ(entered.error().code, pipeline::destination_errc::catalogue_damaged) << to_string(entered.error());
    EXPECT_TRUE(there.put_aside());
    EXPECT_FALSE(there.is_there(std::string(layout::catalogue)));
}

}  // namespace
}  // namespace decamp::sim
