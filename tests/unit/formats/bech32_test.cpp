#include "formats/bech32.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::optional<bech32_fault> fault_of(std::string_view text) {
    const auto decoded = bech32_decode(text);
    const auto* fault = std::get_if<bech32_fault>(&decoded);
    return fault == nullptr ? std::nullopt : std::optional(*fault);
}

std::string encoded(std::string_view prefix, std::span<const std::byte> bytes) {
    const auto text = bech32_encode(prefix, bytes);
    return text ? std::string(text->view()) : "";
}

// BIP 173, "Test vectors".
TEST(bech32, published_texts_are_read_and_written_again) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"A12UEL5L", ""},
        {"a12uel5l", ""},
        {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", ""},
        {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "00443214c74254b635cf84653a56d7c675be77df"},
        {"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
         "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"},
        {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
         "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"},
        {"?1ezyfcl", ""},
    };
    for (const auto& [text, bytes] : table) {
        const auto decoded = bech32_decode(text);
        const auto* content = std::get_if<bech32_content>(&decoded);
        ASSERT_NE(content, nullptr) << text;
        EXPECT_EQ(content->prefix, text.substr(0, text.rfind('1'))) << text;
        EXPECT_EQ(to_hex(content->bytes()), bytes) << text;
        EXPECT_EQ(encoded(content->prefix, content->bytes()), text);
    }
}

TEST(bech32, refusals) {
    const std::pair<std::string_view, bech32_fault> table[] = {
        // BIP 173
        {"\x20"
         "1nwldj5",
         bech32_fault::character},
        {"\x7F"
         "1axkwrx",
         bech32_fault::character},
        {"\x80"
         "1eym55h",
         bech32_fault::character},
        {"an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
         bech32_fault::length},
        {"pzry9x0s0muk", bech32_fault::no_separator},
        {"1pzry9x0s0muk", bech32_fault::no_separator},
        {"x1b4n0q5v", bech32_fault::character},
        {"li1dgmt3", bech32_fault::length},
        {"de1lg7wt\xFF", bech32_fault::character},
        {"A1G7SGD8", bech32_fault::checksum},
        {"10a06t8", bech32_fault::no_separator},
        {"1qzzfhee", bech32_fault::no_separator},
        // ours
        {"", bech32_fault::no_separator},
        {"1", bech32_fault::no_separator},
        {"a1", bech32_fault::length},
        {"A12uel5l", bech32_fault::mixed_case},
        {"a12uEl5l", bech32_fault::mixed_case},
        {"a12uel5m", bech32_fault::checksum},
        {"a12uel5l\n", bech32_fault::character},
        {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqx\xC3\xA9", bech32_fault::character},
    };
    for (const auto& [text, fault] : table) EXPECT_EQ(fault_of(text), fault) << text;
}

// Three values of 5 bits are one byte and 7 bits too many; two are one byte and 2 bits, which must be zero. The
// checksums are right: made by giving the encoder what it never writes, through the vectors of a search below.
TEST(bech32, bits_left_over_are_refused) {
    constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    // The one checksum that fits is found by trying the encoder's for each data of the same length.
    const auto with_checksum = [&](std::string_view data) {
        std::uint32_t remainder = 1;
        const auto add = [&](std::uint32_t value) {
            static constexpr std::uint32_t generator[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
            const std::uint32_t top = remainder >> 25;
            remainder = ((remainder & 0x1FFFFFF) << 5) ^ value;
            for (unsigned i = 0; i < 5; ++i)
                if (((top >> i) & 1) != 0) remainder ^= generator[i];
        };
        for (const std::uint32_t value : {std::uint32_t{'a'} >> 5, 0U, std::uint32_t{'a'} & 31}) add(value);
        std::string text = "a1";
        for (const char c : data) {
            add(static_cast<std::uint32_t>(alphabet.find(c)));
            text += c;
        }
        for (int i = 0; i < 6; ++i) add(0);
        for (unsigned i = 0; i < 6; ++i) text += alphabet[((remainder ^ 1) >> (5 * (5 - i))) & 31];
        return text;
    };
    EXPECT_EQ(with_checksum(""), "a12uel5l");
    EXPECT_EQ(fault_of(with_checksum("qq")), std::nullopt);
    EXPECT_EQ(fault_of(with_checksum("qy")), std::nullopt);  // 00000 00100
    EXPECT_EQ(fault_of(with_checksum("qp")), bech32_fault::padding);
    EXPECT_EQ(fault_of(with_checksum("qz")), bech32_fault::padding);
    EXPECT_EQ(fault_of(with_checksum("q")), bech32_fault::padding);
    EXPECT_EQ(fault_of(with_checksum("qqq")), bech32_fault::padding);
    EXPECT_EQ(fault_of(with_checksum("qqqqqq")), bech32_fault::padding);
    EXPECT_EQ(fault_of(with_checksum("qqqqqqqq")), std::nullopt);
}

TEST(bech32, what_is_written_is_read_and_one_wrong_character_is_noticed) {
    test::random_text random(31);
    for (int round = 0; round < test::rounds(300); ++round) {
        const std::string bytes = random.bytes(random.below(46));
        const std::string text = encoded("abc", as_bytes(bytes));
        ASSERT_FALSE(text.empty());
        const auto decoded = bech32_decode(text);
        const auto* content = std::get_if<bech32_content>(&decoded);
        ASSERT_NE(content, nullptr) << text;
        EXPECT_EQ(as_text(content->bytes()), bytes);
        EXPECT_EQ(encoded("ABC", as_bytes(bytes)), upper(text));
        EXPECT_EQ(fault_of(upper(text)), std::nullopt);
        EXPECT_EQ(lower(upper(text)), text);
        for (std::size_t at = 4; at < text.size(); ++at) {
            std::string wrong = text;
            wrong[at] = wrong[at] == 'q' ? 'p' : 'q';
            EXPECT_EQ(fault_of(wrong), bech32_fault::checksum) << wrong;
        }
    }
}

TEST(bech32, is_not_written_beyond_its_limits) {
    const std::vector<std::byte> bytes(52);
    const auto first = [&](std::size_t count) { return std::span(bytes).first(count); };
    EXPECT_EQ(encoded("1", first(51)).size(), bech32_text_limit);
    EXPECT_EQ(encoded("1", first(52)), "");
    EXPECT_EQ(encoded("12", first(51)), "");
    EXPECT_EQ(encoded(std::string(83, 'x'), {}).size(), bech32_text_limit);
    EXPECT_EQ(encoded(std::string(84, 'x'), {}), "");
    EXPECT_EQ(encoded("", first(1)), "");
    EXPECT_EQ(encoded("aB", first(1)), "");
    EXPECT_EQ(encoded("a b", first(1)), "");
    EXPECT_EQ(encoded("a\x7F", first(1)), "");
}

}  // namespace
}  // namespace decamp::formats
