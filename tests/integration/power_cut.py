"""The power is cut at random moments, and the same command goes on: what test_power_cut_drive and its long form do."""
import os
import shutil
import time

from harness import check, expect_all_items, expect_equal_exports, stored_ids, wait_for
from killing import expect_resumed

# Several groups are committed in a run, with files above a MiB among them.
SCENARIO = {
    "library": {"items": 160, "size_min": 2000, "size_max": 120000, "albums": 5, "private_items": 3, "twins_percent": 6,
                "live_photos": [11, 12], "zero_bytes": [40], "duplicate_names": 30, "hostile_names": 30},
    "storage": {"latency_ms": 120, "bytes_per_second": 500_000},
    "api": {"latency_ms": 2},
}


def reference(shop, cloud, drive, *words):
    """An undisturbed export on the same kind of drive: (a copy of it, how long it took)."""
    destination, kept = os.path.join(drive.folder, "out"), shop.fresh("reference")
    began = time.monotonic()
    shop.export(cloud, destination, *words).expect(0, "the undisturbed run")
    took = time.monotonic() - began
    shop.expect_sound(destination, "the undisturbed run")
    expect_all_items(cloud, destination)
    shutil.copytree(destination, kept)
    # All that a finished run left is durable: no later run has to mend it.
    drive.cut()
    drive.power_on()
    expect_equal_exports(destination, kept, f"{drive.kind}, cut after the end")
    shop.expect_sound(destination, f"{drive.kind}, cut after the end")
    shop.verify(destination).expect(0)
    shutil.rmtree(destination)
    return kept, took


def cut_once(shop, cloud, drive, number, wanted, took, *words):
    destination, log = os.path.join(drive.folder, f"out-{number}"), shop.fresh("events")
    late = number % 3 != 0  # two of three wait for something committed, whatever the machine's load
    moment = shop.random.uniform(0, 0.1) * took if late else shop.random.uniform(0.02, 0.95) * took
    running = shop.start_export(cloud, destination, *words, events=log)
    if late:
        wait_for(lambda: stored_ids(log) or not running.running(), "a first commit")
    until = time.monotonic() + moment
    while running.running() and time.monotonic() < until:
        time.sleep(0.005)
    what = f"{drive.kind}, cut {number} at {moment:.2f} s"
    was_running = running.running()
    if drive.kind == "exfat" or number % 2:
        committed = stored_ids(log)
        if drive.kind == "exfat":
            running.kill()
        drive.cut()
        running.kill()
    else:
        # A drive that is gone while the computer goes on.
        drive.cut()
        running.end()
        check(running.code in (0, 8), f"{what}: answered {running.code}: {running.said[-2000:]}")
        committed = stored_ids(log)
    drive.power_on()
    expect_resumed(shop, cloud, destination, wanted, committed, what, *words)
    shutil.rmtree(destination)
    print(f"{what} of {took:.2f} s, {len(committed)} committed{'' if was_running else ' (had ended)'}", flush=True)
    return was_running, len(committed)


def cut_often(shop, drive, times, *words):
    """`words`: more of the command line, of every run."""
    cloud = shop.cloud(SCENARIO)
    with drive:
        wanted, took = reference(shop, cloud, drive, *words)
        ran, seen = 0, 0
        for number in range(1, times + 1):
            was_running, committed = cut_once(shop, cloud, drive, number, wanted, took, *words)
            ran += was_running
            seen += was_running and committed > 0
    check(ran > 0, "the power was never cut before the end of a run")
    check(seen > 0, "the power was never cut with something committed")
    print(f"{drive.kind}: {times} cuts, {ran} inside a run, {seen} with something committed")
