#!/usr/bin/env python3
"""Joins the outcomes of several ctest runs, and of builds, into one closing summary in ctest's own words.

usage: summary.py FOLDER

FOLDER holds what tools/check left: results.tsv with a line for each thing that ran, in order:
    ctest <TAB> NAME <TAB> exit code     its terminal output is in NAME.log, its JUnit file in NAME.xml
    step  <TAB> NAME <TAB> exit code     a build or another command that counts as one test
    skip  <TAB> NAME <TAB> reason        a thing that was not run
Exit code 0 when everything passed and something ran, else 1.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree

CLOSING = re.compile(r"^\s*\d+% tests passed, (\d+) tests failed out of (\d+)\s*$", re.M)
TIME = re.compile(r"^Total Test time \(real\) = +([\d.]+) sec", re.M)
LISTED = re.compile(r"^\s*\d+ - (.+) \(([^()]+)\)\s*$")


class Outcome:
    def __init__(self, name):
        self.name = name
        self.total = self.seconds = 0
        self.failed = []   # (name, how)
        self.skipped = []  # (name, reason)


def listed_after(text, heading):
    """The (name, state) pairs ctest lists under a heading of its closing summary."""
    pairs = []
    _, found, rest = text.rpartition(heading)
    if found:
        for line in rest.splitlines()[1:]:
            match = LISTED.match(line)
            if not match:
                break
            pairs.append((match[1], match[2]))
    return pairs


def skip_reasons(junit):
    """Why tests say they were skipped: the last telling line of what they printed. An unreadable file gives none."""
    reasons = {}
    try:
        cases = xml.etree.ElementTree.parse(junit).getroot().iter("testcase")
        for case in cases:
            if case.find("skipped") is not None:
                lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
                telling = [line for line in lines if line and not line.startswith("[")]
                reasons[case.get("name")] = telling[-1] if telling else "no reason printed"
    except (OSError, xml.etree.ElementTree.ParseError):
        pass
    return reasons


def read_ctest(folder, name, code):
    outcome = Outcome(name)
    log = folder / f"{name}.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    closing = list(CLOSING.finditer(text))
    if not closing:  # killed, crashed, or nothing to run: that is a failure, never silence
        outcome.total = 1
        outcome.failed.append(("ctest", f"no summary, exit code {code}"))
        return outcome
    failed, outcome.total = int(closing[-1][1]), int(closing[-1][2])
    time = TIME.search(text, closing[-1].end())
    outcome.seconds = float(time[1]) if time else 0
    outcome.failed = listed_after(text, "The following tests FAILED:")
    # The list and the count agree, or the list is filled up: no failure gets lost.
    outcome.failed += [("a test that ctest did not name", "Failed")] * (failed - len(outcome.failed))
    if (code != 0) != bool(outcome.failed):
        outcome.total += 1
        outcome.failed.append(("ctest", f"exit code {code}"))
    reasons = skip_reasons(folder / f"{name}.xml")
    for test, state in listed_after(text, "The following tests did not run:"):
        outcome.skipped.append((test, "disabled" if state == "Disabled" else reasons.get(test, "no reason found")))
    return outcome


def read_all(folder):
    outcomes = []
    for line in (folder / "results.tsv").read_text(encoding="utf-8").splitlines():
        kind, name, value = line.split("\t")
        if kind == "ctest":
            outcomes.append(read_ctest(folder, name, int(value)))
            continue
        outcome = Outcome(name)
        outcome.total = 1
        if kind == "skip":
            outcome.skipped.append((name, value))
        elif int(value) != 0:
            outcome.failed.append((name, f"exit code {value}"))
        outcomes.append(outcome)
    return outcomes


def full_name(outcome, test):
    return test if test == outcome.name else f"{outcome.name}: {test}"


def report(outcomes, out):
    total = sum(o.total for o in outcomes)
    failed = [(full_name(o, test), how) for o in outcomes for test, how in o.failed]
    skipped = [(full_name(o, test), reason) for o in outcomes for test, reason in o.skipped]
    print("== what ran", file=out)
    for o in outcomes:
        print(f"  {o.name}: {o.total} tests, {len(o.failed)} failed, {len(o.skipped)} skipped, {o.seconds:.2f} s", file=out)
    if skipped:
        print("== skipped", file=out)
        for test, reason in skipped:
            print(f"  {test}: {reason}", file=out)
    percent = 0
    if total:
        percent = 100 if not failed else min(99, round(100 * (total - len(failed)) / total))
    print(f"\n{percent}% tests passed, {len(failed)} tests failed out of {total}", file=out)
    print(f"\nTotal Test time (real) = {sum(o.seconds for o in outcomes):.2f} sec", file=out)
    if failed:
        print("\nThe following tests FAILED:", file=out)
        for number, (test, how) in enumerate(failed, 1):
            print(f"\t{number:3} - {test} ({how})", file=out)
        print("Errors while running CTest", file=out)
    return 0 if total and not failed else 1


if __name__ == "__main__":
    sys.exit(report(read_all(pathlib.Path(sys.argv[1])), sys.stdout))
