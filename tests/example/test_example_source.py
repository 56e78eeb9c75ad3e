#!/usr/bin/env python3
"""The example of docs/writing-a-source.md does what it says: GNU tar makes archives, the example exports them.

usage: test_example_source.py EXAMPLE_SOURCE
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile


def check(holds, what):
    if not holds:
        raise SystemExit(f"FAILED: {what}")


def fill(folder):
    """Names and sizes that an archive may trip over."""
    chance = random.Random(7)
    for name, size in {
        "empty": 0, "one": 1, "block": 512, "behind a block": 513, "large.bin": 3 << 20, "deep/er/still/here.txt": 40_000,
        "相册/照片 1.jpg": 70_000, "n" * 150 + ".txt": 1000, "/".join(["folder of some length"] * 8) + "/far.txt": 2000,
    }.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(chance.randbytes(size))
        os.utime(path, (1_700_000_000, 1_700_000_000))


def make(archive, folder, *more):
    subprocess.run(["tar", "--format=gnu", "-cf", archive, "-C", folder, *more, "."], check=True)


class Shop:
    def __init__(self, program, folder):
        self.program, self.folder, self.runs = program, folder, 0

    def at(self, name):
        return os.path.join(self.folder, name)

    def export(self, archive, code, destination=None):
        """The certificate of a run that answers `code`, or None; and where it wrote."""
        self.runs += 1
        destination = destination or self.at(f"out{self.runs}")
        run = subprocess.run([self.program, archive, destination], capture_output=True, text=True, timeout=300, check=False)
        check(run.returncode == code, f"{os.path.basename(archive)}: code {run.returncode}, not {code}\n{run.stdout}{run.stderr}")
        path = os.path.join(destination, "certificate.json")
        if not os.path.exists(path):
            return None, destination
        with open(path, encoding="utf-8") as stream:
            return json.load(stream), destination


def whole_and_again(shop):
    library, archive = shop.at("library"), shop.at("whole.tar")
    fill(library)
    make(archive, library)
    stated, out = shop.export(archive, 0)
    check(stated["counts"]["listed"] == 9 and stated["counts"]["stored"] == 9, f"counts: {stated['counts']}")
    # Long paths are shortened; all others lie where they lay.
    far = os.path.join(library, "folder of some length")
    shutil.move(far, shop.at("far"))
    differing = subprocess.run(["diff", "-r", library, os.path.join(out, "data/files")], capture_output=True, text=True, check=False)
    check(differing.stdout.splitlines() == [f"Only in {os.path.join(out, 'data/files')}: folder of some length"] or
          "long paths" in differing.stdout, differing.stdout)
    check(differing.stdout.count("\n") <= 2, differing.stdout)
    subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "manifest-sha256.txt"], cwd=out, check=True)
    check(os.stat(os.path.join(out, "data/files/large.bin")).st_mtime == 1_700_000_000, "the time of a file")
    first = stated["bytes"]["downloaded"]
    again, _ = shop.export(archive, 0, out)
    check(again["bytes"]["downloaded"] == first, "something was fetched twice")
    # What is added behind is all that is fetched; the archive's own time has changed meanwhile.
    with open(shop.at("later.txt"), "wb") as stream:
        stream.write(b"later")
    subprocess.run(["tar", "--format=gnu", "-rf", archive, "-C", shop.folder, "later.txt"], check=True)
    more, _ = shop.export(archive, 0, out)
    check(more["bytes"]["downloaded"] == first + 5, f"{more['bytes']['downloaded'] - first} bytes for 5 that are new")


def what_is_no_file(shop):
    library = shop.at("odd")
    os.makedirs(library)
    with open(os.path.join(library, "file"), "wb") as stream:
        stream.write(b"bytes")
    os.link(os.path.join(library, "file"), os.path.join(library, "hard"))
    os.symlink("file", os.path.join(library, "soft"))
    make(shop.at("odd.tar"), library)
    stated, _ = shop.export(shop.at("odd.tar"), 3)
    check({e["reason"] for e in stated["exceptions"]} == {"refused_by_cloud"}, f"{stated['exceptions']}")
    check(len(stated["exceptions"]) == 2 and stated["counts"]["stored"] == 1, f"{stated['counts']}")


def members_of_one_name(shop):
    """Added twice, both stay."""
    library, archive = shop.at("twice"), shop.at("twice.tar")
    os.makedirs(library)
    for text in (b"first", b"second"):
        with open(os.path.join(library, "same"), "wb") as stream:
            stream.write(text)
        subprocess.run(["tar", "--format=gnu", "-rf", archive, "-C", library, "same"], check=True)
    _, out = shop.export(archive, 0)
    found = set()
    for name in os.listdir(os.path.join(out, "data/files")):
        with open(os.path.join(out, "data/files", name), "rb") as stream:
            found.add(stream.read())
    check(found == {b"first", b"second"}, f"{found}")


def damaged(shop):
    """Whatever is wrong with an archive, nothing is called complete, and nothing hangs or falls over."""
    library = shop.at("small")
    os.makedirs(library)
    with open(os.path.join(library, "a"), "wb") as stream:
        stream.write(b"x" * 2000)
    make(shop.at("good.tar"), library)
    with open(shop.at("good.tar"), "rb") as stream:
        good = stream.read()
    header = good.find(b"./a\0")

    def with_size(text):
        raw = bytearray(good)
        raw[header + 124:header + 136] = text
        raw[header + 148:header + 156] = b" " * 8
        raw[header + 148:header + 156] = b"%06o\0 " % sum(raw[header:header + 512])
        return bytes(raw)

    for name, archive in {
        "cut in a member": good[:header + 700], "no end mark": good[:header + 512 + 2048], "empty": b"", "text": b"hello\n" * 500,
        "a wrong sum": good[:header] + b"b" + good[header + 1:], "beyond the end": with_size(b"77777777777\0"),
        "no digits": with_size(b"9999999zzzz\0"), "above 64 bits": with_size(b"\x80" + b"\xff" * 11),
    }.items():
        path = shop.at(name.replace(" ", "_") + ".tar")
        with open(path, "wb") as stream:
            stream.write(archive)
        stated, _ = shop.export(path, 7)
        check(stated is None or stated["verdict"] == "incomplete", f"{name}: {stated and stated['verdict']}")
    shop.export(shop.at("nowhere.tar"), 7)


def main(program):
    if not shutil.which("tar"):
        print("there is no tar here")
        return 77
    for case in (whole_and_again, what_is_no_file, members_of_one_name, damaged):
        with tempfile.TemporaryDirectory(prefix="decamp-test-") as folder:
            case(Shop(program, folder))
        print(f"{case.__name__}: good")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
