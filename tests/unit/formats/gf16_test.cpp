#include "formats/gf16.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "formats/gf16_matrix.hpp"
#include "formats/gf16_mixer.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using word = std::uint16_t;

// Multiplication as at school, which shares nothing with what is tested.
word slow_product(word a, word b) {
    std::uint32_t out = 0;
    for (std::uint32_t shifted = a; b != 0; b = static_cast<word>(b >> 1)) {
        if (b & 1) out ^= shifted;
        shifted <<= 1;
        if (shifted & 0x10000) shifted ^= 0x1100B;
    }
    return static_cast<word>(out);
}

word any_word(test::random_text& random) {
    return static_cast<word>(random.below(65536));
}

std::vector<gf16_group> any_groups(test::random_text& random, std::size_t count) {
    std::vector<gf16_group> out(count);
    for (gf16_group& group : out)
        for (std::size_t i = 0; i < gf16_group::words; ++i) group.set(i, any_word(random));
    return out;
}

bool same(std::span<const gf16_group> a, std::span<const gf16_group> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// 0x1100B, the generator that the specification gives, seen where 2^15 doubles; and constants of its table.
TEST(gf16, known_values) {
    EXPECT_EQ(gf16_multiply(0x8000, 2), 0x100B);
    EXPECT_EQ(gf16_exp(16), 0x100B);
    EXPECT_EQ(gf16_exp(17), 0x2016);
    EXPECT_EQ(gf16_exp(0), 1);
    EXPECT_EQ(gf16_exp(gf16_order), 1);
    EXPECT_EQ(gf16_log(1), 0);
    EXPECT_EQ(gf16_log(2), 1);
    EXPECT_EQ(gf16_inverse(2), 0x8805);
    EXPECT_EQ(gf16_inverse(0), 0);
    EXPECT_EQ(gf16_log(0), 0);
}

TEST(gf16, two_generates_every_element_once) {
    std::set<word> seen;
    for (std::uint32_t i = 0; i < gf16_order; ++i) {
        const word power = gf16_exp(i);
        ASSERT_NE(power, 0);
        ASSERT_EQ(gf16_log(power), i);
        seen.insert(power);
    }
    EXPECT_EQ(seen.size(), gf16_order);
}

TEST(gf16, is_a_field) {
    test::random_text random(31);
    for (int i = 0; i < test::rounds(20000); ++i) {
        const word a = any_word(random), b = any_word(random), c = any_word(random);
        ASSERT_EQ(gf16_multiply(a, b), slow_product(a, b));
        ASSERT_EQ(gf16_multiply(a, b), gf16_multiply(b, a));
        ASSERT_EQ(gf16_multiply(a, gf16_multiply(b, c)), gf16_multiply(gf16_multiply(a, b), c));
        ASSERT_EQ(gf16_multiply(a, static_cast<word>(b ^ c)), gf16_multiply(a, b) ^ gf16_multiply(a, c));
        ASSERT_EQ(gf16_multiply(a, 1), a);
        ASSERT_EQ(gf16_multiply(a, 0), 0);
        if (a != 0) {
            ASSERT_EQ(gf16_multiply(a, gf16_inverse(a)), 1);
        }
    }
}

TEST(gf16, planes_and_back) {
    test::random_text random(32);
    const auto groups = any_groups(random, 5);
    auto turned = groups;
    gf16_to_planes(turned);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(groups.data());
    for (std::size_t i = 0; i < 5 * gf16_group::words; ++i) {
        const auto expected = static_cast<word>(bytes[2 * i] | bytes[2 * i + 1] << 8);
        ASSERT_EQ(turned[i / gf16_group::words].get(i % gf16_group::words), expected);
    }
    gf16_from_planes(turned);
    EXPECT_TRUE(same(turned, groups));
}

TEST(gf16, every_kernel_multiplies) {
    test::random_text random(33);
    ASSERT_EQ(gf16_kernels().front(), gf16_kernel::portable);
    std::vector<word> constants{0, 1, 2, 0x8000, 0xFFFF, 0x100B, 0x00FF, 0xFF00};
    while (constants.size() < static_cast<std::size_t>(test::rounds(200))) constants.push_back(any_word(random));
    for (const word constant : constants) {
        const std::size_t count = random.below(5);  // no groups, one, an odd number
        const auto from = any_groups(random, count);
        const auto before = any_groups(random, count);
        auto expected = before;
        for (std::size_t i = 0; i < count * gf16_group::words; ++i) {
            const std::size_t g = i / gf16_group::words, at = i % gf16_group::words;
            expected[g].set(at, static_cast<word>(before[g].get(at) ^ slow_product(constant, from[g].get(at))));
        }
        for (const gf16_kernel kernel : gf16_kernels()) {
            auto into = before;
            gf16_multiply_add(kernel, into, from, gf16_multiplier(constant));
            EXPECT_TRUE(same(into, expected)) << "kernel " << static_cast<int>(kernel) << ", constant " << constant;
        }
        auto into = before;
        gf16_multiply_add(into, from, gf16_multiplier(constant));
        EXPECT_TRUE(same(into, expected));
    }
}

// A word's every value, by a constant without symmetry: no entry of a table stays untried.
TEST(gf16, every_kernel_multiplies_every_word) {
    std::vector<gf16_group> all(65536 / gf16_group::words);
    for (std::size_t i = 0; i < 65536; ++i) all[i / gf16_group::words].set(i % gf16_group::words, static_cast<word>(i));
    for (const gf16_kernel kernel : gf16_kernels()) {
        std::vector<gf16_group> into(all.size());
        gf16_multiply_add(kernel, into, all, gf16_multiplier(0xB35D));
        for (std::size_t i = 0; i < 65536; ++i) {
            const word product = into[i / gf16_group::words].get(i % gf16_group::words);
            ASSERT_EQ(product, slow_product(0xB35D, static_cast<word>(i))) << static_cast<int>(kernel);
        }
    }
}

word word_at(std::span<const std::byte> bytes, std::size_t i) {
    return static_cast<word>(std::to_integer<unsigned>(bytes[2 * i]) | std::to_integer<unsigned>(bytes[2 * i + 1])
                                                                           << 8);
}

// Rows of odd lengths, longer than one block, more inputs than a batch: all against single words.
TEST(gf16_mixer, sums_products) {
    test::random_text random(34);
    for (const std::size_t row_bytes : {2UL, 4UL, 62UL, 64UL, 66UL, 4096UL, 8192UL + 128 + 6, 65536UL}) {
        const std::size_t rows = 1 + random.below(4), inputs = random.below(8), batch = 1 + random.below(4);
        gf16_mixer mixer(rows, row_bytes, batch);
        for (int again = 0; again < 2; ++again) {
            std::vector<std::vector<word>> expected(rows, std::vector<word>(row_bytes / 2));
            for (std::size_t n = 0; n < inputs; ++n) {
                const std::string bytes = random.bytes(row_bytes);
                std::memcpy(mixer.input().data(), bytes.data(), row_bytes);
                std::vector<word> coefficients(rows);
                for (word& c : coefficients) c = random.below(5) == 0 ? word{0} : any_word(random);
                const std::size_t only = random.below(rows);
                const bool to_one = random.below(4) == 0;
                if (to_one) {
                    for (std::size_t r = 0; r < rows; ++r) coefficients[r] = r == only;
                    mixer.add_to(only);
                } else {
                    mixer.add(coefficients);
                }
                const auto in = std::as_bytes(std::span(bytes));
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t i = 0; i < row_bytes / 2; ++i)
                        expected[r][i] =
                            static_cast<word>(expected[r][i] ^ gf16_multiply(coefficients[r], word_at(in, i)));
            }
            mixer.finish();
            for (std::size_t r = 0; r < rows; ++r) {
                ASSERT_EQ(mixer.row(r).size(), row_bytes);
                for (std::size_t i = 0; i < row_bytes / 2; ++i) ASSERT_EQ(word_at(mixer.row(r), i), expected[r][i]);
            }
            mixer.clear();
        }
    }
}

