#!/usr/bin/env python3
"""Drives that lose a bit, fill up, or cannot be written. Mounts loop images and tmpfs; skipped where that is not allowed."""
import os

import harness
from drives import Mounted, command
from harness import certificate, check, equal, expect_all_items, expect_no_leak, skip

MIB = 1 << 20


def library(items, **more):
    return {"library": {"items": items, "private_items": 0, "twins_percent": 0, "videos_percent": 0, **more}}


def one_bit_flips_below_the_cache(shop):
    image = shop.at("drive.img")
    with open(image, "wb") as out:
        out.truncate(64 * MIB)
    if command("mkfs.ext4", "-q", "-F", image).returncode != 0:
        skip("mkfs.ext4 is not there")
    cloud = shop.cloud(library(20, size_min=30000, size_max=60000))
    with Mounted(shop.at("drive"), "-o", "loop", image) as drive:
        destination = os.path.join(drive, "out")
        shop.export(cloud, destination).expect(0)
        shop.verify(destination).expect(0)
        victim = max((os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(destination, "data"))
                      for name in names), key=os.path.getsize)
        with open(victim, "rb") as stream:
            good = stream.read()  # which also puts it into the page cache
        os.sync()
        with open(image, "r+b") as raw:
            at = raw.read().find(good[8192:12288])
            check(at >= 0, "the photo's bytes are not found in the image")
            raw.seek(at + 100)
            raw.write(bytes([good[8192 + 100] ^ 1]))
            raw.flush()
            os.fsync(raw.fileno())
        with open(victim, "rb") as stream:
            check(stream.read() == good, "the page cache does not hold the good bytes: this proves nothing")
        verified = shop.verify(destination).expect(9)
        check(os.path.basename(victim) in verified.said, f"the photo is not named: {verified.said}")


def full_drive_then_room(shop):
    cloud = shop.cloud(library(200, size_min=20000, size_max=60000))
    with Mounted(shop.at("drive"), "-t", "tmpfs", "-o", "size=9M", "tmpfs") as drive:
        destination = os.path.join(drive, "out")
        shop.export(cloud, destination).expect(8)
        shop.expect_sound(destination, "bag on a full drive")
        check(certificate(destination)["counts"]["stored"] < 200, "the drive was never full")
        shop.verify(destination).expect(0)
        done = command("mount", "-o", "remount,size=96M", drive)
        equal(done.returncode, 0, f"remount: {done.stderr}")
        shop.export(cloud, destination).expect(0, "with more room")
        expect_all_items(cloud, destination)
        shop.expect_sound(destination, "bag with more room")
        expect_no_leak(cloud)


def no_room_for_more_files(shop):
    """Bytes enough, but the drive takes no more files: an end in order all the same, with its lists and certificate."""
    cloud = shop.cloud(library(300))
    with Mounted(shop.at("drive"), "-t", "tmpfs", "-o", "size=96M,nr_inodes=200", "tmpfs") as drive:
        destination = os.path.join(drive, "out")
        shop.export(cloud, destination).expect(8)
        shop.expect_sound(destination, "bag on a drive that takes no more files")
        stored = certificate(destination)["counts"]["stored"]
        check(0 < stored < 300, f"stored: {stored}")
        equal(command("mount", "-o", "remount,nr_inodes=2000", drive).returncode, 0, "remount")
        shop.export(cloud, destination).expect(0, "with room for more files")
        expect_all_items(cloud, destination)


def drive_too_small_to_begin(shop):
    cloud = shop.cloud(library(20))
    with Mounted(shop.at("drive"), "-t", "tmpfs", "-o", "size=1M", "tmpfs") as drive:
        shop.export(cloud, os.path.join(drive, "out")).expect(8)
        equal([name for _, _, names in os.walk(drive) for name in names], [], "files written")
        equal(cloud.stats()["downloads"], 0, "downloads")


def read_only_drive(shop):
    cloud = shop.cloud(library(5))
    with Mounted(shop.at("drive"), "-t", "tmpfs", "-o", "ro,size=3M", "tmpfs") as drive:
        shop.export(cloud, os.path.join(drive, "out")).expect(8)
        equal(cloud.stats()["downloads"], 0, "downloads for a drive that cannot be written")


def destination_that_is_a_file(shop):
    cloud = shop.cloud(library(5))
    with open(shop.at("file"), "w", encoding="ascii") as out:
        out.write("mine")
    shop.export(cloud, shop.at("file")).expect(2)
    with open(shop.at("file"), encoding="ascii") as stream:
        equal(stream.read(), "mine", "the file")


def destination_that_is_not_ours(shop):
    cloud = shop.cloud(library(5))
    os.makedirs(shop.at("other"))
    with open(shop.at("other/thesis.txt"), "w", encoding="ascii") as out:
        out.write("mine")
    shop.export(cloud, shop.at("other")).expect(2)
    equal(os.listdir(shop.at("other")), ["thesis.txt"], "the folder")


def destination_in_use(shop):
    cloud = shop.cloud({**library(30), "storage": {"latency_ms": 300}})
    first = shop.start_export(cloud, shop.at("out"))
    harness.wait_for(lambda: cloud.stats()["requests"]["link"] > 0 or not first.running(), "the first run's first download")
    check(first.running(), f"ended too early: {first.said}")
    shop.export(cloud, shop.at("out")).expect(2)
    first.end().expect(0, "the first run")
    shop.expect_sound(shop.at("out"), "the first run")


harness.main(destination_that_is_a_file, destination_that_is_not_ours, destination_in_use, one_bit_flips_below_the_cache,
             full_drive_then_room, no_room_for_more_files, drive_too_small_to_begin, read_only_drive)
