#!/usr/bin/env python3
"""decamp repair: from recovery data, from what else is on the drive, from the source; and killed in the middle."""
import os
import random
import shutil
import time

import harness
import recovery
import volumes
from harness import certificate, check, equal, expect_all_items, expect_equal_exports
from recovery import FEW, beside, copied, cut, everything_but_state, expect_par2_agrees, flip, kept_aside

SMALL = ("--volume-size", "1MiB")


def repair(shop, destination, *words, **more):
    return shop.run("repair", destination, "--no-progress", *words, **more)


def repair_from(shop, cloud, destination, *words):
    return repair(shop, destination, cloud.source, *words, credentials=cloud.credentials())


def protected(shop, kind, percent, library=None):
    cloud, whole = shop.cloud({"library": library or FEW}), shop.fresh("whole")
    shop.export(cloud, whole, "--format", kind, *SMALL, "--recovery", percent).expect(0)
    return cloud, whole


def expect_as_before(shop, destination, before, what, times=True):
    after = everything_but_state(destination)
    if not times:
        before, after = ({path: digest for path, (digest, _) in found.items()} for found in (before, after))
    equal(after, before, what)
    shop.verify(destination).expect(0, what)
    shop.expect_sound(destination, what)
    check(not os.path.exists(os.path.join(destination, ".decamp", "mended")), f"{what}: something is left over")


def middle(path):
    return os.path.getsize(path) // 2


def nothing_to_do(shop):
    cloud, whole = protected(shop, "tar", "5%", {**FEW, "items": 8})
    before = everything_but_state(whole)
    state = {name: harness.file_digest(os.path.join(whole, ".decamp", name)) for name in ("catalogue.sqlite",)}
    run = repair(shop, whole).expect(0)
    check(len(run.said.strip().splitlines()) == 1, run.said)
    expect_as_before(shop, whole, before, "nothing to mend")
    equal({name: harness.file_digest(os.path.join(whole, ".decamp", name)) for name in state}, state, "the catalogue")
    cloud.process.kill()
    repair_from_gone = repair(shop, whole, cloud.source, credentials='{"userId":"2233445566","serviceToken":"x"}').expect(0, "the source is not needed")
    check("nothing" in repair_from_gone.said, repair_from_gone.said)
    for words in ((), (whole, "x:", "more"), (whole, "ftp://x"), (shop.at("nowhere"),), (whole, "--memory", "31MiB"), (whole, "--recovery", "5%")):
        shop.run("repair", *words).expect(2, f"{words}")
    empty = shop.at("empty")
    os.makedirs(empty)
    repair(shop, empty).expect(2)
    equal(os.listdir(empty), [], "an empty folder")


HURTS = {
    "flipped": lambda v, i, d: flip(v, middle(v), 6000),
    "cut": lambda v, i, d: cut(v, os.path.getsize(v) - 20_000),
    "lengthened": lambda v, i, d: open(v, "ab").write(b"more"),
    "its index removed": lambda v, i, d: os.remove(i),
    "its recovery data removed": lambda v, i, d: os.remove(d),
    "its recovery data flipped": lambda v, i, d: flip(d, middle(d), 3000),
    "its recovery data cut": lambda v, i, d: cut(d, 1000),
    "its list removed": lambda v, i, d: os.remove(volumes.list_beside(v)),
    "its list flipped": lambda v, i, d: flip(volumes.list_beside(v), 3),
    "all of it a little": lambda v, i, d: (flip(v, 5, 3), flip(i, 5, 3), flip(d, middle(d)), flip(volumes.list_beside(v), 3)),
}


