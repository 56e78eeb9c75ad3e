"""Sources that change, refuse, stumble and go away while they are emptied."""
import os

from harness import certificate, check, equal, expect_equal_exports, payload, reasons, wait_for

from cases_basic import fill, whole
from cases_disturbed import MIB, expect_rest_alone
from contents import Sparse, drawn
from judging import expect_bytes, expect_no_secret, expect_proven, expect_sentences, expect_whole, list_lines

VICTIM = "zz last/victim.bin"


def with_victim(bed, content=None):
    fill(bed, 6)
    for number in range(bed.ballast):
        bed.put(f"ballast/{number:03}.bin", Sparse(1 << 20, number))
    bed.put(VICTIM, content or drawn(3000, "victim"))


def gone_between_list_and_get(make):
    bed = make()
    with_victim(bed)
    bed.vanish(VICTIM)
    destination = bed.shop.fresh("out")
    run = bed.export(destination)
    if not bed.server and run.code == 0 and bed.kind == "folder":
        bed.shop.notes.append("was read before it went")
        return
    run.expect(3)
    equal(reasons(destination), {"deleted_in_cloud": 1}, "reasons")
    told = certificate(destination)
    equal(told["verdict"], "complete_with_exceptions", "verdict")
    check(told["exceptions"][0]["name"].endswith("victim.bin"), f"named: {told['exceptions']}")
    rest = {path: content for path, content in bed.things.items() if path != VICTIM and not path.endswith("/victim.bin")}
    expect_bytes(rest, destination, bed.arranged_as_tree)
    expect_proven(bed, destination)


def consistent(bed, destination, versions):
    """Whatever stands under the victim's name is one of the versions, whole."""
    found = []
    for line in list_lines(destination):
        if line["name"] == "victim.bin" and line["file"]:
            path = os.path.join(destination, line["file"])
            which = [number for number, content in enumerate(versions) if content.is_in(path)]
            check(which, f"{line['file']} holds neither the old bytes nor the new ones")
            found += which
    return found


def changes(make, old, new, spoil):
    """`spoil(bed, change)` arranges that change() is called in the middle. Wrong bytes are never called complete, and the
    next run has the new ones."""
    make.needs("change")
    bed = make()
    with_victim(bed, old)
    spoil(bed, lambda: bed.put(VICTIM, new, modified=1_720_000_000))
    destination = bed.shop.fresh("out")
    run = bed.export(destination)
    check(run.code in (0, 3), f"answered {run.code}: {run.said[-2000:]}")
    if run.code == 3:
        check(set(reasons(destination)) <= {"changed_in_cloud", "digest_mismatch"}, f"reasons: {reasons(destination)}")
    else:
        equal(certificate(destination)["verdict"], "complete", "verdict")
    found = consistent(bed, destination, [old, new])
    bed.shop.notes.append(f"answered {run.code}, {reasons(destination)}, versions {found}")
    expect_proven(bed, destination)
    bed.heal()
    bed.export(destination).expect(0, "the next run")
    check(1 in consistent(bed, destination, [old, new]), "the new bytes are not there after the next run")
    expect_proven(bed, destination)


def changed_between_list_and_get(make):
    changes(make, drawn(3000, "old"), drawn(5000, "new"), lambda bed, change: bed.on_get(VICTIM, change))


def changed_to_the_same_size(make):
    changes(make, drawn(3000, "old"), drawn(3000, "new"), lambda bed, change: bed.on_get(VICTIM, change))


def changed_between_two_ranges(make):
    """Cut in the middle, and another one of the same size when the rest is asked for: halves of two are never one."""
    make.needs("ranges")

    def spoil(bed, change):
        bed.server.fault("get", "cut", key=bed.key_of(VICTIM), after=8 * MIB)
        bed.server.fault("get", "call", key=bed.key_of(VICTIM), skip=1, call=change)
    changes(make, Sparse(12 * MIB, 1), Sparse(12 * MIB, 2), spoil)


def cut_in_the_middle(make):
    """The connection ends inside a large item: the same run goes on there."""
    make.needs("ranges")
    for reset in (True, False):
        bed = make()
        bed.put("large.bin", drawn(12 * MIB, 1))
        bed.cut("large.bin", 8 * MIB, reset=reset)
        destination = bed.shop.fresh("out")
        bed.export(destination).expect(0)
        asked = bed.gets()
        check(len(asked) >= 2, f"requests: {asked}")
        expect_rest_alone_of_large(bed, asked)
        expect_whole(bed, destination)


