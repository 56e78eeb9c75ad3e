#include "formats/par2.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <stdexcept>

#include "formats/bytes.hpp"
#include "formats/gf16.hpp"
#include "formats/hex.hpp"
#include "formats/par2_encoder.hpp"
#include "formats/par2_packets.hpp"
#include "formats/par2_reader.hpp"
#include "formats/par2_repair.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

constexpr std::uint64_t plenty = std::uint64_t{64} << 20;

struct made {
    std::string index, volume;
    std::uint32_t passes = 0;
};

made encode(std::string_view file, const par2_layout& layout, std::string_view name, std::uint64_t memory = plenty,
            std::size_t piece = 1000) {
    made out;
    par2_encoder encoder(layout, name, memory);
    out.passes = encoder.passes();
    for (std::uint32_t pass = 0; pass < encoder.passes(); ++pass) {
        for (std::size_t i = 0; i < file.size(); i += piece) encoder.update(as_bytes(file.substr(i, piece)));
        EXPECT_EQ(encoder.end_pass(), par2_pass::done);
        if (pass == 0) out.index = as_text(encoder.index());
        while (const auto bytes = encoder.next_piece()) out.volume += as_text(*bytes);
    }
    return out;
}

void read(par2_reader& reader, std::uint32_t number, std::string_view file) {
    reader.begin_file(number, file.size());
    while (const auto want = reader.wanted()) {
        ASSERT_LE(want->offset + want->length, file.size());
        ASSERT_GT(want->length, 0U);
        reader.feed(as_bytes(file.substr(want->offset, want->length)));
    }
}

std::variant<par2_set, par2_fault> understood(const std::vector<std::string>& files) {
    par2_reader reader;
    for (std::uint32_t i = 0; i < files.size(); ++i) read(reader, i, files[i]);
    return reader.finish();
}

par2_fault fault_of(const std::vector<std::string>& files) {
    const auto read = understood(files);
    return std::holds_alternative<par2_fault>(read) ? std::get<par2_fault>(read) : static_cast<par2_fault>(-1);
}

par2_checker::verdict check(const par2_set& set, std::string_view file, std::size_t piece = 777) {
    par2_checker checker(set);
    for (std::size_t i = 0; i < file.size(); i += piece) checker.update(as_bytes(file.substr(i, piece)));
    return checker.finish();
}

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

