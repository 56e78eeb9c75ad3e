// The source over real files.
#include "engine/source/links/links.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/source/links/list_file.hpp"
#include "engine/source/links/named_hosts.hpp"
#include "engine/world/process.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::source::links {
namespace {

using decamp::testing::put;
using decamp::testing::temporary_folder;

struct no_sender final : transport::sender {
    task<result<std::unique_ptr<transport::exchange>>> send(transport::request) override {
        throw std::logic_error("a list asks nothing of the network");
    }
};
struct no_clock final : world::clock {
    world::steady_time now() const override { return {}; }
    std::int64_t unix_ms() const override { return 0; }
    int utc_offset_minutes() const override { return 0; }
    std::unique_ptr<world::alarm> make_alarm(boost::asio::any_io_executor) override {
        throw std::logic_error("asleep");
    }
};
struct no_random final : world::random {
    std::uint64_t next() override { return 4; }
};
struct no_folders final : folder_list {
    task<result<void>> add(std::vector<std::string>) override { throw std::logic_error("no folders here"); }
    task<result<std::optional<entry>>> after(std::uint64_t) override { throw std::logic_error("no folders here"); }
};

class LinksSource : public ::testing::Test {
  protected:
    std::string list(const std::string& text) {
        const std::string path = folder_ / "list";
        put(path, text);
        return path;
    }
    void open(const std::string& text) {
        const std::string path = list(text);
        auto opened = parse_links("links:" + path);
        ASSERT_TRUE(opened) << to_string(opened.error());
        place_ = std::move(opened.value());
        reopen();
    }
    void reopen() {
        source_observer observer;
        observer.option_left_out = [this](std::uint64_t line) { left_out_.push_back(line); };
        source_ = place_->open({api_, clock_, random_, *workers_, folders_, observer});
    }
    template <class T>
    T wait(task<T> work) {
        std::optional<T> out;
        auto body = [](task<T> w, std::optional<T>& into) -> task<void> {
            T got = co_await std::move(w);
            into.emplace(std::move(got));
        };
        boost::asio::co_spawn(context_, body(std::move(work), out), [](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        });
        context_.restart();
        context_.run();
        return std::move(out.value());
    }
    std::vector<listed_item> walk() {
        std::vector<listed_item> out;
        std::string cursor;
        do {
            auto page = wait(source_->page({}, cursor));
            if (!page) {
                ADD_FAILURE() << to_string(page.error());
                break;
            }
            EXPECT_LE(page.value().items.size(), source_->page_size());
            for (auto& item : page.value().items) out.push_back(std::move(item));
            cursor = page.value().next;
        } while (!cursor.empty());
        return out;
    }
    // The URL, or why not.
    std::string link(const listed_item& of) {
        const auto got = wait(source_->link(of));
        if (!got) return to_string(got.error());
        EXPECT_EQ(got.value().request.method, "GET");
        EXPECT_TRUE(got.value().ranges && got.value().request.headers.empty() && got.value().learn);
        return got.value().request.target.origin() + got.value().request.target.target();
    }

