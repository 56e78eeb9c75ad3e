#!/usr/bin/env python3
"""export --recovery: what the program par2 says of it, what memory and crashes change of it (nothing)."""
import os
import random
import shutil
import time

import harness
import recovery
import volumes
from archives import snapshot
from harness import certificate, check, equal, expect_all_items, expect_equal_exports
from recovery import FEW, MIB, beside, cut, expect_par2_agrees, flip, kept_aside, par2

SMALL = ("--volume-size", "1MiB")


def archive(kind, percent, *words):
    return ("--format", kind, *SMALL, "--recovery", percent, *words)


def par2_takes_it(shop):
    """Sets that another program verifies, and repairs by."""
    for kind in volumes.FORMATS:
        cloud, destination = shop.cloud({"library": FEW}), shop.at(kind)
        shop.export(cloud, destination, *archive(kind, "5%")).expect(0)
        shop.expect_sound(destination, kind)
        expect_all_items(cloud, destination)
        expect_par2_agrees(destination, kind)
        lines = harness.manifest(destination)
        for volume in volumes.volumes(destination):
            index, data = beside(destination, volume)
            size = os.path.getsize(os.path.join(destination, volume))
            check(0.05 * size < os.path.getsize(data) < 0.05 * size + 120_000, f"{data}: {os.path.getsize(data)} of {size}")
            for path in (index, data):
                check(any(line.endswith(os.path.relpath(path, destination)) for line in lines), f"{path} is not in the manifest")
                equal(os.stat(path).st_mtime_ns, os.stat(os.path.join(destination, volume)).st_mtime_ns, f"time of {path}")
        equal(os.listdir(os.path.join(destination, ".decamp", "volumes")), [], "left in volumes")
        before = snapshot(destination)
        cloud.reset_stats()
        shop.export(cloud, destination).expect(0, f"{kind}, once more")
        equal((snapshot(destination), cloud.asked_for()), (before, set()), f"{kind}: what another run changed")
        volume = volumes.volumes(destination)[1]
        full = os.path.join(destination, volume)
        right = harness.file_digest(full)
        flip(full, os.path.getsize(full) // 2, 9000)
        shop.verify(destination).expect(9, kind)
        equal(par2("repair", destination, volume).returncode, 0, f"{kind}: par2 repair")
        equal(harness.file_digest(full), right, f"{kind}: what par2 made of {volume}")
        shop.verify(destination).expect(0, f"{kind}: after par2 repair")


def only_of_archives(shop):
    cloud = shop.cloud({"library": {**FEW, "items": 6}})
    for words in (("--recovery", "0%"), ("--recovery", "101%"), ("--recovery", "5"), ("--recovery", "05%"), ("--recovery", "5.5%"),
                  ("--recovery", "-5%"), ("--recovery", " 5%"), ("--recovery", "5%%"), ("--recovery", "%")):
        run = shop.export(cloud, shop.at("never"), "--format", "zip", *words).expect(2, f"{words}")
        check("--recovery" in run.said and len(run.said.strip().splitlines()) == 1, f"{words}: {run.said}")
        check(not os.path.exists(shop.at("never")), f"{words} made a folder")
    shop.export(cloud, shop.at("never"), "--format", "tree", "--recovery", "5%").expect(2)
    check(not os.path.exists(shop.at("never")), "a folder was made")
    tree = shop.at("tree")
    shop.export(cloud, tree).expect(0)
    before = recovery.everything_but_state(tree)
    run = shop.export(cloud, tree, "--recovery", "5%").expect(2)
    check(len(run.said.strip().splitlines()) == 1, run.said)
    equal(recovery.everything_but_state(tree), before, "a tree")
    for begun, other in ((("--recovery", "5%"), "6%"), ((), "5%")):
        destination = shop.fresh("out")
        shop.export(cloud, destination, "--format", "tar", *begun).expect(0)
        before = recovery.everything_but_state(destination)
        run = shop.export(cloud, destination, "--recovery", other).expect(2)
        check(len(run.said.strip().splitlines()) == 1, run.said)
        equal(recovery.everything_but_state(destination), before, f"{begun}, then {other}")
        shop.export(cloud, destination, *begun).expect(0, "the same again")


def memory_changes_nothing(shop):
    """As often as it takes to read the volume; the bytes are the same."""
    source, dice = shop.at("source"), random.Random(5)
    os.makedirs(source)
    for number in range(12):
        with open(os.path.join(source, f"{number}.jpg"), "wb") as out:
            out.write(dice.randbytes(2 * MIB + number))
    little, much = shop.at("little"), shop.at("much")
    words = ("--no-progress", "--format", "tar", "--recovery", "40%", "--volume-size", "26MiB")
    run = shop.run("export", f"folder:{source}", little, *words, "--memory", "32MiB").expect(0)
    check("times" in run.said, f"nobody said that it is read several times: {run.said}")
    run = shop.run("export", f"folder:{source}", much, *words, "--memory", "256MiB").expect(0)
    check("times" not in run.said, run.said)
    expect_equal_exports(little, much, "32 MiB of memory and 256")
    expect_par2_agrees(little, "little memory")
    shop.verify(little).expect(0)


def what_is_gone_is_made_again(shop):
    """Recovery data that is gone, cut or damaged; the next export makes it as it was."""
    cloud, whole = shop.cloud({"library": FEW}), shop.at("whole")
    shop.export(cloud, whole, *archive("tar.zst", "5%")).expect(0)
    hurts = {"the index removed": lambda i, d: os.remove(i), "the data removed": lambda i, d: os.remove(d),
             "cut": lambda i, d: cut(d, os.path.getsize(d) // 2), "flipped": lambda i, d: flip(d, os.path.getsize(d) // 2)}
    for hurt, do in hurts.items():
        destination = recovery.copied(shop, whole)
        volume = volumes.volumes(destination)[2]
        do(*beside(destination, volume))
        run = shop.verify(destination).expect(9, hurt)
        check(".par2" in run.said, f"{hurt}: {run.said}")
        cloud.reset_stats()
        words = ("--prove", "full") if hurt == "flipped" else ()
        shop.export(cloud, destination, *words).expect(0, hurt)
        equal(cloud.asked_for(), set(), f"{hurt}: fetched again")
        expect_equal_exports(destination, whole, hurt)
        shop.expect_sound(destination, hurt)



def an_export_mends_before_it_fetches(shop):
    """A volume that is damaged a little, or gone while all of it can be made good: nothing is asked of the source."""
    cloud, whole = shop.cloud({"library": {**FEW, "items": 12}}), shop.at("whole")
    shop.export(cloud, whole, *archive("zip", "100%")).expect(0)
    for hurt, do, words in (("flipped", lambda v: flip(v, 200_000, 5000), ("--prove", "full")), ("removed", os.remove, ()),
                            ("cut", lambda v: cut(v, 100_000), ())):
        destination = recovery.copied(shop, whole)
        full = os.path.join(destination, volumes.volumes(destination)[0])
        do(full)
        left = harness.file_digest(full) if os.path.exists(full) else None
        cloud.reset_stats()
        run = shop.export(cloud, destination, *words).expect(0, hurt)
        equal(cloud.asked_for(), set(), f"{hurt}: fetched again")
        check("mended" in run.said, f"{hurt}: {run.said}")
        check(left is None or left in kept_aside(destination), f"{hurt}: what was there is not kept")
        expect_equal_exports(destination, whole, hurt)
        shop.expect_sound(destination, hurt)
        check(not os.path.exists(os.path.join(destination, ".decamp", "mended", os.path.basename(full))), f"{hurt}: left over")


def lost_catalogue_keeps_it(shop):
    cloud, destination = shop.cloud({"library": FEW}), shop.at("out")
    shop.export(cloud, destination, *archive("tar", "7%")).expect(0)
    before = harness.payload(destination)
    for name in os.listdir(os.path.join(destination, ".decamp")):
        if name.startswith("catalogue.sqlite"):
            os.remove(os.path.join(destination, ".decamp", name))
    shop.export(cloud, destination, "--format", "tar", *SMALL).expect(0)
    after = harness.payload(destination)
    equal({path: after.get(path) for path in before}, before, "what was there")
    shop.expect_sound(destination, "without its catalogue")
    expect_par2_agrees(destination, "without its catalogue")


def killed_anywhere(shop):
    """kill -9, then the same command: the same bytes, and every volume has its recovery data."""
    cloud = shop.cloud({"library": FEW, "storage": {"latency_ms": 20}})
    wanted = shop.at("undisturbed")
    words = archive("tar.zst", "30%")
    began = time.monotonic()
    shop.export(cloud, wanted, *words).expect(0)
    took = time.monotonic() - began
    inside = 0
    for number in range(8):
        destination = shop.fresh("killed")
        running = shop.start_export(cloud, destination, *words)
        until = time.monotonic() + shop.random.uniform(0.2, 0.98) * took
        while running.running() and time.monotonic() < until:
            time.sleep(0.002)
        inside += running.running()
        running.kill()
        shop.export(cloud, destination, *words).expect(0, f"after kill {number}")
        expect_equal_exports(destination, wanted, f"after kill {number}")
        equal(certificate(destination)["verdict"], "complete", f"after kill {number}")
        equal(os.listdir(os.path.join(destination, ".decamp", "volumes")), [], f"after kill {number}: left in volumes")
        shutil.rmtree(destination)
    check(inside > 0, "no run was killed before its end")
    expect_par2_agrees(wanted, "undisturbed")


recovery.needs_par2()
harness.main(par2_takes_it, only_of_archives, memory_changes_nothing, what_is_gone_is_made_again,
             an_export_mends_before_it_fetches, lost_catalogue_keeps_it, killed_anywhere)
