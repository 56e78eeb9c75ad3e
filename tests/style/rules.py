"""The rules of the tree, each a function from a file (or the tree) to findings. CONTRIBUTING.md says what they are for."""
import re
from typing import NamedTuple

import coroutines
from cpp_text import code_of, partners_of, tokens_of


class Finding(NamedTuple):
    path: str
    line: int
    text: str
    fails: bool = True


class Source:
    """A file of the tree: its path from the root with '/', its text, and for C++ its tokens."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.is_cpp = path.endswith((".cpp", ".hpp"))
        self.tokens = tokens_of(text) if self.is_cpp else []
        self.code = code_of(self.tokens)

    def includes(self):
        for token in self.tokens:
            match = token.kind == "directive" and re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', token.text)
            if match:
                yield token.line, match[1] == "<", match[2]

    def within(self, *folders):
        return self.path.startswith(folders)


# --- which way includes run ---------------------------------------------------------------------------------------------

# The folders of the engine from the ground floor up. One may include those below it and those on its own line.
FLOORS = [
    ("include",),              # what is installed
    ("model", "messages"),     # values, words
    ("runtime", "world"),      # the interfaces to the outside, and what coroutines are written with
    ("transport", "catalogue", "encryption"),
    ("source",),
    ("plan",),                 # decisions, called by the walk
    ("listing",),
    ("download",),
    ("verify",),
    ("store",),
    ("certify",),
    ("retrieval",),            # looking into an export
    ("pipeline",),
]
FLOOR_OF = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}
TOP = FLOOR_OF["pipeline"]


def include_direction(source):
    for line, is_system, name in source.includes():
        wrong = None if is_system else _wrong_way(source, name)
        if wrong:
            yield Finding(source.path, line, f'#include "{name}": {wrong}')


def _wrong_way(source, name):
    if source.within("formats/") and not name.startswith("formats/"):
        return "formats/ includes nothing but formats/"
    if source.within("tools/samplecloud/") and not name.startswith("tools/samplecloud/"):
        return "samplecloud shares no code with what it is to test"
    if source.within("engine/include/") and not name.startswith("decamp/"):
        return "a public header includes only public headers"
    if source.within("engine/") and name.startswith(("tools/", "tests/", "bench/")):
        return "the engine includes nothing of its users"
    if source.within("engine/") and not source.within("engine/include/") and name.startswith("engine/"):
        own, other = (path.split("/")[1] for path in (source.path, name))
        if own not in FLOOR_OF or other not in FLOOR_OF:
            return f"no floor is known for engine/{other if own in FLOOR_OF else own} (tests/style/rules.py)"
        if FLOOR_OF[other] > FLOOR_OF[own]:
            return f"engine/{own} lies below engine/{other}"
    if name.startswith("."):
        return "includes are rooted at the repository"
    return None


# --- which foreign headers are known ------------------------------------------------------------------------------------

STANDARD = frozenset("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits
clocale cmath compare complex concepts condition_variable coroutine csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime
cwchar deque exception execution filesystem forward_list fstream functional future initializer_list iomanip ios iosfwd iostream
istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue random
ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf
string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set
utility valarray variant vector version""".split())
LIBRARIES = ("boost/", "openssl/", "fmt/")
LIBRARY_FILES = ("expat.h", "xxhash.h", "utf8proc.h", "zstd.h", "zlib.h", "sqlite3.h", "archive.h", "archive_entry.h")
FORBIDDEN_IN_FORMATS = ("boost/asio", "boost/beast", "thread", "mutex", "condition_variable", "future", "semaphore", "latch",
                        "barrier", "stop_token", "sqlite3.h")


def foreign_headers(source):
    if source.within("tests/", "bench/", "docs/", "engine/world/") or not source.is_cpp:
        return
    for line, is_system, name in source.includes():
        if not is_system:
            continue
        known = name in STANDARD or name.startswith(LIBRARIES) or name in LIBRARY_FILES
        known = known or (source.within("tools/decamp/") and name.startswith("CLI/"))
        known = known or (source.within("formats/gf16") and name == "immintrin.h")  # the compiler's, for its vector instructions
        if not known:
            yield Finding(source.path, line, f"#include <{name}>: the system's headers belong to engine/world/ (or the library is unknown)")
        elif source.within("formats/") and name.startswith(FORBIDDEN_IN_FORMATS):
            yield Finding(source.path, line, f"#include <{name}>: formats/ has no threads, no Asio, no database")
        elif source.within("engine/include/") and name not in STANDARD:
            yield Finding(source.path, line, f"#include <{name}>: a public header shows no type of a library underneath")
        elif name == "sqlite3.h" and not source.within("engine/catalogue/"):
            yield Finding(source.path, line, "#include <sqlite3.h>: SQL stands in engine/catalogue/")
        elif name.startswith(("boost/asio/experimental", "boost/asio/cancellation")) and source.within("engine/"):
            yield Finding(source.path, line, f"#include <{name}>: Asio's cancellation and experimental parts are not used")


