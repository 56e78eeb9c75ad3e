// Every container: the same members make the same bytes wherever a run was cut, and each member is read out of the
// middle.

#include "engine/store/volumes/archive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "engine/store/volumes/member_reader.hpp"
#include "formats/bytes.hpp"
#include "formats/tar.hpp"
#include "formats/zstd_frames.hpp"
#include "tests/support/text_bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::store {
namespace {

using testing::text_bytes;

struct item {
    std::string name, bytes;
};

std::string noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; i += 8) {
        const std::uint64_t word = random();
        std::memcpy(text.data() + i, &word, std::min<std::size_t>(8, size - i));
    }
    return text;
}

std::string prose(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i) + " of what compresses well\n";
    text.resize(size);
    return text;
}

// Small ones that share frames, one of exactly a frame, one of several, none, and text.
std::vector<item> items() {
    constexpr std::size_t mib = std::size_t{1} << 20;
    std::vector<item> all{{"albums/A/empty.jpg", ""}, {"albums/A/one.jpg", "x"}};
    for (unsigned i = 0; i < 12; ++i)
        all.push_back({"albums/A/small" + std::to_string(i) + ".jpg", noise(90'000 + 1000u * i, i)});
    all.push_back({"albums/相册/large.jpg", noise(3 * mib + 77, 1)});
    all.push_back({"albums/A/frame.bin", noise(mib - 512, 2)});
    all.push_back({"notes/long.txt", prose(2 * mib + 5)});
    all.push_back({"notes/short.txt", prose(3000)});
    all.push_back({"albums/A/last.jpg", noise(700, 3)});
    return all;
}

class Archive : public ::testing::TestWithParam<container> {
  protected:
    Archive() : files_(world::open_posix_store(folder_ / "dest", true).value()) { files_->make_folders("v").value(); }

    static member_entry entry_of(const item& what) {
        member_entry e;
        e.name = what.name;
        e.size = what.bytes.size();
        e.modified_ns = 1'514'764'800'123'000'000;
        return e;
    }
    std::string text_of(const std::string& path) {
        auto file = files_->open(path, world::open_mode::read).value();
        std::string text(file->size().value(), '\0');
        file->read_at(0, std::as_writable_bytes(std::span(text))).value();
        return text;
    }
    visit_members members_of(const std::vector<item>& all, const std::vector<volume_member>& places) {
        return [all, places](const std::function<result<void>(const named_member&)>& visit) -> result<void> {
            for (std::size_t i = 0; i < places.size(); ++i) {
                named_member m;
                m.where = places[i];
                m.path = "data/" + all[i].name;
                m.size = all[i].bytes.size();
                m.time_ms = 1'514'764'800'123;
                if (auto r = visit(m); !r) return r;
            }
            return {};
        };
    }
    // Written in one go, or, after `cut` members, committed, forgotten and taken up again with litter behind the
    // commit.
    std::vector<volume_member> write(const std::string& path, const std::vector<item>& all, std::size_t cut,
                                     world::workers* helpers = nullptr) {
        std::vector<volume_member> places;
        std::vector<volume_frame> frames;
        volume_row row;
        auto file = volume_file::create(*files_, path).value();
        auto content = make_archive(GetParam(), {*file, row, {}, 3, 0, helpers, 4});
        std::size_t begin = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i == cut) {
                content->write_out().value();
                const auto fresh = content->take_frames();
                frames.insert(frames.end(), fresh.begin(), fresh.end());
                row.bytes = file->bytes();
                row.raw = content->settled();
                row.prefix = file->prefix();
                file->sync().value();
                file->append(std::string(5000, 'z')).value();
                file->sync().value();
                content.reset();
                file = volume_file::resume(*files_, path, row.bytes, row.prefix).value();
                // What was not settled is added again.
                while (begin < i && places[begin].at < row.raw) ++begin;
                places.resize(begin);
                std::uint64_t directory = 0;
                members_of(all, places)([&](const named_member& m) -> result<void> {
                    directory += directory_bytes_of(m);
                    return {};
                }).value();
                content = make_archive(GetParam(), {*file, row, frames, 3, directory, helpers, 4});
                i = begin;
                cut = all.size();
            }
            text_bytes bytes(all[i].bytes);
            places.push_back(content->add(entry_of(all[i]), bytes).value());
        }
        content->finish(members_of(all, places)).value();
        file->finish().value();
        return places;
    }

    testing::temporary_folder folder_;
    std::unique_ptr<world::file_store> files_;
};

TEST_P(Archive, IsTheSameWhereverItWasCut) {
    const auto all = items();
    write("v/whole", all, all.size());
    const std::string whole = text_of("v/whole");
    for (std::size_t cut = 0; cut < all.size(); ++cut) {
        write("v/cut", all, cut);
        EXPECT_EQ(text_of("v/cut"), whole) << "cut before member " << cut;
    }
}

TEST_P(Archive, IsTheSameHoweverManyThreadsCompress) {
    auto all = items();
    for (int i = 0; i < 9; ++i) all.push_back({"notes/more" + std::to_string(i) + ".txt", prose(400'000)});
    write("v/whole", all, all.size());
    const auto workers = world::make_thread_workers(1);
    write("v/threads", all, all.size(), workers.get());
    EXPECT_EQ(text_of("v/threads"), text_of("v/whole"));
    write("v/cut", all, all.size() - 3, workers.get());
    EXPECT_EQ(text_of("v/cut"), text_of("v/whole"));
}

TEST_P(Archive, GivesEachMemberBackFromTheMiddle) {
    const auto all = items();
    const auto places = write("v/whole", all, all.size());
    std::mt19937 random(5);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const member_place place{
            "v/whole", {}, GetParam(), places[i].body, places[i].stored, all[i].bytes.size(), places[i].deflated, {}};
        auto member = read_member(*files_, place).value();
        for (int round = 0; round < 4; ++round) {
            const std::size_t from = round == 0 || all[i].bytes.empty() ? 0 : random() % all[i].bytes.size();
            std::string text(all[i].bytes.size() - from + 10, '\0');
            const auto got = member->read(from, std::as_writable_bytes(std::span(text))).value();
            text.resize(got);
            EXPECT_EQ(text, all[i].bytes.substr(from)) << all[i].name << " from " << from;
        }
    }
}

TEST_P(Archive, AMemberThatFitsDoesNotOutgrowItsVolume) {
    std::mt19937 random(9);
    for (int round = 0; round < 20; ++round) {
        const std::uint64_t limit = 300'000 + random() % 3'000'000;
        volume_row row;
        auto file = volume_file::create(*files_, "v/limited").value();
        auto content = make_archive(GetParam(), {*file, row, {}, 1, 0, nullptr, 1});
        std::vector<item> held;
        std::vector<volume_member> places;
        for (int i = 0;; ++i) {
            item next{"albums/A/" + std::string(1 + random() % 120, 'n') + std::to_string(i) + ".jpg",
                      noise(random() % 60'000, random())};
            if (!content->fits(entry_of(next), limit).value()) break;
            text_bytes bytes(next.bytes);
            places.push_back(content->add(entry_of(next), bytes).value());
            held.push_back(std::move(next));
        }
        content->close_frame().value();
        content->finish(members_of(held, places)).value();
        EXPECT_LE(file->bytes(), limit);
        EXPECT_GT(file->bytes(), limit / 2);
    }
}

TEST_P(Archive, BytesThatEndEarlyAreAnError) {
    volume_row row;
    auto file = volume_file::create(*files_, "v/short").value();
    auto content = make_archive(GetParam(), {*file, row, {}, 3, 0, nullptr, 1});
    text_bytes bytes("too few");
    member_entry e = entry_of({"a.jpg", std::string(100, 'x')});
    EXPECT_FALSE(content->add(e, bytes));
}

TEST_P(Archive, DamageIsNoticedByTheReader) {
    const auto all = items();
    const auto places = write("v/whole", all, all.size());
    const auto unreadable = [&] {
        const member_place place{"v/whole",           {},    GetParam(), places[2].body, places[2].stored,
                                 all[2].bytes.size(), false, {}};
        const auto member = read_member(*files_, place);
        std::string text(all[2].bytes.size(), '\0');
        return !member || !member.value()->read(0, std::as_writable_bytes(std::span(text)));
    };
    EXPECT_FALSE(unreadable());
    auto file = files_->open("v/whole", world::open_mode::read_write).value();
    if (GetParam() == container::tar_zst) {  // plain bytes have only their SHA-256
        file->write_at(places[3].at / 2 + 200, formats::as_bytes("????")).value();
        EXPECT_TRUE(unreadable());
    }
    file->truncate(1000).value();
    EXPECT_TRUE(unreadable());
}

TEST(VolumeFile, IsNotTakenUpWhereItIsNotWhatWasCommitted) {
    testing::temporary_folder folder;
    auto files = world::open_posix_store(folder / "dest", true).value();
    auto file = volume_file::create(*files, "v").value();
    file->append(std::string(300'000, 'a')).value();
    file->sync().value();
    const auto prefix = file->prefix();
    file->append("more").value();
    file->sync().value();
    file.reset();
    EXPECT_TRUE(volume_file::begins_with(*files, "v", 300'000, prefix).value());
    EXPECT_FALSE(volume_file::begins_with(*files, "v", 300'001, prefix).value());
    EXPECT_FALSE(volume_file::begins_with(*files, "v", 400'000, prefix).value());
    {
        auto again = volume_file::resume(*files, "v", 300'000, prefix).value();
        EXPECT_EQ(again->bytes(), 300'000u);
        EXPECT_EQ(again->finish().value(), formats::sha256_of(formats::as_bytes(std::string(300'000, 'a'))));
    }
    EXPECT_EQ(files->info("v").value()->size, 300'000u);
    auto raw = files->open("v", world::open_mode::read_write).value();
    raw->write_at(299'999, formats::as_bytes("b")).value();
    EXPECT_EQ(volume_file::resume(*files, "v", 300'000, prefix).error().code, world::file_errc::io);
    raw->truncate(10).value();
    EXPECT_EQ(volume_file::resume(*files, "v", 300'000, prefix).error().code, world::file_errc::io);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Archive, ::testing::Values(container::tar, container::tar_zst, container::zip),
                         [](const ::testing::TestParamInfo<container>& of) {
                             std::string name(word_of(of.param));
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

}  // namespace
}  // namespace decamp::store
