#include "formats/par2_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/bytes.hpp"
#include "formats/par2_packets.hpp"
#include "par2_making.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using test::encode;
using test::par2_files;
using test::random_text;
using test::rounds;
using test::understood;

par2_fault fault_of(const std::vector<std::string>& files) {
    const auto read = understood(files);
    return std::holds_alternative<par2_fault>(read) ? std::get<par2_fault>(read) : static_cast<par2_fault>(-1);
}

TEST(par2_reader, a_damaged_packet_costs_itself_alone) {
    random_text random(47);
    for (int round = 0; round < rounds(100); ++round) {
        const std::string file = random.bytes(4000);
        const par2_files out = encode(file, par2_layout_of(file.size(), 200, 8).value(), "f");
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
    random_text random(48);
    const std::string file = random.bytes(4000);
    const par2_files out = encode(file, par2_layout_of(file.size(), 200, 8).value(), "f");
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
    const par2_files out = encode("abcdefgh", par2_layout_of(8, 4, 1).value(), "f");
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
    const par2_files ours = encode("abcdefgh", par2_layout_of(8, 4, 3).value(), "f");
    const par2_files other = encode("abcdefgX", par2_layout_of(8, 4, 5).value(), "f");
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
