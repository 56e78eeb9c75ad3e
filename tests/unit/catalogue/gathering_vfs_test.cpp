#include "engine/catalogue/gathering_vfs.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A file of SQLite's, opened as it opens one.
class layered {
  public:
    explicit layered(const std::string& path) : vfs_(sqlite3_vfs_find(gathering_vfs("").c_str())) {
        room_.resize(static_cast<std::size_t>(vfs_->szOsFile) / sizeof(std::max_align_t) + 1);
        file_ = reinterpret_cast<sqlite3_file*>(room_.data());
        // A name of SQLite's own is followed by its parameters, of which there are none.
        name_ = path + std::string(4, '\0');
        constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB;
        EXPECT_EQ(vfs_->xOpen(vfs_, name_.c_str(), file_, flags, nullptr), SQLITE_OK);
    }
    ~layered() { EXPECT_EQ(file_->pMethods->xClose(file_), SQLITE_OK); }

    void write(const std::string& bytes, std::int64_t at) {
        EXPECT_EQ(file_->pMethods->xWrite(file_, bytes.data(), static_cast<int>(bytes.size()), at), SQLITE_OK);
    }
    std::pair<int, std::string> read(std::size_t size, std::int64_t at) {
        std::string into(size, '?');
        const int code = file_->pMethods->xRead(file_, into.data(), static_cast<int>(size), at);
        return {code, into};
    }
    std::int64_t size() {
        sqlite3_int64 bytes = -1;
        EXPECT_EQ(file_->pMethods->xFileSize(file_, &bytes), SQLITE_OK);
        return bytes;
    }
    void cut(std::int64_t to) { EXPECT_EQ(file_->pMethods->xTruncate(file_, to), SQLITE_OK); }
    void flush() { EXPECT_EQ(file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL), SQLITE_OK); }

  private:
    sqlite3_vfs* vfs_;
    std::string name_;
    std::vector<std::max_align_t> room_;
    sqlite3_file* file_;
};

TEST(gathering, writes_what_follows_each_other_before_a_flush_and_not_sooner) {
    const scratch_folder folder;
    const std::string path = folder.file("a");
    layered file(path);
    for (int i = 0; i < 20; ++i) {
        file.write(std::string(24, 'h'), i * 4120);
        file.write(std::string(4096, static_cast<char>('a' + i)), i * 4120 + 24);
    }
    EXPECT_EQ(bytes_of(path).size(), 0U);
    EXPECT_EQ(file.size(), 20 * 4120);
    EXPECT_EQ(file.read(4096, 3 * 4120 + 24).second, std::string(4096, 'd'));
    EXPECT_EQ(bytes_of(path).size(), 0U);
    file.flush();
    EXPECT_EQ(bytes_of(path).size(), 20U * 4120);
}

TEST(gathering, is_bounded) {
    const scratch_folder folder;
    const std::string path = folder.file("a");
    layered file(path);
    for (int i = 0; i < 200; ++i) file.write(std::string(4096, 'x'), i * 4096);
    EXPECT_GE(bytes_of(path).size(), (200U * 4096) - (120U << 10));
}

// Against a string that is changed alike.
TEST(gathering, reads_as_if_it_were_not_there) {
    const scratch_folder folder;
    for (unsigned seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
        const std::string path = folder.file(std::to_string(seed));
        std::string model;
        {
            layered file(path);
            for (int step = 0; step < 400; ++step) {
                const std::size_t what = below(10);
                if (what < 5) {
                    const bool on = below(3) > 0;  // behind the last one, mostly
                    const std::size_t at = on ? model.size() : below(model.size() + 9000);
                    const std::string bytes(1 + below(below(20) == 0 ? 65'536 : 5000),
                                            static_cast<char>('a' + below(26)));
                    file.write(bytes, static_cast<std::int64_t>(at));
                    if (model.size() < at + bytes.size()) model.resize(at + bytes.size(), '\0');
                    model.replace(at, bytes.size(), bytes);
                } else if (what < 8) {
                    const std::size_t at = below(model.size() + 100), size = 1 + below(6000);
                    const auto [code, got] = file.read(size, static_cast<std::int64_t>(at));
                    std::string expected = at < model.size() ? model.substr(at, size) : std::string();
                    EXPECT_EQ(code, expected.size() == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
                    expected.resize(size, '\0');
                    ASSERT_EQ(got, expected);
                } else if (what == 8) {
                    file.flush();
                    ASSERT_EQ(bytes_of(path), model);
                } else {
                    ASSERT_EQ(file.size(), static_cast<std::int64_t>(model.size()));
                    if (below(4) > 0) continue;
                    model.resize(below(model.size() + 1));
                    file.cut(static_cast<std::int64_t>(model.size()));
                }
            }
        }
        EXPECT_EQ(bytes_of(path), model);
    }
}

TEST(gathering, is_made_once_and_of_what_there_is) {
    EXPECT_EQ(gathering_vfs(""), gathering_vfs(""));
    EXPECT_EQ(gathering_vfs("no such vfs"), "");
}

}  // namespace
}  // namespace decamp::catalogue
