#include "engine/source/s3/checks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/hex.hpp"

namespace decamp::source::s3 {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
const std::string md5 = "d41d8cd98f00b204e9800998ecf8427e";

std::string md5_text(const expectation& of) {
    return of.md5 ? formats::to_hex(*of.md5) : "none";
}

TEST(checks, the_md5_of_no_bytes_is_that_of_no_other) {
    EXPECT_TRUE(expected_of("d41d8cd98f00b204e9800998ecf8427e", 0).md5);
    EXPECT_TRUE(expected_of("d41d8cd98f00b204e9800998ecf8427e", std::nullopt).md5);
    EXPECT_FALSE(expected_of("d41d8cd98f00b204e9800998ecf8427e", 1).md5);
}

TEST(checks, etags) {
    EXPECT_EQ(md5_text(expected_of(md5, 0)), md5);
    EXPECT_EQ(md5_text(expected_of("D41D8CD98F00B204E9800998ECF8427E", std::nullopt)), md5);
    for (const std::string& etag :
         {std::string(), std::string("abc"), md5 + "0", "-" + md5, md5 + "-", md5 + "-x", md5 + "-0", md5 + "--1",
          md5 + "-2 ", std::string(32, 'g'), md5 + "-10001", md5 + "-99999999999999999999999"}) {
        const auto got = expected_of(etag, 100 * mib);
        EXPECT_FALSE(got.md5) << etag;
        EXPECT_FALSE(got.parts) << etag;
    }
    const auto parts = expected_of(md5 + "-3", 20 * mib);
    EXPECT_FALSE(parts.md5);
    ASSERT_TRUE(parts.parts);
    EXPECT_EQ(parts.parts->bytes, 8 * mib);
    EXPECT_EQ(formats::to_hex(parts.parts->md5), md5);
    EXPECT_FALSE(parts.parts->certain);
    EXPECT_FALSE(expected_of(md5 + "-3", std::nullopt).parts);
}

struct guess {
    std::uint64_t size, count, expected;  // 0: none
};

TEST(checks, part_sizes) {
    const guess cases[] = {
        {20 * mib, 3, 8 * mib},
        {20 * mib, 2, 15 * mib},
        {20 * mib, 4, 5 * mib},
        {16 * mib, 2, 8 * mib},
        {16 * mib + 1, 3, 8 * mib},
        {16 * mib + 1, 2, 15 * mib},
        {20 * mib, 1, 32 * mib},
        {100 * mib, 1, 100 * mib},
        {7 * mib, 7, 1 * mib},
        {9 * mib, 1, 15 * mib},
        {21 * mib, 3, 8 * mib},
        {210 * mib, 30, 7 * mib},
        {80000 * mib, 10000, 8 * mib},
        {90000 * mib, 10000, 9 * mib},
        {5 * mib, 10, 0},
        {1, 1, 8 * mib},
        {0, 1, 0},
        {1, 2, 0},
        {10, 0, 0},
        {100 * mib, 10001, 0},
    };
    for (const auto& c : cases) {
        const auto got = part_size(c.size, c.count);
        EXPECT_EQ(got.value_or(0), c.expected) << c.size << " in " << c.count;
    }
    // As large as can be counted: nothing overflows.
    const std::uint64_t most = 0xffffffffffffffffULL;
    const auto part = part_size(most, 10000);
    ASSERT_TRUE(part);
    EXPECT_EQ(most / *part + 1, 10000U);
}

TEST(checks, base64) {
    std::array<std::byte, 4> four{};
    EXPECT_TRUE(decode_base64("AAECAw==", four));
    EXPECT_EQ(formats::to_hex(four), "00010203");
    for (const char* text :
         {"", "AAECAw=", "AAECAw", "AAEC Aw=", "AAECA===", "AAECAwQF", " AAECAw=", "AAECAw==-2", "----Aw=="})
        EXPECT_FALSE(decode_base64(text, four)) << text;
    std::array<std::byte, 3> three{};
    EXPECT_TRUE(decode_base64("+/+/", three));
    EXPECT_EQ(formats::to_hex(three), "fbffbf");
    std::array<std::byte, 8> eight{};
    EXPECT_TRUE(decode_base64("AAECAwQFBgc=", eight));
    EXPECT_EQ(formats::to_hex(eight), "0001020304050607");
}

transport::response_head head_of(std::vector<transport::header_field> headers, int status = 200) {
    transport::response_head out;
    out.status = status;
    out.headers = std::move(headers);
    return out;
}

TEST(checks, what_an_answer_says) {
    const auto head = head_of({{"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
                               {"X-Amz-Checksum-SHA1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
                               {"x-amz-checksum-crc32", "AAAAAQ=="},
                               {"x-amz-checksum-crc32c", "/////w=="},
                               {"x-amz-checksum-crc64nvme", "AAAAAAAAAAI="},
                               {"x-amz-checksum-type", "FULL_OBJECT"}});
    expectation of = expected_of(md5, 0);
    learn(head, of);
    EXPECT_EQ(of.sha256, formats::sha256_of({}));
    EXPECT_EQ(of.sha1, formats::sha1_of({}));
    EXPECT_EQ(of.crc32, 1U);
    EXPECT_EQ(of.crc32c, 0xffffffffU);
    EXPECT_EQ(of.crc64nvme, 2U);
    EXPECT_EQ(md5_text(of), md5);
    EXPECT_FALSE(of.not_the_listed_md5);
}

TEST(checks, sums_over_parts_and_of_ranges_are_not_of_the_whole) {
    const std::vector<transport::header_field> plain{{"x-amz-checksum-crc32", "AAAAAQ=="}};
    const auto after = [](const transport::response_head& head) {
        expectation of;
        learn(head, of);
        return of.crc32;
    };
    EXPECT_EQ(after(head_of(plain)), 1U);
    EXPECT_EQ(after(head_of(plain, 206)), std::nullopt);
    EXPECT_EQ(after(head_of({{"x-amz-checksum-crc32", "AAAAAQ==-2"}})), std::nullopt);
    EXPECT_EQ(after(head_of({{"x-amz-checksum-crc32", "AAAAAQ=="}, {"x-amz-checksum-type", "COMPOSITE"}})),
              std::nullopt);
    EXPECT_EQ(after(head_of({{"x-amz-checksum-crc32", "rubbish"}})), std::nullopt);
    // What is known already stays.
    expectation of;
    of.crc32 = 7;
    learn(head_of({}), of);
    EXPECT_EQ(of.crc32, 7U);
}

TEST(checks, etags_that_are_no_md5) {
    const std::pair<std::vector<transport::header_field>, bool> cases[] = {
        {{{"x-amz-server-side-encryption", "aws:kms"}}, true},
        {{{"X-Amz-Server-Side-Encryption", "aws:kms:dsse"}}, true},
        {{{"x-amz-server-side-encryption-customer-algorithm", "AES256"}}, true},
        {{{"x-oss-server-side-encryption", "KMS"}}, true},
        {{{"x-cos-object-type", "appendable"}}, true},
        {{{"x-oss-object-type", "Appendable"}}, true},
        {{{"x-amz-server-side-encryption", "AES256"}}, false},
        {{{"x-oss-object-type", "Normal"}}, false},
        {{{"server-side-encryption", "kms"}}, false},
        {{}, false},
    };
    for (const auto& [headers, forgotten] : cases) {
        for (const int status : {200, 206}) {
            expectation whole = expected_of(md5, 0), parts = expected_of(md5 + "-1", 1);
            learn(head_of(headers, status), whole);
            learn(head_of(headers, status), parts);
            const std::string name = headers.empty() ? "none" : headers[0].name + ": " + headers[0].value;
            EXPECT_EQ(!whole.md5, forgotten) << name;
            EXPECT_EQ(whole.not_the_listed_md5, forgotten) << name;
            EXPECT_EQ(!parts.parts, forgotten) << name;
        }
    }
}

}  // namespace
}  // namespace decamp::source::s3