TEST(plan_par2, keeps_its_promises) {
    test::random_text random(41);
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
    test::random_text random(42);
    for (const std::size_t size : {1UL, 4UL, 100UL, 16383UL, 16384UL, 16385UL, 60000UL}) {
        for (const std::string_view name : {"a", "abcd", "volume \u4E2D.tar"}) {
            const std::string file = random.bytes(size);
            const par2_layout layout = plan_par2(size, 300);
            const made out = encode(file, layout, name);
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
    const made out = encode("decamp", par2_layout_of(6, 4, 2).value(), "six");
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
    const made out = encode("", layout, "empty");
    EXPECT_EQ(out.volume, "");
    EXPECT_EQ(out.index.size(), par2_encoder::index_bytes(layout, "empty"));
    const auto got = understood({out.index});
    ASSERT_TRUE(std::holds_alternative<par2_set>(got));
    EXPECT_TRUE(check(std::get<par2_set>(got), "").is_whole());
    EXPECT_TRUE(check(std::get<par2_set>(got), "x").length_differs);
    EXPECT_EQ(par2_encoder::volume_bytes(layout, "empty"), 0U);
}

TEST(par2_encoder, passes_and_pieces_change_nothing) {
    test::random_text random(43);
    const std::string file = random.bytes(30001);
    const auto layout = par2_layout_of(file.size(), 1000, 20).value();
    const made once = encode(file, layout, "f");
    EXPECT_EQ(once.passes, 1U);
    std::set<std::uint32_t> counts;
    for (const std::uint64_t memory : {0U, 3000U, 8000U, 15000U, 25000U, 40000U, 60000U}) {
        const made again = encode(file, layout, "f", memory, 1 + random.below(5000));
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
    test::random_text random(44);
    const std::string file = random.bytes(10000);
    const auto layout = par2_layout_of(file.size(), 1000, 4).value();
    const made expected = encode(file, layout, "f");
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

void damage(test::random_text& random, std::string& file) {
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
    test::random_text random(45);
    int repaired = 0, refused = 0;
    for (int round = 0; round < test::rounds(300); ++round) {
        const std::string file = random.bytes(1 + random.below(6000));
        const std::uint64_t slice = 4 * (1 + random.below(80));
        const auto recovery = static_cast<std::uint32_t>(1 + random.below(25));
        const made out = encode(file, par2_layout_of(file.size(), slice, recovery).value(), "f");
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
    EXPECT_GT(repaired, test::rounds(300) / 3);
    EXPECT_GT(refused, test::rounds(300) / 30);
}

// Everything lost, recovery slices a random choice of more than enough: from the recovery slices alone.
TEST(par2_repairer, restores_a_file_that_is_gone_from_any_recovery_slices) {
    test::random_text random(46);
    for (int round = 0; round < test::rounds(30); ++round) {
        const std::string file = random.bytes(1 + random.below(3000));
        const auto sources = static_cast<std::uint32_t>(par2_slice_count(file.size(), 52));
        const made out = encode(file, par2_layout_of(file.size(), 52, 2 * sources + 4).value(), "f");
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
    test::random_text random(49);
    const std::string file = random.bytes(36);
    const made out = encode(file, par2_layout_of(36, 4, 4371).value(), "f");
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
    const made out = encode(std::string(100, 'a'), par2_layout_of(100, 20, 3).value(), "f");
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

TEST(par2_reader, a_damaged_packet_costs_itself_alone) {
    test::random_text random(47);
    for (int round = 0; round < test::rounds(100); ++round) {
        const std::string file = random.bytes(4000);
        const made out = encode(file, par2_layout_of(file.size(), 200, 8).value(), "f");
        const auto whole = std::get<par2_set>(understood({out.volume}));
        std::string broken = out.volume;
        const auto& victim = whole.recovery[random.below(8)];
        // Anywhere in the packet: its magic, its length, its type, its slice.
        const std::size_t at = victim.offset - 68 + random.below(68 + 200);
        broken[at] = static_cast<char>(broken[at] ^ (1 << random.below(8)));
        const auto got = understood({broken});
        ASSERT_TRUE(std::holds_alternative<par2_set>(got)) << at;
        const auto& set = std::get<par2_set>(got);
        auto expected = whole.recovery;
        std::erase(expected, victim);
        EXPECT_EQ(set.recovery, expected) << at - (victim.offset - 68);
        EXPECT_EQ(set.slices, whole.slices);
    }
}

TEST(par2_reader, rubbish_cuts_and_order_do_not_matter) {
    test::random_text random(48);
    const std::string file = random.bytes(4000);
    const made out = encode(file, par2_layout_of(file.size(), 200, 8).value(), "f");
    const auto whole = std::get<par2_set>(understood({out.volume}));
    const std::string rubbish = random.bytes(200001);
    const std::string begun(par2_wire::magic.substr(0, 7));
    const auto shifted = std::get<par2_set>(understood({rubbish + begun + out.volume + rubbish + begun}));
    EXPECT_EQ(shifted.recovery.size(), 8U);
    EXPECT_EQ(shifted.recovery[0].offset, whole.recovery[0].offset + rubbish.size() + 7);
    // The largest half is enough for everything but some recovery slices.
    const auto cut = std::get<par2_set>(understood({out.volume.substr(0, out.volume.size() / 2)}));
    EXPECT_EQ(cut.slices, whole.slices);
    EXPECT_LT(cut.recovery.size(), 8U);
    EXPECT_GT(cut.recovery.size(), 1U);
    const auto tail = std::get<par2_set>(understood({out.volume.substr(out.volume.size() / 2)}));
    EXPECT_EQ(tail.slices, whole.slices);
    // A slice found twice is one.
    EXPECT_EQ(std::get<par2_set>(understood({out.volume, out.volume})).recovery, whole.recovery);
    // A file that turned shorter while it was read.
    par2_reader reader;
    reader.begin_file(0, out.volume.size());
    while (const auto want = reader.wanted())
        reader.feed(as_bytes(std::string_view(out.volume).substr(want->offset, want->length / 2)));
    EXPECT_TRUE(std::holds_alternative<par2_set>(reader.finish()));
}

std::string packet(std::string_view type, const md5_digest& set, std::string_view body) {
    std::string hashed(as_text(set));
    hashed.append(type).append(body);
    std::string length(8, '\0');
    par2_wire::put(std::as_writable_bytes(std::span(length)), std::uint64_t{64 + body.size()});
    const md5_digest sum = md5_of(as_bytes(hashed));
    return std::string(par2_wire::magic) + length + std::string(as_text(sum)) + hashed;
}

std::string main_body(std::uint64_t slice_bytes, std::uint32_t files, std::size_t ids) {
    std::string body(12 + 16 * ids, '\0');
    par2_wire::put(std::as_writable_bytes(std::span(body)), slice_bytes);
    par2_wire::put(std::as_writable_bytes(std::span(body)).subspan(8), files);
    return body;
}

TEST(par2_reader, faults_are_told_apart) {
    EXPECT_EQ(fault_of({}), par2_fault::no_packets);
    EXPECT_EQ(fault_of({"", "rubbish"}), par2_fault::no_packets);
    const made out = encode("abcdefgh", par2_layout_of(8, 4, 1).value(), "f");
    // The index is Main (92 bytes), FileDesc (124), IFSC (120), Creator (72).
    ASSERT_EQ(out.index.size(), 92U + 124 + 120 + 72);
    EXPECT_EQ(fault_of({out.index.substr(92)}), par2_fault::no_main);
    EXPECT_EQ(fault_of({out.index.substr(0, 92)}), par2_fault::no_description);
    EXPECT_EQ(fault_of({out.index.substr(0, 92 + 124)}), par2_fault::no_sums);
    const auto fault_of_main = [](const std::string& body) {
        return fault_of({packet(par2_wire::main_type, md5_of(as_bytes(body)), body)});
    };
    EXPECT_EQ(fault_of_main(main_body(4, 2, 2)), par2_fault::several_files);
    EXPECT_EQ(fault_of_main(main_body(4, 0, 0)), par2_fault::several_files);
    EXPECT_EQ(fault_of_main(main_body(4, 2, 1)), par2_fault::no_main) << "says more files than it has";
    EXPECT_EQ(fault_of_main(main_body(4, 1, 3)), par2_fault::no_description) << "two that are not protected";
    EXPECT_EQ(fault_of({packet(par2_wire::main_type, md5_digest{}, main_body(4, 1, 1))}), par2_fault::no_main);
}

TEST(par2_reader, whole_packets_that_contradict) {
    const auto with = [](std::uint64_t slice_bytes, std::uint64_t file_bytes, std::size_t slices) {
        par2_set set{
            .id = {}, .name = "f", .file_bytes = file_bytes, .slice_bytes = slice_bytes, .md5 = {}, .md5_16k = {}};
        set.slices.resize(slices);
        const auto made = par2_wire::make_critical(set, "x");
        return std::string(as_text(made.bytes));
    };
    EXPECT_TRUE(std::holds_alternative<par2_set>(understood({with(4, 8, 2)})));
    for (const std::string& bad :
         {with(4, 8, 1), with(4, 8, 3), with(0, 8, 2), with(6, 8, 2), with(4, 0, 1), with(4, 1 << 20, 100),
          with(std::uint64_t{1} << 50, 8, 1), with(~std::uint64_t{3}, ~std::uint64_t{0}, 2)})
        EXPECT_EQ(fault_of({bad}), par2_fault::impossible);
}

TEST(par2_reader, packets_of_another_set_are_passed_over) {
    const made ours = encode("abcdefgh", par2_layout_of(8, 4, 3).value(), "f");
    const made other = encode("abcdefgX", par2_layout_of(8, 4, 5).value(), "f");
    const auto set = std::get<par2_set>(understood({ours.index, other.volume, ours.volume}));
    EXPECT_EQ(set.recovery.size(), 3U);
    EXPECT_EQ(set.recovery[0].file, 2U);
    EXPECT_EQ(set.md5, md5_of(as_bytes("abcdefgh")));
}

// Headers that promise much and hold nothing, all through a file: what is read stays a small multiple of the file.
TEST(par2_reader, a_file_made_to_be_expensive_is_given_up) {
    std::string header = packet(par2_wire::recovery_type, md5_digest{}, std::string(8, 'x')).substr(0, 64);
    std::string file;
    while (file.size() < 2'000'000) file += header;
    for (std::size_t at = 0; at < file.size(); at += 64)
        par2_wire::put(std::as_writable_bytes(std::span(file)).subspan(at + 8),
                       std::uint64_t{(file.size() - at) / 4 * 4});
    par2_reader reader;
    reader.begin_file(0, file.size());
    std::uint64_t spent = 0;
    while (const auto want = reader.wanted()) {
        spent += want->length;
        reader.feed(as_bytes(std::string_view(file).substr(want->offset, want->length)));
    }
    EXPECT_LT(spent, 12 * file.size());
    EXPECT_GT(reader.damaged_packets(), 4U);
}

}  // namespace
}  // namespace decamp::formats
