"""Interrupted and killed at each step: the next run completes, and its export is that of a run never disturbed."""
import os
import signal

from harness import check, equal, events, expect_equal_exports, stored_ids, wait_for

from cases_basic import fill, whole
from contents import Sparse, drawn
from judging import expect_whole

ITEMS = 24
MIB = 1 << 20


def planned(shop, bed):
    """Enough that a run has a middle; one item so large that it is met half-way."""
    fill(bed, ITEMS, 60_000)
    bed.slow()
    if "paging" not in bed.cannot:
        bed.page(6)
    if not bed.server:
        for number in range(24):
            bed.put(f"more/{number}.bin", drawn(MIB, number))


def committed_paths(log):
    return {e["path"] for e in events(log) if e["event"] == "item_stored"}


def disturb(bed, running, log, when, how):
    """Sends the signal at the given step, and lets the server go on."""
    if when == "listing":
        reached = bed.gate.reached.is_set if bed.gate else (lambda: events(log))
    elif when == "downloading":
        reached = (lambda: bed.gate.reached.is_set() and stored_ids(log)) if bed.gate else (lambda: stored_ids(log))
    else:
        reached = lambda: len(stored_ids(log)) >= len(bed.things)  # noqa: E731
    wait_for(lambda: reached() or not running.running(), f"the step {when}")
    running.signal(how)
    bed.heal()
    return running.end()


def hold_at(bed, when):
    bed.gate = None
    if "holding" in bed.cannot:
        return
    if when == "listing" and "slow_list" not in bed.cannot:
        bed.gate = bed.hold("list", skip=bed.first_lists)
    if when == "downloading":
        bed.gate = bed.hold("get", path=f"folder 2/item {ITEMS - 1:03}.bin", after=20_000)


def disturbed(make, when, how):
    bed = make()
    planned(bed.shop, bed)
    wanted, _ = whole(bed)
    destination, log = bed.shop.fresh("out"), bed.shop.fresh("events")
    hold_at(bed, when)
    running = bed.start(destination, "--connections", "2", events=log)
    run = disturb(bed, running, log, when, how)
    must = 5 if how == signal.SIGINT else -signal.SIGKILL
    if bed.gate:
        run.expect(must)
    else:  # nobody waits: it may have ended before
        check(run.code in (0, must), f"answered {run.code}: {run.said[-2000:]}")
    if run.code == 5:
        bed.shop.expect_sound(destination, "the bag after the interruption")
    committed = stored_ids(log)
    bed.shop.notes.append(f"answered {run.code}, {len(committed)} of {len(bed.things)} committed")
    bed.forget()
    second = bed.shop.fresh("events")
    bed.export(destination, events=second).expect(0, "the next run")
    equal(sorted(stored_ids(second) & committed), [], "stored twice")
    if bed.server and committed and when != "listing":
        equal(len(bed.gets()) <= len(bed.things) - len(committed) + 1, True, "what was committed is not fetched again")
    expect_whole(bed, destination)
    expect_equal_exports(destination, wanted, f"{how!r} while {when}")
    equal(os.listdir(os.path.join(destination, ".decamp/staging")), [], "left in staging")


def interrupted_while_listing(make):
    disturbed(make, "listing", signal.SIGINT)


def interrupted_while_downloading(make):
    disturbed(make, "downloading", signal.SIGINT)


def interrupted_at_the_end(make):
    disturbed_at_the_end(make, signal.SIGINT)


def killed_while_listing(make):
    disturbed(make, "listing", signal.SIGKILL)


def killed_while_downloading(make):
    disturbed(make, "downloading", signal.SIGKILL)


def killed_at_the_end(make):
    disturbed_at_the_end(make, signal.SIGKILL)


def disturbed_at_the_end(make, how):
    """Nobody can be held there, so that either answer is right; the drive's state has to be."""
    bed = make()
    planned(bed.shop, bed)
    wanted, _ = whole(bed)
    destination, log = bed.shop.fresh("out"), bed.shop.fresh("events")
    bed.gate = None
    run = disturb(bed, bed.start(destination, events=log), log, "ending", how)
    must = 5 if how == signal.SIGINT else -signal.SIGKILL
    check(run.code in (0, must), f"answered {run.code}: {run.said[-2000:]}")
    bed.shop.notes.append(f"answered {run.code}")
    bed.forget()
    bed.export(destination).expect(0, "the next run")
    equal(sorted(map(str, bed.fetched())), [], "fetched again")
    expect_whole(bed, destination)
    expect_equal_exports(destination, wanted, "at the end")


def inside_a_large_item(make):
    """Interrupted in the middle of it: what is there is kept, and the next run asks for the rest alone."""
    make.needs("ranges", "holding", "large")
    bed = make()
    size = 40 * MIB
    bed.put("large.bin", Sparse(size))
    destination = bed.shop.fresh("out")
    gate = bed.hold("get", path="large.bin", after=24 * MIB)
    running = bed.start(destination)
    wait_for(lambda: gate.reached.is_set() or not running.running(), "the middle of the item")
    running.signal(signal.SIGINT)
    running.end().expect(5)  # after the seconds that transfers under way are given
    bed.heal()
    bed.forget()
    bed.export(destination).expect(0, "the next run")
    expect_rest_alone(bed, "large.bin", bed.gets("large.bin"), 16 * MIB)
    expect_whole(bed, destination)


def expect_rest_alone(bed, path, asked, kept):
    """The last request is for what was missing, under the condition that it is still the same."""
    last = asked[-1]
    check(last["range"] and last["status"] == 206, f"not gone on with: {last}")
    begin = int(last["range"].split("=")[1].split("-")[0])
    check(begin >= kept, f"of {bed.things[path].size} bytes only {begin} were kept")
    check(last["if_range"] or last["if_match"], "the rest was asked for whatever it may be now")


CASES = [interrupted_while_listing, interrupted_while_downloading, interrupted_at_the_end, killed_while_listing,
         killed_while_downloading, killed_at_the_end, inside_a_large_item]
