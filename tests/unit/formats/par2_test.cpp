#include "formats/par2.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "formats/bytes.hpp"
#include "formats/gf16.hpp"
#include "formats/hex.hpp"
#include "formats/par2_encoder.hpp"
#include "par2_making.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using test::check;
using test::encode;
using test::par2_files;
using test::plenty;
using test::random_text;
using test::understood;

TEST(plan_par2, keeps_its_promises) {
    random_text random(41);
    std::vector<std::uint64_t> sizes{1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     4095,
                                     4096,
                                     4097,
                                     8192,
                                     2000 * 4096,
                                     2000 * 4096 + 1,
                                     std::uint64_t{4} << 30,
                                     (std::uint64_t{4} << 30) + 1,
                                     std::uint64_t{1} << 36,
                                     std::uint64_t{1} << 42,
                                     par2_bytes_limit};
    for (int i = 0; i < 1000; ++i) sizes.push_back(1 + random.below(std::uint64_t{1} << random.below(45)));
    for (const std::uint64_t size : sizes) {
        for (const unsigned per_mille : {0U, 1U, 50U, 100U, 1000U, 4000000000U}) {
            const par2_layout plan = plan_par2(size, per_mille);
            ASSERT_EQ(par2_layout_of(size, plan.slice_bytes, plan.recovery_count), plan) << size;
            ASSERT_LE(plan.source_count, size <= 2000 * (std::uint64_t{16} << 20) ? 2000U : par2_source_limit) << size;
            ASSERT_GE(plan.recovery_count, 1U);
            ASSERT_GE(
                std::uint64_t{plan.recovery_count} * 1000,
                std::min<std::uint64_t>(std::uint64_t{plan.source_count} * per_mille, par2_recovery_limit * 1000ULL));
            if (size > 4096) {
                ASSERT_EQ(plan.slice_bytes % 4096, 0U);
            }
        }
    }
    EXPECT_EQ(plan_par2(std::uint64_t{4} << 30, 50), (par2_layout{std::uint64_t{4} << 30, 2150400, 1998, 100}));
    EXPECT_EQ(plan_par2(1, 50), (par2_layout{1, 4, 1, 1}));
    EXPECT_EQ(plan_par2(0, 50), (par2_layout{0, 4, 0, 0}));
}

TEST(par2_layout, what_the_format_does_not_allow) {
    EXPECT_FALSE(par2_layout_of(10, 0, 1));
    EXPECT_FALSE(par2_layout_of(10, 6, 1));
    EXPECT_FALSE(par2_layout_of(0, 4, 1));
    EXPECT_FALSE(par2_layout_of(10, 4, 65536));
    EXPECT_FALSE(par2_layout_of(32768 * 4 + 1, 4, 1));
    EXPECT_TRUE(par2_layout_of(32768 * 4, 4, 65535));
    EXPECT_THROW(par2_encoder(par2_layout{10, 4, 2, 1}, "a", plenty), std::invalid_argument);
    EXPECT_THROW(par2_encoder(plan_par2(10, 50), "", plenty), std::invalid_argument);
    EXPECT_THROW(par2_encoder(plan_par2(10, 50), std::string(par2_name_limit + 1, 'a'), plenty), std::invalid_argument);
}

TEST(par2, names) {
    EXPECT_EQ(par2_index_name("a.tar"), "a.tar.par2");
    EXPECT_EQ(par2_volume_name("a.tar", plan_par2(1, 1)), "a.tar.vol000+01.par2");
    EXPECT_EQ(par2_volume_name("a.tar", par2_layout{0, 4, 0, 123}), "a.tar.vol000+123.par2");
}

// The specification: the first constants are 2, 4, 16, 128, 256, 2048; there are 32768, and each has full order.
TEST(par2, constants) {
    std::vector<std::uint16_t> values;
    for (const std::uint16_t log : par2_constants(6)) values.push_back(gf16_exp(log));
    EXPECT_EQ(values, (std::vector<std::uint16_t>{2, 4, 16, 128, 256, 2048}));
    const auto all = par2_constants(par2_source_limit);
    ASSERT_EQ(all.size(), par2_source_limit);
    for (const std::uint16_t log : all) ASSERT_TRUE(log % 3 != 0 && log % 5 != 0 && log % 17 != 0 && log % 257 != 0);
    EXPECT_EQ(par2_constants(par2_source_limit + 10).size(), par2_source_limit);
}

