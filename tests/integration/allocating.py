"""The i-th allocation of an export fails, and the same command goes on: what test_allocation and its long form do.

In the engine's stages a failed allocation is an error with a name; elsewhere it may end the process, at once and by itself:
Asio cannot go on without memory everywhere. What may never be is a crash, a hang, or a commit that is lost.
"""
import os
import shutil
import signal

from harness import check, equal, expect_all_items, expect_equal_exports, skip, stored_ids
from killing import expect_resumed

SCENARIO = {"library": {"items": 3, "size_min": 2000, "size_max": 6000, "albums": 1, "private_items": 0,
                        "twins_percent": 0, "videos_percent": 0}}
WORDS = ("--connections", "2")
# Nearly all that is left then is C++: ours, Asio's, Boost's.
OURS = "libcrypto,libssl,libsqlite3"
# No certificates of the system's, which alone are a quarter of a million allocations.
QUIET = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nowhere"}


class Shortage:
    def __init__(self, shop):
        self.shim = os.environ.get("DECAMP_FAILING_MALLOC", "")
        if os.environ.get("DECAMP_SANITIZE"):
            skip("a sanitizer has an allocator of its own")
        check(os.path.exists(self.shim), f"DECAMP_FAILING_MALLOC names no file: {self.shim!r}")
        self.shop = shop
        self.cloud = shop.cloud(SCENARIO)
        self.wanted = shop.at("reference")
        shop.export(self.cloud, self.wanted, *WORDS).expect(0, "the undisturbed run")
        expect_all_items(self.cloud, self.wanted)

    def run(self, number, but):
        """(run, destination, committed, {"failed": number, "counted": number})"""
        report, log, destination = self.shop.fresh("report"), self.shop.fresh("events"), self.shop.fresh("out")
        run = self.shop.start_export(self.cloud, destination, *WORDS, events=log, env={
            **QUIET, "LD_PRELOAD": self.shim, "DECAMP_TEST_FAIL_ALLOCATION": str(number),
            "DECAMP_TEST_ALLOCATION_REPORT": report, "DECAMP_TEST_ALLOCATIONS_BUT": but}).end()
        told = {}
        if os.path.exists(report):
            with open(report, encoding="ascii") as stream:
                told = {word: int(value) for word, value in (line.split() for line in stream)}
        return run, destination, stored_ids(log), told

    def count(self, but):
        run, destination, _, told = self.run(-1, but)
        run.expect(0, "a run that fails nothing")
        expect_equal_exports(destination, self.wanted, "a run that fails nothing")
        shutil.rmtree(destination)
        return told["counted"]


def fail_allocations(shop, but, numbers):
    """`numbers`: from how many there are, which ones fail."""
    shortage = Shortage(shop)
    allocations = shortage.count(but)
    ends, reached = {}, 0
    for number in numbers(allocations):
        what = f"allocation {number} of {allocations} fails"
        run, destination, committed, told = shortage.run(number, but)
        reached += "failed" in told
        ends[run.code] = ends.get(run.code, 0) + 1
        check(run.code >= 0 or run.code == -signal.SIGABRT, f"{what}: ended by signal {-run.code}: {run.said[-2000:]}")
        check("Sanitizer" not in run.said, f"{what}: {run.said[-2000:]}")
        if run.code == 0:
            expect_equal_exports(destination, shortage.wanted, what)
        expect_resumed(shop, shortage.cloud, destination, shortage.wanted, committed, what, *WORDS)
        shutil.rmtree(destination)
    print(f"{allocations} allocations; {reached} failed, the runs ended with {dict(sorted(ends.items()))}", flush=True)
    check(reached > 0, "no allocation failed")
