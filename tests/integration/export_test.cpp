// The main job, end to end, in one process: cloud, lists, plan, download, store, proof, certificate.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/integration/exporting.hpp"

namespace decamp::testing {
namespace {

samplecloud::scenario small(std::uint64_t items) {
    samplecloud::scenario s;
    s.library.items = items;
    s.library.size_min = 1000;
    s.library.size_max = 20000;
    return s;
}

boost::json::value certificate(const std::string& destination) {
    return boost::json::parse(read_file(destination + "/certificate.json"));
}

std::int64_t count_of(const boost::json::value& certificate, const char* name) {
    return certificate.at("counts").at(name).to_number<std::int64_t>();
}

// Every item's bytes are under some path, as often as there are distinct bytes.
void expect_everything(const samplecloud::server& cloud, const std::string& destination) {
    std::set<std::string> stored;
    for (auto& [path, bytes] : payload_of(destination)) stored.insert(bytes);
    for (std::uint64_t i = 0; i < cloud.item_count(); ++i)
        EXPECT_TRUE(stored.contains(cloud.bytes_of(i))) << "item " << i << " " << cloud.item(i).name;
}

TEST(Export, TenPhotosThroughAllStages) {
    const samplecloud::server cloud(small(10));
    const scratch_folder scratch;
    listening_observer watching;
    const auto ended = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(ended.code, exit_code::complete) << ended.sentence << "\n" << watching.joined();
    expect_everything(cloud, scratch.at("out"));
    EXPECT_TRUE(manifest_holds(scratch.at("out")));
    EXPECT_TRUE(bag_holds(scratch.at("out")));
    const auto stated = certificate(scratch.at("out"));
    EXPECT_EQ(stated.at("verdict").as_string(), "complete");
    EXPECT_EQ(count_of(stated, "listed"), static_cast<std::int64_t>(cloud.item_count()));
    EXPECT_EQ(count_of(stated, "announced"), static_cast<std::int64_t>(cloud.item_count()));
    EXPECT_EQ(count_of(stated, "stored"), static_cast<std::int64_t>(cloud.item_count()));
    EXPECT_EQ(count_of(stated, "read_back"), static_cast<std::int64_t>(cloud.item_count()));
    EXPECT_EQ(cloud.stats().cookies_leaked, 0u);

    listening_observer verifying;
    const auto verified = run_verify({scratch.at("out"), language::en}, verifying);
    EXPECT_EQ(verified.code, exit_code::complete) << verified.sentence;
}

TEST(Export, ASecondRunFetchesNothing) {
    samplecloud::server cloud(small(50));
    const scratch_folder scratch;
    listening_observer watching;
    ASSERT_EQ(run_export(options_for(cloud, scratch.at("out")), watching).code, exit_code::complete);
    const auto before = payload_of(scratch.at("out"));
    cloud.reset_stats();
    const auto again = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(again.code, exit_code::complete) << again.sentence;
    EXPECT_EQ(cloud.requests(samplecloud::endpoint::download), 0u);
    EXPECT_EQ(cloud.requests(samplecloud::endpoint::link), 0u);
    EXPECT_EQ(payload_of(scratch.at("out")), before);
    EXPECT_TRUE(bag_holds(scratch.at("out")));
}

TEST(Export, WhatSomebodyRemovedIsFetchedAgain) {
    const samplecloud::server cloud(small(30));
    const scratch_folder scratch;
    listening_observer watching;
    ASSERT_EQ(run_export(options_for(cloud, scratch.at("out")), watching).code, exit_code::complete);
    const auto before = payload_of(scratch.at("out"));
    std::filesystem::remove(scratch.at("out") + "/" + before.begin()->first);
    std::filesystem::resize_file(scratch.at("out") + "/" + std::next(before.begin())->first, 10);
    EXPECT_EQ(run_verify({scratch.at("out"), language::en}, watching).code, exit_code::damaged);
    const auto again = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(again.code, exit_code::complete) << again.sentence;
    EXPECT_EQ(run_verify({scratch.at("out"), language::en}, watching).code, exit_code::complete);
    const auto after = payload_of(scratch.at("out"));
    for (const auto& [path, bytes] : before) EXPECT_EQ(after.at(path), bytes) << path;
}

TEST(Export, ALostCatalogueLosesNothing) {
    samplecloud::server cloud(small(30));
    const scratch_folder scratch;
    listening_observer watching;
    ASSERT_EQ(run_export(options_for(cloud, scratch.at("out")), watching).code, exit_code::complete);
    const auto before = payload_of(scratch.at("out"));
    std::filesystem::remove_all(scratch.at("out") + "/.decamp");
    cloud.reset_stats();
    const auto again = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(again.code, exit_code::complete) << again.sentence;
    EXPECT_EQ(payload_of(scratch.at("out")), before);
    EXPECT_LE(cloud.requests(samplecloud::endpoint::download), 3u);  // what was stored under a name with a suffix
    EXPECT_TRUE(bag_holds(scratch.at("out")));
}

TEST(Export, ADamagedCatalogueIsPutAsideAndRebuilt) {
    const samplecloud::server cloud(small(30));
    const scratch_folder scratch;
    listening_observer watching;
    ASSERT_EQ(run_export(options_for(cloud, scratch.at("out")), watching).code, exit_code::complete);
    const auto before = payload_of(scratch.at("out"));
    std::ofstream(scratch.at("out") + "/.decamp/catalogue.sqlite", std::ios::binary) << "this is no database at all";
    const auto refused = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(refused.code, exit_code::destination_failed) << refused.sentence;
    EXPECT_TRUE(std::filesystem::exists(scratch.at("out") + "/.decamp/catalogue.sqlite.damaged-1"));
    const auto again = run_export(options_for(cloud, scratch.at("out")), watching);
    EXPECT_EQ(again.code, exit_code::complete) << again.sentence;
    EXPECT_EQ(payload_of(scratch.at("out")), before);
}

}  // namespace
}  // namespace decamp::testing
