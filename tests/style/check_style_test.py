#!/usr/bin/env python3
"""Shows that each rule of rules.py finds what it is for, and leaves good code alone."""
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

import check_style
import rules
from rules import Source


def function(body):
    return "task<void> f() {\n    " + body + "\n}\n"


GOOD_COROUTINES = [
    "co_await g();",
    "int a = co_await g(1, 2);",
    "auto [ec, n] = co_await op(as_tuple);",
    "auto&& r = co_await g();",
    "x.y[3] = co_await g();",
    "co_return co_await g();",
    "(void)co_await g();",
    "if (a && b) co_await g();",
    "if (a) { n = co_await g(); } else { co_await h(); }",
    "else co_await g();",
    "while (true) { bool ok = co_await g(); if (!ok) break; }",
    "switch (x) { case 1: co_await g(); break; default: co_return co_await h(); }",
    "co_await g([](int n) { return n + 1; });",                        # captures nothing
    "auto work = [this] { return a_ && b_ ? 1 : 2; };\n auto r = co_await hop(ex, std::move(work));",
    "auto work = [&]() -> task<void> { co_await g(); };",
    "options o{.a = 1}; co_await g(std::move(o));",
    "std::vector<int> v{1, 2};\n co_await g(v[0]);",
    "auto f = a ? b : c;\n co_await g();",
    "bool ok = co_await g(a && b);",                                   # the condition is the argument's own
    "for (auto& x : list) co_await g(x);",
    "// if (co_await g())\n const char* s = \"while (co_await g())\"; co_await h();",
    'auto s = R"x(if (co_await g()) {)x"; co_await h(s);',
    "if (ready) { a = {1, 2}; } co_await g();",
    "label: { ; } co_await g();",
]
BAD_COROUTINES = [
    ("if (co_await g()) {;}", "condition of 'if'"),
    ("if (!co_await g()) return;", "condition of 'if'"),
    ("while (co_await g()) {;}", "condition of 'while'"),
    ("if (co_await g() && co_await h()) {;}", "condition"),
    ("switch (co_await g()) { default:; }", "condition of 'switch'"),
    ("for (auto x : co_await g()) {;}", "condition of 'for'"),
    ("bool b = co_await g() && x;", "'&&' beside"),
    ("bool b = x || co_await g();", "beside '?:' or '||'"),
    ("bool b = x && co_await g();", "not alone"),
    ("auto v = c ? co_await g() : co_await h();", "beside '?:'"),
    ("auto v = co_await g() ? 1 : 2;", "'?' beside"),
    ("co_return b ? T(co_await g()) : T();", "parentheses"),
    ("co_return !co_await g();", "not alone"),
    ("R r{co_await a(), co_await b()};", "inside braces"),
    ("v.push_back(R{co_await a()});", "inside braces"),
    ("auto r = R{.a = co_await g()};", "inside braces"),
    ("auto r = (co_await g()).value();", "parentheses"),
    ("h(co_await g());", "parentheses"),
    ("int n = 1 + co_await g();", "not alone"),
    ("co_await g(options{.a = 1});", "brace-initialised"),
    ("auto r = co_await g({}, x);", "brace-initialised"),
    ("auto r = co_await v[0].g(T{1});", "brace-initialised"),
    ("co_await agg{}.run();", "brace-initialised"),
    ("co_await co_spawn(ex, [p] { return p; }, token);", "lambda that captures"),
    ("auto r = co_await co_spawn(ex, [this]() -> task<void> { co_return; }, token);", "lambda that captures"),
    ("auto r = co_await hop(ex, [&] { return 1; });", "lambda that captures"),
    ("auto work = [&]() -> task<void> { if (co_await g()) {;} };", "condition of 'if'"),
]


class Coroutines(unittest.TestCase):
    def found(self, body):
        return [f.text for f in rules.coroutine_rule(Source("engine/x.cpp", function(body)))]

    def test_good_forms_pass(self):
        for body in GOOD_COROUTINES:
            with self.subTest(body):
                self.assertEqual(self.found(body), [])

    def test_bad_forms_are_found(self):
        for body, expected in BAD_COROUTINES:
            with self.subTest(body):
                self.assertTrue(any(expected in text for text in self.found(body)), self.found(body))

    def test_the_line_is_named(self):
        source = Source("engine/x.cpp", function("a();\n    b();\n    if (co_await g()) c();"))
        self.assertEqual([f.line for f in rules.coroutine_rule(source)], [4])


