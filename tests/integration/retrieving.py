"""Exports to look into: the same cloud as a tree and as archives, and what taking them out again must give."""
import json
import os
import shutil
import subprocess

import harness
from harness import check, equal

CLOUD = {"library": {"items": 90, "private_items": 4, "albums": 5, "album_names": ["旅行 2019", "Family & Friends"],
                     "twins_percent": 20, "duplicate_names": [3, 4, 5], "size_max": 90000, "zero_bytes": [7]}}
FORMS = ("tree", "tar", "tar.zst", "zip")


def exports(shop, forms=FORMS, *more, volume="2MiB"):
    """Form -> folder of an export of one cloud."""
    cloud = shop.cloud(CLOUD)
    made = {}
    for form in forms:
        made[form] = shop.fresh("export-" + form)
        shop.export(cloud, made[form], "--format", form, "--volume-size", volume, *more).expect(0, form)
    return made


def files_below(folder):
    """Path -> (bytes' SHA-256, mtime in whole seconds)."""
    found = {}
    for inner, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(inner, name)
            check(not os.path.islink(full), f"{full} is a link")
            found[os.path.relpath(full, folder)] = (harness.file_digest(full), int(os.stat(full).st_mtime))
    return found


def listed(shop, export, *words):
    """The lines of `list --json`, as values."""
    run = shop.run("list", export, "--json", *words).expect(0)
    return [json.loads(line) for line in output(run).decode().splitlines()]


def output(run):
    with open(run.out_path, "rb") as stream:
        return stream.read()


def errors(run):
    with open(run.err_path, "rb") as stream:
        return stream.read().decode()


def without_catalogue(shop, export):
    """A copy whose .decamp is gone."""
    copy = shop.fresh("copy")
    shutil.copytree(export, copy)
    shutil.rmtree(os.path.join(copy, ".decamp"))
    return copy


def extracted(shop, export, *words, code=0):
    to = shop.fresh("taken-out")
    shop.run("extract", export, to, "--no-progress", *words).expect(code, export)
    check(not os.path.exists(os.path.join(to, ".decamp")), "something was left behind")
    return to


def volumes(export):
    folder = os.path.join(export, "data/volumes")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if not name.endswith(".sha256")]


def whole_albums(export):
    """Album -> digests of its members, by the lists: what must stand in its folder."""
    albums = {}
    folder = os.path.join(export, "lists/albums")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as stream:
            lines = [json.loads(line) for line in stream]
        albums[name[:-len(".jsonl")]] = sorted(line["sha256"] for line in lines if line["file"])
    return albums


def expect_whole_albums(export, taken_out, what):
    found = {}
    for path, (digest, _) in files_below(os.path.join(taken_out, "albums")).items():
        found.setdefault(path.split("/")[0], []).append(digest)
    wanted = {album: digests for album, digests in whole_albums(export).items() if digests}
    equal({album: sorted(digests) for album, digests in found.items()}, wanted, what)


def bytes_read(words, env=None):
    """What a process read from files, by strace."""
    log = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"decamp-trace-{os.getpid()}")
    try:
        # Who looks for leaks at a process's end cannot do so under a tracer.
        without_leaks = {**(env or os.environ)}
        without_leaks["ASAN_OPTIONS"] = f"{without_leaks.get('ASAN_OPTIONS', '')}:detect_leaks=0".lstrip(":")
        subprocess.run(["strace", "-f", "-o", log, "-e", "trace=read,pread64,readv,preadv", *words],
                       stdout=subprocess.DEVNULL, check=True, timeout=harness.PATIENCE_S, env=without_leaks)
        total = 0
        with open(log, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                end = line.rsplit("= ", 1)[-1].split()
                if end and end[0].isdigit():
                    total += int(end[0])
        return total
    finally:
        if os.path.exists(log):
            os.remove(log)