    temporary_folder folder_;
    boost::asio::io_context context_{1};
    no_sender api_;
    no_clock clock_;
    no_random random_;
    no_folders folders_;
    std::unique_ptr<world::workers> workers_ = world::make_thread_workers(1);
    std::unique_ptr<place> place_;
    std::unique_ptr<source> source_;
    std::vector<std::uint64_t> left_out_;
};

TEST_F(LinksSource, RefusesWhatIsNoListAtOnce) {
    const auto why = [](const std::string& source) {
        const auto got = parse_links(source);
        EXPECT_TRUE(got || classify(got.error()) == error_class::run);
        return got ? std::string("good") : to_string(got.error());
    };
    const std::string there = "links:" + list("https://x.example/a\n");
    EXPECT_EQ(why(there), "good");
    EXPECT_EQ(why("links:"), "links: no file is named");
    EXPECT_EQ(why("micloud:"), "links: no file is named");
    EXPECT_EQ(why("links:-"), "links: a list is read more than once (standard input)");
    EXPECT_EQ(parse_links(there + "x").error().code, make_error_code(links_errc::not_found));
    EXPECT_EQ(parse_links(there + "/x").error().code, make_error_code(links_errc::unreadable));
    EXPECT_EQ(parse_links("links:" + folder_.path().string()).error().code, make_error_code(links_errc::is_a_folder));
    const std::string pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(parse_links("links:" + pipe).error().code, make_error_code(links_errc::read_once));
    const std::string none[] = {std::string("\x1f\x8b\x08\0\0x", 6),
                                "[{\"url\":\"https://x.example/\"}]",
                                "<html></html>",
                                std::string("\xff\xfeh\0t\0", 6),
                                "  <?xml version='1.0'?>",
                                "<metalink/>",
                                "Dear diary,\ntoday I went to the sea.\n",
                                "{\n  \"name\": \"x\",\n  \"version\": \"1\"\n}\n",
                                "{\"links\": [\"https://x.example/\"]}",
                                "42\n",
                                "{\"all\": \"on one line" + std::string(100'000, 'x') + "\"}"};
    for (const std::string& text : none)
        EXPECT_EQ(parse_links("links:" + list(text)).error().code, make_error_code(links_errc::not_a_list)) << text;
    for (const std::string& text : {std::string(), std::string("# nothing yet\n\n"),
                                    "nonsense\n{}\nhttps://x.example/a\n" + std::string(100'000, 'x')})
        EXPECT_EQ(why("links:" + list(text)), "good") << text.substr(0, 40);
}

TEST_F(LinksSource, SaysWhatItIs) {
    open("");
    EXPECT_EQ(place_->kind(), "links");
    EXPECT_EQ(place_->origin(), "links");
    EXPECT_EQ(place_->name(), folder_ / "list");
    EXPECT_EQ(place_->arranged(), arrangement::tree);
    EXPECT_EQ(source_->kind(), "links");
    const auto account = wait(source_->sign_in());
    ASSERT_TRUE(account);
    EXPECT_EQ(account.value().display, "none");
    EXPECT_EQ(account.value().endpoint, "links");
    EXPECT_TRUE(wait(source_->collections("")).value().collections.empty());
    EXPECT_EQ(wait(source_->announced({})).value(), std::nullopt);
    EXPECT_TRUE(wait(source_->keep_alive()));
    EXPECT_TRUE(walk().empty());
    EXPECT_TRUE(wait(source_->page({{"/a"}, {}, {}}, "")).value().items.empty());
    EXPECT_FALSE(wait(source_->page({}, "nonsense")));
}

TEST_F(LinksSource, ASignInSaysWhenTheListIsGone) {
    open("");
    std::filesystem::remove(folder_ / "list");
    const auto account = wait(source_->sign_in());
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().code, make_error_code(links_errc::not_found));
}

TEST_F(LinksSource, ListsAndLinks) {
    open(
        "https://x.example/d/a.jpg?sig=SECRET\n"
        "{\"url\":\"https://x.example/b?SECRET\",\"path\":\"t/b.jpg\",\"size\":5,\"mtime\":7}\n"
        "https://SECRET@x.example/c\n"
        "https://x.example/d\n  header=Cookie: SECRET\n  checksum=md5=SECRET\n"
        "https://x.example/e\n  header=Cookie: SECRET\n  out=e.jpg\n");
    const auto items = walk();
    ASSERT_EQ(items.size(), 5U);
    EXPECT_EQ(items[0].home.value, "/x.example/d");
    EXPECT_EQ(items[0].name, "a.jpg");
    EXPECT_EQ(items[1].home.value, "/t");
    EXPECT_EQ(items[1].size, 5U);
    EXPECT_EQ(items[1].modified_ms, 7000);
    EXPECT_EQ(items[2].id.value, "line 3");
    EXPECT_EQ(items[3].id.value, "line 4");
    EXPECT_EQ(items[4].name, "e.jpg");
    EXPECT_EQ(left_out_, std::vector<std::uint64_t>{5}) << "once";
    for (const auto& item : items) {
        const std::string all = item.id.value + item.home.value + item.name + item.locator + item.bucket;
        EXPECT_EQ(all.find("SECRET"), std::string::npos) << all;
    }
    EXPECT_EQ(link(items[0]), "https://x.example:443/d/a.jpg?sig=SECRET");
    EXPECT_EQ(link(items[1]), "https://x.example:443/b?SECRET");
    EXPECT_EQ(link(items[2]),
              "source: the cloud refuses this item (line 3: no http or https URL, or one with a user name in it)");
    EXPECT_EQ(link(items[3]), "source: the cloud refuses this item (line 6: a digest that is none)");
    EXPECT_EQ(link(items[4]), "https://x.example:443/e");
    EXPECT_EQ(walk(), items) << "again";
}

TEST_F(LinksSource, FindsWhatMovedAndRefusesWhatIsGone) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "https://x.example/" + std::to_string(i) + "\n";
    open(text);
    const auto before = walk();
    ASSERT_EQ(before.size(), 2000U);
    list("https://x.example/new\n\n{\"url\":\"https://x.example/newer\"}\n" + text.substr(0, text.size() - 10));
    EXPECT_EQ(link(before[0]), "https://x.example:443/0");
    EXPECT_EQ(link(before[1000]), "https://x.example:443/1000");
    EXPECT_EQ(link(before[5]), "https://x.example:443/5");
    EXPECT_EQ(link(before[1999]), "source: the download link has expired (the list has changed)");
    listed_item never = before[0];
    for (const char* locator : {"", "x", "-1", "99999999999999999999", "18446744073709551615"}) {
        never.locator = locator;
        EXPECT_TRUE(link(never).starts_with("source: the download link has expired")) << locator;
    }
    listed_item bad = bad_item("line", 1);
    bad.locator = "0";
    EXPECT_EQ(link(bad), "source: deleted in the cloud (line 1 of the list has changed)") << "it was mended since";
}

TEST_F(LinksSource, MetalinkInPages) {
    std::string text = "<metalink xmlns='urn:ietf:params:xml:ns:metalink'>";
    for (int i = 0; i < 2500; ++i) {
        const std::string n = std::to_string(i);
        text += "<file name='d/" + n + "'><url>" + (i == 7 ? "ftp" : "https") + "://x.example/" + n +
                "?SECRET</url></file>\n";
    }
    open(text + "</metalink>");
    const auto items = walk();
    ASSERT_EQ(items.size(), 2500U);
    EXPECT_EQ(items[2499].home.value, "/d");
    EXPECT_EQ(items[2499].name, "2499");
    EXPECT_EQ(items[7].id.value, "file 8");
    EXPECT_EQ(link(items[7]),
              "source: the cloud refuses this item (file 8: no http or https URL, or one with a user name in it)");
    EXPECT_EQ(link(items[2499]), "https://x.example:443/2499?SECRET");
    EXPECT_EQ(link(items[0]), "https://x.example:443/0?SECRET");
    // A page asked for again, and one in the middle of a walk nobody began.
    const auto first = wait(source_->page({}, ""));
    const auto second = wait(source_->page({}, first.value().next));
    EXPECT_EQ(wait(source_->page({}, first.value().next)).value().items, second.value().items);
    reopen();
    EXPECT_EQ(wait(source_->page({}, first.value().next)).value().items, second.value().items);
    EXPECT_FALSE(wait(source_->page({}, "m:9999")));
    EXPECT_FALSE(wait(source_->page({}, "9")));
    listed_item moved = items[1];
    for (const char* locator : {"", "5", "m:", "m:3", "m:99999999999"}) {
        moved.locator = locator;
        EXPECT_TRUE(link(moved).starts_with("source: the download link has expired")) << locator;
    }
}

TEST_F(LinksSource, ABrokenMetalinkGivesWhatCameBefore) {
    open("<metalink xmlns='urn:ietf:params:xml:ns:metalink'><file name='a'><url>https://x.example/a</url></file></oh>");
    const auto page = wait(source_->page({}, ""));
    ASSERT_TRUE(page);
    ASSERT_EQ(page.value().items.size(), 1U);
    const auto rest = wait(source_->page({}, page.value().next));
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().code, make_error_code(links_errc::broken));
}

TEST_F(LinksSource, OnlyHostsNamedInItAreReachedInside) {
    open("http://127.0.0.1:8080/a\nhttp://localhost/b\n{\"url\":\"http://[fd00::1]/c\"}\nhttp://nas.example/d\n");
    const auto& policy = place_->addresses();
    const auto url = [](const char* text) { return *transport::parse_url(text); };
    EXPECT_FALSE(policy.allowed({"127.0.0.1", 8080}, "127.0.0.1")) << "nothing was read yet";
    EXPECT_FALSE(place_->may_ask(url("http://127.0.0.1/")));
    walk();
    EXPECT_TRUE(policy.allowed({"127.0.0.1", 8080}, "127.0.0.1"));
    EXPECT_TRUE(policy.allowed({"localhost", 80}, "::1"));
    EXPECT_TRUE(policy.allowed({"fd00::1", 80}, "fd00::1"));
    EXPECT_TRUE(policy.allowed({"nas.example", 80}, "93.184.215.14"));
    EXPECT_FALSE(policy.allowed({"nas.example", 80}, "192.168.1.2")) << "a name may not lead inside, even a named one";
    EXPECT_FALSE(policy.allowed({"evil.example", 80}, "127.0.0.1")) << "an address that was named by another line";
    EXPECT_FALSE(policy.allowed({"127.0.0.2", 80}, "127.0.0.2"));
    EXPECT_FALSE(policy.allowed({"169.254.169.254", 80}, "169.254.169.254"));
    EXPECT_TRUE(place_->may_ask(url("https://cdn.example/")));
    EXPECT_TRUE(place_->may_ask(url("http://127.0.0.1:9/")));
    EXPECT_TRUE(place_->may_ask(url("http://93.184.215.14/")));
    EXPECT_FALSE(place_->may_ask(url("http://10.0.0.1/")));
    EXPECT_FALSE(place_->may_ask(url("http://a.localhost/")));
    EXPECT_FALSE(place_->may_ask(url("http://[::ffff:10.0.0.1]/")));
}

TEST(LinksHosts, AreLimited) {
    named_hosts hosts;
    for (std::size_t i = 0; i <= named_hosts::limit; ++i)
        hosts.named("10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256));
    EXPECT_TRUE(hosts.allowed({"10.1.0.0", 80}, "10.1.0.0"));
    const std::string last =
        "10.1." + std::to_string(named_hosts::limit / 256) + "." + std::to_string(named_hosts::limit % 256);
    EXPECT_FALSE(hosts.allowed({last, 80}, last));
}

TEST_F(LinksSource, PassesOverWhatIsNoEntryInShortCalls) {
    open(std::string(std::size_t{9} << 20, '#') + "\nhttps://x.example/a\n" + std::string(std::size_t{9} << 20, 'x') +
         "\n");
    const auto first = wait(source_->page({}, ""));
    ASSERT_TRUE(first);
    EXPECT_TRUE(first.value().items.empty());
    EXPECT_FALSE(first.value().next.empty());
    const auto items = walk();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].id.value, "https://x.example:443/a");
    EXPECT_EQ(link(items[0]), "https://x.example:443/a");
    EXPECT_EQ(items[1].id.value, "line 3");
    EXPECT_EQ(link(items[1]), "source: the cloud refuses this item (line 3: longer than 64 KiB)");
}

// DECAMP_LINKS_LINES asks for more, to see what memory they take.
TEST_F(LinksSource, EveryOneOfManyLinesIsListed) {
    const char* const asked = std::getenv("DECAMP_LINKS_LINES");
    const unsigned lines = asked == nullptr ? 50'000 : static_cast<unsigned>(std::strtoul(asked, nullptr, 10));
    const std::string path = folder_ / "list";
    {
        std::ofstream out(path, std::ios::binary);
        for (unsigned i = 0; i < lines; ++i) {
            out << (i % 3 == 0
                        ? "https://files.example/photos/2024/" + std::to_string(i) + ".jpg?sig=0123456789abcdef\n"
                        : "{\"url\":\"https://files.example/p/" + std::to_string(i) +
                              "\",\"size\":81234,\"md5\":\"00112233445566778899aabbccddeeff\"}\n");
        }
    }
    auto opened = parse_links("links:" + path);
    ASSERT_TRUE(opened);
    place_ = std::move(opened.value());
    reopen();
    std::uint64_t count = 0;
    std::string cursor;
    do {
        const auto page = wait(source_->page({}, cursor));
        ASSERT_TRUE(page);
        for (const auto& item : page.value().items) {
            const std::string number = std::to_string(count++);
            ASSERT_EQ(item.name.substr(0, number.size()), number);
        }
        cursor = page.value().next;
    } while (!cursor.empty());
    EXPECT_EQ(count, lines);
    if (asked != nullptr) RecordProperty("peak_resident_kib", std::to_string(world::peak_resident_bytes() >> 10));
}

}  // namespace
}  // namespace decamp::source::links
