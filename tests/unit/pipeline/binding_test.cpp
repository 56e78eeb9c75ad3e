#include "engine/pipeline/binding.hpp"

#include <gtest/gtest.h>

#include "engine/pipeline/destination.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::pipeline {
namespace {

class counting_random final : public world::random {
  public:
    std::uint64_t next() override { return ++count_ * 0x9e3779b97f4a7c15U; }

  private:
    std::uint64_t count_ = 0;
};

TEST(AccountMark, FitsItsAccountAndFewOthers) {
    counting_random random;
    const std::string mark = account_mark("2233445566", random);
    EXPECT_TRUE(fits_account_mark("2233445566", mark));
    EXPECT_FALSE(fits_account_mark("2233445567", mark));
    EXPECT_FALSE(fits_account_mark("", mark));
    EXPECT_EQ(mark.find("2233445566"), mark.npos);
    EXPECT_NE(mark, account_mark("2233445566", random));  // another salt
}

TEST(AccountMark, WhatIsNoneFitsAll) {
    for (const std::string_view mark :
         {"", "x", "00:1:00", "zz000000000000000000000000000000:1:0000", "00000000000000000000000000000000:0:0000",
          "00000000000000000000000000000000:99999999999:0000"})
        EXPECT_TRUE(fits_account_mark("1", mark)) << mark;
}

class BindingTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto opened = catalogue::catalogue::open(folder_ / "catalogue", {});
        ASSERT_TRUE(opened);
        catalogue_ = std::move(opened.value());
    }
    bool binds(const export_origin& from) { return bool(bind_to_source(*catalogue_, from, random_)); }
    void store_something() {
        ASSERT_TRUE(catalogue_->begin_run(1));
        const auto row = catalogue_->add_collection({{"/"}, "/", {}, false}, "");
        ASSERT_TRUE(row);
        listed_item item;
        item.id.value = item.name = "a";
        item.home.value = "/";
        const auto put = catalogue_->put_item(item, catalogue::item_state::wanted);
        ASSERT_TRUE(put);
        ASSERT_TRUE(catalogue_->add_own_file(put.value(), "data/files/a", item, {}));
        auto planned = catalogue_->next_planned({}, 9);
        ASSERT_TRUE(planned && planned.value().size() == 1);
        checked_blob checked;
        checked.item = planned.value().front();
        checked.staging_path = ".decamp/staging/1";
        ASSERT_TRUE(catalogue_->record_checked({checked}, true));
    }

    testing::temporary_folder folder_;
    counting_random random_;
    std::unique_ptr<catalogue::catalogue> catalogue_;
};

TEST_F(BindingTest, AnotherSourceTakesItsPlaceAsLongAsNothingIsStored) {
    EXPECT_TRUE(binds({"folder", "/a", ""}));
    EXPECT_TRUE(binds({"micloud", "host", "1"}));
    EXPECT_TRUE(binds({"micloud", "host", "2"}));
    store_something();
    EXPECT_TRUE(binds({"micloud", "host", "2"}));
    EXPECT_TRUE(binds({"micloud", "host", ""}));  // not known this time
    const auto other = bind_to_source(*catalogue_, {"micloud", "host", "1"}, random_);
    ASSERT_FALSE(other);
    EXPECT_TRUE(other.error().code == destination_errc::other_source);
    EXPECT_EQ(other.error().detail.find('2'), std::string::npos);
    EXPECT_FALSE(binds({"micloud", "elsewhere", "2"}));
    EXPECT_FALSE(binds({"s3", "host", "2"}));
}

TEST_F(BindingTest, WhatWasListedOfTheFormerIsForgotten) {
    EXPECT_TRUE(binds({"folder", "/a", ""}));
    ASSERT_TRUE(catalogue_->begin_run(1));
    ASSERT_TRUE(catalogue_->add_collection({{"/"}, "/", {}, false}, ""));
    listed_item item;
    item.id.value = item.name = "a";
    item.home.value = "/";
    const auto put = catalogue_->put_item(item, catalogue::item_state::wanted);
    ASSERT_TRUE(put);
    ASSERT_TRUE(catalogue_->add_own_file(put.value(), "data/files/a", item, {}));
    EXPECT_TRUE(binds({"folder", "/b", ""}));
    EXPECT_EQ(catalogue_->planned_left().value(), 0u);
    EXPECT_FALSE(catalogue_->find_item(item.id).value());
    EXPECT_FALSE(catalogue_->path_taken("data/files/a").value());
    EXPECT_FALSE(catalogue_->find_collection({"/"}).value());
}

TEST_F(BindingTest, MovedBindsAnewWhereTheKindIsTheSame) {
    EXPECT_TRUE(binds({"folder", "/a", "x"}));
    store_something();
    EXPECT_FALSE(binds({"folder", "/b", "y"}));
    EXPECT_FALSE(binds({"links", "/b", "y", true}));
    EXPECT_TRUE(binds({"folder", "/b", "y", true}));
    EXPECT_TRUE(binds({"folder", "/b", "y"}));
    EXPECT_FALSE(binds({"folder", "/a", "x"}));
    EXPECT_TRUE(catalogue_->holds_items().value());
}

TEST_F(BindingTest, AnOlderExportIsBoundByTheNextThatStores) {
    ASSERT_TRUE(catalogue_->set_fact("source_kind", "micloud"));
    ASSERT_TRUE(catalogue_->set_fact("source_host", "host"));
    store_something();
    EXPECT_TRUE(binds({"micloud", "host", "1"}));
    EXPECT_TRUE(binds({"micloud", "host", "2"}));
    ASSERT_TRUE(note_account(*catalogue_, {"micloud", "host", "2"}, random_));
    EXPECT_FALSE(binds({"micloud", "host", "1"}));
    ASSERT_TRUE(note_account(*catalogue_, {"micloud", "host", "1"}, random_));  // it stays
    EXPECT_TRUE(binds({"micloud", "host", "2"}));
}

}  // namespace
}  // namespace decamp::pipeline
