#include "formats/safe_name.hpp"

#include <set>

#include <gtest/gtest.h>

#include "formats/unicode.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

std::string repeated(std::string_view piece, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += piece;
    return out;
}

// Microsoft's list ("Naming Files, Paths, and Namespaces"), with any extension and with spaces before it.
bool is_device(std::string name) {
    static const std::set<std::string> devices = [] {
        std::set<std::string> all{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
        for (std::string port : {"COM", "LPT"}) {
            for (std::string_view number :
                 {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00B9", "\u00B2", "\u00B3"}) {
                all.insert(port + std::string(number));
            }
        }
        return all;
    }();
    name.resize(std::min(name.find('.'), name.size()));
    while (!name.empty() && name.back() == ' ') name.pop_back();
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return devices.contains(name);
}

// The contract of docs and interface, written again, apart from the code under test. Returns what is wrong, or "".
std::string fault_of(const std::string& name, name_limits limits) {
    if (name.empty()) return "empty";
    if (name == "." || name == "..") return "dots";
    if (!is_valid_utf8(name)) return "not UTF-8";
    if (nfc(name) != name) return "not NFC";
    if (name.size() > limits.max_bytes) return "too many bytes";
    if (utf16_length(name) > limits.max_utf16) return "too many UTF-16 units";
    for (char c : name) {
        auto b = static_cast<unsigned char>(c);
        if (b < 0x20 || b == 0x7F) return "control";
        if (std::string_view("<>:\"/\\|?*%").find(c) != std::string_view::npos) return "reserved";
    }
    for (std::string_view hidden :
         {"\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\u200E", "\u200F",
          "\u061C", "\u200B", "\uFEFF", "\u2028", "\u2029", "\u0085", "\u0080"}) {
        if (name.find(hidden) != std::string::npos) return "bidi, invisible or C1 control";
    }
    if (name.back() == '.' || name.back() == ' ') return "trailing dot or space";
    if (name.front() == ' ') return "leading space";
    // What Python's str.strip() takes away, and what else has the property White_Space.
    for (std::string_view blank : {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
                                   "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u202F", "\u205F", "\u3000"}) {
        if (name.starts_with(blank) || name.ends_with(blank)) return "a blank at an end";
    }
    if (name.size() < 40 && is_device(name)) return "device name";
    if (is_foreign_file(name)) return "foreign";
    if (fold(name) == fold(".decamp")) return "our own folder";
    if (name.starts_with("~$")) return "lock file";
    if (fold(name).empty()) return "invisible";
    return {};
}

TEST(safe_component, table) {
    const std::pair<std::string, std::string> table[] = {
        {"IMG_0001.JPG", "IMG_0001.JPG"},
        {"\u7167\u7247 (1).jpg", "\u7167\u7247 (1).jpg"},
        {"\U0001F600.png", "\U0001F600.png"},
        {"\U0001F468\u200D\U0001F469\u200D\U0001F467.png", "\U0001F468\u200D\U0001F469\u200D\U0001F467.png"},
        {"\u2764\uFE0F.png", "\u2764\uFE0F.png"},
        {"Cafe\u0301.jpg", "Caf\u00E9.jpg"},
        {"#hash & plus+ 'q' ; [x] {y} = !.jpg", "#hash & plus+ 'q' ; [x] {y} = !.jpg"},
        {"-rf.jpg", "-rf.jpg"},
        {".nomedia", ".nomedia"},
        // nothing climbs, nothing is absolute
        {"", "_"},
        {".", "_"},
        {"..", "_"},
        {"...", "_"},
        {" ", "_"},
        {" . . ", "_"},
        {"../../etc/passwd", ".._.._etc_passwd"},
        {"..\\..\\x", ".._.._x"},
        {"/etc/passwd", "_etc_passwd"},
        {"C:\\x.jpg", "C__x.jpg"},
        {std::string("a\0b.jpg", 7), "a_b.jpg"},
        {std::string("\0", 1), "_"},
        // reserved characters and controls
        {"a<b>c:d\"e|f?g*h.jpg", "a_b_c_d_e_f_g_h.jpg"},
        {"50%.jpg", "50_.jpg"},
        {"a%2Fb", "a_2Fb"},
        {"a\r\nb.jpg", "a__b.jpg"},
        {"a\tb\x1b[31m\x7f.jpg", "a_b_[31m_.jpg"},
        {"a\u0085\u2028\u2029.jpg", "a___.jpg"},
        {"a\uF022.jpg", "a_.jpg"},
        // edges
        {"name.", "name"},
        {"name. . .", "name"},
        {"name.jpg ", "name.jpg"},
        {"  name.jpg", "name.jpg"},
        {"name .jpg", "name .jpg"},
        {"\u7167\u7247\u3000", "\u7167\u7247"},
        {"\u3000\u00A0name.jpg\u2003\u3000", "name.jpg"},
        {"name.\u3000.\u00A0", "name"},
        {"a\u3000b\u00A0.jpg", "a\u3000b\u00A0.jpg"},
        {"\u3000", "_"},
        {"name\u205F\uFEFF", "name"},
        // devices
        {"CON", "_CON"},
        {"con.jpg", "_con.jpg"},
        {"Nul.tar.gz", "_Nul.tar.gz"},
        {"AUX .jpg", "_AUX .jpg"},
        {"COM1", "_COM1"},
        {"COM0.txt", "_COM0.txt"},
        {"lpt9", "_lpt9"},
        {"COM\u00B9.jpg", "_COM\u00B9.jpg"},
        {"LPT\u00B3", "_LPT\u00B3"},
        {"CONIN$", "_CONIN$"},
        {"conout$.jpg", "_conout$.jpg"},
        {"CON.", "_CON"},
        {"CON:", "CON_"},
        {"CONSOLE.jpg", "CONSOLE.jpg"},
        {"COM10", "COM10"},
        {"COM", "COM"},
        {"COM1x.jpg", "COM1x.jpg"},
        {"a.CON", "a.CON"},
        {"C\u200BON", "_CON"},  // a device only once the invisible character is gone
        // invisible and turning characters
        {"invoice\u202Egpj.exe", "invoicegpj.exe"},
        {"\uFEFFname.jpg", "name.jpg"},
        {"\u200B", "_"},
        {"\u200D", "_"},
        {"e\u200B\u0301.jpg", "\u00E9.jpg"},  // composes once the character between is gone
        {"a\uFFFE.jpg", "a\uFFFD.jpg"},
        {"a\xFF.jpg", "a\uFFFD.jpg"},
        {"\xED\xA0\x80.jpg", "\uFFFD\uFFFD\uFFFD.jpg"},
        // names that mean something to a computer
        {".DS_Store", "_.DS_Store"},
        {"._IMG_0001.JPG", "_._IMG_0001.JPG"},
        {"thumbs.DB", "_thumbs.DB"},
        {"Desktop.ini", "_Desktop.ini"},
        {"System Volume Information", "_System Volume Information"},
        {"$Recycle.Bin", "_$Recycle.Bin"},
        {".Trash-1000", "_.Trash-1000"},
        {".decamp", "_.decamp"},
        {".DECAMP", "_.DECAMP"},
        {".decamp.jpg", ".decamp.jpg"},
        {"~$letter.docx", "_$letter.docx"},
        // short aliases of FAT
        {"PICTUR~1.JPG", "PICTUR_1.JPG"},
        {"a~12", "a_12"},
        {"a~b~1.jpg", "a~b_1.jpg"},
        {"PICTURES~1.JPG", "PICTURES~1.JPG"},
        {"PICTUR~1.JPEG", "PICTUR~1.JPEG"},
        {"PICTUR~a.JPG", "PICTUR~a.JPG"},
        {"~1.JPG", "~1.JPG"},
    };
    for (const auto& [in, out] : table) {
        EXPECT_EQ(safe_component(in), out) << in;
        EXPECT_EQ(fault_of(safe_component(in), {}), "") << in;
    }
}

TEST(safe_component, shortens_before_the_extension_and_between_clusters) {
    EXPECT_EQ(safe_component(std::string(300, 'x') + ".jpg"), std::string(251, 'x') + ".jpg");
    EXPECT_EQ(safe_component(std::string(300, 'x')), std::string(255, 'x'));
    EXPECT_EQ(safe_component(repeated("\u4E2D", 100) + ".jpeg"), repeated("\u4E2D", 83) + ".jpeg");
    std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
    EXPECT_EQ(safe_component(repeated(family, 20) + ".png"), repeated(family, 13) + ".png");
    EXPECT_EQ(safe_component(std::string(250, 'x') + " yyyyyyyyy.jpg"), std::string(250, 'x') + ".jpg");
    EXPECT_EQ(safe_component(std::string(300, '.') + "jpg").size(), 255U);
    EXPECT_EQ(safe_component(std::string(248, 'x') + "\u3000yyyyyyyyy.jpg"), std::string(248, 'x') + ".jpg");
    EXPECT_EQ(safe_component(std::string(252, 'x') + "\u3000yyyyyyyyy"), std::string(252, 'x'));
    // not an extension: too long, or with a space
    EXPECT_EQ(safe_component(std::string(250, 'x') + ".abcdefghijklmnop"), std::string(250, 'x') + ".abcd");
    EXPECT_EQ(safe_component(std::string(253, 'x') + ". y"), std::string(253, 'x'));
    // UTF-16 limit alone
    EXPECT_EQ(safe_component(std::string(300, 'x') + ".jpg", {100, 255}), std::string(96, 'x') + ".jpg");
    // one cluster that alone is too long
    std::string zalgo = "a" + repeated("\u0316", 400);
    EXPECT_EQ(safe_component(zalgo), "a" + repeated("\u0316", 127));
    // a prefix that makes it too long
    EXPECT_EQ(safe_component("._" + std::string(249, 'x') + ".jpg"), "_._" + std::string(248, 'x') + ".jpg");
}

TEST(safe_component, megabytes_are_cut_and_keep_their_extension) {
    for (std::string_view piece : {"a", "\u4E2D", "\u0301", ".", " ", "\xFF", "\x80", "\u200B", "/"}) {
        std::string name = repeated(piece, 500'000) + ".jpg";
        std::string safe = safe_component(name);
        EXPECT_EQ(fault_of(safe, {}), "");
        bool vanishes = piece == "." || piece == " " || piece == "\u200B" || piece == "\x80";
        EXPECT_TRUE(vanishes || safe.ends_with(".jpg")) << piece;
    }
}

TEST(safe_component, limits_too_small_to_work_with_are_raised) {
    std::string safe = safe_component(std::string(300, 'x') + ".jpg", {0, 0});
    EXPECT_EQ(safe.size(), smallest_name_limits.max_bytes);
    EXPECT_TRUE(safe.ends_with(".jpg"));
}

name_limits some_limits(test::random_text& random) {
    if (random.below(2) == 0) return {};
    return {64 + random.below(200), 64 + random.below(200)};
}

TEST(safe_component, any_input_is_safe_and_stays) {
    test::random_text random(11);
    for (int i = 0; i < test::rounds(20'000); ++i) {
        std::string name = random.any();
        name_limits limits = some_limits(random);
        std::string safe = safe_component(name, limits);
        ASSERT_EQ(fault_of(safe, limits), "") << testing::PrintToString(name) << " -> " << testing::PrintToString(safe);
        ASSERT_EQ(safe_component(safe, limits), safe) << testing::PrintToString(name);
        ASSERT_EQ(safe_component(name, limits), safe);
    }
}

TEST(safe_component, every_code_point_alone_and_inside) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        bool dense = c <= 0x3100 || (c >= 0xF000 && c <= 0x10000) || (c & 0xFFFE) == 0xFFFE;  // the rest is sampled
        if (!dense && c % 512 != 0) continue;
        std::string one;
        append_utf8(one, c);
        for (const std::string& name : {one, "a" + one + "b.jpg"}) {
            std::string safe = safe_component(name);
            ASSERT_EQ(fault_of(safe, {}), "") << static_cast<unsigned>(c);
            ASSERT_EQ(safe_component(safe), safe) << static_cast<unsigned>(c);
        }
    }
}

TEST(with_suffix, table) {
    struct row {
        std::string name, suffix, expected;
    };
    const row table[] = {
        {"IMG_0001.jpg", "12345678901234567", "IMG_0001~12345678901234567.jpg"},
        {"IMG.MP.jpg", "7", "IMG.MP~7.jpg"},
        {"noextension", "77", "noextension~77"},
        {".nomedia", "7", ".nomedia~7"},
        {"Mr. Smith", "7", "Mr. Smith~7"},
        {"a~b.jpg", "123456789", "a~b~123456789.jpg"},
        {"_CON", "123456", "_CON~123456"},
        {"_", "", "_~_"},
        {"x.jpg", "../../e", "x~______e.jpg"},
        {"x.jpg", "2024-05-01 12.30", "x~2024-05-01_12_30.jpg"},
        {"x", "a\u3000", "x~a_"},
        {"x.jpg", "\u202Eab\r\n", "x~ab__.jpg"},
        {"x.jpg", std::string(100, '9'), "x~" + std::string(32, '9') + ".jpg"},
        // would be a short alias of FAT
        {"IMG.JPG", "1", "IMG~_1.JPG"},
        {"IMG", "1", "IMG~_1"},
        {"IMG.JPEG", "1", "IMG~1.JPEG"},
        {"PHOTO.jpg", "123", "PHOTO~123.jpg"},
    };
    for (const row& r : table) EXPECT_EQ(with_suffix(r.name, r.suffix), r.expected) << r.name << " " << r.suffix;
    EXPECT_EQ(with_suffix(std::string(251, 'x') + ".jpg", "1234567890"), std::string(240, 'x') + "~1234567890.jpg");
    EXPECT_EQ(with_suffix(repeated("\u4E2D", 83) + ".jpg", "12"), repeated("\u4E2D", 82) + "~12.jpg");
}

TEST(with_suffix, is_another_name_even_where_the_stem_is_full_and_ends_in_the_suffix) {
    std::string full = std::string(249, 'x') + "~1.jpg";
    EXPECT_EQ(with_suffix(full, "1"), std::string(248, 'x') + "~_1.jpg");
    EXPECT_EQ(with_suffix(full, "22"), std::string(248, 'x') + "~22.jpg");
}

TEST(with_suffix, results_are_safe_keep_the_extension_and_differ_by_suffix) {
    test::random_text random(12);
    for (int i = 0; i < test::rounds(10'000); ++i) {
        name_limits limits = some_limits(random);
        std::string name = safe_component(random.any(), limits);
        std::string suffix = random.below(2) == 0 ? std::to_string(random.below(1ULL << 62)) : random.any();
        std::string out = with_suffix(name, suffix, limits);
        ASSERT_EQ(fault_of(out, limits), "") << testing::PrintToString(name) << testing::PrintToString(suffix);
        ASSERT_EQ(safe_component(out, limits), out) << testing::PrintToString(name);
        ASSERT_TRUE(out.ends_with(name_extension(name))) << testing::PrintToString(name);
        ASSERT_NE(fold(out), fold(name));
    }
}

TEST(with_suffix, ids_keep_twin_names_apart) {
    test::random_text random(13);
    for (int i = 0; i < test::rounds(300); ++i) {
        std::string name = safe_component(random.any());
        std::set<std::string> keys{fold(name)};
        std::set<std::uint64_t> ids;
        while (ids.size() < 20) ids.insert(random.below(3) == 0 ? random.below(50) : random.below(1ULL << 60));
        for (std::uint64_t id : ids) keys.insert(fold(with_suffix(name, std::to_string(id))));
        ASSERT_EQ(keys.size(), 21U) << testing::PrintToString(name);
    }
}

TEST(name_extension, table) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"a.jpg", ".jpg"},
        {"a.tar.gz", ".gz"},
        {"a", ""},
        {".nomedia", ""},
        {"a.", ""},
        {"", ""},
        {".", ""},
        {"..", ""},
        {"a..jpg", ".jpg"},
        {"Mr. Smith", ""},
        {"a.\u7167\u7247", ".\u7167\u7247"},
        {"a.123456789012345", ".123456789012345"},
        {"a.1234567890123456", ""},
        {"a.\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D", ""},
    };
    for (auto [name, extension] : table) EXPECT_EQ(name_extension(name), extension) << name;
}

TEST(is_foreign_file, table) {
    for (std::string_view foreign :
         {".DS_Store", "data/.DS_Store", "data/albums/Camera/._IMG_1.jpg", "Thumbs.db", "THUMBS.DB",
          "data/x/desktop.ini", "System Volume Information", "System Volume Information/WPSettings.dat",
          "$RECYCLE.BIN/S-1-5/x", ".Trashes", ".Trash-1000/files/a.jpg", ".Trash-0", ".Spotlight-V100/Store-V2",
          ".fseventsd/00000", "lost+found", "FOUND.000/FILE0000.CHK", "._data", ".fuse_hidden0001", "LOST.DIR"}) {
        EXPECT_TRUE(is_foreign_file(foreign)) << foreign;
    }
    for (std::string_view ours : {"", "/", "data/albums/Camera/IMG_1.jpg", "bagit.txt", ".decamp/catalogue.sqlite",
                                  "Thumbs.db.jpg", "data/_.DS_Store", "x._y", ".Trash-", ".Trash-abc", "FOUND.0000",
                                  "found.jpg", "data/.nomedia", "xThumbs.db", "System Volume"}) {
        EXPECT_FALSE(is_foreign_file(ours)) << ours;
    }
}

}  // namespace
}  // namespace decamp::formats
