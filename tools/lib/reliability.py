#!/usr/bin/env python3
"""Joins what the simulation hit, and where, into the table of docs/reliability.md.

    reliability.py SEEDS START HITS-FOLDER DOCUMENT

The table replaces what stands between the two marks in the document. Cells nobody can reach tell the reason.
"""
import pathlib
import subprocess
import sys

PHASES = ["opening", "signing in", "recovering", "listing", "downloading", "settling", "certifying"]
# What the sample cloud does to lists and photos alone; on the line, the same befalls any request.
OF_LISTS_AND_PHOTOS = {"cloud: " + what for what in ("403", "410", "no length", "reset", "short body", "stall", "wrong length")}
MARKS = ("<!-- table: written by tools/sim --table -->", "<!-- end of table -->")


def reason(kind, phase, hits):
    """Why this fault cannot befall a run in this phase; empty when it can."""
    if kind.startswith("drive fails at "):
        return "" if hits.get((kind.replace("drive fails at", "operation:"), phase)) else "none done"
    if kind.startswith("drive: "):
        return "" if any(name.startswith("operation: ") and at == phase for name, at in hits) else "none done"
    if kind in ("killed", "power cut"):
        return ""
    if kind == "catalogue unreadable":
        return "" if phase == "opening" else "read at opening"
    if phase == "opening":
        return "no run yet"
    if kind in ("interrupted by the user", "cable pulled", "clock set"):
        return ""
    if phase in ("recovering", "settling", "certifying"):
        return "no requests"
    if phase == "signing in" and kind in OF_LISTS_AND_PHOTOS:
        return "of lists and photos"
    return ""


def main():
    seeds, start, folder, document = sys.argv[1:5]
    hits = {}
    for file in pathlib.Path(folder).iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            kind, phase, count = line.split("\t")
            hits[kind, phase] = hits.get((kind, phase), 0) + int(count)
    kinds = sorted({kind for kind, phase in hits if phase in PHASES and not kind.startswith("operation: ")})
    stories = sorted((kind, count) for (kind, phase), count in hits.items() if phase not in PHASES and kind not in kinds
                     and not kind.startswith("operation: "))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    rows = [f"{int(seeds):,} seeds from {start}, at {commit or 'an unknown commit'}.", "",
            "| what befalls it | " + " | ".join(PHASES) + " |", "|---|" + "---:|" * len(PHASES)]
    few = 0
    for kind in kinds:
        cells = []
        for phase in PHASES:
            count = hits.get((kind, phase), 0)
            why = reason(kind, phase, hits)
            few += not why and count < 20
            cells.append(f"{count:,}" if count or not why else why)
        rows.append(f"| {kind} | " + " | ".join(cells) + " |")
    rows += ["", "Besides: " + "; ".join(f"{kind}, {count:,} times" for kind, count in stories) + "."] if stories else []
    text = pathlib.Path(document).read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    pathlib.Path(document).write_text(before + MARKS[0] + "\n" + "\n".join(rows) + "\n" + MARKS[1] + after, encoding="utf-8")
    print(f"{len(kinds)} kinds in {len(PHASES)} phases; {few} cells with fewer than 20 hits and no reason")


main()
