// Archives made by formats/ alone, for programs of others to read (tests/integration/test_containers.py).
//   make_archive all LIST FOLDER    a tar, a tar.zst with a seek table and a zip of the files in LIST, which has four
//   fields an
//                                   entry, each ended by NUL: path, file with the content, time in ns or nothing, link
//                                   target
//   make_archive large FOLDER       a tar with a member of 9 GiB and a zip with one of 4.2 GiB, sparse, a small one
//   behind each make_archive many FOLDER        a zip of 70,000 members

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/compressible.hpp"
#include "formats/crc.hpp"
#include "formats/deflate.hpp"
#include "formats/tar.hpp"
#include "formats/zip.hpp"
#include "formats/zstd_frames.hpp"

namespace {

using namespace decamp::formats;
namespace fs = std::filesystem;
using bytes = std::vector<std::byte>;

constexpr std::size_t piece_bytes = 50'000;  // of a frame, or of deflate: so that there are several
constexpr std::size_t wide_entries = 3;      // every third member of the zip has wide sizes

void check(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "make_archive: %s\n", what);
    std::exit(1);
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    check(in.good(), path.c_str());
    return {std::istreambuf_iterator<char>(in), {}};
}

class output {
  public:
    explicit output(const fs::path& path) : file_(path, std::ios::binary | std::ios::trunc) {}
    ~output() {
        file_.flush();
        check(file_.good(), "cannot write");
    }
    output(const output&) = delete;
    output& operator=(const output&) = delete;
    void write(std::string_view text) { file_.write(text.data(), static_cast<std::streamsize>(text.size())); }
    void write(std::span<const std::byte> data) { write(as_text(data)); }
    // A hole; something must be written behind it.
    void skip(std::uint64_t count) { file_.seekp(static_cast<std::streamoff>(count), std::ios::cur); }
    std::uint64_t at() { return static_cast<std::uint64_t>(file_.tellp()); }
    void go_to(std::uint64_t place) { file_.seekp(static_cast<std::streamoff>(place)); }

  private:
    std::ofstream file_;
};

struct member {
    std::string path, content, link_to;
    std::optional<std::int64_t> modified_ns;
};

std::vector<member> read_list(const fs::path& list) {
    const std::string text = read_file(list);
    std::string_view rest = text;
    const auto field = [&] {
        const auto end = rest.find('\0');
        check(end != std::string_view::npos, "the list is cut");
        const auto out = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        return out;
    };
    std::vector<member> out;
    while (!rest.empty()) {
        member one;
        one.path = field();
        const auto file = field(), time = field();
        one.link_to = field();
        if (!file.empty()) one.content = read_file(file);
        if (!time.empty()) std::from_chars(time.data(), time.data() + time.size(), one.modified_ns.emplace());
        out.push_back(std::move(one));
    }
    return out;
}

std::string make_tar(const std::vector<member>& members) {
    std::string out;
    for (const member& one : members) {
        const std::uint64_t size = one.link_to.empty() ? one.content.size() : 0;
        out += tar_header({.path = one.path, .size = size, .modified_ns = one.modified_ns, .link_to = one.link_to});
        if (!one.link_to.empty()) continue;
        out += one.content;
        out.append(static_cast<std::size_t>(tar_padding(size)), '\0');
    }
    out.append(tar_end_bytes, '\0');
    return out;
}

// Compressed and stored frames by turns, and an empty one of each among them.
bytes make_frames(std::string_view raw) {
    zstd_compressor compressor(3);
    bytes out;
    std::vector<seek_entry> table;
    const auto add = [&](std::string_view piece) {
        const std::size_t before = out.size();
        if (table.size() % 2 == 0)
            compressor.append_frame(out, as_bytes(piece));
        else
            append_stored_frame(out, as_bytes(piece));
        table.push_back({static_cast<std::uint32_t>(out.size() - before), static_cast<std::uint32_t>(piece.size())});
    };
    for (; !raw.empty(); raw.remove_prefix(std::min(raw.size(), piece_bytes))) {
        add(raw.substr(0, piece_bytes));
        if (table.size() == 3 || table.size() == 8) add({});
    }
    const std::string end = seek_table(table);
    out.insert(out.end(), as_bytes(end).begin(), as_bytes(end).end());
    check(parse_seek_table(std::span(out).last(end.size())) == table, "the table does not come back");
    return out;
}

std::uint32_t crc_of(std::string_view text) {
    crc32_hasher hasher;
    hasher.update(as_bytes(text));
    return hasher.finish();
}

