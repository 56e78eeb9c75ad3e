#!/usr/bin/env python3
"""Exports into tar, tar.zst and zip volumes: read back by other programs, gone on with, damaged and mended."""
import os
import random
import shutil
import subprocess

import harness
import volumes
from archives import MIB, everything, expect_memory, expect_sizes, expect_truth, extracted, read_by_all, readers, snapshot, time_in
from harness import certificate, check, equal, expect_all_items, expect_equal_exports, expect_no_leak
from volumes import FORMATS

SMALL_MEMORY = ("--memory", "32MiB")
SMALL_VOLUMES = ("--volume-size", "1MiB")
# All names that hurt, some that differ only in case or are Chinese, twins, an empty item, and items beyond a volume's size.
LIBRARY = {
    "items": 74, "private_items": 2, "albums": 6, "album_names": ["照片", "Photos", "photos", "旅行 2018"], "unnamed_albums": 0,
    "size_min": 2000, "size_max": 3_200_000, "twins_percent": 8, "zero_bytes": [70], "duplicate_names": [60, 61, 62, 63, 64, 65],
    "hostile_names": list(range(50)), "videos_percent": 4,
    "names": [{"item": 52, "name": "x.jpg"}, {"item": 53, "name": "X.JPG"}, {"item": 54, "name": "中文 照片.jpg"},
              {"item": 55, "name": "中文 照片.jpg"}],
}
FEW = {"items": 30, "private_items": 1, "albums": 3, "size_min": 40_000, "size_max": 400_000, "twins_percent": 0,
       "videos_percent": 0}


def archive(kind, *words):
    return ("--format", kind, *SMALL_VOLUMES, *words)


def nothing_new(shop, cloud, destination, what):
    """The same command once more: nothing is fetched, and what lies on the drive stays as it is."""
    before = snapshot(destination)
    cloud.reset_stats()
    shop.export(cloud, destination).expect(0, f"{what}, once more")
    equal(cloud.asked_for(), set(), f"{what}: fetched again by another run")
    equal(snapshot(destination), before, f"{what}: what another run left")


def exported_and_read_back(shop, kind):
    cloud, destination = shop.cloud({"library": LIBRARY}), shop.at("out")
    shop.export(cloud, destination, *archive(kind)).expect(0)
    shop.expect_sound(destination, kind)
    expect_all_items(cloud, destination)
    expect_no_leak(cloud)
    check(len(volumes.volumes(destination)) > 8, f"only {volumes.volumes(destination)}")
    check(expect_sizes(destination, MIB) > 1, "no item was larger than a volume: this proves too little")
    expect_truth(cloud, destination, kind, read_by_all(shop, kind, destination))
    for folder in ("staging", "volumes"):
        equal(os.listdir(os.path.join(destination, ".decamp", folder)), [], f"left in {folder}")
    shop.verify(destination).expect(0)
    nothing_new(shop, cloud, destination, kind)
    print(f"{kind}: {len(volumes.volumes(destination))} volumes, read by {', '.join([*readers(kind), 'Python'])}", flush=True)


def tar_is_read_by_others(shop):
    exported_and_read_back(shop, "tar")


def tar_zst_is_read_by_others(shop):
    exported_and_read_back(shop, "tar.zst")


def zip_is_read_by_others(shop):
    exported_and_read_back(shop, "zip")


