#!/usr/bin/env python3
"""Drives that fill up, or lose their power, while volumes are written to them; and what suits which drive."""
import os

import crashing
import harness
import power_cut
import volumes
from archives import expect_lists_lead_somewhere
from drives import ExfatDrive, Mounted, PowerCutDrive, command
from harness import check, equal, expect_all_items, expect_no_leak, skip, stored_ids
from killing import expect_resumed

TIMES = 20 if os.environ.get("DECAMP_LONG") else 3


def archive(kind):
    return ("--format", kind, "--volume-size", "1MiB")


def full_drive_then_room(shop):
    cloud = shop.cloud({"library": {"items": 60, "private_items": 0, "size_min": 60_000, "size_max": 500_000, "twins_percent": 0}})
    for kind in volumes.FORMATS:
        wanted = shop.at(f"wanted-{kind}")
        words = ("--format", kind, "--volume-size", "3MiB")
        shop.export(cloud, wanted, *words).expect(0)
        with Mounted(shop.at(f"small-{kind}"), "-t", "tmpfs", "-o", "size=9M", "tmpfs") as drive:
            destination, what, log = os.path.join(drive, "out"), f"{kind}, on a full drive", shop.fresh("events")
            run = shop.export(cloud, destination, *words, events=log).expect(8, what)
            # Volumes that were sealed before may have been read back already, which brings advice of its own.
            said = [line for line in run.said.splitlines() if "Eject the drive" not in line]
            check(crashing.one_sentence("\n".join(said), False), f"{what}: {run.said}")
            shop.expect_sound(destination, what)
            expect_lists_lead_somewhere(destination, what)
            check(0 < len(stored_ids(log)) < 60, f"{what}: {len(stored_ids(log))} stored")
            shop.verify(destination).expect(0, what)
            equal(command("mount", "-o", "remount,size=96M", drive).returncode, 0, "remount")
            expect_resumed(shop, cloud, destination, wanted, stored_ids(log), f"{kind}, with more room", *words)
            expect_no_leak(cloud)


def what_suits_the_drive(shop):
    """Where each small file takes a large cluster, `auto` is one archive; elsewhere it is files."""
    cloud, drive = shop.cloud({"library": {"items": 12, "size_max": 60_000}}), ExfatDrive(shop)
    with drive:
        drive.unmount()
        made = command("mkfs.exfat", "-c", "128K", drive.image)
        drive.mount(skip)
        equal(made.returncode, 0, f"mkfs.exfat: {made.stderr}")
        for where, wanted in ((os.path.join(drive.folder, "out"), True), (shop.at("out"), False)):
            shop.export(cloud, where, "--format", "auto").expect(0)
            found = volumes.volumes(where)
            check([name.endswith(".zip") for name in found] == [True] * wanted, f"{where}: {found}")
            expect_all_items(cloud, where)
            shop.export(cloud, where, "--format", "auto").expect(0, "once more")
            equal(volumes.volumes(where), found, f"{where}: once more")


def ext4_loses_power_in_tar_zst(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "ext4"), TIMES, *archive("tar.zst"))


def ext4_loses_power_in_zip(shop):
    power_cut.cut_often(shop, PowerCutDrive(shop, "ext4"), TIMES, *archive("zip"))


def exfat_loses_power_in_tar_zst(shop):
    power_cut.cut_often(shop, ExfatDrive(shop), TIMES, *archive("tar.zst"))


def exfat_loses_power_in_zip(shop):
    power_cut.cut_often(shop, ExfatDrive(shop), TIMES, *archive("zip"))


harness.main(full_drive_then_room, ext4_loses_power_in_tar_zst, ext4_loses_power_in_zip, exfat_loses_power_in_tar_zst, exfat_loses_power_in_zip,
             what_suits_the_drive)
