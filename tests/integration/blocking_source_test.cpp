// Sources that others bring (decamp/source.hpp), through the public headers: what their failures come to, and that what
// came before one is not fetched again.

#include "decamp/source.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

#include "tests/integration/exporting.hpp"

namespace decamp::testing {
namespace {

using kind = source_failure::kind;

std::string some_bytes(std::size_t size, std::uint32_t seed) {
    std::string out(size, '\0');
    for (char& c : out) {
        seed = seed * 1664525 + 1013904223;
        c = static_cast<char>(seed >> 24);
    }
    return out;
}

// Files in memory; `spoil` is asked before each read and may throw.
class memory_source final : public blocking_source {
  public:
    std::map<std::string, std::string> files;
    std::function<void(const std::string& path, std::uint64_t at)> spoil = [](const std::string&, std::uint64_t) {};
    std::string version = "v1";
    std::vector<source_gap> gaps;

    std::string kind() const override { return "memory"; }
    std::string name() const override { return "this test"; }
    source_page next_page(const std::string&, std::stop_token) override {
        source_page page;
        for (const auto& [path, bytes] : files) {
            source_item item;
            item.id = item.path = path;
            item.size = bytes.size();
            page.items.push_back(item);
        }
        page.gaps = gaps;
        return page;
    }
    opened_item open(const source_item& item, std::uint64_t offset, std::stop_token) override {
        {
            const std::lock_guard held(mutex_);
            offsets_[item.path].push_back(offset);
        }
        spoil(item.path, offset);
        opened_item opened;
        opened.begins_at = offset;
        opened.total = files.at(item.id).size();
        opened.version = version;
        opened.stream = std::make_unique<stream>(*this, item.path, offset);
        return opened;
    }
    std::vector<std::uint64_t> offsets(const std::string& path) {
        const std::lock_guard held(mutex_);
        return std::exchange(offsets_[path], {});
    }

  private:
    class stream final : public item_stream {
      public:
        stream(memory_source& of, std::string path, std::uint64_t at) : of_(of), path_(std::move(path)), at_(at) {}
        std::size_t read(std::byte* into, std::size_t size) override {
            of_.spoil(path_, at_);
            const std::string& bytes = of_.files.at(path_);
            const std::size_t count = std::min<std::size_t>({size, 100'000, bytes.size() - at_});
            std::memcpy(into, bytes.data() + at_, count);
            at_ += count;
            return count;
        }

      private:
        memory_source& of_;
        std::string path_;
        std::size_t at_;
    };
    std::mutex mutex_;
    std::map<std::string, std::vector<std::uint64_t>> offsets_;
};

struct BlockingSource : ::testing::Test {
    memory_source from;
    scratch_folder scratch;
    listening_observer watching;