TEST(gf16_solve, inverts_what_can_be_inverted) {
    test::random_text random(35);
    for (int round = 0; round < test::rounds(40); ++round) {
        const std::size_t n = random.below(70);
        std::vector<gf16_row> matrix;
        for (std::size_t r = 0; r < n + 3; ++r) {
            gf16_row row = gf16_make_row(n);
            // Sparse ones want their rows exchanged.
            for (std::size_t c = 0; c < n; ++c)
                gf16_set(row, c, round % 2 == 0 || random.below(3) == 0 ? any_word(random) : word{0});
            matrix.push_back(row);
        }
        const auto solution = gf16_solve(n, n + 3, [&](std::size_t k) { return matrix[k]; });
        if (!solution) {
            EXPECT_EQ(round % 2, 1) << "a dense matrix of this size is all but never singular";
            continue;
        }
        ASSERT_EQ(solution->used.size(), n);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                word sum = 0;
                for (std::size_t k = 0; k < n; ++k)
                    sum = static_cast<word>(
                        sum ^ gf16_multiply(gf16_at(solution->inverse[i], k), gf16_at(matrix[solution->used[k]], j)));
                ASSERT_EQ(sum, i == j ? 1 : 0);
            }
        }
    }
}

TEST(gf16_solve, takes_another_equation_where_the_first_do_not_suffice) {
    // The second is a multiple of the first, the third is all zeros, the last two are what helps.
    const std::vector<std::vector<word>> rows{{1, 2, 3}, {7, 14, 9}, {0, 0, 0}, {0, 1, 5}, {4, 4, 4}, {1, 1, 2}};
    ASSERT_EQ(gf16_multiply(7, 3), 9);
    const auto row_of = [&](std::size_t k) {
        gf16_row out = gf16_make_row(3);
        for (std::size_t c = 0; c < 3; ++c) gf16_set(out, c, rows[k][c]);
        return out;
    };
    const auto solution = gf16_solve(3, rows.size(), row_of);
    ASSERT_TRUE(solution);
    auto used = solution->used;
    std::ranges::sort(used);
    EXPECT_EQ(used, (std::vector<std::size_t>{0, 3, 4}));
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            word sum = 0;
            for (std::size_t k = 0; k < 3; ++k)
                sum = static_cast<word>(sum ^
                                        gf16_multiply(gf16_at(solution->inverse[i], k), rows[solution->used[k]][j]));
            EXPECT_EQ(sum, i == j ? 1 : 0);
        }
    }
    EXPECT_FALSE(gf16_solve(3, 4, [&](std::size_t k) { return row_of(k == 3 ? 1 : k); }));
    EXPECT_FALSE(gf16_solve(3, 2, row_of));
}

}  // namespace
}  // namespace decamp::formats
