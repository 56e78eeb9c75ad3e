#include "engine/messages/messages.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "formats/unicode.hpp"

namespace decamp::messages {
namespace {

std::set<std::string> placeholders(std::string_view text) {
    static const std::regex one(R"(\{(\d+)\})");
    std::set<std::string> found;
    const std::string copy(text);
    for (std::sregex_iterator at(copy.begin(), copy.end(), one), end; at != end; ++at) found.insert((*at)[1].str());
    return found;
}

bool is_piece(std::string_view name) {
    return name.starts_with("progress_") || name.starts_with("duration_") || name.starts_with("label_") ||
           name.starts_with("why_");
}

bool has_han(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto step = formats::decode_utf8(text, at);
        if (step.code_point >= 0x4E00 && step.code_point <= 0x9FFF) return true;
        at += step.length;
    }
    return false;
}

bool has_latin_letter(std::string_view text) {
    for (const char c : text)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    return false;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    for (const auto end : ends)
        if (text.ends_with(end)) return true;
    return false;
}

template <class F>
void each_id(F&& f) {
    for (std::size_t i = 0; i < count(); ++i) {
        const auto which = static_cast<id>(i);
        SCOPED_TRACE(std::string(name_of(which)));
        f(which, name_of(which), pattern(which, language::en), pattern(which, language::zh_cn));
    }
}

TEST(messages, every_id_has_both_languages) {
    ASSERT_GT(count(), 100U);
    each_id([](id, std::string_view name, std::string_view en, std::string_view zh) {
        EXPECT_FALSE(en.empty());
        EXPECT_FALSE(zh.empty());
        EXPECT_TRUE(formats::is_valid_utf8(zh));
        EXPECT_FALSE(has_han(en));
        // A line that is nothing but values has nothing to translate.
        if (has_latin_letter(std::regex_replace(std::string(en), std::regex(R"(\{\d+\}/s|\{\d+\})"), ""))) {
            EXPECT_TRUE(has_han(zh)) << name;
        }
    });
}

TEST(messages, both_languages_use_the_same_values_from_zero_on) {
    each_id([](id, std::string_view, std::string_view en, std::string_view zh) {
        const auto used = placeholders(en);
        EXPECT_EQ(used, placeholders(zh));
        for (std::size_t i = 0; i < used.size(); ++i) EXPECT_TRUE(used.contains(std::to_string(i)));
        // Braces stand in placeholders only, and those carry no format.
        for (const auto text : {en, zh}) {
            const auto rest = std::regex_replace(std::string(text), std::regex(R"(\{\d+\})"), "");
            EXPECT_EQ(rest.find_first_of("{}"), std::string::npos);
        }
    });
}

TEST(messages, sentences_end_with_punctuation) {
    each_id([](id, std::string_view name, std::string_view en, std::string_view zh) {
        if (is_piece(name)) return;
        const bool value_last = en.ends_with("{3}") && zh.ends_with("{3}");  // the last value is a sentence itself
        EXPECT_TRUE(value_last || ends_with_any(en, {".", "?", "!", ":"}));
        EXPECT_TRUE(value_last || ends_with_any(zh, {"。", "？", "！", "："}));
    });
}

TEST(messages, no_sentence_has_loose_blanks) {
    each_id([](id, std::string_view, std::string_view en, std::string_view zh) {
        for (const auto text : {en, zh}) {
            EXPECT_EQ(text.find("  "), std::string_view::npos);
            EXPECT_EQ(text.find_first_of("\n\r\t"), std::string_view::npos);
            EXPECT_NE(text.front(), ' ');
            EXPECT_NE(text.back(), ' ');
        }
    });
}

TEST(messages, names_are_found_again) {
    each_id([](id which, std::string_view name, std::string_view, std::string_view) { EXPECT_EQ(find(name), which); });
    EXPECT_EQ(find("no_such_message"), std::nullopt);
}

TEST(messages, say_puts_values_in) {
    EXPECT_EQ(say(language::en, id::cert_listed, 12), "Listed: 12.");
    EXPECT_EQ(say(language::zh_cn, id::cert_listed, std::uint64_t{12}), "列出：12。");
    EXPECT_EQ(say(language::en, id::progress_files, 3, "4"), "3 of 4 files");
}

TEST(messages, a_value_is_never_a_pattern_and_never_a_control) {
    EXPECT_EQ(say(language::en, id::verify_missing_file, "{0}{9}"), "Missing: {0}{9}.");
    EXPECT_EQ(say(language::en, id::verify_missing_file, std::string("a\x1b[31m\nb")), "Missing: a␛[31m␊b.");
}

TEST(messages, too_few_values_keep_the_sentence) {
    EXPECT_EQ(say(language::en, id::cert_listed), pattern(id::cert_listed, language::en));
}

TEST(messages, printable_table) {
    const std::pair<std::string, std::string> table[] = {
        {"", ""},
        {"plain name.jpg", "plain name.jpg"},
        {"照片 😀.jpg", "照片 😀.jpg"},
        {"👩\u200D👧", "👩\u200D👧"},  // joined emoji stay whole
        {std::string("a\0b", 3), "a␀b"},
        {"\r\n\t\x1b\x7f", "␍␊␉␛␡"},
        {"\u0085x", "\uFFFDx"},              // C1
        {"gpj.\u202Eexe", "gpj.\uFFFDexe"},  // right-to-left override
        {"\u2066a\u2069\u200F\u061C", "\uFFFDa\uFFFD\uFFFD\uFFFD"},
        {"a\u2028b", "a\uFFFDb"},
        {"a\u200Bb\uFEFF", "a\uFFFDb\uFFFD"},
        {"\xff\xfe", "\uFFFD\uFFFD"},
        {"\xe4\xb8", "\uFFFD"},
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},  // a surrogate
    };
    for (const auto& [in, out] : table) EXPECT_EQ(printable(in), out) << testing::PrintToString(in);
}

