#include "formats/par2_repair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "formats/bytes.hpp"
#include "par2_making.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using test::check;
using test::encode;
using test::par2_files;
using test::plenty;
using test::random_text;
using test::rounds;
using test::understood;

// Repairs in place as a caller would; what it gives is proved by the checker.
std::optional<par2_repair_fault> repair(const par2_set& set, const std::vector<std::string>& recovery_files,
                                        std::string& file, std::uint64_t memory = plenty) {
    const auto damaged = check(set, file).damaged;
    auto made = par2_repairer::make(set, damaged, memory);
    if (const auto* fault = std::get_if<par2_repair_fault>(&made)) return *fault;
    auto& repairer = std::get<par2_repairer>(made);
    file.resize(set.file_bytes);
    std::size_t width = 0;
    for (std::uint64_t offset = 0; offset < set.slice_bytes; offset += width) {
        width = static_cast<std::size_t>(std::min<std::uint64_t>(repairer.range_bytes(), set.slice_bytes - offset));
        const auto range = [&](std::uint32_t slice) {
            const std::uint64_t at = std::min<std::uint64_t>(slice * set.slice_bytes + offset, file.size());
            return std::pair(at, std::min<std::uint64_t>(width, file.size() - at));
        };
        repairer.begin_range(width);
        for (const std::uint32_t slice : repairer.sources()) {
            const auto [at, bytes] = range(slice);
            repairer.add_source(slice, as_bytes(std::string_view(file).substr(at, bytes)));
        }
        for (std::size_t k = 0; k < repairer.recovery().size(); ++k) {
            const auto& place = repairer.recovery()[k];
            repairer.add_recovery(
                k, as_bytes(std::string_view(recovery_files[place.file]).substr(place.offset + offset, width)));
        }
        repairer.solve();
        for (std::size_t j = 0; j < damaged.size(); ++j) {
            const auto [at, bytes] = range(damaged[j]);
            file.replace(at, bytes, as_text(repairer.repaired(j).first(bytes)));
        }
    }
    return std::nullopt;
}

void damage(random_text& random, std::string& file) {
    const std::size_t at = random.below(file.size());
    const std::size_t length = std::min<std::size_t>(1 + random.below(300), file.size() - at);
    switch (random.below(4)) {
        case 0:
            file[at] = static_cast<char>(file[at] ^ 0x40);
            break;
        case 1:
            file.replace(at, length, std::string(length, '\0'));
            break;
        case 2:
            file.replace(at, length, random.bytes(length));
            break;
        default:
            file.resize(file.size() - std::min(length, file.size()));
            break;
    }
}

TEST(par2_repairer, restores_what_was_damaged_or_tells_that_it_cannot) {
    random_text random(45);
    int repaired = 0, refused = 0;
    for (int round = 0; round < rounds(300); ++round) {
        const std::string file = random.bytes(1 + random.below(6000));
        const std::uint64_t slice = 4 * (1 + random.below(80));
        const auto recovery = static_cast<std::uint32_t>(1 + random.below(25));
        const par2_files out = encode(file, par2_layout_of(file.size(), slice, recovery).value(), "f");
        const auto set = std::get<par2_set>(understood({out.index, out.volume}));
        std::string broken = file;
        for (std::uint64_t n = random.below(6); n > 0 && !broken.empty(); --n) damage(random, broken);
        const auto verdict = check(set, broken);
        EXPECT_EQ(verdict.length_differs, broken.size() != file.size());
        const auto fault =
            repair(set, {out.index, out.volume}, broken, random.below(2) == 0 ? plenty : random.below(20000));
        if (fault) {
            EXPECT_EQ(*fault, par2_repair_fault::not_enough);
            EXPECT_GT(verdict.damaged.size(), recovery);
            ++refused;
        } else {
            EXPECT_EQ(broken, file);
            ++repaired;
        }
    }
    EXPECT_GT(repaired, rounds(300) / 3);
    EXPECT_GT(refused, rounds(300) / 30);
}

// Everything lost, recovery slices a random choice of more than enough: from the recovery slices alone.
TEST(par2_repairer, restores_a_file_that_is_gone_from_any_recovery_slices) {
    random_text random(46);
    for (int round = 0; round < rounds(30); ++round) {
        const std::string file = random.bytes(1 + random.below(3000));
        const auto sources = static_cast<std::uint32_t>(par2_slice_count(file.size(), 52));
        const par2_files out = encode(file, par2_layout_of(file.size(), 52, 2 * sources + 4).value(), "f");
        auto set = std::get<par2_set>(understood({out.index, out.volume}));
        while (set.recovery.size() > sources + 3)
            set.recovery.erase(set.recovery.begin() + static_cast<std::ptrdiff_t>(random.below(set.recovery.size())));
        std::string gone;
        EXPECT_EQ(repair(set, {out.index, out.volume}, gone), std::nullopt);
        EXPECT_EQ(gone, file);
    }
}

// A weakness of the format: the constants of slices 0 and 8 are 2^1 and 2^16, whose 4369th powers are equal.
TEST(par2_repairer, passes_over_a_recovery_slice_that_tells_nothing_new) {
    random_text random(49);
    const std::string file = random.bytes(36);
    const par2_files out = encode(file, par2_layout_of(36, 4, 4371).value(), "f");
    const auto whole = std::get<par2_set>(understood({out.volume}));
    const auto repair_with = [&](std::initializer_list<std::size_t> exponents, std::string& broken) {
        par2_set set = whole;
        set.recovery.clear();
        for (const std::size_t e : exponents) set.recovery.push_back(whole.recovery[e]);
        broken = file;
        broken.replace(0, 4, "oooo").replace(32, 4, "oooo");
        return repair(set, {out.volume}, broken);
    };
    std::string broken;
    EXPECT_EQ(repair_with({0, 4369}, broken), par2_repair_fault::unsolvable);
    EXPECT_EQ(repair_with({0, 4369, 4370}, broken), std::nullopt);
    EXPECT_EQ(broken, file);
}

TEST(par2_repairer, refuses_numbers_that_make_no_sense) {
    const par2_files out = encode(std::string(100, 'a'), par2_layout_of(100, 20, 3).value(), "f");
    const auto set = std::get<par2_set>(understood({out.volume}));
    const auto fault = [&](std::vector<std::uint32_t> damaged) {
        const auto made = par2_repairer::make(set, damaged, plenty);
        const auto* found = std::get_if<par2_repair_fault>(&made);
        return found != nullptr ? std::optional(*found) : std::nullopt;
    };
    EXPECT_EQ(fault({}), std::nullopt);
    EXPECT_EQ(fault({4, 0}), std::nullopt);
    EXPECT_EQ(fault({5}), par2_repair_fault::no_such_one);
    EXPECT_EQ(fault({1, 1}), par2_repair_fault::no_such_one);
    EXPECT_EQ(fault({0, 1, 2, 3}), par2_repair_fault::not_enough);
}

}  // namespace
}  // namespace decamp::formats
