// A catalogue on a stick that somebody else had in hand: opening it and asking it everything must end in answers or in
// an error, whatever its bytes are. An input is a list of patches to a good file, five bytes each: page, offset (2),
// length, value; so that small inputs reach every page. An input that starts with "SQLite" is taken as the file itself.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "engine/catalogue/catalogue.hpp"

namespace {

using namespace decamp;
using catalogue_type = catalogue::catalogue;

// In memory where there is such a folder: each input flushes the file several times.
struct scratch_folder {
    scratch_folder() {
        const std::filesystem::path memory = "/dev/shm";
        const auto base = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
        path = base / ("decamp-fuzz-" + std::to_string(std::random_device{}()));
        std::filesystem::create_directory(path);
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

std::string scratch(const char* name) {
    static const scratch_folder folder;
    return (folder.path / name).string();
}

void must(bool good) {
    if (!good) std::abort();
}

formats::sha256_digest digest(int i) {
    formats::sha256_digest d{};
    d[0] = static_cast<std::byte>(i);
    return d;
}

// Items in every state.
std::string good_file() {
    const std::string path = scratch("good.sqlite");
    for (const char* part : {"", "-wal"}) std::filesystem::remove(path + part);
    {
        auto made = catalogue_type::open(path, {});
        must(made.has_value());
        catalogue_type& c = *made.value();
        must(c.begin_run(1).has_value());
        const auto album = c.add_collection({{"1"}, "Camera", 9, false}, "Camera");
        for (int i = 0; i < 24; ++i) {
            listed_item item;
            item.id.value = std::to_string(i);
            item.name = item.id.value + ".jpg";
            item.size = 100;
            item.sha1.emplace()[0] = static_cast<std::byte>(i);
            const auto row = c.put_item(item, catalogue::item_state::wanted);
            const auto own = c.add_own_file(row.value(), "data/" + item.name, item, {});
            must(c.tally(0, row.value(), "20240501").has_value());
            must(c.add_membership(album.value(), row.value()).has_value());
            checked_blob checked;
            checked.item.key = own.value().file;
            checked.item.blob = own.value().blob;
            checked.staging_path = "stage/" + item.id.value;
            checked.digests.size = formats::block_size * 2;
            checked.digests.sha256 = digest(i / 2);
            checked.digests.blocks.resize(2);
            if (i % 6 > 0) must(c.record_checked({checked}, true).has_value());
            if (i % 6 > 1) (void)c.record_stored({own.value().blob}, i);
            if (i % 6 > 3) must(c.record_proven({{own.value().blob, read_back_method::medium, 1}}).has_value());
            if (i % 12 == 0)
                must(c.record_failed({own.value().file, exception_reason::refused_by_cloud, "", 1}).has_value());
        }
    }
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void ask_everything(catalogue_type& c) {
    (void)c.next_planned({}, 100);
    (void)c.next_unsettled({}, 100);
    (void)c.next_unpublished_twins({}, 100);
    (void)c.next_unproven({}, 100);
    (void)c.next_stored({}, 100);
    (void)c.counts();
    (void)c.bytes();
    (void)c.read_back();
    (void)c.tallied(0);
    (void)c.each_exception([](const certificate_exception&) { return true; });
    (void)c.each_file([](const catalogue::filed&) { return true; });
    (void)c.each_collection([&](const certificate_collection&, std::int64_t row, const std::string&) {
        (void)c.each_member(row, [](const catalogue::listed_member&) { return true; });
        return true;
    });
    if (!c.begin_run(2)) return;
    (void)c.distrust_twins();
    listed_item changed;
    changed.id.value = "1";
    (void)c.put_item(changed, catalogue::item_state::wanted);
    const auto stored = c.next_stored({}, 3);
    if (!stored) return;
    for (const stored_blob& blob : stored.value()) (void)c.record_damaged({blob.blob, blob.path, "missing"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string good = good_file();
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    std::string bytes = good;
    if (input.starts_with("SQLite")) {
        bytes = input;
    } else {
        for (std::size_t at = 0; at + 5 <= size; at += 5) {
            const std::size_t offset = data[at] * std::size_t{4096} + data[at + 1] * std::size_t{256} + data[at + 2];
            for (std::size_t i = offset; i < offset + 1 + data[at + 3] % 16U && i < bytes.size(); ++i)
                bytes[i] = static_cast<char>(data[at + 4]);
        }
    }
    const std::string path = scratch("tried.sqlite");
    for (const char* part : {"", "-wal"}) std::filesystem::remove(path + part);
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    auto opened = catalogue_type::open(path, {});
    if (opened) ask_everything(*opened.value());
    return 0;
}
