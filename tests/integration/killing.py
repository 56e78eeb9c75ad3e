"""kill -9 at random moments, each followed by the same command: what test_kill and test_long_kill do, in two sizes."""
import os
import time

from harness import check, equal, events, expect_all_items, expect_equal_exports, expect_no_leak, stored_ids, wait_for

# Slow enough that a run has a middle, with files large enough to be killed inside.
SCENARIO = {
    "library": {"items": 340, "size_min": 2000, "size_max": 60000, "albums": 8, "private_items": 6, "twins_percent": 6,
                "live_photos": [11, 12], "zero_bytes": [40], "duplicate_names": 60, "hostile_names": 60},
    "storage": {"latency_ms": 25, "bytes_per_second": 3_000_000},
    "api": {"latency_ms": 2},
}


# The same for exports into volumes of a MiB: some items are larger than a volume, and than what is held in memory.
ARCHIVED = {
    "library": {"items": 90, "size_min": 2000, "size_max": 1_300_000, "albums": 8, "private_items": 6, "twins_percent": 6,
                "live_photos": [11, 12], "zero_bytes": [40], "duplicate_names": 60, "hostile_names": 60},
    "storage": {"latency_ms": 60, "bytes_per_second": 1_500_000},
    "api": {"latency_ms": 2},
}


def reference(shop, cloud, *words):
    """An undisturbed export, and how long it took: the moments to kill at are drawn from that."""
    destination = shop.at("reference")
    began = time.monotonic()
    shop.export(cloud, destination, *words).expect(0, "the undisturbed run")
    took = time.monotonic() - began
    shop.expect_sound(destination, "the undisturbed run")
    expect_all_items(cloud, destination)
    return destination, took


def expect_resumed(shop, cloud, destination, wanted, committed, what, *words):
    """The same command goes on from what was committed, fetches none of it again, and ends as the undisturbed run did."""
    cloud.reset_stats()
    rerun = shop.fresh("events")
    shop.export(cloud, destination, *words, events=rerun).expect(0, what)
    again = cloud.asked_for() & committed
    equal(sorted(again), [], f"{what}: committed before and fetched again")
    both = stored_ids(rerun) & committed
    equal(sorted(both), [], f"{what}: stored twice")
    check(any(e["event"] == "run_finished" for e in events(rerun)), f"{what}: the second run did not say how it ended")
    expect_equal_exports(destination, wanted, what)
    shop.expect_sound(destination, what)
    for folder in ("staging", "volumes"):
        inside = os.path.join(destination, ".decamp", folder)
        equal(os.listdir(inside) if os.path.isdir(inside) else [], [], f"{what}: left in {folder}")
    expect_no_leak(cloud)


def kill_once(shop, cloud, number, wanted, took, *words):
    destination = shop.fresh("killed")
    log = shop.fresh("events")
    late = number % 2 == 0  # every other kill waits for something committed, whatever the machine's load
    moment = shop.random.uniform(0.02, 0.5 if late else 0.95) * took
    running = shop.start_export(cloud, destination, *words, events=log)
    if late:
        wait_for(lambda: stored_ids(log) or not running.running(), "a first commit")
    until = time.monotonic() + moment
    while running.running() and time.monotonic() < until:
        time.sleep(0.005)
    was_running = running.running()
    running.kill()
    committed = stored_ids(log)
    expect_resumed(shop, cloud, destination, wanted, committed, f"after kill {number} at {moment:.2f} s", *words)
    print(f"kill {number}: {moment:.2f} s after {'a commit' if late else 'its start'}, of {took:.2f} s{'' if was_running else ' (had ended)'}, "
          f"{len(committed)} committed", flush=True)
    return was_running, len(committed)


def kill_often(shop, times, *words, scenario=None):
    """`words`: more of the command line, of every run."""
    cloud = shop.cloud(scenario or SCENARIO)
    wanted, took = reference(shop, cloud, *words)
    ran, seen = 0, 0
    for number in range(1, times + 1):
        was_running, committed = kill_once(shop, cloud, number, wanted, took, *words)
        ran += was_running
        seen += was_running and committed > 0
    check(ran > 0, "no run was killed before its end")
    check(seen > 0, "no run was killed with something committed")
    print(f"{times} kills, {ran} inside a run, {seen} with something committed")


def kill_the_same_run_often(shop, times, *words, scenario=None):
    """The same destination, killed again and again: progress is kept, and the end is the same."""
    cloud = shop.cloud(scenario or SCENARIO)
    wanted, took = reference(shop, cloud, *words)
    destination = shop.at("often")
    committed = set()
    for number in range(1, times + 1):
        log = shop.fresh("events")
        cloud.reset_stats()
        running = shop.start_export(cloud, destination, *words, events=log)
        until = time.monotonic() + shop.random.uniform(0.1, 0.6) * took
        while running.running() and time.monotonic() < until:
            time.sleep(0.005)
        running.kill()
        equal(sorted(cloud.asked_for() & committed), [], f"fetched again in round {number}")
        committed |= stored_ids(log)
    cloud.reset_stats()
    shop.export(cloud, destination, *words).expect(0, "the run left alone")
    equal(sorted(cloud.asked_for() & committed), [], "fetched again by the run left alone")
    expect_equal_exports(destination, wanted, f"after {times} kills of the same export")
    shop.expect_sound(destination, f"after {times} kills of the same export")
