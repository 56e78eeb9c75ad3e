"""Runs every case on one kind of source. A case is a function of `make`, which gives beds; it holds, or raises Failed or
Skipped. Cases run side by side, since most of them wait for a server that is slow on purpose."""
import argparse
import concurrent.futures
import os
import random
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from harness import Failed, Workshop  # noqa: E402

from bed import Skipped  # noqa: E402


def clear_surroundings():
    """Keys, proxies and settings of the machine decide nothing here."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["HOME"] = "/nonexistent"


def arguments(words=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--decamp", required=True)
    parser.add_argument("--samplecloud", required=True)
    parser.add_argument("--source-dir", required=True)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", action="append", default=[], help="run the cases with this in their name")
    parser.add_argument("--side-by-side", type=int, default=6)
    return parser.parse_args(words)


class Maker:
    """Beds of one kind, in one workshop, closed with it."""

    def __init__(self, kind, shop):
        self.kind, self.shop = kind, shop
        self.cannot = kind.cannot

    def __call__(self):
        return self.kind(self.shop)

    def needs(self, *features):
        for feature in features:
            if feature in self.cannot:
                raise Skipped(self.cannot[feature])


def run_case(case, kind, options, seed):
    """(verdict, what to print)"""
    began = time.monotonic()
    with Workshop(options) as shop:
        shop.random, shop.beds, shop.notes = random.Random(seed), [], []
        try:
            case(Maker(kind, shop))
            verdict, more = "ok", "".join(f"; {note}" for note in shop.notes)
        except Skipped as skipped:
            verdict, more = "skipped", f": {skipped}"
        except Failed as failure:
            verdict, more = "FAILED", f": {failure}"
        except Exception:  # a bug of the test itself is told like a failure, so that the others run
            verdict, more = "FAILED", ": " + traceback.format_exc()
        finally:
            for bed in shop.beds:
                bed.close()
    return verdict, f"{verdict:8}{case.__name__} ({time.monotonic() - began:.1f} s){more}"


def run(kind, cases):
    options = arguments()
    clear_surroundings()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    chosen = [case for case in cases if not options.only or any(word in case.__name__ for word in options.only)]
    counted, bad = {}, []
    with concurrent.futures.ThreadPoolExecutor(options.side_by_side) as pool:
        under_way = {pool.submit(run_case, case, kind, options, seed): case for case in chosen}
        for done in concurrent.futures.as_completed(under_way):
            verdict, text = done.result()
            print(text, flush=True)
            counted[verdict] = counted.get(verdict, 0) + 1
            if verdict == "FAILED":
                bad.append(under_way[done].__name__)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items())))
    if bad:
        print("failed: " + ", ".join(sorted(bad)))
    sys.exit(1 if bad else 0)
