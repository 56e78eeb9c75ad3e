#include "tools/decamp/commands.hpp"

#include <gtest/gtest.h>

#include <map>
#include <new>
#include <stdexcept>

#include "engine/messages/messages.hpp"
#include "engine/world/file_store.hpp"
#include "tools/decamp/credentials.hpp"

namespace decamp::cli {
namespace {

using messages::id;
using messages::say;

constexpr auto en = language::en;

class kept_lines final : public world::line_output {
  public:
    explicit kept_lines(std::vector<std::string>& to) : to_(to) {}
    bool write(std::string_view line) override {
        to_.emplace_back(line);
        return true;
    }
    std::string name() const override { return "e"; }

  private:
    std::vector<std::string>& to_;
};

// A process without files, terminal or cloud.
struct process {
    std::string out, err;
    std::map<std::string, std::string> files, variables;
    std::vector<std::string> events;
    bool terminal = false;
    std::optional<std::string> typed;
    std::vector<export_options> exports;
    std::vector<verify_options> verifies;
    outcome ends{exit_code::complete, "All is well.", {"See there."}};
    std::function<void()> on_run = [] {};

    surroundings in() {
        surroundings s;
        s.run_export = [this](const export_options& o, observer& watching, std::stop_token) {
            exports.push_back(o);
            watching.on_message("working");
            if (watching.wants_events()) watching.on_event({"run_started", "{}"});
            on_run();
            return ends;
        };
        s.run_verify = [this](const verify_options& o, observer&, std::stop_token) {
            verifies.push_back(o);
            return ends;
        };
        s.run_list = [this](const list_options&, const line_sink& line, observer&, std::stop_token) {
            for (int i = 0; i < 3; ++i)
                if (!line("line " + std::to_string(i))) break;
            return ends;
        };
        s.run_cat = [this](const cat_options& o, const byte_sink& sink, observer&, std::stop_token) {
            (void)sink(std::as_bytes(std::span(o.name.data(), o.name.size())));
            return ends;
        };
        s.run_extract = [this](const extract_options&, observer& watching, std::stop_token) {
            watching.on_message("working");
            return ends;
        };
        s.version = [] { return std::string("1.2.3"); };
        s.memory_plan = [](std::size_t bytes) { return "payload " + std::to_string(bytes); };
        s.environment = [this](const char* name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        s.read_file = [this](const std::string& path, std::size_t limit) -> result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return failure(world::file_errc::not_found, path);
            if (found->second.size() > limit) return failure(world::file_errc::too_large, path);
            return found->second;
        };
        s.can_ask = [this] { return terminal; };
        s.ask_credentials = [this](const std::function<void()>& prompt) {
            prompt();
            return typed;
        };
        s.open_events = [this](const std::string& path) -> result<std::unique_ptr<world::line_output>> {
            if (path == "nowhere/e") return failure(world::file_errc::not_found, path);
            return std::unique_ptr<world::line_output>(std::make_unique<kept_lines>(events));
        };
        s.write_out = [this](std::string_view text) {
            out += text;
            return true;
        };
        s.write_err = [this](std::string_view text) {
            err += text;
            return true;
        };
        s.columns = [] { return std::size_t{0}; };
        s.seconds = [] { return 0.0; };
        return s;
    }