# --- what stands in one place only --------------------------------------------------------------------------------------

SQL = re.compile(r"\b(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s|PRAGMA\s)", re.S)
CJK = re.compile("[\u3400-\u9fff]")
CLOCKS = {("system_clock", "now"), ("steady_clock", "now"), ("high_resolution_clock", "now")}
ENTROPY = {"random_device", "mt19937", "mt19937_64", "rand", "srand"}


def one_place(source):
    if not source.within("formats/", "engine/"):
        return
    for token in source.code:
        if token.kind != "string":
            continue
        if SQL.search(token.text) and not source.within("engine/catalogue/"):
            yield Finding(source.path, token.line, "SQL outside engine/catalogue/")
        if CJK.search(token.text) and not source.within("engine/messages/"):
            yield Finding(source.path, token.line, "words for people outside engine/messages/")
    if source.within("engine/world/"):
        return
    words = [t for t in source.code if t.kind == "word" or t.text == "::"]
    for one, two, three in zip(words, words[1:], words[2:]):
        if (one.text, three.text) in CLOCKS and two.text == "::":
            yield Finding(source.path, one.line, f"{one.text}::now outside engine/world/: ask the clock interface")
    for token in source.code:
        if token.kind == "word" and token.text in ENTROPY:
            yield Finding(source.path, token.line, f"{token.text} outside engine/world/: ask the interface for randomness")


def no_sleeps(source):
    for token in source.code:
        if token.text in ("sleep_for", "sleep_until", "usleep", "nanosleep") and not source.within("engine/world/"):
            yield Finding(source.path, token.line, f"{token.text}: nothing waits by the clock (tests neither)")


def dead_messages(tree):
    """Messages that no code names. A warning: a stage under work may have its words first."""
    catalogue = next((s for s in tree if s.path.endswith("engine/messages/messages.def")), None)
    if catalogue is None:
        return
    used = set()
    for source in tree:
        if source.is_cpp and not source.within("tests/"):
            used.update(t.text for t in source.code if t.kind == "word")
            # The sentence of a reason is found by the reason's word.
            if source.path.endswith("engine/model/exception_reason.cpp"):
                used.update("reason_" + word for word in re.findall(r'"(\w+)"', source.text))
    names = re.findall(r"^\s*DECAMP_MESSAGE\(\s*(\w+)", catalogue.text, re.M)
    dead = [name for name in names if name not in used]
    if dead:
        yield Finding(catalogue.path, 1, f"{len(dead)} messages are used nowhere: {' '.join(dead)}", fails=False)


# --- form ---------------------------------------------------------------------------------------------------------------

FILE_WARNS, FILE_FAILS, TEST_FILE_FAILS, FUNCTION_WARNS = 400, 500, 800, 70


def coroutine_rule(source):
    for line, text in coroutines.violations(source.code):
        yield Finding(source.path, line, text)


def header_form(source):
    if not source.path.endswith(".hpp"):
        return
    directives = [t for t in source.tokens if t.kind == "directive"]
    if not directives or directives[0].text.split() != ["#pragma", "once"]:
        yield Finding(source.path, 1, "a header begins with #pragma once")
    for one, two in zip(source.code, source.code[1:]):
        if (one.text, two.text) == ("using", "namespace"):
            yield Finding(source.path, one.line, "using namespace in a header")


def lengths(source):
    if not source.path.endswith((".cpp", ".hpp", ".py", ".sh")):
        return
    lines = source.text.count("\n")
    limit = TEST_FILE_FAILS if source.within("tests/") else FILE_FAILS
    if lines > limit:
        yield Finding(source.path, lines, f"{lines} lines; a file has at most {limit}")
    elif lines > FILE_WARNS and not source.within("tests/"):
        yield Finding(source.path, lines, f"{lines} lines; better at most {FILE_WARNS}", fails=False)
    for begin, end in functions_of(source.code):
        if end - begin + 1 > FUNCTION_WARNS:
            yield Finding(source.path, begin, f"a function of {end - begin + 1} lines; better at most {FUNCTION_WARNS}", fails=False)