    // A connection at a time: what is lent to a large file would be asked for at offsets of its own.
    outcome run() {
        export_options options;
        options.destination = scratch.at("out");
        options.connections = 1;
        return run_export(options, from, watching);
    }
    void expect_everything() {
        for (const auto& [path, bytes] : from.files)
            EXPECT_EQ(read_file(scratch.at("out/data/files/" + path)), bytes) << path;
        EXPECT_TRUE(manifest_holds(scratch.at("out")));
        EXPECT_TRUE(bag_holds(scratch.at("out")));
    }
    std::map<std::string, std::string> reasons() {
        std::map<std::string, std::string> found;
        const auto stated = boost::json::parse(read_file(scratch.at("out/certificate.json")));
        for (const auto& one : stated.at("exceptions").as_array())
            found[std::string(one.at("name").as_string())] = std::string(one.at("reason").as_string());
        return found;
    }
};

TEST_F(BlockingSource, IsExportedLikeAnyOther) {
    from.files = {{"a.txt", "hello"}, {"b/empty", ""}, {"b/c/d.bin", some_bytes(300'000, 1)}};
    const outcome ended = run();
    EXPECT_EQ(ended.code, exit_code::complete) << ended.sentence;
    expect_everything();
    for (const auto& [path, bytes] : from.files) EXPECT_EQ(from.offsets(path), std::vector<std::uint64_t>{0}) << path;
    EXPECT_EQ(run().code, exit_code::complete);
    for (const auto& [path, bytes] : from.files)
        EXPECT_TRUE(from.offsets(path).empty()) << path << " was asked for again";
}

TEST_F(BlockingSource, AStreamThatBreaksOffIsTakenUpWhereItBroke) {
    from.files = {{"large", some_bytes(3 << 20, 2)}};
    bool once = true;
    from.spoil = [&](const std::string&, std::uint64_t at) {
        if (at > (2 << 20) && std::exchange(once, false)) throw source_failure(kind::try_again, "the line is gone");
    };
    const outcome ended = run();
    EXPECT_EQ(ended.code, exit_code::complete) << ended.sentence;
    expect_everything();
    const auto asked = from.offsets("large");
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[0], 0u);
    EXPECT_GT(asked[1], 2u << 20);
}

TEST_F(BlockingSource, TheNextRunGoesOnWhereOneEnded) {
    from.files = {{"large", some_bytes(3 << 20, 3)}};
    std::atomic<bool> refusing = true;
    from.spoil = [&](const std::string&, std::uint64_t at) {
        if (at > (2 << 20) && refusing) throw source_failure(kind::login_refused, "the password is another now");
    };
    EXPECT_EQ(run().code, exit_code::source_refused);
    from.offsets("large");
    refusing = false;
    EXPECT_EQ(run().code, exit_code::complete);
    expect_everything();
    EXPECT_EQ(from.offsets("large"), std::vector<std::uint64_t>{2 << 20}) << "whole blocks were kept";
}

TEST_F(BlockingSource, AnotherVersionIsFetchedFromItsStart) {
    from.files = {{"large", some_bytes(3 << 20, 4)}};
    std::atomic<bool> refusing = true;
    from.spoil = [&](const std::string&, std::uint64_t at) {
        if (at > (2 << 20) && refusing) throw source_failure(kind::login_refused, "");
    };
    EXPECT_EQ(run().code, exit_code::source_refused);
    from.offsets("large");
    refusing = false;
    from.files = {{"large", some_bytes(3 << 20, 5)}};
    from.version = "v2";
    EXPECT_EQ(run().code, exit_code::complete);
    expect_everything();
    EXPECT_EQ(from.offsets("large"), (std::vector<std::uint64_t>{2 << 20, 0}));
}

TEST_F(BlockingSource, WhatCannotBeHadIsNamed) {
    from.files = {{"good", "bytes"}, {"gone", "1"}, {"changed", "2"}, {"refused", "3"}};
    from.spoil = [&](const std::string& path, std::uint64_t) {
        if (path == "gone") throw source_failure(kind::gone, "");
        if (path == "changed") throw source_failure(kind::changed, "");
        if (path == "refused") throw source_failure(kind::refused, "");
    };
    EXPECT_EQ(run().code, exit_code::complete_with_exceptions);
    EXPECT_EQ(reasons(),
              (std::map<std::string, std::string>{
                  {"gone", "deleted_in_cloud"}, {"changed", "changed_in_cloud"}, {"refused", "refused_by_cloud"}}));
    EXPECT_EQ(read_file(scratch.at("out/data/files/good")), "bytes");
}

TEST_F(BlockingSource, AFolderThatCouldNotBeListedIsIncomplete) {
    from.files = {{"good", "bytes"}, {"folder", ""}};
    from.spoil = [&](const std::string& path, std::uint64_t) {
        if (path == "folder") throw source_failure(kind::not_listed, "");
    };
    EXPECT_EQ(run().code, exit_code::incomplete);
    EXPECT_EQ(reasons(), (std::map<std::string, std::string>{{"folder", "folder_not_listed"}}));
}

TEST_F(BlockingSource, AFolderThatCouldNotBeListedOnceIsListedTheNextTime) {
    from.files = {{"good", "bytes"}};
    from.gaps = {{"folder", "locked"}};
    EXPECT_EQ(run().code, exit_code::incomplete);
    EXPECT_EQ(reasons(), (std::map<std::string, std::string>{{"folder", "folder_not_listed"}}));
    from.gaps.clear();
    from.files["folder/within"] = "more bytes";
    EXPECT_EQ(run().code, exit_code::complete);
    expect_everything();
}

TEST_F(BlockingSource, OneThatIsNotThereEndsTheRun) {
    class nowhere final : public blocking_source {
        std::string kind() const override { return "nowhere"; }
        std::string name() const override { return "the lost place"; }
        source_page next_page(const std::string&, std::stop_token) override {
            throw source_failure(source_failure::kind::unreachable, "it sank");
        }
        opened_item open(const source_item&, std::uint64_t, std::stop_token) override { return {}; }
    } lost;
    export_options options;
    options.destination = scratch.at("out");
    const outcome ended = run_export(options, lost, watching);
    EXPECT_EQ(ended.code, exit_code::source_unreachable);
    EXPECT_NE(ended.sentence.find("the lost place"), std::string::npos) << ended.sentence;
}

}  // namespace
}  // namespace decamp::testing
