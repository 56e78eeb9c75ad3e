#!/usr/bin/env python3
"""Tar, tar.zst and zip as formats/ writes them, read by programs of others: what comes out is what went in, names and times too.

The archives are made by a small program of the tests (containers/make_archive.cpp) from files made here. Every program that is
installed reads every archive; at least three must be there.
"""
import decimal
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile

from harness import Failed, check, equal, skip

MAKE = os.environ.get("DECAMP_MAKE_ARCHIVE", "")
LONG = os.environ.get("DECAMP_LONG") == "1"
# Names are UTF-8 to each of them, and DOS times are UTC.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
SECOND = 10**9
SOME_TIME = 1_700_000_000_123_456_789
KIB = 1024

# Legal on Linux, and each a trap somewhere. A backslash stands below a folder, since libarchive takes one in a zip for a
# separator where there is no other.
NAMES = [
    "plain.txt", "a b/c d.txt", "-rf", "--checkpoint=1", "new\nline", "tab\there", "d/back\\slash", "quote'\"`$x", "star*?[x]",
    "colon:x", "pipe|<>", "end. ", "end.", " leading", "\x01control\x7f", "\u00e9 NFC", "e\u0301 NFD",
    "\u7167\u7247/IMG 1.jpg", "\U0001f600/\U0001f468\u200d\U0001f469.png", "\u202egpj.exe", "~$document", "CON", "%41", "@at",
    "dd/.hidden", "....", "..x", "x..", "._x", "PaxHeaders/x", "@LongLink", "a=b\n12 path=other\n", "x" * 255, "\u00e9" * 127,
    "n" * 100, "p" * 155 + "/" + "n" * 100, "p" * 155 + "/" + "n" * 101, "p" * 156 + "/n", "/".join(["d" * 50] * 20) + "/f",
    "/".join(["\u7167" * 80] * 5) + "/f",
]
TIMES = {
    "epoch": 0, "half": SECOND // 2, "one_ns": 1, "before": -SECOND, "before_half": -3 * SECOND // 2, "before_ns": -1,
    "old": -400_000_000 * SECOND, "last_signed": (2**31 - 1) * SECOND, "first_beyond": 2**31 * SECOND,
    "last_octal": (8**11 - 1) * SECOND, "beyond_octal": 8**11 * SECOND, "most": 2**63 - 1, "least": -(2**63), "none": None,
}
LINKS = {"link": "plain.txt", "\u00e9 link": "\u00e9 NFC", "l" * 150: "p" * 155 + "/" + "n" * 101}


def contents():
    """(path, bytes, time or none): names, times, and sizes around blocks, frames and pieces."""
    dice = random.Random(1)
    for number, name in enumerate(NAMES):
        yield name, f"{number} {name}\n".encode() * (number % 7), SOME_TIME + number
    for name, time in TIMES.items():
        yield "times/" + name, name.encode(), time
    text = b"".join(b"line %d of a text\n" % dice.randrange(10_000) for _ in range(60_000))[:KIB * KIB]
    for size in (1, 511, 512, 513, 49_999, 50_000, 50_001, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, KIB * KIB):
        yield f"sizes/text {size}", text[:size], SOME_TIME
        yield f"sizes/noise {size}", dice.randbytes(min(size, 300_000)), SOME_TIME
    yield "sizes/zeros", bytes(3 * KIB * KIB), SOME_TIME
    yield "sizes/empty", b"", SOME_TIME


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, env=ENVIRONMENT, **more)
    check(done.returncode == 0, f"{words[0]} answered {done.returncode}: {done.stderr[-500:].decode(errors='replace')}"
                                f"{done.stdout[-300:].decode(errors='replace')}")
    return done.stdout


def has(program):
    return shutil.which(program) is not None