class Includes(unittest.TestCase):
    GOOD = [
        ("formats/a.cpp", '#include "formats/b.hpp"'),
        ("engine/model/a.hpp", '#include "formats/b.hpp"'),
        ("engine/store/a.cpp", '#include "engine/model/b.hpp"'),
        ("engine/store/a.cpp", '#include "decamp/export.hpp"'),
        ("engine/runtime/a.hpp", '#include "engine/world/b.hpp"'),
        ("engine/pipeline/a.cpp", '#include "engine/certify/b.hpp"'),
        ("engine/world/a.cpp", "#include <unistd.h>"),
        ("engine/catalogue/a.cpp", "#include <sqlite3.h>"),
        ("tools/decamp/a.cpp", "#include <CLI/CLI.hpp>"),
        ("formats/gf16.cpp", "#include <immintrin.h>"),
        ("tests/unit/a_test.cpp", "#include <sys/stat.h>"),
        ("engine/include/decamp/a.hpp", '#include "decamp/b.hpp"\n#include <string>'),
    ]
    BAD = [
        ("formats/a.cpp", '#include "engine/model/item.hpp"'),
        ("formats/a.cpp", "#include <thread>"),
        ("formats/a.cpp", "#include <boost/asio/buffer.hpp>"),
        ("engine/model/a.hpp", '#include "engine/store/b.hpp"'),
        ("engine/world/a.hpp", '#include "engine/transport/b.hpp"'),
        ("engine/runtime/a.hpp", '#  include   "engine/pipeline/b.hpp"'),
        ("engine/download/a.cpp", '#include "engine/store/b.hpp"'),
        ("engine/store/a.cpp", '#include "engine/pipeline/b.hpp"'),
        ("engine/newcomer/a.cpp", '#include "engine/model/b.hpp"'),
        ("engine/store/a.cpp", '#include "tools/samplecloud/b.hpp"'),
        ("engine/store/a.cpp", '#include "../model/b.hpp"'),
        ("engine/store/a.cpp", "#include <unistd.h>"),
        ("engine/store/a.cpp", "#include <linux/fs.h>"),
        ("formats/hex.cpp", "#include <immintrin.h>"),
        ("engine/store/a.cpp", "#include <sqlite3.h>"),
        ("engine/store/a.cpp", "#include <boost/asio/experimental/channel.hpp>"),
        ("engine/include/decamp/a.hpp", "#include <boost/asio/buffer.hpp>"),
        ("engine/include/decamp/a.hpp", '#include "engine/model/item.hpp"'),
        ("tools/decamp/a.cpp", "#include <unistd.h>"),
        ("tools/samplecloud/a.cpp", '#include "engine/model/item.hpp"'),
        ("tools/samplecloud/a.cpp", '#include "formats/hex.hpp"'),
    ]

    def found(self, path, text):
        source = Source(path, text + "\n")
        return [*rules.include_direction(source), *rules.foreign_headers(source)]

    def test_good_includes_pass(self):
        for path, text in self.GOOD:
            with self.subTest(path=path, text=text):
                self.assertEqual(self.found(path, text), [])

    def test_bad_includes_are_found(self):
        for path, text in self.BAD:
            with self.subTest(path=path, text=text):
                self.assertTrue(any(f.fails for f in self.found(path, text)))


