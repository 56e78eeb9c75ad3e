"""Volumes read back by programs that are not decamp, and judged by what the cloud truly holds."""
import hashlib
import os
import shutil
import subprocess

import volumes
from harness import check, equal, file_digest, manifest, payload
from volumes import Member

MIB = 1 << 20
SECOND = 10**9
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
LEAST_READERS = 3

# What fills OUT from a volume, and by whose code: of the readers of a format, at least three are by different authors.
PROGRAMS = {
    "tar": {"GNU tar": ["tar", "-x", "-f", "VOLUME", "-C", "OUT"],
            "bsdtar": ["bsdtar", "-x", "-f", "VOLUME", "-C", "OUT"],
            "7z": ["7z", "x", "-y", "-bd", "-oOUT", "VOLUME"]},
    "tar.zst": {"GNU tar": ["sh", "-c", 'zstd -q -d -c "$0" | tar -x -f - -C "$1"', "VOLUME", "OUT"],
                "bsdtar": ["bsdtar", "-x", "-f", "VOLUME", "-C", "OUT"]},
    "zip": {"unzip": ["unzip", "-q", "VOLUME", "-d", "OUT"],
            "7z": ["7z", "x", "-y", "-bd", "-oOUT", "VOLUME"],
            "bsdtar": ["bsdtar", "-x", "-f", "VOLUME", "-C", "OUT"]},
}
TESTS = {"tar": [], "tar.zst": [["zstd", "-q", "-t", "VOLUME"]], "zip": [["unzip", "-q", "-t", "VOLUME"], ["7z", "t", "VOLUME"]]}
NEEDED = {"GNU tar": "tar", "bsdtar": "bsdtar", "7z": "7z", "unzip": "unzip", "zstd": "zstd"}


def has(program):
    return shutil.which(NEEDED.get(program, program)) is not None


def readers(kind):
    """The programs of this format that are here, besides Python's library."""
    there = [by for by in PROGRAMS[kind] if has(by) and (kind != "tar.zst" or has("zstd"))]
    check(len(there) + 1 >= LEAST_READERS,
          f"only {', '.join([*there, 'Python'])} can read {kind} here, and {LEAST_READERS} have to: install "
          "libarchive-tools, p7zip-full, unzip and zstd")
    return there


def ran(words, what):
    done = subprocess.run(words, capture_output=True, env=ENVIRONMENT, check=False)
    check(done.returncode == 0, f"{what}: {words[0]} answered {done.returncode}: "
                                f"{(done.stderr + done.stdout)[-600:].decode(errors='replace')}")


def extracted(shop, by, kind, volume, look=None):
    """Name -> Member of what a program makes of a volume; `look` sees the folder before it goes."""
    out = shop.fresh("extracted")
    os.makedirs(out)
    words = [word.replace("OUT", out).replace("VOLUME", volume) for word in PROGRAMS[kind][by]]
    ran(words, f"{os.path.basename(volume)} by {by}")
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            full = os.path.join(folder, name)
            path = os.path.relpath(full, out)
            check(not os.path.islink(full), f"{by}: {path!r} is a symbolic link")
            member = Member(path, os.stat(full).st_mtime_ns)
            with open(full, "rb") as stream:
                found[path] = member.take(stream)
    if look:
        look(out)
    shutil.rmtree(out)
    return found


def expect_list_holds(volume):
    """The list beside a volume is one that sha256sum takes, in the folder where the volume was opened."""
    def look(out):
        done = subprocess.run(["sha256sum", "--quiet", "--strict", "-c", volumes.list_beside(volume)], cwd=out,
                              capture_output=True, text=True, check=False)
        equal(done.returncode, 0, f"sha256sum -c of {os.path.basename(volume)}: {done.stdout}{done.stderr}")
    return look


def same_members(found, wanted, what):
    lost, more = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    check(not lost and not more, f"{what}: missing {lost[:3]!r}, surplus {more[:3]!r}")
    for name, digest in wanted.items():
        equal(found[name], digest, f"{what}: bytes of {name!r}")