TEST(par2_encoder, says_what_it_will_write_and_is_read_back) {
    random_text random(42);
    for (const std::size_t size : {1UL, 4UL, 100UL, 16383UL, 16384UL, 16385UL, 60000UL}) {
        for (const std::string_view name : {"a", "abcd", "volume \u4E2D.tar"}) {
            const std::string file = random.bytes(size);
            const par2_layout layout = plan_par2(size, 300);
            const par2_files out = encode(file, layout, name);
            EXPECT_EQ(out.index.size(), par2_encoder::index_bytes(layout, name));
            EXPECT_EQ(out.volume.size(), par2_encoder::volume_bytes(layout, name));
            for (const auto& files : {std::vector{out.volume}, std::vector{out.index, out.volume}}) {
                const auto got = understood(files);
                ASSERT_TRUE(std::holds_alternative<par2_set>(got));
                const auto& set = std::get<par2_set>(got);
                EXPECT_EQ(set.name, name);
                EXPECT_EQ(set.file_bytes, size);
                EXPECT_EQ(set.slice_bytes, layout.slice_bytes);
                EXPECT_EQ(set.md5, md5_of(as_bytes(file)));
                EXPECT_EQ(set.md5_16k, md5_of(as_bytes(std::string_view(file).substr(0, 16384))));
                ASSERT_EQ(set.slices.size(), layout.source_count);
                ASSERT_EQ(set.recovery.size(), layout.recovery_count);
                for (std::uint32_t e = 0; e < layout.recovery_count; ++e) EXPECT_EQ(set.recovery[e].exponent, e);
                EXPECT_TRUE(check(set, file).is_whole());
            }
        }
    }
}

// A file of the program par2 0.8.1: `printf decamp >six && par2 create -q -s4 -c2 six`; its set id and its recovery
// slices.
TEST(par2_encoder, gives_the_recovery_slices_of_another_program) {
    const par2_files out = encode("decamp", par2_layout_of(6, 4, 2).value(), "six");
    const auto got = std::get<par2_set>(understood({out.volume}));
    EXPECT_EQ(to_hex(got.id), "60ae6d485cc57b09a9c2521646392ba8");
    const auto slice = [&](std::size_t e) {
        return to_hex(as_bytes(std::string_view(out.volume).substr(got.recovery[e].offset, 4)));
    };
    EXPECT_EQ(slice(0), "09156361");
    EXPECT_EQ(slice(1), "771bc6c2");
}

TEST(par2_encoder, an_empty_file_has_an_index_and_nothing_else) {
    const par2_layout layout = plan_par2(0, 100);
    const par2_files out = encode("", layout, "empty");
    EXPECT_EQ(out.volume, "");
    EXPECT_EQ(out.index.size(), par2_encoder::index_bytes(layout, "empty"));
    const auto got = understood({out.index});
    ASSERT_TRUE(std::holds_alternative<par2_set>(got));
    EXPECT_TRUE(check(std::get<par2_set>(got), "").is_whole());
    EXPECT_TRUE(check(std::get<par2_set>(got), "x").length_differs);
    EXPECT_EQ(par2_encoder::volume_bytes(layout, "empty"), 0U);
}

TEST(par2_encoder, passes_and_pieces_change_nothing) {
    random_text random(43);
    const std::string file = random.bytes(30001);
    const auto layout = par2_layout_of(file.size(), 1000, 20).value();
    const par2_files once = encode(file, layout, "f");
    EXPECT_EQ(once.passes, 1U);
    std::set<std::uint32_t> counts;
    for (const std::uint64_t memory : {0U, 3000U, 8000U, 15000U, 25000U, 40000U, 60000U}) {
        const par2_files again = encode(file, layout, "f", memory, 1 + random.below(5000));
        counts.insert(again.passes);
        EXPECT_EQ(again.volume, once.volume) << memory;
        EXPECT_EQ(again.index, once.index);
        par2_encoder encoder(layout, "f", memory);
        EXPECT_LE(encoder.memory(), std::max<std::uint64_t>(memory, 2500));
        std::uint32_t next = 0;
        for (std::uint32_t pass = 0; pass < encoder.passes(); ++pass) {
            EXPECT_EQ(encoder.exponents(pass).first, next);
            EXPECT_GT(encoder.exponents(pass).count, 0U);
            next += encoder.exponents(pass).count;
        }
        EXPECT_EQ(next, 20U);
    }
    EXPECT_TRUE(counts.contains(20) && counts.contains(1) && counts.size() > 3) << "several ways were tried";
}

TEST(par2_encoder, a_file_of_another_length_or_other_bytes_is_told) {
    random_text random(44);
    const std::string file = random.bytes(10000);
    const auto layout = par2_layout_of(file.size(), 1000, 4).value();
    const par2_files expected = encode(file, layout, "f");
    par2_encoder encoder(layout, "f", 4000);
    ASSERT_GT(encoder.passes(), 1U);
    std::string volume;
    for (std::uint32_t pass = 0; pass < encoder.passes(); ++pass) {
        const auto feed = [&](std::string_view bytes) {
            encoder.update(as_bytes(bytes));
            return encoder.end_pass();
        };
        EXPECT_EQ(feed(std::string_view(file).substr(1)), par2_pass::wrong_length);
        EXPECT_EQ(feed(file + "x"), par2_pass::wrong_length);
        EXPECT_EQ(feed(""), par2_pass::wrong_length);
        std::string other = file;
        other[random.below(other.size())] ^= 1;
        if (pass != 0) {
            EXPECT_EQ(feed(other), par2_pass::changed);
        }
        EXPECT_EQ(feed(file), par2_pass::done) << "the pass is taken again";
        while (const auto bytes = encoder.next_piece()) volume += as_text(*bytes);
        EXPECT_FALSE(encoder.next_piece());
        EXPECT_EQ(encoder.end_pass(), par2_pass::wrong_length) << "the end of nothing";
    }
    EXPECT_EQ(volume, expected.volume);
}

}  // namespace
}  // namespace decamp::formats