def damage_is_mended(shop, kind, catalogue=True):
    cloud, whole = protected(shop, kind, "8%")
    before = everything_but_state(whole)
    cloud.process.kill()  # nothing of this needs it
    for number, (hurt, do) in enumerate(HURTS.items()):
        what = f"{kind}, {hurt}{'' if catalogue else ', without a catalogue'}"
        destination = copied(shop, whole)
        if not catalogue:
            shutil.rmtree(os.path.join(destination, ".decamp"))
        all_volumes = volumes.volumes(destination)
        volume = os.path.join(destination, all_volumes[number % len(all_volumes)])
        do(volume, *beside(destination, volume))
        left = harness.file_digest(volume)
        was_hurt = left != before[os.path.relpath(volume, destination)][0]
        shop.verify(destination).expect(9, what)
        run = repair(shop, destination).expect(0, what)
        check(os.path.basename(volume).split(".")[0] in run.said, f"{what}: {run.said}")
        expect_as_before(shop, destination, before, what, times=not hurt.startswith("all"))  # no file has kept its own
        check(not was_hurt or left in kept_aside(destination), f"{what}: the damaged volume is not kept")
        repair(shop, destination).expect(0, f"{what}, once more")
        expect_par2_agrees(destination, what)
        shutil.rmtree(destination)


def tar_is_mended(shop):
    damage_is_mended(shop, "tar")


def tar_zst_is_mended(shop):
    damage_is_mended(shop, "tar.zst")


def zip_is_mended_without_its_catalogue(shop):
    damage_is_mended(shop, "zip", catalogue=False)


def a_missing_volume_comes_back(shop):
    """With as much recovery data as there was data; with less it is said, and nothing is lost."""
    _, whole = protected(shop, "tar.zst", "100%", {**FEW, "items": 12})
    before = everything_but_state(whole)
    destination = copied(shop, whole)
    for volume in volumes.volumes(destination):
        os.remove(os.path.join(destination, volume))
    shop.verify(destination).expect(9)
    repair(shop, destination, "--memory", "32MiB").expect(0, "all volumes removed")
    expect_as_before(shop, destination, before, "all volumes removed")


def too_much_damage(shop):
    """What recovery data does not mend is fetched while the source lives, and then only that."""
    cloud, whole = protected(shop, "tar.zst", "5%")
    before = everything_but_state(whole)
    destination = copied(shop, whole)
    broken, lost, hurt = (os.path.join(destination, v) for v in volumes.volumes(destination)[:3])
    flip(broken, 10_000, 400_000)
    ids = {line["id"] for line in volumes.listed(destination) if os.path.basename(line["volume"]) in map(os.path.basename, (broken, lost))}
    os.remove(lost)
    flip(hurt, middle(hurt), 2000)
    damaged = everything_but_state(destination)
    shop.verify(destination).expect(9)
    run = repair(shop, destination).expect(9, "without a source")
    check("2 of 3" in run.said and f"repair {destination} SOURCE" in run.said, run.said)
    after = everything_but_state(destination)
    equal({p for p in after if after[p] != damaged.get(p)}, {os.path.relpath(hurt, destination)}, "what repair changed")
    equal(after[os.path.relpath(hurt, destination)], before[os.path.relpath(hurt, destination)], "what could be mended")
    alive = copied(shop, destination)
    cloud.mutate(insert=3)
    cloud.reset_stats()
    repair_from(shop, cloud, alive).expect(0, "with its source")
    equal(cloud.asked_for(), ids, "fetched")
    shop.verify(alive).expect(0)
    shop.expect_sound(alive, "with its source")
    expect_par2_agrees(alive, "with its source")
    equal(certificate(alive), certificate(whole), "the certificate")
    expect_all_items(cloud, alive, but={i["index"] for i in cloud.items() if i["id"] not in known_ids(whole)})
    repair(shop, alive).expect(0, "once more")
    cloud.reset_stats()
    shop.export(cloud, alive).expect(0, "an export after it")
    check(not cloud.asked_for() & ids, "an export fetches what repair has fetched")
    expect_all_items(cloud, alive)
    cloud.process.kill()
    run = repair(shop, destination, cloud.source, credentials='{"userId":"2233445566","serviceToken":"x"}')
    check(run.code in (6, 7), f"a source that is gone: {run.code}: {run.said}")
    gone = everything_but_state(destination)
    equal({p: gone.get(p) for p in harness.payload(destination)}, {p: after[p] for p in harness.payload(destination)}, "a source that is gone")
    shop.verify(destination).expect(9)