// The packed bytes; the entry's sizes, method and CRC are filled in.
bytes pack(std::string_view content, zip_entry& entry) {
    bytes packed;
    entry.size = content.size();
    entry.method = worth_compressing(entry.path, as_bytes(content)) ? zip_method::deflated : zip_method::stored;
    if (entry.method == zip_method::stored) packed.assign(as_bytes(content).begin(), as_bytes(content).end());
    std::uint32_t crc = 0;
    for (std::size_t at = 0; at < content.size(); at += piece_bytes) {
        const auto piece = content.substr(at, piece_bytes);
        crc = crc32_joined(crc, crc_of(piece), piece.size());
        if (entry.method == zip_method::deflated)
            append_deflate_piece(packed, as_bytes(piece), 6, at + piece.size() == content.size());
    }
    entry.crc32 = crc;
    entry.packed_size = packed.size();
    return packed;
}

void make_zip(const std::vector<member>& members, const fs::path& path) {
    output out(path);
    std::string directory;
    std::uint64_t count = 0;
    for (const member& one : members) {
        if (!one.link_to.empty()) continue;
        zip_entry entry;
        entry.path = one.path;
        entry.modified_ns = one.modified_ns;
        entry.header_offset = out.at();
        entry.wide = ++count % wide_entries == 0;
        // Once with nothing known, then again in its place, as a stream has to.
        const std::size_t header_bytes = zip_local_header(entry).size();
        out.skip(header_bytes);
        const bytes packed = pack(one.content, entry);
        out.write(packed);
        const std::uint64_t end = out.at();
        const std::string header = zip_local_header(entry);
        check(header.size() == header_bytes, "a header changed its length");
        out.go_to(entry.header_offset);
        out.write(header);
        out.go_to(end);
        directory += zip_directory_entry(entry);
    }
    const std::uint64_t offset = out.at();
    out.write(directory);
    out.write(zip_end(offset, directory.size(), count));
}

void make_large(const fs::path& folder) {
    const std::string small = "behind it\n";
    {
        constexpr std::uint64_t size = (std::uint64_t{9} << 30) + 1;
        output tar(folder / "large.tar");
        tar.write(tar_header({.path = "large", .size = size, .modified_ns = {}, .link_to = {}}));
        tar.skip(size + tar_padding(size));
        tar.write(tar_header({.path = "small", .size = small.size(), .modified_ns = {}, .link_to = {}}));
        tar.write(small);
        tar.write(std::string(static_cast<std::size_t>(tar_padding(small.size())) + tar_end_bytes, '\0'));
    }
    zip_entry large, behind;
    large.path = "large";
    large.size = large.packed_size = std::uint64_t{4'200'000'000} + (std::uint64_t{1} << 28);
    large.wide = true;
    // Of zeros, put together from powers of two.
    std::uint32_t power_crc = crc_of(std::string_view("\0", 1));
    for (std::uint64_t power = 1, done = 0; power <= large.size; power *= 2) {
        if ((large.size & power) != 0) {
            large.crc32 = done == 0 ? power_crc : crc32_joined(large.crc32, power_crc, power);
            done += power;
        }
        power_crc = crc32_joined(power_crc, power_crc, power);
    }
    output zip(folder / "large.zip");
    zip.write(zip_local_header(large));
    zip.skip(large.size);
    behind.path = "small";
    behind.header_offset = zip.at();
    const bytes packed = pack(small, behind);
    zip.write(zip_local_header(behind));
    zip.write(packed);
    const std::uint64_t offset = zip.at();
    const std::string directory = zip_directory_entry(large) + zip_directory_entry(behind);
    zip.write(directory);
    zip.write(zip_end(offset, directory.size(), 2));
}

void make_many(const fs::path& folder) {
    std::vector<member> members(70'000);
    for (std::size_t i = 0; i < members.size(); ++i)
        members[i] = {.path = "d" + std::to_string(i / 1000) + "/" + std::to_string(i),
                      .content = {},
                      .link_to = {},
                      .modified_ns = {}};
    members.back().content = "the last\n";
    make_zip(members, folder / "many.zip");
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "all") {
        const auto members = read_list(words[1]);
        const fs::path folder = words[2];
        const std::string tar = make_tar(members);
        output(folder / "all.tar").write(tar);
        output(folder / "all.tar.zst").write(make_frames(tar));
        make_zip(members, folder / "all.zip");
    } else if (words.size() == 2 && words[0] == "large") {
        make_large(words[1]);
    } else if (words.size() == 2 && words[0] == "many") {
        make_many(words[1]);
    } else {
        std::fputs("usage: make_archive all LIST FOLDER | large FOLDER | many FOLDER\n", stderr);
        return 2;
    }
    return 0;
}