def text_of_a_folder_is_compressed(shop):
    """Text, which is worth compressing, with times to the nanosecond, and names that differ in case alone."""
    source, dice = shop.at("source"), random.Random(3)
    files = {f"文档/{n}.txt": b"".join(b"line %d\n" % dice.randrange(500) for _ in range(dice.randrange(40_000))) for n in range(12)}
    files |= {"a/Same.txt": b"one\n" * 9000, "a/same.txt": b"two\n" * 9000, "a/SAME.TXT": b"", "noise.bin": dice.randbytes(700_000),
              "long.txt": b"0123456789abcdef\n" * 1_200_000}
    times = []
    for number, (name, content) in enumerate(files.items()):
        full = os.path.join(source, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as out:
            out.write(content)
        times.append(1_600_000_000_123_456_789 + number * 1_000_000_007)
        os.utime(full, ns=(0, times[-1]))
    for kind in FORMATS:
        destination = shop.at(kind)
        shop.run("export", f"folder:{source}", destination, "--no-progress", *archive(kind)).expect(0)
        shop.expect_sound(destination, kind)
        members = read_by_all(shop, kind, destination)
        lines = {line["name"]: line for line in volumes.listed(destination)}
        equal(sorted(lines), sorted(os.path.basename(name) for name in files), f"{kind}: names in the list")
        stored = sorted((m.size, m.sha256) for m in members.values())
        equal(stored, sorted((len(c), harness.hashlib.sha256(c).hexdigest()) for c in files.values()), f"{kind}: what is stored")
        packed = sum(os.path.getsize(os.path.join(destination, v)) for v in volumes.volumes(destination))
        whole = sum(len(content) for content in files.values())
        check(packed > whole if kind == "tar" else packed < whole / 3, f"{kind}: {packed} bytes of {whole}")
        # A source says milliseconds.
        equal(sorted(m.time_ns for m in members.values()), [time_in(kind, t // 10**6) for t in times], f"{kind}: times")
        shop.verify(destination).expect(0)


def little_memory(shop):
    """Many that are held until their turn comes, some that are too large for that."""
    cloud = shop.cloud({"library": {**FEW, "items": 40, "size_min": 2000, "size_max": 1_500_000}})
    for kind in FORMATS:
        little, much = shop.fresh("little"), shop.fresh("much")
        run = shop.export(cloud, little, *archive(kind, *SMALL_MEMORY)).expect(0)
        expect_memory(shop, run, 32 * MIB, kind)
        shop.export(cloud, much, *archive(kind, "--memory", "256MiB")).expect(0)
        expect_equal_exports(little, much, f"{kind}: 32 MiB of memory and 256")


def larger_than_what_memory_holds(shop):
    cloud = shop.cloud({"library": {**FEW, "items": 2, "private_items": 0, "size_min": 20 * MIB, "size_max": 20 * MIB}})
    for kind in FORMATS:
        destination, log = shop.at(kind), shop.fresh("events")
        run = shop.export(cloud, destination, *archive(kind, *SMALL_MEMORY), events=log).expect(0)
        equal(len(volumes.volumes(destination)), 2, f"{kind}: volumes")
        equal(expect_sizes(destination, MIB), 2, f"{kind}: volumes that one item alone makes larger")
        expect_all_items(cloud, destination)
        shop.expect_sound(destination, kind)
        expect_memory(shop, run, 32 * MIB, f"{kind}, items of 20 MiB")
        equal(os.listdir(os.path.join(destination, ".decamp", "staging")), [], "left in staging")


def later_runs_add_volumes(shop):
    for kind in FORMATS:
        cloud, destination = shop.cloud({"library": FEW}), shop.at(kind)
        shop.export(cloud, destination, *archive(kind)).expect(0)
        before, old = harness.payload(destination), {item["id"] for item in cloud.items()}
        cloud.mutate(insert=3)
        cloud.reset_stats()
        shop.export(cloud, destination).expect(0, f"{kind}: with new items")
        equal(cloud.asked_for(), {item["id"] for item in cloud.items()} - old, f"{kind}: fetched")
        after = harness.payload(destination)
        equal({path: after.get(path) for path in before}, before, f"{kind}: the volumes that were there")
        added = sorted(after.keys() - before.keys())
        equal([path.rsplit(".", 1)[-1] == "sha256" for path in added].count(True), len(added) // 2, f"{kind}: added {added}")
        check(added, f"{kind}: nothing was added")
        expect_truth(cloud, destination, kind, read_by_all(shop, kind, destination))
        shop.expect_sound(destination, kind)
        shop.verify(destination).expect(0)
        nothing_new(shop, cloud, destination, kind)


def other_options_change_nothing(shop):
    cloud = shop.cloud({"library": {**FEW, "items": 12}})
    others = {"tar": "zip", "tar.zst": "tar", "zip": "tree"}
    for kind in FORMATS:
        destination = shop.at(kind)
        shop.export(cloud, destination, *archive(kind, "--level", "2", "--twins-in-archive", "copy")).expect(0)
        before = everything(destination)
        for words in (("--format", others[kind]), ("--volume-size", "2MiB"), ("--level", "3"), ("--twins-in-archive", "list")):
            run = shop.export(cloud, destination, *words).expect(2)
            check(len(run.said.strip().splitlines()) == 1 and words[0] in run.said, f"{kind}, {words}: {run.said}")
            equal(everything(destination), before, f"{kind}: what {words} left")
        shop.export(cloud, destination, *archive(kind, "--level", "2", "--twins-in-archive", "copy")).expect(0, "the same again")
    tree = shop.at("tree")
    shop.export(cloud, tree).expect(0)
    before = everything(tree)
    shop.export(cloud, tree, "--format", "tar").expect(2)
    equal(everything(tree), before, "a tree, asked for as tar")
    for words in (("--volume-size", "1000KiB"), ("--level", "0"), ("--level", "20"), ("--format", "rar"),
                  ("--format", "zip", "--twins-in-archive", "link"), ("--twins-in-archive", "both")):
        shop.export(cloud, shop.at("never"), *(words if "--format" in words else ("--format", "tar", *words))).expect(2, f"{words}")
        check(not os.path.exists(shop.at("never")), f"{words} made a folder")


def twins_as_they_were_asked_for(shop):
    cloud = shop.cloud({"library": {**FEW, "items": 60, "twins_percent": 25, "size_max": 60_000}})
    items = cloud.items()
    bodies = len({item["sha1"] for item in items})
    check(bodies < len(items) - 5, "too few twins: this proves nothing")
    for kind in FORMATS:
        sizes = {}
        for twins in ("list", "link", "copy"):
            if (kind, twins) == ("zip", "link"):
                continue
            destination = shop.at(f"{kind}-{twins}")
            shop.export(cloud, destination, "--format", kind, "--twins-in-archive", twins).expect(0)
            shop.expect_sound(destination, f"{kind}, {twins}")
            members = read_by_all(shop, kind, destination)
            expect_truth(cloud, destination, kind, members)
            equal(len(members), bodies if twins == "list" else len(items), f"{kind}, {twins}: members")
            links = [m for m in members.values() if m.link]
            equal(len(links), len(items) - bodies if twins == "link" else 0, f"{kind}, {twins}: links")
            sizes[twins] = sum(os.path.getsize(os.path.join(destination, v)) for v in volumes.volumes(destination))
            if twins == "link":
                expect_hard_links(shop, kind, destination, members)
            shop.verify(destination).expect(0)
            nothing_new(shop, cloud, destination, f"{kind}, {twins}")
        check(sizes["copy"] > sizes["list"], f"{kind}: {sizes}")
        # In small volumes a twin's bytes may lie in another volume: then it has them once more, and each opens alone.
        destination = shop.at(f"{kind}-small")
        shop.export(cloud, destination, *archive(kind, "--twins-in-archive", "copy" if kind == "zip" else "link")).expect(0)
        check(len(volumes.volumes(destination)) > 1, "one volume alone")
        expect_truth(cloud, destination, kind, read_by_all(shop, kind, destination))


def expect_hard_links(shop, kind, destination, members):
    def look(out):
        for (_, name), member in members.items():
            if member.link:
                same = os.path.samefile(os.path.join(out, name), os.path.join(out, member.link))
                check(same, f"{kind}: GNU tar made no hard link of {name!r}")
    for path in volumes.volumes(destination):
        extracted(shop, "GNU tar", kind, os.path.join(destination, path), look)


def lost_catalogue(shop):
    for kind in FORMATS:
        cloud, destination = shop.cloud({"library": FEW}), shop.at(kind)
        shop.export(cloud, destination, *archive(kind)).expect(0)
        before, lines = harness.payload(destination), harness.manifest(destination)
        for name in os.listdir(os.path.join(destination, ".decamp")):
            if name.startswith("catalogue.sqlite"):
                os.remove(os.path.join(destination, ".decamp", name))
        known = {item["id"] for item in cloud.items()}
        cloud.mutate(insert=2)
        cloud.reset_stats()
        shop.export(cloud, destination, *archive(kind)).expect(0, f"{kind}: without its catalogue")
        asked = cloud.asked_for()
        equal(asked & known, set(), f"{kind}: fetched again, though it lies in a volume")
        equal(len(asked), 2, f"{kind}: of the new ones")
        after = harness.payload(destination)
        equal({path: after.get(path) for path in before}, before, f"{kind}: the old volumes")
        lost = sorted(set(lines) - set(harness.manifest(destination)))
        equal(lost, [], f"{kind}: no longer in the manifest")
        shop.expect_sound(destination, kind)
        expect_all_items(cloud, destination)
        read_by_all(shop, kind, destination)
        shop.verify(destination).expect(0)
        nothing_new(shop, cloud, destination, f"{kind}, its catalogue lost")


def flipped(path):
    with open(path, "r+b") as file:
        at = os.path.getsize(path) // 2
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def cut(path):
    os.truncate(path, os.path.getsize(path) * 2 // 3)


def lengthened(path):
    with open(path, "ab") as file:
        file.write(b"more")


def list_changed(path):
    flipped(volumes.list_beside(path))


def list_removed(path):
    os.remove(volumes.list_beside(path))


HURTS = {"a byte flipped": flipped, "removed": os.remove, "cut": cut, "lengthened": lengthened, "its list changed": list_changed,
         "its list removed": list_removed}


def damage_is_found_and_mended(shop, kind):
    cloud, whole = shop.cloud({"library": {**FEW, "items": 24}}), shop.at("whole")
    shop.export(cloud, whole, *archive(kind)).expect(0)
    for number, (hurt, hurt_it) in enumerate(HURTS.items()):
        destination = shop.fresh("hurt")
        shutil.copytree(whole, destination)
        before, all_volumes = harness.payload(destination), volumes.volumes(destination)
        path = all_volumes[number % len(all_volumes)]
        held = set(volumes.inner_list(os.path.join(destination, path)).values())
        hurt_it(os.path.join(destination, path))
        left = harness.payload(destination).get(path)
        what = f"{kind}, {hurt} of {path}"
        verified = shop.verify(destination).expect(9, what)
        check(os.path.basename(path).split(".")[0] in verified.said, f"{what}: not named: {verified.said}")
        cloud.reset_stats()
        # What keeps its size is found by reading it.
        words = ("--prove", "full") if hurt in ("a byte flipped", "its list changed") else ()
        shop.export(cloud, destination, *words).expect(0, f"{what}: the next export")
        ids = {line["id"] for line in volumes.listed(destination) if line["sha256"] in held}
        equal(cloud.asked_for(), ids, f"{what}: fetched")
        after = harness.payload(destination)
        others = {p: v for p, v in before.items() if p not in (path, volumes.list_beside(path))}
        equal({p: after.get(p) for p in others}, others, f"{what}: the other volumes")
        check(path not in after, f"{what}: still there")
        expect_kept(destination, path, left, what)
        shop.verify(destination).expect(0, f"{what}: verified when mended")
        shop.expect_sound(destination, what)
        expect_truth(cloud, destination, kind, read_by_all(shop, kind, destination))
        equal(certificate(destination)["exceptions"], [], f"{what}: exceptions")
        nothing_new(shop, cloud, destination, f"{what}, mended")
        shutil.rmtree(destination)


def expect_kept(destination, path, left, what):
    """Bytes that were not as they should be are kept aside; they may be all that is left of a photo."""
    aside = os.path.join(destination, ".decamp", "damaged")
    kept = {harness.file_digest(os.path.join(aside, name)) for name in os.listdir(aside)} if os.path.isdir(aside) else set()
    check(left is None or left[0] in kept, f"{what}: the bytes of {path} are not in .decamp/damaged")


def damaged_tar_is_mended(shop):
    damage_is_found_and_mended(shop, "tar")


def damaged_tar_zst_is_mended(shop):
    damage_is_found_and_mended(shop, "tar.zst")


def damaged_zip_is_mended(shop):
    damage_is_found_and_mended(shop, "zip")


def levels_and_connections(shop):
    """Neither what came first nor how many came at a time changes a byte."""
    cloud = shop.cloud({"library": {**FEW, "items": 20, "zero_bytes": [5]}, "storage": {"latency_ms": 5}})
    for kind, level in (("tar", "3"), ("tar.zst", "1"), ("tar.zst", "19"), ("zip", "9")):
        one, many = shop.fresh("one"), shop.fresh("many")
        # What a high level needs is taken from the memory there is for photos.
        words = archive(kind, "--level", level, "--memory", "128MiB")
        shop.export(cloud, one, *words, "--connections", "1").expect(0)
        shop.export(cloud, many, *words, "--connections", "16").expect(0)
        expect_equal_exports(one, many, f"{kind}, level {level}, one connection and sixteen")


def what_cannot_be_had_is_named(shop):
    """Bytes that are not as announced are kept, under a name of their own; what is gone in the cloud holds nothing up."""
    cloud = shop.cloud({"library": {**FEW, "wrong_sha1": [7, 8]}, "faults": [{"kind": "deleted", "items": [3], "times": 0}]})
    for kind in FORMATS:
        destination = shop.at(kind)
        shop.export(cloud, destination, *archive(kind)).expect(3)
        shop.expect_sound(destination, kind)
        equal(harness.reasons(destination), {"digest_mismatch": 2, "deleted_in_cloud": 1}, kind)
        expect_all_items(cloud, destination, but={3})
        names = [name for _, name in read_by_all(shop, kind, destination)]
        equal(len([name for name in names if name.startswith("unproven/")]), 2, f"{kind}: members below unproven")
        shop.verify(destination).expect(0)


def needs_programs(_):
    for kind in FORMATS:
        readers(kind)
    done = subprocess.run(["sha256sum", "--version"], capture_output=True, check=False)
    equal(done.returncode, 0, "sha256sum")


harness.main(needs_programs, tar_is_read_by_others, tar_zst_is_read_by_others, zip_is_read_by_others,
             text_of_a_folder_is_compressed, little_memory, larger_than_what_memory_holds, later_runs_add_volumes, other_options_change_nothing,
             twins_as_they_were_asked_for, lost_catalogue, damaged_tar_is_mended, damaged_tar_zst_is_mended,
             damaged_zip_is_mended, levels_and_connections, what_cannot_be_had_is_named)
