#include "engine/verify/bag_claims.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "formats/bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::verify {
namespace {

std::string certificate(const std::string& verdict, std::uint64_t stored, std::uint64_t bytes,
                        const std::string& more = {}) {
    return "{\"format\": \"decamp-certificate/1\",\n \"verdict\": \"" + verdict +
           "\",\n \"counts\": {\"listed\":9,\"stored\":" + std::to_string(stored) +
           "},\n \"bytes\": {\"listed\":1,\"stored_unique\":" + std::to_string(bytes) + "},\n" + more +
           " \"exceptions\": []}\n";
}

TEST(ParseCertifiedSums, Table) {
    const auto good = parse_certified_sums(certificate("complete", 7, 1234));
    ASSERT_TRUE(good);
    EXPECT_EQ(good->stored, 7u);
    EXPECT_EQ(good->stored_unique, 1234u);
    EXPECT_FALSE(good->encrypted || good->incomplete);
    EXPECT_TRUE(parse_certified_sums(certificate("incomplete", 7, 1))->incomplete);
    EXPECT_TRUE(parse_certified_sums(certificate("complete", 7, 1, " \"encrypted\": true,\n"))->encrypted);
    for (const std::string bad : {"", "{}", "{\"format\": \"decamp-certificate/1\",\n",
                                  "{\"format\": \"another/1\",\n \"counts\": {\"stored\":1},\n"})
        EXPECT_FALSE(parse_certified_sums(bad)) << bad;
}

class BagClaimsTest : public ::testing::Test {
  protected:
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path whole(folder_ / path);
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream(whole, std::ios::binary) << text;
    }
    void bag(std::uint64_t octets, std::uint64_t streams, const std::string& agent = "decamp 0.1.0") {
        write("bagit.txt", formats::bag_declaration());
        formats::bag_info info;
        write("bag-info.txt", info.add("Bag-Software-Agent", agent).add_payload_oxum({octets, streams}).text());
        write("manifest-sha256.txt", "x");
        write("tagmanifest-sha256.txt", "x");
    }
    void compare(const manifest_facts& facts, std::initializer_list<std::string_view> vouched) {
        auto files = world::open_posix_store(folder_.path().string(), false);
        bag_claims claims(*files.value(), [&](finding&& f) { findings_.push_back(std::move(f)); });
        for (const std::string_view path : vouched) claims.vouched(path);
        ASSERT_TRUE(claims.compare(facts, sums_));
    }
    std::vector<fault> faults() const {
        std::vector<fault> all;
        for (const finding& f : findings_) all.push_back(f.what);
        return all;
    }

    static constexpr std::initializer_list<std::string_view> everything{layout::bag_declaration, layout::bag_info,
                                                                        layout::manifest, layout::certificate_json,
                                                                        layout::certificate_text};
    testing::temporary_folder folder_;
    bag_sums sums_;
    std::vector<finding> findings_;
};

TEST_F(BagClaimsTest, AGoodTreeHasTwinsThatShareBytes) {
    bag(300, 3);
    write("certificate.json", certificate("complete", 3, 100));
    write("certificate.txt", "text");
    compare({.payload = {300, 3}}, everything);
    EXPECT_EQ(faults(), std::vector<fault>());
}

TEST_F(BagClaimsTest, WhatIsCompressedOrRoundedOrInAnOpenVolumeIsNoFault) {
    bag(300, 3);
    write("certificate.txt", "text");
    write("certificate.json", certificate("complete", 3, 1000));
    compare({.payload = {300, 3}, .volumes = true}, everything);
    write("certificate.json", certificate("complete", 3, 1 << 20, " \"encrypted\": true,\n"));
    compare({.payload = {300, 3}}, everything);
    bag(0, 0);
    write("certificate.json", certificate("incomplete", 3, 1000));
    compare({.payload = {0, 0}}, everything);
    EXPECT_EQ(faults(), std::vector<fault>());
}

TEST_F(BagClaimsTest, ABagOfAnotherProgramHasNoCertificate) {
    bag(300, 3, "bagit.py v1.8.1");
    compare({.payload = {300, 3}}, {layout::bag_declaration, layout::bag_info, layout::manifest});
    EXPECT_EQ(faults(), std::vector<fault>());
}

TEST_F(BagClaimsTest, OursHasOne) {
    bag(300, 3);
    compare({.payload = {300, 3}}, {layout::bag_declaration, layout::bag_info, layout::manifest});
    EXPECT_EQ(faults(), (std::vector<fault>{fault::missing, fault::missing}));
}

TEST_F(BagClaimsTest, WhereAFileIsDamagedOnlyTheirNumberIsCompared) {
    bag(300, 3);
    write("certificate.json", certificate("complete", 3, 300));
    write("certificate.txt", "text");
    compare({.payload = {20, 3}, .bytes_known = false}, everything);
    EXPECT_EQ(faults(), std::vector<fault>());
    compare({.payload = {20, 2}, .bytes_known = false}, everything);
    EXPECT_EQ(faults(), std::vector<fault>{fault::sum_differs});
    EXPECT_EQ(sums_.expected, 3u);
}

TEST_F(BagClaimsTest, ARunUnderWayHasPutItsCertificateAside) {
    bag(300, 3);
    std::filesystem::remove(folder_ / "tagmanifest-sha256.txt");
    write(".decamp/previous/tagmanifest-sha256.txt", "x");
    compare({.payload = {300, 3}}, {});
    EXPECT_EQ(faults(), std::vector<fault>());
    EXPECT_FALSE(sums_.certified);
    write("certificate.json", certificate("complete", 3, 300));
    compare({.payload = {300, 3}}, {});
    EXPECT_EQ(faults(), std::vector<fault>{fault::missing});
}

}  // namespace
}  // namespace decamp::verify
