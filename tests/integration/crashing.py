"""Crashes and errors at the n-th system call, by strace: what test_crash_at_syscall and its long form do, in two sizes.

strace counts the calls of each thread and each name apart. The main thread opens the catalogue and another goes on with it,
so every sweep runs twice: from no destination at all, and from one that has been opened before, where the main thread has
few calls and the counter reaches those of the others.
"""
import os
import re
import shutil
import signal
import subprocess

from harness import check, equal, events, expect_all_items, expect_equal_exports, skip
from killing import expect_resumed

# Twins are linked and one album is private, so that each kind of call occurs.
SCENARIO = {"library": {"items": 12, "size_min": 2000, "size_max": 60000, "albums": 3, "private_items": 1,
                        "twins_percent": 10, "videos_percent": 0}}
# Into volumes: several, and items larger than a volume and than what is held in memory.
ARCHIVED = {"library": {"items": 14, "size_min": 60_000, "size_max": 1_500_000, "albums": 3, "private_items": 1,
                        "twins_percent": 10, "videos_percent": 0}}
# Hardly anything but such items.
STAGED = {"library": {"items": 6, "size_min": 900_000, "size_max": 2_500_000, "albums": 2, "private_items": 0,
                      "twins_percent": 0, "videos_percent": 0}}
REFUSED = '{"userId":"2233445566","serviceToken":"x"}'
WORDS = ("--connections", "2")
KILLED_AT = ("write", "pwrite64", "ftruncate", "fdatasync", "fsync", "syncfs", "renameat", "renameat2", "linkat", "unlink",
             "unlinkat", "mkdir", "mkdirat", "utimensat", "openat2")
# No `write`: it is what wakes a thread, and what the events file is written with.
FAILED_AT = (("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fdatasync", "ENOSPC"), ("fsync", "EIO"),
             ("syncfs", "EIO"), ("renameat2", "EIO"), ("renameat2", "ENOSPC"), ("renameat", "EIO"), ("mkdirat", "ENOSPC"),
             ("mkdirat", "EIO"), ("unlinkat", "EIO"), ("unlink", "EIO"), ("utimensat", "EIO"), ("openat2", "EIO"),
             ("openat2", "EMFILE"), ("ftruncate", "EIO"), ("linkat", "EIO"), ("pread64", "EIO"), ("getdents64", "EIO"))
NEVER_BEGAN = "error while loading shared libraries"
READ_BACK_WRONG = "was read back differently"
READS = ("pread64", "getdents64")
# Not fdatasync: SQLite takes that for an error, and decamp lets no signal reach the thread that calls it.
INTERRUPTED = ("pwrite64", "pread64", "fsync", "syncfs", "ftruncate")


class Sweep:
    """A cloud, what an undisturbed export of it looks like, and a destination that was opened and never finished."""

    def __init__(self, shop, words=(), scenario=None):
        """`words`: more of the command line, of every run."""
        if os.environ.get("DECAMP_SANITIZE"):
            skip("what a sanitizer does at the end of a process cannot be traced")
        if shutil.which("strace") is None:
            skip("strace is not there")
        tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            skip(f"strace may not trace here: {tried.stderr.strip()}")
        self.shop = shop
        self.words = (*WORDS, *words)
        self.cloud = shop.cloud(scenario or SCENARIO)
        self.wanted = shop.at("reference")
        shop.export(self.cloud, self.wanted, *self.words).expect(0, "the undisturbed run")
        shop.expect_sound(self.wanted, "the undisturbed run")
        expect_all_items(self.cloud, self.wanted)
        self.begun = shop.at("begun")
        shop.export(self.cloud, self.begun, *self.words, credentials=REFUSED).expect(6, "the run that only begins")

    def destination(self, begun):
        where = self.shop.fresh("out")
        if begun:
            shutil.copytree(self.begun, where)
        return where

    def disturbed(self, destination, name, what, when):
        """The run, what it had committed, and whether it came as far as that call."""
        trace, log = self.shop.fresh("strace"), self.shop.fresh("events")
        strace = ("strace", "-f", "-qq", "-o", trace, "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={when}")
        run = self.shop.start_export(self.cloud, destination, *self.words, events=log, under=strace).end()
        with open(trace, encoding="utf-8", errors="replace") as stream:
            injected = "(INJECTED)" in stream.read()
        os.remove(trace)
        return run, still_stored(run, log), injected or run.code == -signal.SIGKILL

    def count(self, begun, names):
        """Name -> the most calls that one thread made of it, in a run left alone."""
        trace, destination = self.shop.fresh("strace"), self.destination(begun)
        strace = ("strace", "-f", "-qq", "-o", trace, "-e", f"trace={','.join(sorted(names))}")
        self.shop.start_export(self.cloud, destination, *self.words, events=self.shop.fresh("events"), under=strace).end().expect(0)
        shutil.rmtree(destination)
        calls, most = {}, {}
        with open(trace, encoding="utf-8", errors="replace") as stream:
            for thread, name in re.findall(r"^(\d+) +(\w+)\(", stream.read(), re.MULTILINE):
                calls[thread, name] = calls.get((thread, name), 0) + 1
        for (_, name), number in calls.items():
            most[name] = max(most.get(name, 0), number)
        return most

    def goes_on(self, destination, committed, what):
        expect_resumed(self.shop, self.cloud, destination, self.wanted, committed, what, *self.words)
        shutil.rmtree(destination)

    def is_mended(self, destination, what):
        """A volume that was read back wrong is fetched again under another name: all is there, in other volumes."""
        self.shop.export(self.cloud, destination, *self.words).expect(0, what)
        self.shop.expect_sound(destination, what)
        expect_all_items(self.cloud, destination)
        self.shop.verify(destination).expect(0, what)
        shutil.rmtree(destination)


