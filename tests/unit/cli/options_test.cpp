#include "tools/decamp/options.hpp"

#include <gtest/gtest.h>

#include "engine/messages/messages.hpp"

namespace decamp::cli {
namespace {

using messages::id;
using messages::say;

template <class T>
T parsed(const std::vector<std::string>& arguments, language fallback = language::en) {
    const auto line = parse_command_line(arguments, fallback);
    if (const auto* wrong = std::get_if<usage_error>(&line.command)) ADD_FAILURE() << wrong->sentence;
    if (const auto* what = std::get_if<T>(&line.command)) return *what;
    ADD_FAILURE() << "another command than expected";
    return {};
}

std::string error_of(const std::vector<std::string>& arguments, language fallback = language::en) {
    const auto line = parse_command_line(arguments, fallback);
    if (const auto* wrong = std::get_if<usage_error>(&line.command)) return wrong->sentence;
    return "(no error)";
}

TEST(language_choice, of_environment) {
    const std::tuple<const char*, const char*, const char*, language> table[] = {
        {"", "", "", language::en},
        {"", "", "C.UTF-8", language::en},
        {"", "", "zh_CN.UTF-8", language::zh_cn},
        {"", "zh_CN", "en_US.UTF-8", language::zh_cn},
        {"", "en_GB", "zh_CN.UTF-8", language::en},
        {"zh_TW.UTF-8", "en_GB", "en_US", language::zh_cn},
        {"C", "zh_CN", "zh_CN", language::en},
        {"zh", "", "", language::zh_cn},
        {"azh", "", "", language::en},
    };
    for (const auto& [all, messages, lang, expected] : table)
        EXPECT_EQ(language_of_environment(all, messages, lang), expected) << all << "|" << messages << "|" << lang;
}

TEST(language_choice, of_arguments) {
    const auto en = language::en, zh = language::zh_cn;
    EXPECT_EQ(language_of_arguments({}, en), en);
    EXPECT_EQ(language_of_arguments({}, zh), zh);
    EXPECT_EQ(language_of_arguments({"export", "--language", "zh-CN"}, en), zh);
    EXPECT_EQ(language_of_arguments({"--language=zh-CN", "export"}, en), zh);
    EXPECT_EQ(language_of_arguments({"--language=en"}, zh), en);
    EXPECT_EQ(language_of_arguments({"--language", "klingon"}, zh), zh);
    EXPECT_EQ(language_of_arguments({"--language"}, zh), zh);
    EXPECT_EQ(language_of_arguments({"--", "--language", "zh-CN"}, en), en);
    EXPECT_EQ(language_of_arguments({"--languages", "zh-CN"}, en), en);
}

TEST(options, export_defaults) {
    const auto what = parsed<export_command>({"export", "micloud:", "/media/photos"});
    EXPECT_EQ(what.run.source, "micloud:");
    EXPECT_EQ(what.run.destination, "/media/photos");
    EXPECT_EQ(what.run.memory_bytes, std::size_t{64} << 20);
    EXPECT_EQ(what.run.connections, 0U);
    EXPECT_EQ(what.run.bandwidth_bytes_per_s, 0U);
    EXPECT_EQ(what.run.twins, twins_mode::announced);
    EXPECT_EQ(what.run.prove, prove_mode::sample);
    EXPECT_EQ(what.run.words, language::en);
    EXPECT_TRUE(what.run.credentials.empty());
    EXPECT_TRUE(what.credentials_file.empty());
    EXPECT_FALSE(what.output.quiet);
    EXPECT_FALSE(what.output.no_progress);
    EXPECT_TRUE(what.output.events.empty());
}

TEST(options, export_takes_everything_in_any_order) {
    const auto what = parsed<export_command>({"export",          "--memory",
                                              "1.5GiB",          "micloud:us",
                                              "--connections=7", "--bandwidth",
                                              "20MB/s",          "--include",
                                              "Camera/*",        "--include=*.png",
                                              "--exclude",       "*.mp4",
                                              "--since",         "2024-05-01",
                                              "--twins",         "fetch",
                                              "--prove=full",    "out",
                                              "--credentials",   "cookie.txt",
                                              "--ca-file",       "ca.pem",
                                              "--events",        "-",
                                              "--quiet",         "--no-progress",
                                              "--language",      "zh-CN"});
    EXPECT_EQ(what.run.source, "micloud:us");
    EXPECT_EQ(what.run.destination, "out");
    EXPECT_EQ(what.run.memory_bytes, (std::size_t{3} << 30) / 2);
    EXPECT_EQ(what.run.connections, 7U);
    EXPECT_EQ(what.run.bandwidth_bytes_per_s, 20'000'000U);
    EXPECT_EQ(what.run.include, (std::vector<std::string>{"Camera/*", "*.png"}));
    EXPECT_EQ(what.run.exclude, (std::vector<std::string>{"*.mp4"}));
    EXPECT_EQ(what.run.since, "2024-05-01");
    EXPECT_EQ(what.run.twins, twins_mode::fetch);
    EXPECT_EQ(what.run.prove, prove_mode::full);
    EXPECT_EQ(what.run.ca_file, "ca.pem");
    EXPECT_EQ(what.run.words, language::zh_cn);
    EXPECT_EQ(what.credentials_file, "cookie.txt");
    EXPECT_EQ(what.output.events, "-");
    EXPECT_TRUE(what.output.quiet);
    EXPECT_TRUE(what.output.no_progress);
    EXPECT_EQ(what.output.words, language::zh_cn);
}

TEST(options, quiet_means_no_progress) {
    EXPECT_TRUE(parsed<verify_command>({"verify", "out", "--quiet"}).output.no_progress);
}

TEST(options, endpoint_takes_the_place_of_the_address_in_source) {
    const auto source = [](std::vector<std::string> more) {
        std::vector<std::string> all{"export", "out"};
        all.insert(all.begin() + 1, more.front());
        all.insert(all.end(), more.begin() + 1, more.end());
        return parsed<export_command>(all).run.source;
    };
    EXPECT_EQ(source({"micloud:http://127.0.0.1:8080"}), "micloud:http://127.0.0.1:8080");
    EXPECT_EQ(source({"micloud:", "--endpoint", "http://127.0.0.1:1"}), "micloud:http://127.0.0.1:1");
    EXPECT_EQ(source({"micloud:us", "--endpoint=https://eu.i.mi.com"}), "micloud:https://eu.i.mi.com");
    EXPECT_EQ(source({"micloud:http://127.0.0.1:8080", "--endpoint", "http://127.0.0.2:9"}),
              "micloud:http://127.0.0.2:9");
}

TEST(options, verify_and_demo) {
    EXPECT_EQ(parsed<verify_command>({"verify", "out"}).run.destination, "out");
    EXPECT_EQ(parsed<verify_command>({"verify", "out"}, language::zh_cn).run.words, language::zh_cn);
    EXPECT_EQ(parsed<demo_command>({"demo"}).run.destination, "decamp-demo");
    EXPECT_EQ(parsed<demo_command>({"demo", "here"}).run.destination, "here");
    EXPECT_EQ(parsed<demo_command>({"demo", "--memory", "32MiB"}).run.memory_bytes, std::size_t{32} << 20);
}

TEST(options, a_folder_may_have_the_name_of_a_command_or_begin_with_a_dash) {
    EXPECT_EQ(parsed<export_command>({"export", "micloud:", "demo"}).run.destination, "demo");
    EXPECT_EQ(parsed<verify_command>({"verify", "export"}).run.destination, "export");
    EXPECT_EQ(parsed<demo_command>({"demo", "demo"}).run.destination, "demo");
    EXPECT_EQ(parsed<verify_command>({"verify", "--", "-out"}).run.destination, "-out");
}

TEST(options, version) {
    EXPECT_FALSE(parsed<show_version>({"--version"}).with_memory_plan);
    EXPECT_EQ(parsed<show_version>({"--version"}).memory_bytes, std::size_t{64} << 20);
    EXPECT_TRUE(parsed<show_version>({"--version", "-v"}).with_memory_plan);
    EXPECT_TRUE(parsed<show_version>({"-v", "--version"}).with_memory_plan);
    EXPECT_EQ(parsed<show_version>({"--version", "-v", "--memory", "1GiB"}).memory_bytes, std::size_t{1} << 30);
}

TEST(options, help_names_what_is_built_and_nothing_else) {
    const auto all = parsed<show_help>({"--help"}).text;
    for (const char* part : {"export", "verify", "list", "cat", "extract", "demo", "--version", "--language", "Usage",
                             "docs/exit-codes.md", "micloud:", "s3://", "webdavs://", "links:", "folder:"})
        EXPECT_NE(all.find(part), std::string::npos) << part;
    for (const char* part : {"login", "fleet"}) EXPECT_EQ(all.find(part), std::string::npos) << part;

    const auto of_export = parsed<show_help>({"export", "--help"}).text;
    for (const char* part : {"SOURCE",
                             "DEST",
                             "--memory",
                             "--connections",
                             "--bandwidth",
                             "--include",
                             "--exclude",
                             "--since",
                             "--twins",
                             "--prove",
                             "--format",
                             "--volume-size",
                             "--level",
                             "--twins-in-archive",
                             "--recovery",
                             "--encrypt-to",
                             "--passphrase-file",
                             "--identity",
                             "--credentials",
                             "--endpoint",
                             "--ca-file",
                             "--events",
                             "--quiet",
                             "--no-progress",
                             "--language",
                             "decamp export"})
        EXPECT_NE(of_export.find(part), std::string::npos) << part;
    for (const char* part : {"--only", "--except"}) EXPECT_EQ(of_export.find(part), std::string::npos) << part;
    EXPECT_EQ(parsed<show_help>({"verify", "-h"}).text.find("--memory"), std::string::npos);
}

TEST(options, help_speaks_chinese) {
    const auto text = parsed<show_help>({"export", "--help", "--language", "zh-CN"}).text;
    EXPECT_NE(text.find("用法"), std::string::npos);
    EXPECT_NE(text.find("选项"), std::string::npos);
    EXPECT_EQ(text.find("Usage"), std::string::npos);
    EXPECT_EQ(text.find("Options"), std::string::npos);
}

TEST(options, what_is_looked_into) {
    const auto listed = parsed<list_command>({"list", "out", "*.jpg", "Camera/*", "--album", "a", "--album", "b",
                                              "--since", "2024-05-01", "--until", "2024-06-01", "--json"});
    EXPECT_EQ(listed.run.destination, "out");
    EXPECT_EQ(listed.run.only.patterns, (std::vector<std::string>{"*.jpg", "Camera/*"}));
    EXPECT_EQ(listed.run.only.albums, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(listed.run.only.since, "2024-05-01");
    EXPECT_EQ(listed.run.only.until, "2024-06-01");
    EXPECT_TRUE(listed.run.json);
    EXPECT_TRUE(parsed<list_command>({"list", "out"}).run.only.patterns.empty());
    const auto written = parsed<cat_command>({"cat", "out", "albums/Camera/x.jpg"});
    EXPECT_EQ(written.run.destination, "out");
    EXPECT_EQ(written.run.name, "albums/Camera/x.jpg");
    const auto taken = parsed<extract_command>({"extract", "out", "there", "*.jpg", "--quiet"});
    EXPECT_EQ(taken.run.destination, "out");
    EXPECT_EQ(taken.run.to, "there");
    EXPECT_EQ(taken.run.only.patterns, std::vector<std::string>{"*.jpg"});
    EXPECT_TRUE(taken.output.quiet);
}

struct wrong {
    std::vector<std::string> arguments;
    std::string sentence;
};

TEST(options, each_mistake_has_its_sentence) {
    const auto en = language::en;
    const wrong table[] = {
        {{}, say(en, id::err_no_command)},
        {{"exprot"}, say(en, id::err_unknown_command, "exprot")},
        {{"list"}, say(en, id::err_missing_destination, "list")},
        {{"cat", "out"}, say(en, id::err_missing_name)},
        {{"cat", "out", "a", "b"}, say(en, id::err_too_many_arguments, "cat")},
        {{"extract"}, say(en, id::err_missing_destination, "extract")},
        {{"extract", "out"}, say(en, id::err_missing_target)},
        {{"list", "out", "--json=1"}, say(en, id::err_option_takes_no_value, "--json")},
        {{"list", "out", "--until", "a", "--until", "b"}, say(en, id::err_option_twice, "--until")},
        {{"prove", "out"}, say(en, id::err_command_not_built, "prove")},
        {{"export"}, say(en, id::err_missing_source)},
        {{"export", ""}, say(en, id::err_missing_source)},
        {{"export", "micloud:"}, say(en, id::err_missing_destination, "export")},
        {{"export", "micloud:", ""}, say(en, id::err_missing_destination, "export")},
        {{"verify"}, say(en, id::err_missing_destination, "verify")},
        {{"demo", ""}, say(en, id::err_missing_destination, "demo")},
        {{"export", "micloud:", "a", "b"}, say(en, id::err_too_many_arguments, "export")},
        {{"verify", "a", "b"}, say(en, id::err_too_many_arguments, "verify")},
        {{"demo", "a", "b"}, say(en, id::err_too_many_arguments, "demo")},
        {{"export", "micloud:", "a", "--bogus"}, say(en, id::err_unknown_option, "--bogus")},
        {{"export", "micloud:", "a", "--bogus=secret"}, say(en, id::err_unknown_option, "--bogus")},
        {{"export", "micloud:", "a", "-x"}, say(en, id::err_unknown_option, "-x")},
        {{"--bogus", "export", "micloud:", "a"}, say(en, id::err_unknown_option, "--bogus")},
        {{"export", "micloud:", "a", "--password", "x"}, say(en, id::err_unknown_option, "--password")},
        {{"verify", "a", "--memory", "64MiB"}, say(en, id::err_unknown_option, "--memory")},
        {{"export", "micloud:", "a", "--recovery", "5"},
         say(en, id::err_percent_value, "--recovery", "5", "1%", "100%")},
        {{"export", "micloud:", "a", "--recovery", "0%"},
         say(en, id::err_percent_value, "--recovery", "0%", "1%", "100%")},
        {{"export", "micloud:", "a", "--recovery", "05%"},
         say(en, id::err_percent_value, "--recovery", "05%", "1%", "100%")},
        {{"export", "micloud:", "a", "--recovery", "101%"},
         say(en, id::err_percent_value, "--recovery", "101%", "1%", "100%")},
        {{"export", "micloud:", "a", "--format", "rar"},
         say(en, id::err_option_choice, "--format", "rar", "tree, tar, tar.zst, zip, auto")},
        {{"export", "micloud:", "a", "--volume-size", "big"}, say(en, id::err_size_value, "--volume-size", "big")},
        {{"export", "micloud:", "a", "--volume-size", "64KiB"}, say(en, id::err_volume_too_small, "64KiB", "1.0 MB")},
        {{"export", "micloud:", "a", "--level", "20"}, say(en, id::err_number_range, "--level", "20", 1, 19)},
        {{"export", "micloud:", "a", "--level", "0"}, say(en, id::err_number_range, "--level", "0", 1, 19)},
        {{"export", "micloud:", "a", "--twins-in-archive", "drop"},
         say(en, id::err_option_choice, "--twins-in-archive", "drop", "list, link, copy")},
        {{"export", "micloud:", "a", "--identity", "x", "--identity", "y"},
         say(en, id::err_option_twice, "--identity")},
        {{"export", "micloud:", "a", "--passphrase-file", "--quiet"},
         say(en, id::err_option_needs_value, "--passphrase-file")},
        {{"export", "micloud:", "a", "--memory"}, say(en, id::err_option_needs_value, "--memory")},
        {{"export", "micloud:", "a", "--memory="}, say(en, id::err_option_needs_value, "--memory")},
        {{"export", "micloud:", "a", "--memory", ""}, say(en, id::err_option_needs_value, "--memory")},
        {{"export", "micloud:", "a", "--events"}, say(en, id::err_option_needs_value, "--events")},
        {{"export", "micloud:", "a", "--memory", "--quiet"}, say(en, id::err_option_needs_value, "--memory")},
        {{"export", "micloud:", "a", "--quiet=7x"}, say(en, id::err_option_takes_no_value, "--quiet")},
        {{"export", "micloud:", "a", "--memory", "1GB", "--memory", "2GB"}, say(en, id::err_option_twice, "--memory")},
        {{"export", "micloud:", "a", "--memory", "64M"}, say(en, id::err_size_value, "--memory", "64M")},
        {{"export", "micloud:", "a", "--memory", "64XB"}, say(en, id::err_size_value, "--memory", "64XB")},
        {{"export", "micloud:", "a", "--memory", "lots"}, say(en, id::err_size_value, "--memory", "lots")},
        {{"export", "micloud:", "a", "--memory", "31MiB"}, say(en, id::err_memory_too_small, "31MiB", "32MiB")},
        {{"export", "micloud:", "a", "--memory", "32MB"}, say(en, id::err_memory_too_small, "32MB", "32MiB")},
        {{"export", "micloud:", "a", "--memory", "0"}, say(en, id::err_memory_too_small, "0", "32MiB")},
        {{"export", "micloud:", "a", "--bandwidth", "20Mbit/s"},
         say(en, id::err_rate_value, "--bandwidth", "20Mbit/s")},
        {{"export", "micloud:", "a", "--bandwidth", "0"}, say(en, id::err_rate_value, "--bandwidth", "0")},
        {{"export", "micloud:", "a", "--connections", "0"},
         say(en, id::err_number_value, "--connections", "0", 1, 256)},
        {{"export", "micloud:", "a", "--connections", "257"},
         say(en, id::err_number_value, "--connections", "257", 1, 256)},
        {{"export", "micloud:", "a", "--connections", "4x"},
         say(en, id::err_number_value, "--connections", "4x", 1, 256)},
        {{"export", "micloud:", "a", "--connections=-1"}, say(en, id::err_number_value, "--connections", "-1", 1, 256)},
        {{"export", "micloud:", "a", "--twins", "no"},
         say(en, id::err_option_choice, "--twins", "no", "announced, fetch")},
        {{"export", "micloud:", "a", "--prove", "no"}, say(en, id::err_option_choice, "--prove", "no", "sample, full")},
        {{"export", "micloud:", "a", "--since", "May"}, say(en, id::err_date, "May")},
        {{"export", "micloud:", "a", "--since", "2023-02-29"}, say(en, id::err_date, "2023-02-29")},
        {{"export", "micloud:", "a", "--include", "[a"}, say(en, id::err_pattern, "[a")},
        {{"export", "micloud:", "a", "--exclude", "a\\"}, say(en, id::err_pattern, "a\\")},
        {{"export", "micloud:", "a", "--language", "fr"},
         say(en, id::err_option_choice, "--language", "fr", "en, zh-CN")},
        {{"export", "links:f", "a", "--endpoint", "http://x"}, say(en, id::err_endpoint_not_here, "links:")},
        {{"export", "folder:/x", "a", "--endpoint", "http://x"}, say(en, id::err_endpoint_not_here, "folder:")},
        {{"export", "webdavs://u:p@h/p", "a"}, say(en, id::err_source_has_secret)},
        {{"export", "s3://b", "a", "--endpoint", "http://u:p@h"}, say(en, id::err_source_has_secret)},
        {{"export", "s3://b", "a", "--endpoint", "h"}, say(en, id::err_endpoint_url, "h")},
        {{"export", "s3:b", "a"}, say(en, id::err_source_unknown, "s3:b")},
        {{"export", "icloud:", "a"}, say(en, id::err_source_unknown, "icloud:")},
        {{"export", "micloud:mars", "a"}, say(en, id::err_source_region, "mars", "cn, us, in, eu")},
        {{"export", "micloud:http://", "a"}, say(en, id::err_endpoint_url, "http://")},
        {{"export", "micloud:", "a", "--endpoint", "ftp://x"}, say(en, id::err_endpoint_url, "ftp://x")},
        {{"export", "micloud:", "a", "--endpoint", "us"}, say(en, id::err_endpoint_url, "us")},
        {{"export", "micloud:http://u:p@127.0.0.1:1", "a"}, say(en, id::err_source_has_secret)},
        {{"export", "micloud:", "a", "--endpoint", "https://u@i.mi.com"}, say(en, id::err_source_has_secret)},
        {{"export", "https://u:p@i.mi.com", "a"}, say(en, id::err_source_has_secret)},
        {{"-v"}, say(en, id::err_unknown_option, "-v")},
        {{"--version", "--memory", "1MiB"}, say(en, id::err_memory_too_small, "1MiB", "32MiB")},
    };
    for (const auto& [arguments, sentence] : table)
        EXPECT_EQ(error_of(arguments), sentence) << testing::PrintToString(arguments);
}

TEST(options, mistakes_are_told_in_the_language_asked_for) {
    const auto zh = language::zh_cn;
    EXPECT_EQ(error_of({"--bogus", "--language", "zh-CN"}), say(zh, id::err_unknown_option, "--bogus"));
    EXPECT_EQ(error_of({"exprot", "--language=zh-CN"}), say(zh, id::err_unknown_command, "exprot"));
    EXPECT_EQ(error_of({}, zh), say(zh, id::err_no_command));
    EXPECT_EQ(error_of({"export", "micloud:", "a", "--memory"}, zh), say(zh, id::err_option_needs_value, "--memory"));
}

TEST(options, an_address_with_a_query_is_not_repeated) {
    const auto sentence = error_of({"export", "micloud:https://i.mi.com/?serviceToken=SECRET", "a"});
    EXPECT_EQ(sentence, say(language::en, id::err_endpoint_url, "https://i.mi.com/"));
}

TEST(options, no_argument_list_is_too_strange) {
    const std::vector<std::string> words{"export", "demo", "--memory", "micloud:", "-",     "--",
                                         "",       "-h=",  "---",      "--help",   "\xff\n"};
    for (std::size_t i = 0; i < words.size(); ++i)
        for (std::size_t j = 0; j < words.size(); ++j)
            for (std::size_t k = 0; k < words.size(); ++k) {
                const auto sentence = error_of({words[i], words[j], words[k]});
                EXPECT_EQ(sentence.find('\n'), std::string::npos);
                EXPECT_FALSE(sentence.empty());
            }
}

}  // namespace
}  // namespace decamp::cli
