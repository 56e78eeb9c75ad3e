#!/usr/bin/env python3
"""A large file interrupted in its middle is gone on with where the host honours ranges, and fetched whole where not."""
import os
import signal

import harness
from harness import check, equal, expect_all_items, expect_no_leak, wait_for

MIB = 1 << 20
SIZE = 20 * MIB
# Slower than what the ten seconds of grace after SIGINT could finish.
SLOW = 1_200_000


def scenario(**storage):
    return {
        "library": {"items": 1, "private_items": 0, "albums": 2, "twins_percent": 0, "videos_percent": 0,
                    "size_min": SIZE, "size_max": SIZE},
        "storage": {"second_host_percent": 0, **storage},
    }


def downloads(cloud):
    return [request for request in cloud.log() if request["endpoint"] == "download"]


def bytes_staged(destination):
    """Of the photo, so far."""
    staging = os.path.join(destination, ".decamp", "staging")
    try:
        return sum(os.path.getsize(os.path.join(staging, name)) for name in os.listdir(staging))
    except OSError:  # not there yet, or gone while it was looked at
        return 0


def interrupted(shop, cloud):
    destination = shop.at("out")
    running = shop.start_export(cloud, destination)
    wait_for(lambda: bytes_staged(destination) > 3 * MIB or not running.running(), "a first part of the file")
    check(running.running(), f"ended too early: {running.said}")
    running.signal(signal.SIGINT)
    running.end().expect(5, "interrupted inside the file")
    shop.expect_sound(destination, "after the interruption")
    equal(harness.certificate(destination)["verdict"], "incomplete", "verdict of an interrupted run")
    cloud.reset_stats()
    cloud.change(storage={"bytes_per_second": 0})
    return destination


def goes_on_where_ranges_are_honoured(shop):
    cloud = shop.cloud(scenario(range=True, bytes_per_second=SLOW))
    destination = interrupted(shop, cloud)
    shop.export(cloud, destination).expect(0, "the rerun")
    asked = downloads(cloud)
    equal(len(asked), 1, "downloads of the rerun")
    check(asked[0]["range"].startswith("bytes="), f"no range was asked for: {asked[0]}")
    equal(asked[0]["status"], 206, "status")
    begin = int(asked[0]["range"].split("=")[1].split("-")[0])
    check(begin >= MIB, f"almost nothing was kept: {asked[0]['range']}")
    check(cloud.stats()["downloaded_bytes"] < SIZE, "the whole file was fetched again")
    expect_all_items(cloud, destination)
    shop.expect_sound(destination, "the end")
    shop.verify(destination).expect(0)
    expect_no_leak(cloud)


def whole_again_where_ranges_are_ignored(shop):
    cloud = shop.cloud(scenario(range=False, bytes_per_second=SLOW))
    destination = interrupted(shop, cloud)
    shop.export(cloud, destination).expect(0, "the rerun")
    equal([request["status"] for request in downloads(cloud)][-1], 200, "status")
    expect_all_items(cloud, destination)
    shop.expect_sound(destination, "the end")
    shop.verify(destination).expect(0)


def goes_on_in_the_same_run(shop):
    cloud = shop.cloud({**scenario(range=True), "faults": [{"kind": "reset", "items": [0], "bytes": 12 * MIB}]})
    destination = shop.at("out")
    shop.export(cloud, destination).expect(0)
    asked = downloads(cloud)
    equal(len(asked), 2, "downloads")
    check(asked[1]["range"] and asked[1]["status"] == 206, f"not gone on with: {asked[1]}")
    check(asked[1]["body_bytes"] < SIZE, "the whole file was fetched again")
    expect_all_items(cloud, destination)
    shop.expect_sound(destination, "the end")


harness.main(goes_on_where_ranges_are_honoured, whole_again_where_ranges_are_ignored, goes_on_in_the_same_run)
