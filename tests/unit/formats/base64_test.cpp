#include "formats/base64.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

bool decodes_to(std::string_view text, std::string_view bytes) {
    std::vector<std::byte> out(bytes.size());
    return decode_base64(text, out) && as_text(out) == bytes;
}

TEST(base64, published_vectors_without_their_padding) {  // RFC 4648, section 10
    const std::pair<std::string_view, std::string_view> table[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBF", "+/+/"}};
    for (const auto& [bytes, text] : table) {
        EXPECT_EQ(to_base64(as_bytes(bytes)), text);
        EXPECT_EQ(base64_length(bytes.size()), text.size());
        EXPECT_TRUE(is_base64(text)) << text;
        EXPECT_TRUE(decodes_to(text, bytes)) << text;
    }
}

TEST(base64, one_text_a_value) {
    for (const std::string_view text : {"Z", "Zh", "Zm9", "Zg==", "Zg=", "Zm8=", "Zm9vY", "Zm 9", "Zm\n8", "Zm9v\n",
                                        "-_-_", "Zm9v====", "=", "Zm9\xC3"})
        EXPECT_FALSE(is_base64(text)) << text;
    std::vector<std::byte> two(2);
    EXPECT_FALSE(decode_base64("Zg", two));
    EXPECT_FALSE(decode_base64("Zm9v", two));
    EXPECT_FALSE(decode_base64("Zm9", two));
    EXPECT_TRUE(decode_base64("Zm8", two));
}

TEST(base64, what_is_written_is_read) {
    test::random_text random(64);
    for (int round = 0; round < test::rounds(1000); ++round) {
        const std::string bytes = random.bytes(random.below(100));
        EXPECT_TRUE(decodes_to(to_base64(as_bytes(bytes)), bytes));
    }
}

// Every text that is taken is the one that would be written.
TEST(base64, what_is_read_is_what_would_be_written) {
    test::random_text random(65);
    int taken = 0;
    for (int round = 0; round < test::rounds(20000); ++round) {
        std::string text;
        for (std::uint64_t i = random.below(5); i > 0; --i) text += "AQgwZz09+/="[random.below(11)];
        if (!is_base64(text)) continue;
        ++taken;
        std::vector<std::byte> bytes(text.size() * 3 / 4);
        ASSERT_TRUE(decode_base64(text, bytes)) << text;
        EXPECT_EQ(to_base64(bytes), text);
    }
    EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace decamp::formats