def functions_of(code):
    """(first line, last line) of each function that is not inside another one."""
    _, partner = partners_of(code)
    i, begin = 0, 0
    while i < len(code):
        text = code[i].text
        if text in (";", "}"):
            begin = i + 1
        elif text == "{" and i in partner:
            head = {t.text for t in code[begin:i]}
            if "(" in head and "namespace" not in head:
                yield code[begin].line, code[partner[i]].line
                i = partner[i]
            elif not head & {"namespace", "class", "struct", "union", "extern"}:
                i = partner[i]  # an enum, or a braced value
            begin = i + 1
        i += 1


# --- text of every kind -------------------------------------------------------------------------------------------------

# Written in pieces, so that this file does not find itself.
BANNED = [
    (re.compile(r"(?<![\w./-])/" + r"work/|\.\./" + r"shared\b|/tmp/" + r"(?:build-|rules)"), "a path of one machine"),
    (re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|HA" + r"CK|XX" + r"X)\b"), "a note to oneself: do it, or open an issue"),
    (re.compile(r"\b(?:inter" + r"face|tool" + r"chain|test" + r"beds|de" + r"sign)\.md\b"), "a page that is not in the repository"),
    (re.compile(r"<{7} |>{7} |^={7}$", re.M), "a merge conflict"),
]


def banned_text(source):
    for pattern, why in BANNED:
        for match in pattern.finditer(source.text):
            yield Finding(source.path, source.text.count("\n", 0, match.start()) + 1, f"'{match[0].strip()}': {why}")


def white_space(source):
    if source.path.endswith((".cpp", ".hpp", ".py", ".sh", ".md", ".txt", ".cmake")) and source.text:
        if not source.text.endswith("\n"):
            yield Finding(source.path, source.text.count("\n") + 1, "no newline at the end of the file")
        match = re.search(r"\r|\t", source.text) if source.is_cpp else re.search(r"\r", source.text)
        if match:
            yield Finding(source.path, source.text.count("\n", 0, match.start()) + 1, "a tab or a carriage return")


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")


def links(tree):
    """Links between pages, and pages named in comments, lead somewhere."""
    present = {s.path for s in tree}
    present |= {path[:end] for path in list(present) for end in range(len(path)) if path[end] == "/"}
    for source in tree:
        mentions = [(m.start(), m[0]) for m in PAGE.finditer(source.text)]
        if source.path.endswith(".md"):
            folder = source.path.rpartition("/")[0]
            for match in LINK.finditer(source.text):
                if not re.match(r"[a-z+]+:", match[1]):
                    mentions.append((match.start(), _resolved(folder, match[1])))
        for line, target in sorted({(source.text.count("\n", 0, at) + 1, target.rstrip("/")) for at, target in mentions}):
            if target not in present and not source.within("tests/style/"):
                yield Finding(source.path, line, f"{target} does not exist")


def _resolved(folder, link):
    parts = folder.split("/") if folder else []
    for part in link.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


TESTS_NAMED = re.compile(r"`(tests/[\w/.-]+\.(?:cpp|py))(?:: ([\w, ]+))?`")


def tests_named(tree):
    """What a page says is shown by a test, is: `tests/FILE: NAME, NAME`."""
    by_path = {source.path: source for source in tree}
    for source in tree:
        if not (source.path.endswith(".md") and source.within("docs/")):
            continue
        for match in TESTS_NAMED.finditer(source.text):
            line = source.text.count("\n", 0, match.start()) + 1
            test = by_path.get(match[1])
            if test is None:
                yield Finding(source.path, line, f"{match[1]} does not exist")
                continue
            for name in re.findall(r"\w+", match[2] or ""):
                if not re.search(rf"^\s*(?:TEST(?:_[FP])?\(\w+, |(?:def|class) ){name}\b", test.text, re.M):
                    yield Finding(source.path, line, f"{match[1]} has no test {name}")


FILE_RULES = [coroutine_rule, include_direction, foreign_headers, one_place, no_sleeps, header_form, lengths, banned_text,
              white_space]
TREE_RULES = [dead_messages, links, tests_named]


def findings(tree):
    for source in tree:
        for rule in FILE_RULES:
            yield from rule(source)
    for rule in TREE_RULES:
        yield from rule(tree)