def known_ids(destination):
    return {line["id"] for line in volumes.listed(destination)}


def deleted_meanwhile(shop):
    cloud, whole = protected(shop, "zip", "5%")
    destination = copied(shop, whole)
    lost = volumes.volumes(destination)[0]
    line = next(line for line in volumes.listed(destination) if line["volume"] == lost)
    os.remove(os.path.join(destination, lost))
    index = next(i["index"] for i in cloud.items() if i["id"] == line["id"])
    cloud.change(faults=[{"kind": "deleted", "items": [index], "times": 0}])
    run = repair_from(shop, cloud, destination).expect(9, "an item that is gone")
    check("1 item" in run.said, run.said)
    check(not os.path.exists(os.path.join(destination, "certificate.json")), "a certificate for what is not all there")
    repair(shop, destination).expect(9, "it is still to be fetched")
    cloud.change(faults=[])
    shop.export(cloud, destination).expect(0, "an export mends it")
    expect_all_items(cloud, destination)
    shop.verify(destination).expect(0)


def trees(shop):
    library = {**FEW, "twins_percent": 20}
    cloud, whole = shop.cloud({"library": library}), shop.at("tree")
    shop.export(cloud, whole).expect(0)
    before = everything_but_state(whole)
    files = sorted(path for path in harness.payload(whole))
    single = [p for p in files if os.stat(os.path.join(whole, p)).st_nlink == 1]
    twins = [p for p in files if os.stat(os.path.join(whole, p)).st_nlink > 1]
    check(twins, "no twins: this proves nothing")
    destination = shop.fresh("copy")
    harness.subprocess.run(["cp", "-a", whole, destination], check=True)
    os.remove(os.path.join(destination, twins[0]))
    run = repair(shop, destination).expect(0, "another name of the same bytes is there")
    check(twins[0] in run.said, run.said)
    expect_as_before(shop, destination, before, "a twin's name")
    hurt, cut_one, gone = (os.path.join(destination, p) for p in single[:3])
    flip(hurt, middle(hurt))
    cut(cut_one, 10)
    os.remove(gone)
    ids = {line["id"] for line in volumes.listed(destination) if line["file"] in single[:3]}
    run = repair(shop, destination).expect(9, "a tree, without a source")
    check("3 of 3" in run.said, run.said)
    cloud.mutate(insert=2)
    cloud.reset_stats()
    repair_from(shop, cloud, destination).expect(0, "a tree, with its source")
    equal(cloud.asked_for(), ids, "fetched")
    equal(harness.payload(destination), harness.payload(whole), "a tree")
    equal(certificate(destination), certificate(whole), "the certificate")
    shop.verify(destination).expect(0)
    shop.expect_sound(destination, "a tree")


def closing_files(shop):
    """Lists and manifests come from the catalogue; a certificate does not, and is not made up."""
    cloud, whole = protected(shop, "tar", "5%", {**FEW, "items": 8})
    lists = [os.path.relpath(os.path.join(f, n), whole) for f, _, names in os.walk(os.path.join(whole, "lists")) for n in names]
    for path in (lists[0], "manifest-sha256.txt", "bagit.txt", "bag-info.txt", "tagmanifest-sha256.txt"):
        destination = copied(shop, whole)
        flip(os.path.join(destination, path), 20)
        shop.verify(destination).expect(9, path)
        repair(shop, destination).expect(0, path)
        shop.verify(destination).expect(0, path)
        shop.expect_sound(destination, path)
        equal(certificate(destination), certificate(whole), path)
        equal(harness.payload(destination), harness.payload(whole), path)
    destination = copied(shop, whole)
    flip(os.path.join(destination, "certificate.txt"), 20)
    run = repair(shop, destination).expect(9, "a certificate")
    check("certificate.txt" in run.said, run.said)
    shop.export(cloud, destination).expect(0)
    shop.verify(destination).expect(0)


