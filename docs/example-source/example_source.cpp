// A source of one's own: the members of a tar archive (uncompressed, as GNU tar makes it), exported and proven like any
// cloud.
//
// usage: example_source ARCHIVE.tar DEST

#include <decamp/source.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace {

using decamp::source_failure;
using kind = source_failure::kind;
constexpr std::uint64_t block = 512, longest_name = 4096;

struct member {
    std::string path;
    std::uint64_t size = 0;
    std::int64_t modified_s = 0;
    char type = '0';  // 0 a file, 5 a folder, L the long name of the member behind it; else links, devices and the like
};

[[noreturn]] void damaged(const char* what) {
    throw source_failure(kind::unreachable, what);
}

std::string text_of(std::string_view field) {
    return std::string(field.substr(0, field.find('\0')));
}

std::uint64_t octal(std::string_view field) {
    std::uint64_t value = 0;
    for (const char c : text_of(field)) {
        if (c != ' ' && (c < '0' || c > '7')) damaged("a header with a number that is none");
        if (c != ' ') value = value * 8 + static_cast<std::uint64_t>(c - '0');  // 12 digits at most: no overflow
    }
    return value;
}

// Bytes of the archive. Opened anew for each list and each member, so that no two threads share a position.
class piece final : public decamp::item_stream {
  public:
    piece(const std::string& path, std::uint64_t at, std::uint64_t end)
        : in_(path, std::ios::binary), at_(at), end_(end) {
        in_.seekg(static_cast<std::streamoff>(at));
    }
    std::size_t read(std::byte* into, std::size_t size) override {
        size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - at_));
        in_.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(size));
        if (static_cast<std::size_t>(in_.gcount()) != size)
            throw source_failure(kind::try_again, "the archive cannot be read");
        at_ += size;
        return size;
    }

  private:
    std::ifstream in_;
    std::uint64_t at_, end_;
};

class tar_source final : public decamp::blocking_source {
  public:
    explicit tar_source(const std::filesystem::path& path)
        : path_(std::filesystem::absolute(path).lexically_normal().string()) {}
    std::string kind() const override { return "tar"; }
    std::string name() const override { return path_; }

    // A cursor is where the next header is.
    decamp::source_page next_page(const std::string& cursor, std::stop_token stop) override {
        decamp::source_page page;
        std::string long_name;
        std::uint64_t at = cursor.empty() ? 0 : std::stoull(cursor);
        while (page.items.size() < 1000) {
            if (stop.stop_requested()) throw source_failure(kind::try_again, "stopped");
            member found;
            if (!look(at, found)) return page;
            if (found.type == 'L') {
                long_name.resize(std::min(found.size, longest_name));
                piece(path_, at + block, at + block + found.size)
                    .read(reinterpret_cast<std::byte*>(long_name.data()), long_name.size());
            } else if (found.type != '5' && found.type != 'K') {
                decamp::source_item item;
                item.id = std::to_string(at);  // the same in every run, as long as members are only added
                item.path = long_name.empty() ? found.path : text_of(long_name);
                if (item.path.starts_with("./")) item.path.erase(0, 2);
                if (found.type == '0') item.size = found.size;
                item.modified_ms = found.modified_s * 1000;
                page.items.push_back(std::move(item));
                long_name.clear();
            }
            at += block + (found.size + block - 1) / block * block;
        }
        page.next = std::to_string(at);
        return page;
    }

    decamp::opened_item open(const decamp::source_item& item, std::uint64_t offset, std::stop_token) override {
        member there;
        const std::uint64_t at = std::stoull(item.id);
        if (!look(at, there)) throw source_failure(kind::changed, "the archive ends here now");
        if (there.type != '0') throw source_failure(kind::refused, "no plain file");
        if (there.size != item.size) throw source_failure(kind::changed, "another member is here now");
        decamp::opened_item opened;
        opened.begins_at = offset < there.size ? offset : 0;
        opened.total = there.size;
        opened.version = std::to_string(std::filesystem::last_write_time(path_).time_since_epoch().count());
        opened.stream = std::make_unique<piece>(path_, at + block + opened.begins_at, at + block + there.size);
        return opened;
    }

  private:
    // The header at `at`; false: the mark of the archive's end. What it says is checked before anybody relies on it.
    bool look(std::uint64_t at, member& out) const {
        std::error_code missing;
        const std::uint64_t length = std::filesystem::file_size(path_, missing);
        if (missing) damaged("the archive cannot be opened");
        if (at > length || length - at < block) damaged("the archive is cut off");
        std::array<char, block> raw;
        piece(path_, at, at + block).read(reinterpret_cast<std::byte*>(raw.data()), block);
        const std::string_view all(raw.data(), block);
        if (all.find_first_not_of('\0') == std::string_view::npos) return false;
        if (all.substr(257, 6) != "ustar ") damaged("no archive as tar --format=gnu makes it");
        std::uint64_t sum = 8 * ' ';  // its own field counts as blanks
        for (std::size_t i = 0; i < block; ++i) sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(raw[i]);
        if (sum != octal(all.substr(148, 8))) damaged("a header whose sum is wrong");
        out = {text_of(all.substr(0, 100)), octal(all.substr(124, 12)),
               static_cast<std::int64_t>(octal(all.substr(136, 12))), raw[156]};
        if (out.size > length - at - block) damaged("a member that reaches beyond the archive");
        return true;
    }
    const std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: example_source ARCHIVE.tar DEST\n");
        return 2;
    }
    tar_source source(argv[1]);
    decamp::export_options options;
    options.destination = argv[2];
    decamp::observer silent;
    const decamp::outcome ended = decamp::run_export(options, source, silent);
    std::printf("%s\n", ended.sentence.c_str());
    for (const std::string& line : ended.further) std::printf("%s\n", line.c_str());
    return static_cast<int>(ended.code);
}