class OtherRules(unittest.TestCase):
    BAD = [
        (rules.one_place, "engine/store/a.cpp", 'auto q = "SELECT id FROM item WHERE x";'),
        (rules.one_place, "engine/store/a.cpp", 'auto q = R"(INSERT INTO item VALUES(1))";'),
        (rules.one_place, "engine/store/a.cpp", 'say("完成");'),
        (rules.one_place, "engine/store/a.cpp", "auto t = std::chrono::steady_clock::now();"),
        (rules.one_place, "engine/store/a.cpp", "std::random_device r;"),
        (rules.no_sleeps, "tests/unit/x/a_test.cpp", "std::this_thread::sleep_for(1s);"),
        (rules.header_form, "engine/a.hpp", "int x;"),
        (rules.header_form, "engine/a.hpp", "#ifndef A\n#define A\n#endif"),
        (rules.header_form, "engine/a.hpp", "#pragma once\nusing namespace std;"),
        (rules.lengths, "engine/a.cpp", "int x;\n" * 501),
        (rules.banned_text, "docs/a.md", "see /wo" + "rk/main/x"),
        (rules.banned_text, "docs/a.md", "see ../sha" + "red/x"),
        (rules.banned_text, "engine/a.cpp", "// TO" + "DO: later"),
        (rules.banned_text, "engine/a.cpp", "<<<<<<" + "< HEAD"),
        (rules.white_space, "engine/a.cpp", "\tint x;"),
    ]
    GOOD = [
        (rules.one_place, "engine/catalogue/a.cpp", 'auto q = "SELECT id FROM item";'),
        (rules.one_place, "engine/messages/a.def", 'X(a, "done", "完成")'),
        (rules.one_place, "engine/store/a.cpp", '// select one from the list\n say("Select a photo from the list");'),
        (rules.one_place, "engine/world/clock.cpp", "auto t = steady_clock::now();"),
        (rules.header_form, "engine/a.hpp", "// What it is.\n#pragma once\nint x;"),
        (rules.lengths, "engine/a.cpp", "int x;\n" * 399),
        (rules.banned_text, "engine/a.cpp", "// the network/ and /networking paths; mkstemp(XXXXXX)"),
        (rules.white_space, "engine/a.cpp", "int x;"),
    ]

    def test_bad_code_is_found(self):
        for rule, path, text in self.BAD:
            with self.subTest(rule=rule.__name__, text=text[:60]):
                self.assertTrue(any(f.fails for f in rule(Source(path, text + "\n"))))

    def test_good_code_passes(self):
        for rule, path, text in self.GOOD:
            with self.subTest(rule=rule.__name__, text=text[:60]):
                self.assertEqual(list(rule(Source(path, text + "\n"))), [])

    def test_long_functions_are_warned_of(self):
        body = "int f(int a) {\n" + "    a += 1;\n" * 80 + "    return a;\n}\n"
        for text in (body, "namespace n {\nclass c {\n" + body + "};\n}\n"):
            found = list(rules.lengths(Source("engine/a.cpp", text)))
            self.assertEqual([f.fails for f in found], [False])
        table = "const int t[] = {\n" + "    1,\n" * 80 + "};\n"
        self.assertEqual(list(rules.lengths(Source("engine/a.cpp", table))), [])

    def test_dead_messages_are_warned_of(self):
        messages = Source("engine/messages/messages.def", 'DECAMP_MESSAGE(used, "a", "b")\nDECAMP_MESSAGE(dead, "a", "b")\n')
        user = Source("engine/a.cpp", "// dead\nsay(id::used);\n")
        found = list(rules.dead_messages([messages, user]))
        self.assertEqual([f.fails for f in found], [False])
        self.assertTrue(found[0].text.endswith(": dead"))

    def test_tests_that_are_named_are_there(self):
        page = Source("docs/a.md", "`tests/a_test.cpp: one, two`\n`tests/b.py: three`, `tests/b.py`\n`tests/a_test.cpp: on, five, three`\n"
                                   "`tests/gone.py`\n")
        tests = [Source("tests/a_test.cpp", "TEST(a, one) {\n}\nTEST_F(a, two) {\n}\n// five\n"),
                 Source("tests/b.py", "def three(shop):\n    pass\n")]
        found = [(f.line, f.text) for f in rules.tests_named([page, *tests])]
        self.assertEqual(found, [(3, f"tests/a_test.cpp has no test {name}") for name in ("on", "five", "three")] +
                         [(4, "tests/gone.py does not exist")])

    def test_links_lead_somewhere(self):
        page = Source("docs/a.md", "[b](b.md) [up](../README.md) [web](https://example.org/x.md) [self](#part) [dir](../docs)\n")
        readme = Source("README.md", "[gone](docs/gone.md)\n")
        code = Source("engine/a.cpp", "// see docs/" + "b.md and docs/" + "gone.md\n")
        found = list(rules.links([page, readme, code, Source("docs/b.md", "")]))
        self.assertEqual(sorted(f.path for f in found), ["README.md", "engine/a.cpp"])


class Tree(unittest.TestCase):
    """The whole check, on a tree of its own."""

    def run_on(self, files):
        with tempfile.TemporaryDirectory() as root, contextlib.redirect_stdout(io.StringIO()) as out:
            for path, text in files.items():
                whole = pathlib.Path(root, path)
                whole.parent.mkdir(parents=True, exist_ok=True)
                whole.write_text(text, encoding="utf-8")
            return check_style.main(root), out.getvalue()

    def test_a_clean_tree_passes(self):
        code, out = self.run_on({"engine/model/a.hpp": "#pragma once\n", "build/x.cpp": "\tif (co_await g());", "README.md": "x\n"})
        self.assertEqual(code, 0, out)

    def test_a_finding_fails(self):
        code, out = self.run_on({"engine/model/a.cpp": function("if (co_await g()) return;")})
        self.assertEqual(code, 1)
        self.assertIn("engine/model/a.cpp:2: ", out)

    def test_an_empty_tree_fails(self):
        self.assertEqual(self.run_on({"README.md": "x\n"})[0], 1)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
