"""What the tests of bad input share: the way to the suite, and small words for what is asked again and again."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import suite  # noqa: E402
from cases_basic import fill, whole  # noqa: E402
from harness import certificate, check, equal, reasons  # noqa: E402
from judging import expect_bytes, expect_no_secret, expect_proven, expect_sentences  # noqa: E402

MOST_MEMORY = 200 << 20
# In every file that an entity of a hostile answer could bring in.
LOCAL_FILE = "/etc/hostname"

__all__ = ["suite", "fill", "whole", "certificate", "check", "equal", "reasons", "ends", "exceptions", "bounded", "named",
           "refused_list", "a_case_each"]


def ends(bed, code, *words, credentials=None, **more):
    """One export with --quiet that ends with a code other than 0 and says so; (destination, run)."""
    destination = bed.shop.fresh("out")
    given = {} if credentials is None else {"credentials": credentials}
    run = bed.export(destination, "--quiet", **given, **more)
    codes = code if isinstance(code, tuple) else (code,)
    check(run.code in codes, f"answered {run.code}, not {code}:\n{run.said[-3000:]}")
    expect_sentences(run, run.code, *words)
    if os.path.isdir(destination):
        expect_no_secret(bed, destination, run)
    return destination, run


def exceptions(destination):
    """Reason by name."""
    return {os.path.basename(e["name"]): e["reason"] for e in certificate(destination)["exceptions"]}


def bounded(run):
    if os.environ.get("DECAMP_SANITIZE", "") in ("", "OFF"):
        check(run.most_memory < MOST_MEMORY, f"{run.most_memory >> 20} MiB of memory")


def named(bed, destination, wanted, but=()):
    """These exceptions and no others; everything else is there. `wanted`: name -> reasons that will do."""
    found = exceptions(destination)
    equal(sorted(found), sorted(wanted), "items named as exceptions")
    for name, reason in wanted.items():
        check(found[name] in ((reason,) if isinstance(reason, str) else reason), f"{name}: {found[name]}, not {reason}")
    left = {path: content for path, content in bed.things.items() if os.path.basename(path) not in {*wanted, *but}}
    expect_bytes(left, destination)
    expect_proven(bed, destination)


def a_case_each(name, test, inputs):
    """A case for each of the inputs, so that they wait side by side."""
    cases = []
    for number, one in enumerate(inputs, 1):
        def case(make, one=one):
            test(make, one)
        case.__name__ = f"{name}_{number}"
        cases.append(case)
    return cases


def refused_list(bed, *words):
    """A list that cannot be used: 7, or 4 where something of it could; little memory, and nothing of this computer's files."""
    destination, run = ends(bed, (4, 7), *words)
    bounded(run)
    with open(LOCAL_FILE, encoding="utf-8") as stream:
        here = stream.read().strip()
    if here:
        for folder, _, names in os.walk(os.path.join(destination, "data")):
            check(not any(here in name for name in names), f"a file of this computer was read: {folder}")
    return destination, run