def read_by_all(shop, kind, destination):
    """(volume, name) -> Member, as every program here agrees on it; each volume is opened alone."""
    by_names, agreed = readers(kind), {}
    for path in volumes.volumes(destination):
        volume = os.path.join(destination, path)
        what = os.path.basename(path)
        for words in TESTS[kind]:
            if has(words[0]):
                ran([word.replace("VOLUME", volume) for word in words], what)
        members = volumes.read(volume)
        names = [m.name for m in members]
        linked = {m.name for m in members if m.link} | {m.link for m in members}
        equal(len(set(names)), len(names), f"{what}: names, and different ones")
        wanted = {m.name: m.sha256 for m in members}
        same_members(volumes.inner_list(volume), wanted, f"{what}: the list beside it")
        for number, by in enumerate(by_names):
            found = extracted(shop, by, kind, volume, expect_list_holds(volume) if number == 0 else None)
            same_members({name: m.sha256 for name, m in found.items()}, wanted, f"{what} by {by}")
            for m in members:
                if kind == "zip" and m.time_ns is None:
                    m.time_ns = found[m.name].time_ns
                if m.name not in linked:  # one file with two names has one time, and programs differ about whose
                    equal(found[m.name].time_ns, m.time_ns, f"{what} by {by}: time of {m.name!r}")
        for m in members:
            check((path, m.name) not in agreed, f"{m.name!r} twice")
            agreed[path, m.name] = m
    return agreed


def expect_sizes(destination, most):
    """No volume is larger, unless one item alone is. Returns how many were."""
    larger = 0
    for path in volumes.volumes(destination):
        full = os.path.join(destination, path)
        if os.path.getsize(full) <= most:
            continue
        equal(len(volumes.inner_list(full)), 1, f"{path}: {os.path.getsize(full)} bytes, and how many members")
        larger += 1
    return larger


def expect_truth(cloud, destination, kind, members):
    """Each item's own line says where its bytes lie, and there they lie, with its time."""
    lines = {}
    for line in volumes.listed(destination):
        lines.setdefault(line["id"], []).append(line)
    of_their_own = set()
    for item in cloud.items():
        check(item["id"] in lines, f"item {item['index']} ({item['name']!r}) is in no list")
        for line in lines[item["id"]]:
            member = members.get((line["volume"], line["file"]))
            check(member, f"{line['volume']} has no {line['file']!r}")
            equal((member.sha1, member.size, member.sha256), (item["sha1"], item["size"], line["sha256"]), f"{line['file']!r}")
            of_their_own.add((line["volume"], line["file"]))
    lost = sorted(members.keys() - of_their_own)
    check(not lost, f"in volumes and in no list: {lost[:3]!r}")
    by_sha1 = {}
    for item in cloud.items():
        by_sha1.setdefault(item["sha1"], set()).add(time_in(kind, item["taken_ms"]))
    for (path, name), member in members.items():
        check(member.time_ns in by_sha1[member.sha1], f"{path}: {name!r} has the time {member.time_ns}, and none of its items")


def time_in(kind, ms):
    return ms * 10**6 // SECOND * SECOND if kind == "zip" else ms * 10**6


def expect_lists_lead_somewhere(destination, what):
    """Whatever a list of a run that was broken off says is in a volume is in a volume that is there."""
    there = set(volumes.volumes(destination))
    inside = {(v, name) for v in there for name in volumes.inner_list(os.path.join(destination, v))}
    for line in volumes.listed(destination):
        if line["file"] is None or (line.get("volume"), line["file"]) in inside:
            continue
        filled = line["volume"]  # still
        check(filled.startswith(".decamp/volumes/") and os.path.exists(os.path.join(destination, filled)),
              f"{what}: {line['file']!r} is not in {filled}")


def own_memory(shop):
    """VmHWM of `decamp --version`, the most of some looks: it is over soon, and a look may come too early."""
    return max(shop.run("--version").most_memory for _ in range(5))


def expect_memory(shop, run, most, what):
    if os.environ.get("DECAMP_SANITIZE"):
        return  # a sanitizer's own memory is not decamp's
    grown = run.most_memory - own_memory(shop)
    print(f"{what}: {grown / MIB:.1f} MiB over what the program takes by itself", flush=True)
    check(grown <= most, f"{what}: {grown / MIB:.1f} MiB of memory, where {most / MIB:.0f} MiB were allowed")


def snapshot(destination):
    """What an export that changed nothing must leave as it is: payload with times, manifest, lists."""
    lists = {}
    for folder, _, names in os.walk(os.path.join(destination, "lists")):
        for name in names:
            full = os.path.join(folder, name)
            lists[os.path.relpath(full, destination)] = file_digest(full)
    return payload(destination), manifest(destination), lists


def everything(destination):
    """Every file, and its bytes and time, but for what SQLite keeps beside the catalogue while it is open."""
    found = {}
    for folder, _, names in os.walk(destination):
        for name in names:
            full = os.path.join(folder, name)
            with open(full, "rb") as stream:
                found[os.path.relpath(full, destination)] = (hashlib.sha256(stream.read()).hexdigest(), os.stat(full).st_mtime_ns)
    return found
