#include "engine/download/downloader.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "engine/catalogue/schema.hpp"
#include "engine/catalogue/sqlite_catalogue.hpp"
#include "engine/download/errors.hpp"
#include "tests/unit/download/transfer_fixture.hpp"

namespace decamp::download {
namespace {

using namespace decamp::download::testing;
using formats::as_bytes;

constexpr std::size_t mib = std::size_t{1} << 20;

template <class T>
T must(result<T> r) {
    if (!r) throw std::runtime_error(to_string(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

// Knows where an item's bytes are, and nothing else.
class plain_source final : public source::source {
  public:
    std::string kind() const override { return "plain"; }
    task<result<::decamp::source::account_info>> sign_in() override { co_return ::decamp::source::account_info{}; }
    task<result<collection_page>> collections(std::string) override { co_return collection_page{}; }
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id) override {
        co_return std::optional<std::vector<bucket_count>>();
    }
    task<result<item_page>> page(scope, std::string) override { co_return item_page{}; }
    task<result<::decamp::source::download_link>> link(listed_item of) override {
        ::decamp::source::download_link out;
        out.request.target = transport::parse_url("https://files.example/" + of.id.value).value();
        co_return out;
    }
    task<result<::decamp::source::second_look>> look_again(listed_item) override {
        ++looks;
        co_return look;
    }
    task<result<void>> keep_alive() override { co_return result<void>(); }
    ::decamp::source::second_look look;
    int looks = 0;
    std::uint64_t page_size() const override { return 1; }
};

class one_random final : public world::random {
  public:
    std::uint64_t next() override { return ++count_ * 0x9e3779b97f4a7c15ULL; }

  private:
    std::uint64_t count_ = 0;
};

struct download_fixture : transfer_fixture {
    explicit download_fixture(unsigned connections, bool threads = false) : transfer_fixture(threads) {
        if (threads) network_thread.emplace(network);
        settings.segments = {mib, 8, 4 * mib};
        settings.part_bytes = mib;
        must(catalogue.ready());
        must(catalogue.begin_run(1));
        downloads.emplace(around, from, catalogue,
                          std::vector<lane>{{threads ? network.get_executor() : context.get_executor(), storage}},
                          settings, gate, outs(),
                          downloader_settings{.connections = connections, .most_connections = 32});
    }

    void plan(const std::string& id, std::size_t size) {
        files_there[id] = some_bytes(size, static_cast<std::uint32_t>(files_there.size() + 1));
        listed_item item;
        item.id.value = id;
        item.home.value = "1";
        item.name = id + ".mp4";
        item.size = size;
        item.sha1 = formats::sha1_of(as_bytes(files_there[id]));
        const auto row = must(catalogue.put_item(item, catalogue::item_state::wanted));
        must(catalogue.add_own_file(row, "data/files/" + item.name, item, {}));
    }
    result<void> run_all() {
        downloads->listing_ended();
        return run(downloads->run());
    }
    void expect_all() {
        ASSERT_EQ(kept.size(), files_there.size());
        for (const auto& blob : kept) {
            EXPECT_EQ(blob.check, source_check::digest);
            EXPECT_TRUE(staged(blob.staging_path) == files_there[blob.item.listed.id.value])
                << blob.item.listed.id.value;
        }
        EXPECT_EQ(storage.under_way, 0u);
        EXPECT_EQ(budget.available(), budget.total());
        EXPECT_EQ(around.report.counters.connections, 0u);
    }

    // A lane of its own.
    struct running_context {
        explicit running_context(boost::asio::io_context& c)
            : guard(boost::asio::make_work_guard(c)), thread([&c] { c.run(); }) {}
        ~running_context() {
            guard.reset();
            thread.join();
        }
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
        std::thread thread;
    };

    boost::asio::io_context network;
    observer nobody;
    runtime::stop_state stop;
    runtime::reporter report{nobody, language::en, [] { return std::string(); }};
    one_random random;
    runtime::surroundings around{any_clock, random, workers, stop, report};
    runtime::pace_gate gate{any_clock, stop};
    plain_source from;
    catalogue::sqlite_catalogue catalogue{
        must(catalogue::open_checked(folder / "catalogue.sqlite", {}, catalogue::migrations()))};
    std::map<std::string, std::string> files_there;
    std::function<void(const transport::request&)> on_request = [](const transport::request&) {};
    std::function<canned(const std::string&, const transport::request&)> answer =
        [](const std::string& file, const transport::request& what) { return serve(file, what); };
    memory_storage storage{[this](const transport::request& what) {
        on_request(what);
        return answer(files_there.at(what.target.path.substr(1)), what);
    }};
    std::vector<checked_blob> kept;
    std::optional<downloader> downloads;
    std::optional<running_context> network_thread;

  private:
    outlets outs() {
        outlets out;
        out.room_for = [](const planned_item&) -> task<result<void>> { co_return result<void>(); };
        out.room_not_needed = [](const planned_item&) {};
        out.submit = [this](checked_blob blob) { return keep_blob(std::move(blob)); };
        out.expect = [](item_key) {};
        out.not_coming = [](item_key, bool) {};
        out.hurry = [] {};
        out.twins_differ = [] {};
        return out;
    }
    task<bool> keep_blob(checked_blob blob) {
        must(catalogue.record_checked({blob}, false));
        must(catalogue.record_stored({blob.item.blob}, static_cast<std::int64_t>(kept.size() + 1)));
        downloads->committed(blob.item.blob);
        kept.push_back(std::move(blob));
        co_return true;
    }
};

TEST(downloader, lends_what_nobody_wants_to_a_large_file) {
    download_fixture f(4);
    f.plan("film", 20 * mib + 99);
    ASSERT_TRUE(f.run_all());
    EXPECT_EQ(f.storage.most, 4u);
    EXPECT_GT(f.storage.sent.size(), 10u);
    EXPECT_EQ(f.around.report.counters.bytes_received, 20 * mib + 99);
    EXPECT_EQ(f.kept.at(0).downloaded, 20 * mib + 99);
    f.expect_all();
}

// The next batch is asked for while one is fed, and its answer may be older than what has been fed since.
TEST(downloader, takes_each_item_once_over_several_batches) {
    download_fixture f(4);
    must(f.catalogue.begin());
    for (int i = 0; i < 600; ++i) f.plan(std::to_string(i), 100);
    must(f.catalogue.commit());
    ASSERT_TRUE(f.run_all());
    EXPECT_EQ(f.storage.sent.size(), 600u);
    f.expect_all();
    for (std::size_t i = 1; i < f.kept.size(); ++i) EXPECT_LT(f.kept[i - 1].item.key, f.kept[i].item.key);
}

TEST(downloader, lends_connections_across_threads) {
    download_fixture f(6, true);
    for (const char* id : {"film", "series"}) f.plan(id, 20 * mib + 99);
    for (const char* id : {"a", "b", "c"}) f.plan(id, 70'000);
    ASSERT_TRUE(f.run_all());
    EXPECT_LE(f.storage.most, 6u);
    EXPECT_GT(f.storage.sent.size(), 10u);
    f.network_thread.reset();
    f.expect_all();
}

TEST(downloader, leaves_small_files_and_forms_to_one_connection_each) {
    download_fixture f(8);
    for (const char* id : {"a", "b", "c"}) f.plan(id, 3 * mib);
    ASSERT_TRUE(f.run_all());
    EXPECT_EQ(f.storage.sent.size(), 3u);
    f.expect_all();
}

TEST(downloader, gives_the_connections_back_when_an_item_waits) {
    download_fixture f(4);
    f.plan("film", 30 * mib);
    std::size_t before = 0;
    bool small_asked = false;
    std::size_t pieces_meanwhile = 0;
    f.on_request = [&](const transport::request& what) {
        if (what.target.path != "/film") {
            small_asked = true;
        } else if (before > 0 && !small_asked) {
            ++pieces_meanwhile;
        }
        if (++before == 6) {  // the list goes on
            for (const char* id : {"a", "b", "c", "d", "e"}) f.plan(id, 50'000);
            f.downloads->wake();
        }
    };
    ASSERT_TRUE(f.run_all());
    EXPECT_TRUE(small_asked);
    EXPECT_LE(f.storage.most, 4u);
    EXPECT_LE(pieces_meanwhile, 12u) << "the first helper that comes to a piece's end makes room";
    f.expect_all();
}

TEST(downloader, several_large_files_share_what_is_there) {
    download_fixture f(6);
    for (const char* id : {"a", "b", "c"}) f.plan(id, 9 * mib + 5);
    ASSERT_TRUE(f.run_all());
    EXPECT_EQ(f.storage.most, 6u);
    f.expect_all();
}

TEST(downloader, goes_on_when_ranges_are_refused_now_and_then) {
    download_fixture f(5);
    f.plan("film", 24 * mib);
    unsigned asked = 0;
    f.answer = [&](const std::string& file, const transport::request& what) {
        switch (++asked % 7) {
            case 3:
                return canned{503, "", {}, {}};
            case 5:
                return serve(file, what, mib / 3);
            default:
                return serve(file, what);
        }
    };
    ASSERT_TRUE(f.run_all());
    EXPECT_EQ(f.kept.at(0).downloaded, 24 * mib) << "nothing was fetched twice";
    f.expect_all();
}

TEST(downloader, a_host_that_refuses_every_second_connection_is_not_besieged) {
    download_fixture f(8);
    f.plan("film", 16 * mib);
    f.answer = [&](const std::string& file, const transport::request& what) {
        return f.storage.under_way > 0 ? canned{503, "", {}, {}} : serve(file, what);
    };
    ASSERT_TRUE(f.run_all());
    EXPECT_LT(f.storage.sent.size(), 80u);
    f.expect_all();
}

TEST(downloader, a_drain_ends_all_streams_and_keeps_the_prefix) {
    for (const bool stopped : {false, true}) {
        download_fixture f(4);
        f.plan("film", 40 * mib);
        unsigned asked = 0;
        f.on_request = [&](const transport::request&) {
            if (++asked != 15) return;
            if (stopped)
                f.stop.request_stop(failure(world::file_errc::no_space));
            else
                f.stop.request_drain();
        };
        const auto ended = f.run_all();
        EXPECT_TRUE(ended);
        EXPECT_TRUE(f.kept.empty());
        EXPECT_LE(f.storage.sent.size(), 20u);
        EXPECT_EQ(f.storage.under_way, 0u);
        EXPECT_EQ(f.budget.available(), f.budget.total());
        ASSERT_FALSE(f.parts.empty());
        EXPECT_GE(f.parts.back().bytes, 4 * mib);
        const std::string there = f.staged(f.parts.back().path);
        EXPECT_TRUE(there.substr(0, f.parts.back().bytes) == f.files_there["film"].substr(0, f.parts.back().bytes));
        EXPECT_EQ(f.stop.why().has_value(), stopped);
    }
}

TEST(downloader, a_file_that_changes_meanwhile_is_fetched_as_it_is_now) {
    download_fixture f(4);
    f.plan("film", 12 * mib);
    unsigned asked = 0;
    f.answer = [&](const std::string& file, const transport::request& what) {
        transport::request seen = what;
        const bool changed = ++asked > 6;
        if (changed && header_of(what, "If-Range") == "\"v1\"") seen.headers.clear();
        canned answer = serve(file, seen);
        if (changed) answer.headers[0].value = "\"v2\"";
        return answer;
    };
    ASSERT_TRUE(f.run_all());
    f.expect_all();
}

}  // namespace
}  // namespace decamp::download
