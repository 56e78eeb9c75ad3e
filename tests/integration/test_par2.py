#!/usr/bin/env python3
"""Recovery data of formats/par2_*.hpp and of the program par2 (Debian: par2), each repaired by the other.

A file beyond 4 GiB needs DECAMP_LONG=1, and some 10 GB of room.
"""
import glob
import os
import re
import shutil
import subprocess

import harness
from harness import check, equal

TOOL = os.environ.get("DECAMP_PAR2_TOOL", "")
PAR2 = shutil.which("par2")
WHOLE, REPAIRABLE, LOST = 0, 1, 2  # both programs answer so
MIB = 1 << 20


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          timeout=harness.PATIENCE_S)
    return done.returncode, done.stdout


class Protected:
    """A file in a folder of its own, its bytes, and the recovery files beside it."""

    def __init__(self, shop, size, name="volume.tar"):
        self.folder = shop.fresh("par2")
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, name)
        self.random = shop.random
        self.bytes = self.random.randbytes(size)
        self.write(self.bytes)

    def write(self, data):
        with open(self.path, "wb") as out:
            out.write(data)

    def read(self):
        with open(self.path, "rb") as file:
            return file.read()

    @property
    def recovery_files(self):
        return sorted(glob.glob(glob.escape(self.path) + "*.par2"))

    @property
    def volume(self):
        return next(path for path in self.recovery_files if ".vol" in path)

    # Each program's way to do a thing: (exit code, what it printed).
    def ours_create(self, percent, *more):
        return run(TOOL, "create", self.path, str(percent), *more)

    def theirs_create(self, *options):
        return run(PAR2, "create", "-q", *options, self.path + ".par2", self.path)

    def ours(self, verb, *more):
        return run(TOOL, verb, self.path, *self.recovery_files, *more)

    def theirs(self, verb):
        answer = run(PAR2, verb, "-q", self.recovery_files[0])
        for left in glob.glob(glob.escape(self.path) + ".[0-9]"):
            os.remove(left)  # what was repaired, as par2 leaves it
        return answer

    def does(self, how, verb, wanted):
        code, said = getattr(self, how)(verb)
        equal(code, wanted, f"{how} {verb} of {len(self.bytes)} bytes: {said}\nexit code")
        if verb == "repair" and wanted == WHOLE:
            check(self.read() == self.bytes, f"{how} repaired something else")

    # What may happen to a file.
    def flip(self, times=1):
        data = bytearray(self.bytes)
        for _ in range(times):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        self.write(data)

    def zero(self, length):
        at = self.random.randrange(max(1, len(self.bytes) - length))
        data = bytearray(self.bytes)
        data[at:at + length] = bytes(len(data[at:at + length]))
        self.write(data)

    def cut(self, length):
        self.write(self.bytes[:-length])

    def grow(self):
        self.write(self.bytes + b"more")


def create(protected, how, *options):
    code, said = (protected.ours_create if how == "ours" else protected.theirs_create)(*options)
    equal(code, 0, f"{how} create {options}: {said}\nexit code")
    return said


def damages(protected, slice_bytes):
    """Some that cost three slices at most."""
    size = len(protected.bytes)
    yield lambda: protected.flip()
    yield lambda: protected.flip(3)
    yield lambda: protected.zero(min(size, slice_bytes + 1))
    yield lambda: protected.cut(min(size, 1 + protected.random.randrange(slice_bytes)))
    yield lambda: protected.cut(min(size, 2 * slice_bytes))
    yield lambda: protected.grow()


def goes_well(protected, slice_bytes, repairers=("ours", "theirs")):
    for how in ("ours", "theirs"):
        protected.does(how, "verify", WHOLE)
    for turn, damage in enumerate(damages(protected, slice_bytes)):
        damage()
        if protected.read() == protected.bytes:
            continue  # zeros over zeros
        for how in ("ours", "theirs"):
            protected.does(how, "verify", REPAIRABLE)
        how = repairers[turn % len(repairers)]
        protected.does(how, "repair", WHOLE)
        protected.does("theirs" if how == "ours" else "ours", "verify", WHOLE)


def ours_serves_both(shop):
    for size in (1, 2, 3, 4, 5, 4095, 4096, 4097, 16384, 100_003, 300_001):
        protected = Protected(shop, size)
        said = create(protected, "ours", 300)
        goes_well(protected, int(re.search(r"slices of (\d+)", said)[1]))
        shutil.rmtree(protected.folder)