class Archives:
    def __init__(self, folder):
        self.folder = folder
        self.members = {path: (content, time) for path, content, time in contents()}
        fields = []
        for number, (path, (content, time)) in enumerate(self.members.items()):
            source = self.at(f"content-{number}")
            with open(source, "wb") as file:
                file.write(content)
            fields += [path, source, "" if time is None else str(time), ""]
        for path, target in LINKS.items():
            fields += [path, "", str(self.members[target][1]), target]
        with open(self.at("list"), "wb") as file:
            file.write("".join(field + "\0" for field in fields).encode())
        run(MAKE, "all", self.at("list"), folder)

    def at(self, name):
        return os.path.join(self.folder, name)

    def digests(self, with_links):
        out = {path: hashlib.sha256(content).hexdigest() for path, (content, _) in self.members.items()}
        if with_links:
            out.update({path: out[target] for path, target in LINKS.items()})
        return out


def named_by(by, path):
    """libarchive brings names to the composed form where the locale is UTF-8."""
    return unicodedata.normalize("NFC", path) if by.startswith("bsdtar") else path


def expect_digests(found, wanted, by):
    wanted = {named_by(by, path): digest for path, digest in wanted.items()}
    lost = sorted(wanted.keys() - found.keys())
    more = sorted(found.keys() - wanted.keys())
    check(not lost and not more, f"{by}: missing {lost[:3]!r}, surplus {more[:3]!r}")
    for path, digest in wanted.items():
        equal(found[path], digest, f"{by}: content of {path!r}")


def extracted(archives, by, words):
    """Runs a program that fills a folder; digests and times by path."""
    out = tempfile.mkdtemp(prefix="out-", dir=archives.folder)
    run(*[word.replace("OUT", out) for word in words])
    digests, stats = {}, {}
    for root, _, files in os.walk(out):
        for name in files:
            full = os.path.join(root, name)
            path = os.path.relpath(full, out)
            check(not os.path.islink(full), f"{by}: {path!r} is a symbolic link")
            with open(full, "rb") as file:
                digests[path] = hashlib.sha256(file.read()).hexdigest()
            stats[path] = os.stat(full)
    shutil.rmtree(out)
    return digests, stats


def kept_by_drive(archives, time):
    """What becomes of a time on this drive: not every file system reaches from 1677 to 2262."""
    probe = archives.at("probe")
    with open(probe, "wb"):
        pass
    os.utime(probe, ns=(time, time))
    return os.stat(probe).st_mtime_ns


def tar_by_programs(archives):
    ways = {
        "GNU tar": ["tar", "-x", "-f", archives.at("all.tar"), "-C", "OUT"],
        "GNU tar --zstd": ["tar", "--zstd", "-x", "-f", archives.at("all.tar.zst"), "-C", "OUT"],
        "bsdtar": ["bsdtar", "-x", "-f", archives.at("all.tar"), "-C", "OUT"],
        "bsdtar zst": ["bsdtar", "-x", "-f", archives.at("all.tar.zst"), "-C", "OUT"],
        "7z tar": ["7z", "x", "-y", "-oOUT", archives.at("all.tar")],
    }
    read_by = []
    for by, words in ways.items():
        if not has(words[0]) or ("zst" in by and not has("zstd")):
            continue
        digests, stats = extracted(archives, by, words)
        expect_digests(digests, archives.digests(with_links=True), by)
        for path, target in LINKS.items():
            equal(stats[named_by(by, path)].st_ino, stats[named_by(by, target)].st_ino, f"{by}: {path!r} is {target!r}")
        for path, (_, time) in archives.members.items():
            time = time or 0
            if by.startswith("bsdtar") and time < 0 and time % SECOND:
                continue  # libarchive adds the part of a second where it is to be taken away
            equal(stats[named_by(by, path)].st_mtime_ns, kept_by_drive(archives, time), f"{by}: time of {path!r}")
        read_by.append(by)
    return read_by


def tar_by_python(archives):
    found = {}
    with tarfile.open(archives.at("all.tar")) as tar:
        for member in tar:
            check(member.isfile() or member.islnk(), f"{member.name!r} is neither file nor link")
            equal((member.uid, member.gid, member.uname, member.gname, member.mode), (0, 0, "", "", 0o644), "owner and mode")
            found[member.name] = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
            if member.islnk():
                equal(member.linkname, LINKS[member.name], "link target")
                continue
            time = archives.members[member.name][1] or 0
            said = decimal.Decimal(member.pax_headers.get("mtime", int(member.mtime)))
            equal(said * SECOND, time, f"time of {member.name!r}")
    expect_digests(found, archives.digests(with_links=True), "tarfile")
    return ["tarfile"]