def expect_rest_alone_of_large(bed, asked):
    if bed.kind == "micloud":
        check(asked[-1]["range"] and asked[-1]["status"] == 206, f"not gone on with: {asked[-1]}")
    else:
        expect_rest_alone(bed, "large.bin", asked, 4 * MIB)


def a_list_that_is_slow(make):
    """Items of a first page are fetched while the second keeps us waiting: the walk holds nobody up."""
    make.needs("holding", "slow_list")
    bed = make()
    bed.put("a first one.bin", drawn(500, "first"))
    fill(bed, 12)
    if "paging" not in bed.cannot:
        bed.page(4)
    gate = bed.hold("list", skip=bed.first_lists)
    destination = bed.shop.fresh("out")
    running = bed.start(destination)
    wait_for(lambda: gate.reached.is_set() or not running.running(), "the held page")
    wait_for(lambda: bed.gets() or not running.running(), "a download while the list waits")
    check(running.running(), f"ended too early: {running.said}")
    bed.heal()
    running.end().expect(0)
    expect_whole(bed, destination)


def login_refused(make):
    make.needs("auth")
    bed = make()
    fill(bed, 3)
    bed.refuse_login()
    destination = bed.shop.fresh("out")
    run = bed.export(destination, "--quiet")
    expect_sentences(run, 6)
    if os.path.isdir(destination):
        expect_no_secret(bed, destination, run)


def login_dies_in_the_middle(make):
    """6, what was committed stands, and a run with a login that lives completes."""
    make.needs("auth")
    bed = make()
    fill(bed, 20)
    wanted = None
    if bed.server:
        wanted, _ = whole(bed)
    bed.expire_after(12)
    destination = bed.shop.fresh("out")
    run = bed.export(destination, "--connections", "2")
    run.expect(6)
    bed.shop.expect_sound(destination, "the bag after the login died")
    expect_no_secret(bed, destination, run)
    bed.shop.notes.append(f"{len(payload(destination))} of {len(bed.things)} stored before")
    bed.expire_after(None)
    bed.export(destination).expect(0, "with a login that lives")
    expect_whole(bed, destination)
    if wanted:
        expect_equal_exports(destination, wanted, "after the login died")


def nobody_listens(make):
    """A source that cannot be reached: 7. Of links each fails by itself: 4, and each is named. A folder that is not there is a
    wrong command: 2."""
    bed = make()
    fill(bed, 1)
    source, words = bed.unreachable()
    more = {"source": source}
    bed.words = words
    destination = bed.shop.fresh("out")
    run = bed.export(destination, "--quiet", **more)
    expect_sentences(run, {"links": 4, "folder": 2}.get(bed.kind, 7))
    if bed.kind == "links":
        equal(len(certificate(destination)["exceptions"]), 1, "exceptions")


def asked_to_wait(make):
    """503 and 429 with Retry-After, on lists and on bytes: the wait is kept, and nothing is missing."""
    make.needs("throttling")
    for status in (503, 429):
        bed = make()
        fill(bed, 6)
        if "slow_list" not in bed.cannot or bed.kind == "micloud":
            bed.refuse("list", status=status, retry_after=1)
        bed.refuse("get", status=status, retry_after=1, skip=1)
        destination, _ = whole(bed)
        if bed.server:
            expect_waits(bed, status)


def expect_waits(bed, status):
    log = bed.server.log()
    refused = [entry for entry in log if entry["status"] == status]
    check(refused, "nothing was refused")
    for entry in refused:
        later = [other["at"] for other in log if other["at"] > entry["at"] and other["target"] == entry["target"]]
        check(later and min(later) - entry["at"] >= 0.9, f"asked again too soon: {entry['target']}")


def errors_that_heal(make):
    """500 once, a list and a small item cut off once: the run asks again and is complete."""
    make.needs("network")
    bed = make()
    fill(bed, 6)
    if bed.server:
        if "slow_list" not in bed.cannot:
            bed.server.fault("list", "cut", after=60)
            bed.refuse("list", status=500, skip=1)
        bed.server.fault("get", "cut", after=100, skip=1)
        bed.server.fault("get", "cut", after=0, skip=3)
    bed.refuse("get", status=500)
    whole(bed)


CASES = [gone_between_list_and_get, changed_between_list_and_get, changed_to_the_same_size, changed_between_two_ranges,
         cut_in_the_middle, a_list_that_is_slow, login_refused, login_dies_in_the_middle, nobody_listens, asked_to_wait,
         errors_that_heal]