def theirs_serves_both(shop):
    for size, options in ((1, ("-s4", "-c3")), (4, ("-s4", "-c3")), (100_003, ("-s1000", "-c7")),
                          (100_003, ("-b100", "-r10", "-n1")), (99_996, ("-s12", "-c5", "-n2")),
                          (300_001, ("-b2000", "-c40", "-u", "-n3")), (65_536, ("-s4096", "-r100", "-f300"))):
        protected = Protected(shop, size)
        create(protected, "theirs", *options)
        slices = re.search(r"of (\d+) slices", protected.ours("verify")[1])
        goes_well(protected, max(4, size // int(slices[1]) // 4 * 4), ("ours",))
        shutil.rmtree(protected.folder)


def many_mebibytes(shop):
    # Twenty; two where sanitizers make all arithmetic slow.
    size, narrow = (2 * MIB + 77, 180_000) if os.environ.get("DECAMP_SANITIZE") else (20 * MIB + 77, 700_000)
    protected = Protected(shop, size)
    said = create(protected, "ours", 5)
    check("1 passes" in said, said)
    slice_bytes = int(re.search(r"slices of (\d+)", said)[1])
    with open(protected.volume, "rb") as file:
        volume = file.read()
    said = create(protected, "ours", 5, "--", str(size // 25))
    check(int(said.split()[0]) > 1, f"more than one pass where memory is short: {said}")
    check(int(re.search(r"(\d+) bytes held", said)[1]) <= size // 25, said)
    with open(protected.volume, "rb") as file:
        check(file.read() == volume, "several passes write what one writes")
    for who, damage in (("ours", lambda: protected.flip(20)), ("theirs", lambda: protected.flip(10)),
                        ("theirs", lambda: protected.zero(size // 80)), ("ours", lambda: protected.cut(size // 40))):
        damage()
        protected.does(who, "verify", REPAIRABLE)
        protected.does(who, "repair", WHOLE)
    protected.zero(size // 40)
    code, said = protected.ours("repair", "--", str(narrow))
    equal(code, WHOLE, said)
    check(64 < int(re.search(r"repairing (\d+) bytes", said)[1]) < slice_bytes, f"slices in several ranges: {said}")
    check(protected.read() == protected.bytes, "repaired in ranges")


def too_much_is_told(shop):
    for how, options in (("ours", (5,)), ("theirs", ("-b200", "-r5"))):
        protected = Protected(shop, 1_000_000)
        create(protected, how, *options)
        protected.cut(200_000)
        damaged = protected.read()
        for who in ("ours", "theirs"):
            protected.does(who, "verify", LOST)
            protected.does(who, "repair", LOST)
        equal(protected.read(), damaged, "what cannot be repaired is left alone")


def a_file_that_is_gone(shop):
    for how, options in (("ours", (100,)), ("theirs", ("-s1000", "-r100"))):
        for who in ("ours", "theirs"):
            protected = Protected(shop, 50_001)
            create(protected, how, *options)
            if who == "ours":
                protected.write(b"")
            else:
                os.remove(protected.path)
            protected.does(who, "repair", WHOLE)


def damaged_recovery_files(shop):
    """A broken packet is one recovery slice less; what describes the set stands there more than once."""
    for how, options in (("ours", (10,)), ("theirs", ("-s1000", "-r10", "-n1"))):
        for who in ("ours", "theirs"):
            protected = Protected(shop, 100_000)
            create(protected, how, *options)
            with open(protected.volume, "rb") as file:
                volume = bytearray(file.read())
            slices = [match.start() for match in re.finditer(b"RecvSlic", volume)]
            check(len(slices) >= 3, f"{len(slices)} recovery slices")
            volume[slices[1] + 100] ^= 1         # a byte of a slice
            volume[slices[0] - 48] ^= 0xff       # the packet's length
            volume[volume.index(b"IFSC") + 40] ^= 1  # the first of the lists of sums
            with open(protected.volume, "wb") as file:
                file.write(volume)
            os.remove(protected.path + ".par2")
            protected.flip()
            protected.does(who, "verify", REPAIRABLE)
            protected.does(who, "repair", WHOLE)


def a_volume_cut_short(shop):
    for who in ("ours", "theirs"):
        protected = Protected(shop, 100_000)
        create(protected, "ours", 30)
        os.truncate(protected.volume, os.path.getsize(protected.volume) // 2)
        protected.flip(2)
        protected.does(who, "repair", WHOLE)


def names(shop):
    for name in ("a", "abcd", "with a space.zip", "\u4e2d\u6587.tar", "x" * 200):
        protected = Protected(shop, 10_000, name)
        create(protected, "ours", 40)
        for who in ("ours", "theirs"):
            protected.flip()
            protected.does(who, "repair", WHOLE)


def an_empty_file(shop):
    """The format allows it, without slices; the program par2 makes none of it and does not verify one either."""
    protected = Protected(shop, 0)
    create(protected, "ours", 10)
    equal(protected.recovery_files, [protected.path + ".par2"], "there is nothing to recover")
    protected.does("ours", "verify", WHOLE)
    protected.write(b"not empty")
    protected.does("ours", "verify", REPAIRABLE)
    protected.does("ours", "repair", WHOLE)


def beyond_four_gibibytes(shop):
    if os.environ.get("DECAMP_LONG") != "1":
        return
    protected = Protected(shop, 1)
    size = (4 << 30) + 12_345
    block = shop.random.randbytes(MIB)
    with open(protected.path, "wb") as out:
        for i in range(size // MIB):
            out.write(i.to_bytes(8, "little") + block[8:])
        out.write(b"\7" * (size % MIB))
    print(create(protected, "ours", 5, "--", str(300 * MIB)), end="", flush=True)
    equal(protected.theirs("verify")[0], WHOLE, "par2 verify")
    sum_before = subprocess.run(["sha256sum", protected.path], capture_output=True, check=True).stdout
    for who in ("ours", "theirs"):
        with open(protected.path, "r+b") as file:
            for at in (5, (4 << 30) - 3, (4 << 30) + 100, 123_456_789):
                file.seek(at)
                file.write(b"damage")
            file.truncate(size - 5_000)
        code, said = getattr(protected, who)("repair")
        equal(code, WHOLE, said)
        equal(subprocess.run(["sha256sum", protected.path], capture_output=True, check=True).stdout, sum_before, who)


if __name__ == "__main__":
    if not TOOL or not os.path.exists(TOOL):
        harness.skip("there is no par2_tool (DECAMP_PAR2_TOOL)")
    if not PAR2:
        harness.skip("there is no par2")
    harness.main(ours_serves_both, theirs_serves_both, many_mebibytes, too_much_is_told, a_file_that_is_gone,
                 damaged_recovery_files, a_volume_cut_short, names, an_empty_file, beyond_four_gibibytes)
