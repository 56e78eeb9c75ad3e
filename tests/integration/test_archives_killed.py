#!/usr/bin/env python3
"""Exports into volumes that are killed or interrupted: each goes on, to the bytes of an undisturbed run."""
import os
import signal

import harness
import killing
from archives import expect_lists_lead_somewhere, snapshot
from harness import certificate, check, equal, expect_all_items, stored_ids, wait_for
from killing import expect_resumed
from volumes import FORMATS

LONG = bool(os.environ.get("DECAMP_LONG"))
TWINS = {"tar": "link", "tar.zst": "copy", "zip": "list"}


def archive(kind):
    return ("--format", kind, "--volume-size", "1MiB", "--twins-in-archive", TWINS[kind])


def tar_is_killed(shop):
    killing.kill_often(shop, 12 if LONG else 2, *archive("tar"), scenario=killing.ARCHIVED)


def tar_zst_is_killed(shop):
    killing.kill_often(shop, 12 if LONG else 3, *archive("tar.zst"), scenario=killing.ARCHIVED)


def zip_is_killed(shop):
    killing.kill_often(shop, 12 if LONG else 2, *archive("zip"), scenario=killing.ARCHIVED)


def killed_again_and_again(shop):
    kind = shop.random.choice(FORMATS)
    print(f"killed again and again: {kind}")
    killing.kill_the_same_run_often(shop, 3, *archive(kind), scenario=killing.ARCHIVED)


def ctrl_c(shop):
    cloud = shop.cloud(killing.ARCHIVED)
    for kind in FORMATS:
        wanted, destination, log = shop.at(f"wanted-{kind}"), shop.at(f"out-{kind}"), shop.fresh("events")
        shop.export(cloud, wanted, *archive(kind)).expect(0)
        running = shop.start_export(cloud, destination, *archive(kind), events=log)
        wait_for(lambda: len(stored_ids(log)) > 10 or not running.running(), "some commits")
        running.signal(signal.SIGINT)
        running.end().expect(5, f"{kind}, interrupted")
        what = f"{kind}, after an interruption"
        shop.expect_sound(destination, what)
        equal(certificate(destination)["verdict"], "incomplete", what)
        expect_lists_lead_somewhere(destination, what)
        shop.verify(destination).expect(0, what)
        expect_resumed(shop, cloud, destination, wanted, stored_ids(log), what, *archive(kind))
        equal(snapshot(destination)[2], snapshot(wanted)[2], f"{what}: lists")
        expect_all_items(cloud, destination)
        shop.verify(destination).expect(0, what)


def emptied(path):
    os.truncate(path, 0)


def halved(path):
    os.truncate(path, os.path.getsize(path) // 2)


def flipped(path):
    with open(path, "r+b") as file:
        byte = file.read(1)[0]
        file.seek(0)
        file.write(bytes([byte ^ 1]))


def half_a_volume_is_lost(shop):
    """What was committed to a volume that was being filled is no longer what it was: it is fetched again."""
    cloud = shop.cloud(killing.ARCHIVED)
    for kind, hurt in (("tar", os.remove), ("tar.zst", halved), ("zip", flipped), (shop.random.choice(FORMATS), emptied)):
        destination, log, what = shop.fresh("out"), shop.fresh("events"), f"{kind}, {hurt.__name__}"
        # A volume that holds all: whatever is committed is in the one that is being filled.
        words = ("--format", kind)
        running = shop.start_export(cloud, destination, *words, events=log)
        wait_for(lambda: len(stored_ids(log)) > 10 or not running.running(), "some commits")
        running.kill()
        check(len(stored_ids(log)) < len(cloud.items()), f"{what}: had ended")
        filled = os.path.join(destination, ".decamp/volumes", f"volume-0001.{kind}")
        hurt(filled)
        shop.export(cloud, destination, *words).expect(0, what)
        shop.expect_sound(destination, what)
        expect_all_items(cloud, destination)
        equal(certificate(destination)["exceptions"], [], f"{what}: exceptions")
        shop.verify(destination).expect(0, what)


harness.main(half_a_volume_is_lost, ctrl_c, tar_is_killed, tar_zst_is_killed, zip_is_killed,
             killed_again_and_again)