def not_while_another_is_there(shop):
    cloud = shop.cloud({"library": FEW, "storage": {"latency_ms": 300}})
    destination = shop.at("out")
    shop.export(cloud, destination, "--format", "tar", "--recovery", "5%").expect(0)
    cloud.mutate(insert=20)
    running = shop.start_export(cloud, destination)
    harness.wait_for(lambda: not running.running() or not os.path.exists(os.path.join(destination, "certificate.txt")),
                     "the export to begin")
    before = harness.payload(destination)
    run = repair(shop, destination)
    check(not running.running() or run.code == 2, f"beside an export: {run.code}: {run.said}")
    running.end().expect(0)
    after = harness.payload(destination)
    equal({p: after.get(p) for p in before}, before, "what was there")


def killed_anywhere(shop):
    """kill -9 in the middle of mending, again and again; then once more, left alone."""
    _, whole = protected(shop, "tar", "12%", {**FEW, "items": 40})
    before = everything_but_state(whole)
    took, inside = None, 0
    for number in range(12):
        destination = copied(shop, whole)
        for volume in volumes.volumes(destination):
            full = os.path.join(destination, volume)
            dice = random.Random(shop.random.random())
            for _ in range(7):
                flip(full, dice.randrange(os.path.getsize(full) - 300), 300)
            flip(beside(destination, volume)[1], 50_000, 2000)
        hurt = {v: harness.file_digest(os.path.join(destination, v)) for v in volumes.volumes(destination)}
        kills = 0 if took is None else shop.random.randrange(1, 4)
        for _ in range(kills):
            running = shop.start("repair", destination, "--no-progress")
            until = time.monotonic() + shop.random.uniform(0.05, 0.9) * took
            while running.running() and time.monotonic() < until:
                time.sleep(0.002)
            inside += running.running()
            running.kill()
        began = time.monotonic()
        repair(shop, destination).expect(0, f"after {kills} kills")
        took = took or time.monotonic() - began
        expect_as_before(shop, destination, before, f"after {kills} kills, round {number}")
        check(set(hurt.values()) <= kept_aside(destination), "not all that was damaged is kept")
        shutil.rmtree(destination)
    check(inside > 0, "nothing was killed before its end")


def killed_while_fetching(shop):
    cloud, whole = protected(shop, "tar.zst", "5%")
    cloud.change(storage={"latency_ms": 30})
    for number in range(5):
        destination = copied(shop, whole)
        for volume in volumes.volumes(destination)[:4]:
            os.remove(os.path.join(destination, volume))
        for _ in range(2):
            running = shop.start("repair", destination, cloud.source, "--no-progress", credentials=cloud.credentials())
            until = time.monotonic() + shop.random.uniform(0.02, 1.2)
            while running.running() and time.monotonic() < until:
                time.sleep(0.002)
            running.kill()
        repair_from(shop, cloud, destination).expect(0, f"round {number}")
        shop.verify(destination).expect(0, f"round {number}")
        shop.expect_sound(destination, f"round {number}")
        expect_all_items(cloud, destination)
        equal(certificate(destination), certificate(whole), f"round {number}: the certificate")
        shutil.rmtree(destination)


recovery.needs_par2()
harness.main(nothing_to_do, tar_is_mended, tar_zst_is_mended, zip_is_mended_without_its_catalogue, a_missing_volume_comes_back,
             too_much_damage, deleted_meanwhile, trees, closing_files, not_while_another_is_there, killed_anywhere,
             killed_while_fetching)
