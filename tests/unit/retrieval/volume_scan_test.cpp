// Tar archives as they are and with damage; bytes and extended headers of all sizes.

#include "engine/retrieval/volume_scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "formats/tar.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::retrieval {
namespace {

constexpr std::int64_t with_extended_header = 1'514'764'800'123'000'000;  // parts of a second
constexpr std::int64_t without = 1'514'764'800'000'000'000;

struct member {
    std::string name;
    std::size_t size;
    std::int64_t modified_ns;
};

std::string tar_of(const std::vector<member>& all) {
    std::string text;
    for (const member& m : all) {
        text += formats::tar_header({m.name, m.size, m.modified_ns, {}});
        text += std::string(m.size, 'b') + std::string(formats::tar_padding(m.size), '\0');
    }
    return text + std::string(formats::tar_end_bytes, '\0');
}

struct scanned {
    std::vector<std::string> names;
    bool damaged = false;
};

scanned scan(const std::string& bytes) {
    const testing::temporary_folder folder;
    auto files = world::open_posix_store(folder / "dest", true).value();
    files->open("a.tar", world::open_mode::create_new).value()->write_at(0, std::as_bytes(std::span(bytes))).value();
    scanned found;
    const auto see = [&found](const formats::archived_entry& entry, const body_reader&) {
        found.names.push_back(entry.name);
        return true;
    };
    found.damaged = scan_volume(*files, "a.tar", container::tar, see).value().damaged;
    return found;
}

using names = std::vector<std::string>;

TEST(VolumeScan, ASmallLastMemberIsSeenOnceWhateverItsHeader) {
    const std::string long_name = "albums/" + std::string(200, 'n') + ".jpg";
    for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 1024U, 5000U}) {
        for (const std::int64_t when : {with_extended_header, without}) {
            for (const std::string& name : {std::string("albums/b.jpg"), long_name}) {
                const scanned found = scan(tar_of({{"albums/a.jpg", 700, when}, {name, size, when}}));
                EXPECT_EQ(found.names, (names{"albums/a.jpg", name})) << size;
                EXPECT_FALSE(found.damaged) << size << " " << name.size();
            }
        }
    }
}

TEST(VolumeScan, AHoleInTheMiddleIsPassedOver) {
    std::string bytes =
        tar_of({{"a", 700, with_extended_header}, {"b", 900, with_extended_header}, {"c", 0, with_extended_header}});
    const std::size_t second = formats::tar_header({"a", 700, with_extended_header, {}}).size() + 1024;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(second), 1536, '\0');
    const scanned found = scan(bytes);
    EXPECT_EQ(found.names, (names{"a", "c"}));
    EXPECT_TRUE(found.damaged);
}

TEST(VolumeScan, AnEmptyArchiveIsWhole) {
    const scanned found = scan(tar_of({}));
    EXPECT_EQ(found.names, names());
    EXPECT_FALSE(found.damaged);
}

}  // namespace
}  // namespace decamp::retrieval