    exit_code run(const std::vector<std::string>& arguments, language words = en) {
        auto s = in();
        return run_command(parse_command_line(arguments, words), s);
    }
};

process signed_in() {
    process p;
    p.variables["DECAMP_CREDENTIALS"] = "userId=1; serviceToken=t";
    return p;
}

TEST(commands, usage_errors_go_to_standard_error) {
    process p;
    EXPECT_EQ(p.run({"--bogus"}), exit_code::usage);
    EXPECT_EQ(p.err, say(en, id::err_unknown_option, "--bogus") + "\n");
    EXPECT_EQ(p.out, "");
}

TEST(commands, version_and_help_go_to_standard_output) {
    process p;
    EXPECT_EQ(p.run({"--version"}), exit_code::complete);
    EXPECT_EQ(p.out, "decamp 1.2.3\n");
    p.out.clear();
    EXPECT_EQ(p.run({"--version", "-v", "--memory", "32MiB"}), exit_code::complete);
    EXPECT_EQ(p.out, "decamp 1.2.3\npayload 33554432\n");
    p.out.clear();
    EXPECT_EQ(p.run({"--help"}), exit_code::complete);
    EXPECT_NE(p.out.find("export"), std::string::npos);
    EXPECT_EQ(p.err, "");
}

TEST(commands, export_runs_and_says_how_it_ended) {
    auto p = signed_in();
    EXPECT_EQ(p.run({"export", "micloud:", "out"}), exit_code::complete);
    ASSERT_EQ(p.exports.size(), 1U);
    EXPECT_EQ(p.exports[0].credentials, "userId=1; serviceToken=t");
    EXPECT_EQ(p.exports[0].destination, "out");
    EXPECT_EQ(p.out, "All is well.\nSee there.\n");
    EXPECT_EQ(p.err, "working\n");
}

TEST(commands, every_code_is_passed_on_and_all_but_success_is_said_on_standard_error) {
    for (int code = 1; code <= 9; ++code) {
        auto p = signed_in();
        p.ends = {static_cast<exit_code>(code), "Trouble.", {"Do this."}};
        EXPECT_EQ(static_cast<int>(p.run({"export", "micloud:", "out", "--quiet"})), code);
        EXPECT_EQ(p.out, "");
        EXPECT_EQ(p.err, "Trouble.\nDo this.\n");
        process v;
        v.ends = p.ends;
        EXPECT_EQ(static_cast<int>(v.run({"verify", "out"})), code);
        EXPECT_EQ(v.err, "Trouble.\nDo this.\n");
    }
}

TEST(commands, quiet_success_is_silent) {
    auto p = signed_in();
    EXPECT_EQ(p.run({"export", "micloud:", "out", "--quiet"}), exit_code::complete);
    EXPECT_EQ(p.run({"verify", "out", "--quiet"}), exit_code::complete);
    EXPECT_EQ(p.out + p.err, "");
}

TEST(commands, events_on_standard_output_have_it_for_themselves) {
    auto p = signed_in();
    EXPECT_EQ(p.run({"export", "micloud:", "out", "--events", "-"}), exit_code::complete);
    EXPECT_EQ(p.events, std::vector<std::string>{"{}"});
    EXPECT_EQ(p.out, "");
    EXPECT_NE(p.err.find("All is well."), std::string::npos);
}

TEST(commands, an_events_file_that_cannot_be_written_is_said_before_anything_begins) {
    auto p = signed_in();
    EXPECT_EQ(p.run({"export", "micloud:", "out", "--events", "nowhere/e"}), exit_code::usage);
    EXPECT_EQ(p.err, say(en, id::err_events_file, "nowhere/e", "it is not there") + "\n");
    EXPECT_EQ(p.run({"verify", "out", "--events", "nowhere/e"}), exit_code::usage);
    EXPECT_TRUE(p.exports.empty());
    EXPECT_TRUE(p.verifies.empty());
}

TEST(commands, a_bug_is_code_1_and_says_so) {
    auto p = signed_in();
    p.on_run = [] { throw std::logic_error("invariant\nbroken"); };
    EXPECT_EQ(p.run({"export", "micloud:", "out"}), exit_code::bug);
    EXPECT_NE(p.err.find(say(en, id::err_bug, "invariant␊broken")), std::string::npos);
    p.on_run = [] { throw std::bad_alloc(); };
    p.err.clear();
    EXPECT_EQ(p.run({"export", "micloud:", "out"}), exit_code::bug);
    EXPECT_NE(p.err.find(say(en, id::err_no_memory)), std::string::npos);
}

TEST(commands, chinese_reaches_the_engine) {
    auto p = signed_in();
    p.run({"export", "micloud:", "out"}, language::zh_cn);
    p.run({"verify", "out"}, language::zh_cn);
    EXPECT_EQ(p.exports[0].words, language::zh_cn);
    EXPECT_EQ(p.verifies[0].words, language::zh_cn);
}

TEST(keys, reach_the_engine_as_texts) {
    process p;
    p.files = {
        {"key.txt", "AGE-SECRET-KEY-1X\n"}, {"words.txt", "correct horse\r\nno part of it"}, {"empty.txt", "\nx"}};
    p.variables = {{"XDG_STATE_HOME", "relative"}, {"HOME", "/home/me"}};
    EXPECT_EQ(p.run({"export", "folder:/x", "out", "--encrypt-to", "age1a", "--encrypt-to", "age1b", "--identity",
                     "key.txt"}),
              exit_code::complete);
    EXPECT_EQ(p.run({"export", "folder:/x", "out", "--passphrase-file", "words.txt"}), exit_code::complete);
    ASSERT_EQ(p.exports.size(), 2U);
    EXPECT_EQ(p.exports[0].encrypt_to, (std::vector<std::string>{"age1a", "age1b"}));
    EXPECT_EQ(p.exports[0].identity, "AGE-SECRET-KEY-1X\n");
    EXPECT_EQ(p.exports[0].key_folder, "/home/me/.local/state/decamp/keys");
    EXPECT_EQ(p.exports[1].passphrase, "correct horse");
    EXPECT_EQ(p.exports[1].memory_bytes, p.exports[0].memory_bytes + passphrase_memory);
    p.variables["XDG_STATE_HOME"] = "/state";
    EXPECT_EQ(p.run({"export", "folder:/x", "out"}), exit_code::complete);
    EXPECT_EQ(p.exports[2].key_folder, "/state/decamp/keys");
    p.variables.clear();
    EXPECT_EQ(p.run({"export", "folder:/x", "out", "--encrypt-to", "age1a"}), exit_code::usage)
        << "its key could not be kept";
    EXPECT_NE(p.err.find("XDG_STATE_HOME"), std::string::npos) << p.err;
    EXPECT_EQ(p.exports.size(), 3U);
    EXPECT_EQ(p.run({"export", "folder:/x", "out", "--encrypt-to", "age1a", "--identity", "key.txt"}),
              exit_code::complete);
    for (const char* file : {"empty.txt", "nowhere.txt"}) {
        p.err.clear();
        EXPECT_EQ(p.run({"cat", "out", "name", "--passphrase-file", file}), exit_code::usage) << file;
        EXPECT_NE(p.err.find(file), std::string::npos) << p.err;
    }
}

TEST(credentials, the_file_that_was_named_wins_over_the_environment) {
    auto p = signed_in();
    p.files["cookie.txt"] = "from the file";
    EXPECT_EQ(p.run({"export", "micloud:", "out", "--credentials", "cookie.txt"}), exit_code::complete);
    EXPECT_EQ(p.exports[0].credentials, "from the file");
}

TEST(credentials, a_prompt_comes_last) {
    process p;
    p.terminal = true;
    p.typed = "userId=1; serviceToken=typed";
    EXPECT_EQ(p.run({"export", "micloud:", "out"}), exit_code::complete);
    EXPECT_EQ(p.exports[0].credentials, *p.typed);
    EXPECT_TRUE(p.err.starts_with(say(en, id::prompt_credentials)));
    EXPECT_EQ(p.err.find("typed"), std::string::npos);

    p.typed = std::nullopt;  // Ctrl-C
    EXPECT_EQ(p.run({"export", "micloud:", "out"}), exit_code::interrupted);
    EXPECT_EQ(p.exports.size(), 1U);
}

TEST(credentials, what_is_wrong_with_them) {
    process p;
    const auto fails = [&p](const std::vector<std::string>& more) {
        p.err.clear();
        std::vector<std::string> all{"export", "micloud:", "out"};
        all.insert(all.end(), more.begin(), more.end());
        EXPECT_EQ(p.run(all), exit_code::usage);
        return p.err;
    };
    EXPECT_EQ(fails({}), say(en, id::err_credentials_missing) + "\n");
    p.variables["DECAMP_CREDENTIALS"] = "";
    EXPECT_EQ(fails({}), say(en, id::err_credentials_missing) + "\n");
    p.variables["DECAMP_CREDENTIALS"] = " \n\t";
    EXPECT_EQ(fails({}), say(en, id::err_credentials_empty) + "\n");
    EXPECT_EQ(fails({"--credentials", "no"}), say(en, id::err_credentials_unreadable, "no", "it is not there") + "\n");
    p.files["large"] = std::string((1 << 20) + 1, 'x');
    EXPECT_EQ(fails({"--credentials", "large"}),
              say(en, id::err_credentials_unreadable, "large", "it is too large") + "\n");
    p.files["empty"] = "";
    EXPECT_EQ(fails({"--credentials", "empty"}), say(en, id::err_credentials_empty) + "\n");
    EXPECT_TRUE(p.exports.empty());
}

TEST(credentials, when_typing_has_ended) {
    const std::pair<const char*, bool> table[] = {
        {"", false},
        {"\n", false},
        {"\n\n", true},
        {"userId=1; serviceToken=x", false},
        {"userId=1; serviceToken=x\n", true},
        {"\nuserId=1\n", true},
        {"Cookie: a=b\n", true},
        {"{\"userId\":\"1\"", false},
        {"{\"userId\":\"1\"\n", false},
        {"{\"userId\":\"1\"}", true},
        {"{\"a\":\"}\"", false},
        {"{\"a\":\"\\\"}\"", false},
        {"{\"a\":\"\\\"}\"}", true},
        {"[{\"name\":\"userId\"}", false},
        {"[{\"name\":\"userId\"}]", true},
        {"# Netscape HTTP Cookie File\n", false},
        {"# Netscape HTTP Cookie File\n.mi.com\tTRUE\t/\n", false},
        {"# Netscape HTTP Cookie File\n.mi.com\tTRUE\t/\n\n", true},
        {".mi.com\tTRUE\t/\n", false},
        {".mi.com\tTRUE\t/\n\n", true},
    };
    for (const auto& [typed, whole] : table) EXPECT_EQ(credentials_are_whole(typed), whole) << typed;
}

TEST(commands, what_is_looked_into_is_all_that_stands_on_standard_output) {
    process p;
    EXPECT_EQ(p.run({"list", "out"}), exit_code::complete);
    EXPECT_EQ(p.out, "line 0\nline 1\nline 2\n");
    EXPECT_EQ(p.err, "");
    process c;
    EXPECT_EQ(c.run({"cat", "out", "bytes"}), exit_code::complete);
    EXPECT_EQ(c.out, "bytes");
    EXPECT_EQ(c.err, "");
    process bad;
    bad.ends = {exit_code::damaged, "Not well.", {}};
    EXPECT_EQ(bad.run({"cat", "out", "bytes"}), exit_code::damaged);
    EXPECT_EQ(bad.out, "bytes");
    EXPECT_EQ(bad.err, "Not well.\n");
    process e;
    EXPECT_EQ(e.run({"extract", "out", "to"}), exit_code::complete);
    EXPECT_NE(e.out.find("All is well."), std::string::npos);
}

}  // namespace
}  // namespace decamp::cli
