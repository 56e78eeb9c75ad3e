// Volumes as decamp writes them, and a catalogue that knows nothing of what is in them.

#include "engine/pipeline/take_up_members.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/model/layout.hpp"
#include "engine/store/volumes/archive.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "tests/support/text_bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::pipeline {
namespace {

using testing::text_bytes;

struct item {
    std::string name, bytes, link_to;
    std::optional<std::int64_t> modified_ns;
};

std::string text_of(std::size_t size, const std::string& word) {
    std::string text;
    while (text.size() < size) text += word + std::to_string(text.size()) + "\n";
    text.resize(size);
    return text;
}

formats::sha256_digest sha256_of(const std::string& bytes) {
    return formats::sha256_of(formats::as_bytes(bytes));
}

// Short and long names, in letters of all kinds; nothing, little and much; times of all kinds; text that is deflated.
std::vector<item> usual_items() {
    constexpr std::int64_t when = 1'514'764'800'123'000'000;
    return {{"albums/A/empty.jpg", "", {}, when},
            {"albums/A/one.jpg", "x", {}, {}},
            {"albums/相册/" + std::string(120, 'n') + ".jpg", text_of(5000, "n"), {}, -1'500'000'000},
            {"unproven/odd~1.jpg", "odd", {}, when},
            {"files/notes/long.txt", text_of(2'500'000, "line "), {}, when - 123'000'000},
            {"albums/A/last.jpg", text_of(700, "l"), {}, when}};
}

class TakeUpMembers : public ::testing::TestWithParam<container> {
  protected:
    TakeUpMembers() : files_(world::open_posix_store(folder_ / "dest", true).value()) {
        files_->make_folders(layout::volumes_folder).value();
        where_ = catalogue::catalogue::open(folder_ / "catalogue", {}).value();
    }

    // Written into data/volumes, with its list, and noted as a whole.
    volume_row write(const std::vector<item>& all, const std::string& list_line_more = {}) {
        volume_row row;
        row.number = 1;
        row.state = volume_state::sealed;
        row.name = "volume-0001." + std::string(word_of(GetParam()));
        const std::string path = store::sealed_path(row);
        auto file = store::volume_file::create(*files_, path).value();
        auto content = store::make_archive(GetParam(), {*file, row, {}, 3});
        std::vector<named_member> members;
        std::string list;
        for (const item& one : all) {
            text_bytes bytes(one.bytes);
            named_member m;
            m.where = content->add({one.name, one.bytes.size(), one.modified_ns, one.link_to}, bytes).value();
            m.path = "data/" + one.name;
            m.size = one.bytes.size();
            m.sha256 = sha256_of(one.bytes);
            if (one.modified_ns) m.time_ms = *one.modified_ns / 1'000'000;
            formats::append_manifest_line(list, m.sha256, one.name);
            members.push_back(std::move(m));
        }
        list += list_line_more;
        content
            ->finish([&](const std::function<result<void>(const named_member&)>& visit) -> result<void> {
                for (const named_member& m : members) visit(m).value();
                return {};
            })
            .value();
        row.sha256 = file->finish().value();
        row.bytes = file->stored();
        auto beside = store::volume_file::create(*files_, layout::list_beside(path)).value();
        beside->append(list).value();
        row.list_sha256 = beside->finish().value();
        row.list_bytes = list.size();
        where_->add_volume(row).value();
        return row;
    }

    void take(bool vouched) {
        std::set<std::int64_t> known;
        if (vouched) known.insert(1);
        take_up_members(*files_, *where_, known).value();
    }

    std::optional<stored_blob> found(const std::string& name) { return where_->find_orphan("data/" + name).value(); }

    void expect_all(const std::vector<item>& all) {
        for (const item& one : all) {
            SCOPED_TRACE(one.name);
            const auto orphan = found(one.name);
            ASSERT_EQ(orphan.has_value(), !one.name.starts_with("unproven/"));
            if (!orphan) continue;
            EXPECT_EQ(orphan->size, one.bytes.size());
            const auto body = where_->find_body(orphan->blob).value().value();
            const auto place = store::place_of(body.volume, body.member);
            EXPECT_TRUE(store::has_bytes(*files_, place, sha256_of(one.bytes)));
            EXPECT_TRUE(store::has_sha1(*files_, place, formats::sha1_of(formats::as_bytes(one.bytes))));
        }
    }
    void expect_none(const std::vector<item>& all) {
        for (const item& one : all) EXPECT_FALSE(found(one.name)) << one.name;
    }
    void flip(const std::string& path, std::uint64_t at) {
        auto file = files_->open(path, world::open_mode::read_write).value();
        std::byte one{};
        file->read_at(at, std::span(&one, 1)).value();
        one ^= std::byte{1};
        file->write_at(at, std::span(&one, 1)).value();
    }

    testing::temporary_folder folder_;
    std::unique_ptr<world::file_store> files_;
    std::unique_ptr<catalogue::catalogue> where_;
};

TEST_P(TakeUpMembers, MakesThemKnownAndReadable) {
    for (const bool vouched : {true, false}) {
        const auto all = usual_items();
        write(all);
        take(vouched);
        expect_all(all);
        take(vouched);  // as after a run that was stopped
        expect_all(all);
        where_->forget_orphan_members(1).value();
    }
}

TEST_P(TakeUpMembers, OfManyIsDoneInParts) {
    std::vector<item> all;
    for (int i = 0; i < 2500; ++i) all.push_back({"albums/A/" + std::to_string(i) + ".jpg", std::to_string(i), {}, {}});
    write(all);
    take(true);
    for (const std::size_t i : {0U, 999U, 1000U, 2499U}) EXPECT_TRUE(found(all[i].name)) << i;
}

TEST_P(TakeUpMembers, WithAListThatDoesNotFitIsNone) {
    const auto all = usual_items();
    const volume_row row = write(all, formats::manifest_line(sha256_of("more"), "albums/A/more.jpg"));
    take(true);
    expect_none(all);
    flip(layout::list_beside(store::sealed_path(row)), 3);
    take(true);
    expect_none(all);
}

TEST_P(TakeUpMembers, OfAVolumeThatBreaksOffIsNone) {
    const auto all = usual_items();
    const volume_row row = write(all);
    files_->open(store::sealed_path(row), world::open_mode::read_write)
        .value()
        ->truncate(row.bytes - row.bytes / 3)
        .value();
    take(true);
    expect_none(all);
}

TEST_P(TakeUpMembers, ThatNoManifestVouchesForAreReadAndCompared) {
    std::vector<item> all = usual_items();
    all.back().bytes = std::string(700, '\xff');
    const volume_row row = write(all);
    take(true);
    const std::uint64_t body = where_->find_body(found(all.back().name)->blob).value()->member.where.body;
    where_->forget_orphan_members(1).value();
    // A frame in the middle of the long one, which is passed over.
    flip(store::sealed_path(row), GetParam() == container::tar_zst ? row.bytes / 2 : body);
    take(true);
    EXPECT_TRUE(found(all.front().name));  // that is for the read-back to tell
    where_->forget_orphan_members(1).value();
    take(false);
    expect_none(all);
}

TEST_P(TakeUpMembers, LinksShareTheirBodysBytes) {
    if (GetParam() == container::zip) return;
    std::vector<item> all{{"albums/A/a.jpg", "bytes", {}, {}}, {"albums/A/b.jpg", "others", {}, {}}};
    std::vector<item> linked = all;
    linked.push_back({"albums/A/link.jpg", "bytes", "albums/A/a.jpg", {}});
    linked.push_back({"albums/A/stray.jpg", "bytes", "albums/A/b.jpg", {}});  // the list says otherwise
    write(linked);
    take(false);
    expect_all(all);
    EXPECT_EQ(found("albums/A/link.jpg")->blob, found("albums/A/a.jpg")->blob);
    EXPECT_FALSE(found("albums/A/stray.jpg"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, TakeUpMembers, ::testing::Values(container::tar, container::tar_zst, container::zip),
                         [](const ::testing::TestParamInfo<container>& of) {
                             std::string name(word_of(of.param));
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

}  // namespace
}  // namespace decamp::pipeline
