#include "tools/decamp/display.hpp"

#include <gtest/gtest.h>

#include "formats/unicode.hpp"
#include "tools/decamp/text_width.hpp"

namespace decamp::cli {
namespace {

TEST(text_width, columns) {
    const std::pair<const char*, std::size_t> table[] = {
        {"", 0}, {"abc", 3}, {"照片", 4}, {"a照", 3}, {"😀", 2}, {"e\u0301", 1}, {"é", 1}, {"，", 2}, {"…", 1},
    };
    for (const auto& [text, columns] : table) EXPECT_EQ(columns_of(text), columns) << text;
}

TEST(text_width, fitting) {
    EXPECT_EQ(fit_columns("abcdef", 6), "abcdef");
    EXPECT_EQ(fit_columns("abcdef", 5), "abcd…");
    EXPECT_EQ(fit_columns("照片照片", 8), "照片照片");
    EXPECT_EQ(fit_columns("照片照片", 7), "照片照…");
    EXPECT_EQ(fit_columns("照片照片", 6), "照片…");
    EXPECT_EQ(fit_columns("照片照片", 1), "…");
    EXPECT_EQ(fit_columns("照片照片", 0), "");
}

TEST(text_width, what_was_fitted_fits_and_is_text) {
    const std::string text = "12 of 照片 😀 e\u0301 files，剩余 3 秒";
    for (std::size_t columns = 0; columns < 40; ++columns) {
        const auto fitted = fit_columns(text, columns);
        EXPECT_LE(columns_of(fitted), columns);
        EXPECT_TRUE(formats::is_valid_utf8(fitted));
    }
}

struct screen {
    std::string seen;
    std::size_t columns = 0;
    display on{[this](std::string_view text) { seen += text; }, [this] { return columns; }};
};

TEST(display, elsewhere_than_on_a_terminal_nothing_is_redrawn) {
    screen s;
    s.on.draw_progress("progress");
    s.on.clear_progress();
    s.on.line("a");
    EXPECT_EQ(s.seen, "a\n");
    EXPECT_FALSE(s.on.redraws());
}

TEST(display, a_line_takes_the_progress_line_away_first) {
    screen s;
    s.columns = 80;
    s.on.draw_progress("one");
    s.on.line("a");
    s.on.line("b");
    s.on.draw_progress("two");
    s.on.clear_progress();
    s.on.clear_progress();
    EXPECT_EQ(s.seen, "\r\x1b[Kone\r\x1b[Ka\nb\n\r\x1b[Ktwo\r\x1b[K");
}

TEST(display, progress_stays_on_one_line) {
    screen s;
    for (s.columns = 2; s.columns < 30; ++s.columns) {
        s.seen.clear();
        s.on.draw_progress("3 个文件，共 10.0 MB，剩余 3 秒");
        EXPECT_LT(columns_of(std::string_view(s.seen).substr(4)), s.columns);
        EXPECT_EQ(s.seen.find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace decamp::cli