def zstd_frames(archives):
    """The whole by zstd; each frame alone, found by the table as its specification says."""
    if not has("zstd"):
        return []
    with open(archives.at("all.tar"), "rb") as file:
        raw = file.read()
    packed_file = archives.at("all.tar.zst")
    run("zstd", "-q", "-t", packed_file)
    check(run("zstd", "-q", "-d", "-c", packed_file) == raw, "zstd -d gives other bytes than the tar has")
    with open(packed_file, "rb") as file:
        packed = file.read()
    count, descriptor, magic = struct.unpack("<IBI", packed[-9:])
    equal((descriptor, magic), (0, 0x8F92EAB1), "the table's footer")
    table = packed[-(17 + 8 * count):]
    equal(struct.unpack("<II", table[:8]), (0x184D2A5E, len(table) - 8), "the table's head")
    at = raw_at = 0
    kinds = set()
    for number in range(count):
        size, raw_size = struct.unpack_from("<II", table, 8 + 8 * number)
        # Each is tried for being one frame, some for what they hold: a process each takes its time.
        equal(packed[at:at + 4], b"\x28\xb5\x2f\xfd", f"magic of frame {number}")
        if number < 12 or number % 7 == 0:
            alone = run("zstd", "-q", "-d", "-c", input=packed[at:at + size])
            check(alone == raw[raw_at:raw_at + raw_size], f"frame {number} holds something else")
        kinds.add((size < raw_size, raw_size == 0))
        at, raw_at = at + size, raw_at + raw_size
    equal((at, raw_at), (len(packed) - len(table), len(raw)), "sums of the table")
    equal(len(kinds), 3, "kinds of frames: smaller, stored, empty")
    listed = run("zstd", "-l", "-v", packed_file).decode()
    check("Check: XXH64" in listed, f"zstd -l sees no checksums: {listed}")
    return ["zstd"]


def zip_time(time):
    """What a zip says of a time: whole seconds where the extended timestamp has them, or none."""
    if time is None or not 0 <= time // SECOND < 2**31:
        return None
    return time // SECOND * SECOND


def zip_by_programs(archives):
    archive = archives.at("all.zip")
    ways = {
        "unzip": ["unzip", "-q", "-^", archive, "-d", "OUT"],
        "bsdtar zip": ["bsdtar", "-x", "-f", archive, "-C", "OUT"],
        "bsdtar zip, streaming": ["sh", "-c", 'cat "$0" | bsdtar -x -f - -C OUT', archive],
        "7z zip": ["7z", "x", "-y", "-oOUT", archive],
    }
    read_by = []
    for by, words in ways.items():
        if not has("bsdtar" if words[0] == "sh" else words[0]):
            continue
        digests, stats = extracted(archives, by, words)
        expect_digests(digests, archives.digests(with_links=False), by)
        for path, (_, time) in archives.members.items():
            if zip_time(time) is not None:
                kept = kept_by_drive(archives, zip_time(time))
                equal(stats[named_by(by, path)].st_mtime_ns, kept, f"{by}: time of {path!r}")
        read_by.append(by)
    if has("unzip"):
        run("unzip", "-q", "-t", archive)
    if has("7z"):
        run("7z", "t", archive)
    return read_by


def zip_by_python(archives):
    with zipfile.ZipFile(archives.at("all.zip")) as archive:
        equal(archive.testzip(), None, "zipfile's test")
        found = {info.filename: hashlib.sha256(archive.read(info)).hexdigest() for info in archive.infolist()}
        for info in archive.infolist():
            equal((info.create_system, info.external_attr >> 16), (3, 0o100644), f"mode of {info.filename!r}")
            check(info.flag_bits & 0x800, f"{info.filename!r} is not said to be UTF-8")
        years = {name: archive.getinfo("times/" + name).date_time[0] for name in TIMES}
        equal((years["none"], years["before"], years["last_signed"], years["first_beyond"], years["most"]),
              (1980, 1980, 2038, 2038, 2107), "years of DOS times")
        methods = {info.compress_type for info in archive.infolist()}
        equal(methods, {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}, "methods")
    expect_digests(found, archives.digests(with_links=False), "zipfile")
    return ["zipfile"]