TEST(messages, printable_is_bounded_and_settles) {
    const std::string long_name(1 << 20, 'x');
    EXPECT_LE(printable(long_name).size(), 2010U);
    EXPECT_TRUE(printable(long_name).ends_with("…"));
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::string bytes;
        unsigned state = seed * 2654435761U;
        for (unsigned i = 0; i < seed; ++i) {
            state = state * 1664525U + 1013904223U;
            bytes.push_back(static_cast<char>(state >> 24));
        }
        const auto once = printable(bytes);
        EXPECT_TRUE(formats::is_valid_utf8(once));
        EXPECT_EQ(printable(once), once);
    }
}

TEST(messages, reasons) {
    EXPECT_EQ(say_reason(language::en, "deleted_in_cloud"), pattern(id::reason_deleted_in_cloud, language::en));
    EXPECT_EQ(say_reason(language::zh_cn, "digest_mismatch"), pattern(id::reason_digest_mismatch, language::zh_cn));
    EXPECT_EQ(say_reason(language::en, "of_a_later_version"), "of_a_later_version.");
    EXPECT_EQ(say_reason(language::en, "other"), "other.");
}

// --- every call of say() and of what wraps it gives as many values as its sentence has

struct call {
    std::string where, name;
    std::size_t values = 0;
};

// Splits the arguments of a call whose opening parenthesis is at `open`.
std::vector<std::string> arguments(const std::string& text, std::size_t open) {
    std::vector<std::string> found(1);
    int depth = 0;
    bool quoted = false;
    for (std::size_t at = open + 1; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted && c == '\\') {
            found.back() += "\\";
            ++at;
            continue;
        }
        if (c == '"') quoted = !quoted;
        if (!quoted) {
            if (c == '(' || c == '{' || c == '[') ++depth;
            if ((c == ')' || c == '}' || c == ']') && depth-- == 0) return found;
            if (c == ',' && depth == 0) {
                found.emplace_back();
                continue;
            }
        }
        found.back() += c;
    }
    return {};
}

std::vector<call> calls_in(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::stringstream all;
    all << in.rdbuf();
    const std::string text = all.str();
    static const std::regex say_call(R"(\b(say|line|entry|text|tell)\()"), an_id(R"(\bid::(\w+))");
    std::vector<call> found;
    for (std::sregex_iterator at(text.begin(), text.end(), say_call), end; at != end; ++at) {
        const auto open = static_cast<std::size_t>(at->position() + at->length() - 1);
        const auto parts = arguments(text, open);
        for (std::size_t which = 0; which < parts.size() && which < 2; ++which) {
            std::sregex_iterator id_at(parts[which].begin(), parts[which].end(), an_id);
            if (id_at == std::sregex_iterator()) continue;
            if (parts[which].find('(') != std::string::npos) continue;  // the id is that of a call within
            for (; id_at != std::sregex_iterator(); ++id_at)
                found.push_back({file.filename().string(), (*id_at)[1].str(), parts.size() - which - 1});
        }
    }
    return found;
}

TEST(messages, calls_give_as_many_values_as_their_sentence_has) {
    std::size_t seen = 0;
    for (const char* folder : {"engine", "tools"}) {
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(DECAMP_SOURCE_DIR) / folder)) {
            if (entry.path().extension() != ".cpp") continue;
            for (const auto& c : calls_in(entry.path())) {
                const auto which = find(c.name);
                ASSERT_TRUE(which) << c.where << ": " << c.name;
                EXPECT_EQ(placeholders(pattern(*which, language::en)).size(), c.values) << c.where << ": " << c.name;
                ++seen;
            }
        }
    }
    EXPECT_GT(seen, 10U);
}

}  // namespace
}  // namespace decamp::messages