def plan(shop, sweep, names, most):
    """(begun, name, n) of every call there is, or `most` of them: each name once, and the rest at random."""
    counted = {begun: sweep.count(begun, set(names)) for begun in (False, True)}
    every = [(begun, name, n) for begun in counted for name in names for n in range(1, counted[begun].get(name, 0) + 1)]
    if most is None:
        return every
    shop.random.shuffle(every)
    firsts = list({point[1]: point for point in every}.values())
    return (firsts + [point for point in every if point not in firsts])[:most]


def in_words(begun, name, n):
    return f"{name} {n} of {'an export begun before' if begun else 'a new export'}"


def kill_at_each(shop, most, words=(), scenario=None):
    """`most`: how many of the calls; None: all. Returns how many of the kills came after something was committed."""
    sweep = Sweep(shop, words, scenario)
    kills, with_commits, never = 0, 0, 0
    for begun, name, n in plan(shop, sweep, KILLED_AT, most):
        what = f"killed at {in_words(begun, name, n)}"
        destination = sweep.destination(begun)
        run, committed, _ = sweep.disturbed(destination, name, "signal=KILL", n)
        if run.code == 0:
            never += 1  # threads share the work differently each time
            shutil.rmtree(destination)
            continue
        equal(run.code, -signal.SIGKILL, what)
        sweep.goes_on(destination, committed, what)
        kills, with_commits = kills + 1, with_commits + bool(committed)
    print(f"{kills} kills, {with_commits} with something committed; {never} runs did not come to that call", flush=True)
    check(kills > never, "hardly a run was killed")
    return with_commits


def fail_each(shop, most, words=(), scenario=None):
    """One error, or errors from there on: the run ends with 8 and one sentence, or does not mind; the next one heals it."""
    sweep = Sweep(shop, words, scenario)
    seen, never = {}, 0
    errors = {}
    for name, error in FAILED_AT:
        errors.setdefault(name, []).append(error)
    for begun, name, n in plan(shop, sweep, errors, most):
        kinds = [(error, lasting) for error in errors[name] for lasting in ("", "+")]
        for error, lasting in kinds if most is None else [shop.random.choice(kinds)]:
            what = f"{error}{' from here on' if lasting else ''} of {in_words(begun, name, n)}"
            destination = sweep.destination(begun)
            run, committed, injected = sweep.disturbed(destination, name, f"error={error}", f"{n}{lasting}")
            if NEVER_BEGAN in run.said:  # the dynamic loader reads by the same calls, before there is a program
                never += 1
                shutil.rmtree(destination, ignore_errors=True)
                continue
            never += not injected
            seen[run.code] = seen.get(run.code, 0) + 1
            # What cannot be read back is not proven, which is 4.
            check(run.code in ((0, 4, 8) if name in READS else (0, 8)), f"{what}: answered {run.code}: {run.said[-2000:]}")
            if run.code == 8:
                check(one_sentence(run.said, name in READS), f"{what}: {run.said[-2000:]}")
            if volume_given_up(run):
                sweep.is_mended(destination, what)
                continue
            if run.code == 0:
                expect_equal_exports(destination, sweep.wanted, what)
            sweep.goes_on(destination, committed, what)
    print(f"codes {seen}; {never} runs did not come to that call", flush=True)
    check(seen.get(8), "no error was ever minded")


def still_stored(run, log):
    """What was committed, less what the same run then read back wrong: that is fetched again, by this run or the next."""
    wrong = [line for line in run.said.splitlines() if READ_BACK_WRONG in line]
    return {e["id"] for e in events(log) if e["event"] == "item_stored" and not any(e["path"] in line for line in wrong)}


def volume_given_up(run):
    return any(READ_BACK_WRONG in line and "volumes/volume-" in line for line in run.said.splitlines())


ADVICE = re.compile(r"This drive: |Writing \d|\d+ files of |Single files suit |Archives suit ")


def one_sentence(said, warned):
    """One line of all that was said is what went wrong, with where; no second one, and no words of a programmer's. A drive
    that reads wrong is warned of before that (`warned`), photo by photo, and a new export begins with advice."""
    lines = [line for line in said.splitlines() if re.search(r"drive|room|catalogue", line) and not ADVICE.match(line)]
    return (warned and lines or len(lines) == 1) and not re.search(r"terminate|exception|what\(\)|bug", said)


def interrupt_each(shop, most, words=(), scenario=None):
    """EINTR is no error."""
    sweep = Sweep(shop, words, scenario)
    for begun, name, n in plan(shop, sweep, INTERRUPTED, most):
        what = f"EINTR of {in_words(begun, name, n)}"
        destination = sweep.destination(begun)
        run, _, _ = sweep.disturbed(destination, name, "error=EINTR", n)
        run.expect(0, what)
        expect_equal_exports(destination, sweep.wanted, what)
        shutil.rmtree(destination)