def large_ones(archives):
    """Members beyond 4 and 8 GiB, as holes: listed by each, and the small one behind them read. Whole only in a long run."""
    run(MAKE, "large", archives.folder)
    sizes = {"large": 9 * KIB**3 + 1, "small": 10}
    archive = archives.at("large.tar")
    with tarfile.open(archive) as tar:
        equal({member.name: member.size for member in tar}, sizes, "tarfile: sizes")
        equal(tar.extractfile("small").read(), b"behind it\n", "tarfile: behind the large one")
    listings = {"tar": ["tar", "-t", "-v", "-f", archive], "bsdtar": ["bsdtar", "-t", "-v", "-f", archive],
                "7z": ["7z", "l", archive]}
    for program, words in listings.items():
        if has(program):
            check(str(sizes["large"]) in run(*words).decode(), f"{program} sees no member of {sizes['large']} bytes")
    if has("7z"):
        equal(run("7z", "x", "-so", archive, "small"), b"behind it\n", "7z: behind the large one of a tar")

    archive = archives.at("large.zip")
    size = 4_200_000_000 + (1 << 28)
    with zipfile.ZipFile(archive) as zipped:
        equal({info.filename: info.file_size for info in zipped.infolist()}, {"large": size, "small": 10}, "zipfile: sizes")
        equal(zipped.read("small"), b"behind it\n", "zipfile: behind the large one")
    readers = {"unzip": ["unzip", "-p", archive, "small"], "bsdtar": ["bsdtar", "-x", "-O", "-f", archive, "small"],
               "7z": ["7z", "x", "-so", archive, "small"]}
    for program, words in readers.items():
        if has(program):
            equal(run(*words), b"behind it\n", f"{program}: behind the large one")
    if LONG:
        with zipfile.ZipFile(archive) as zipped:
            equal(zipped.testzip(), None, "zipfile's test of 4.2 GiB")
        for program, words in {"unzip": ["unzip", "-q", "-t", archive], "7z": ["7z", "t", archive]}.items():
            if has(program):
                run(*words)
        if has("bsdtar"):
            run("sh", "-c", 'bsdtar -x -O -f "$0" large | cmp -n "$1" - /dev/zero', archive, str(size))
    for name in ("large.tar", "large.zip"):
        os.unlink(archives.at(name))
    return []


def many_members(archives):
    """More members than 16 bits count."""
    run(MAKE, "many", archives.folder)
    archive = archives.at("many.zip")
    with zipfile.ZipFile(archive) as zipped:
        equal(len(zipped.namelist()), 70_000, "zipfile: members")
        equal(zipped.read("d69/69999"), b"the last\n", "zipfile: the last member")
    if has("bsdtar"):
        equal(run("bsdtar", "-t", "-f", archive).count(b"\n"), 70_000, "bsdtar: members")
    if has("unzip"):
        equal(run("unzip", "-Z", "-1", archive).count(b"\n"), 70_000, "unzip: members")
        equal(run("unzip", "-p", archive, "d69/69999"), b"the last\n", "unzip: the last member")
    if has("7z"):
        equal(run("7z", "x", "-so", archive, "d69/69999"), b"the last\n", "7z: the last member")
    return []


def main():
    if not MAKE:
        skip("DECAMP_MAKE_ARCHIVE does not say which program makes the archives")
    missing = [program for program in ("tar", "bsdtar", "unzip", "7z", "zstd") if not has(program)]
    if len(missing) > 2:
        skip("too few programs to read archives with: missing " + ", ".join(missing))
    read_by = []
    with tempfile.TemporaryDirectory(prefix="decamp-test-") as folder:
        archives = Archives(folder)
        for case in (tar_by_programs, tar_by_python, zstd_frames, zip_by_programs, zip_by_python, large_ones, many_members):
            try:
                read_by += case(archives)
            except Failed as failure:
                print(f"FAILED  {case.__name__}: {failure}")
                return 1
            print(f"ok      {case.__name__}", flush=True)
    print("read by: " + ", ".join(read_by))
    return 0


if __name__ == "__main__":
    sys.exit(main())
