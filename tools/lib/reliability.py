#!/usr/bin/env python3
"""Joins what the simulation hit, and where, into the table of docs/reliability.md.

    reliability.py SEEDS START HITS-FOLDER DOCUMENT

The table replaces what stands between the two marks in the document. Cells nobody can reach are told by REASONS.
"""
import pathlib
import subprocess
import sys

PHASES = ["opening", "signing in", "recovering", "listing", "downloading", "settling", "certifying"]
MARKS = ("<!-- table: written by tools/sim --table -->", "<!-- end of table -->")


def reason(kind, phase):
    """Why this fault cannot befall a run in this phase; empty when it can."""
    network = not (kind.startswith("drive: ") or kind in ("killed", "power cut", "interrupted by the user", "cable pulled",
                                                          "cells go wrong"))
    if kind == "cells go wrong":
        return "between runs"
    if phase == "opening" and (network or kind in ("interrupted by the user", "cable pulled")):
        return "no run yet"
    if network and phase in ("recovering", "settling", "certifying"):
        return "no requests"
    return ""


def main():
    seeds, start, folder, document = sys.argv[1:5]
    hits = {}
    for file in pathlib.Path(folder).iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            kind, phase, count = line.split("\t")
            hits[kind, phase] = hits.get((kind, phase), 0) + int(count)
    kinds = sorted({kind for kind, _ in hits})
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    rows = [f"{int(seeds):,} seeds from {start}, at {commit or 'an unknown commit'}.", "",
            "| what befalls it | " + " | ".join(PHASES) + " |", "|---|" + "---:|" * len(PHASES)]
    few = 0
    for kind in kinds:
        cells = []
        for phase in PHASES:
            count = hits.get((kind, phase), 0)
            why = reason(kind, phase)
            few += not why and count < 20
            cells.append(f"{count:,}" if count or not why else why)
        rows.append(f"| {kind} | " + " | ".join(cells) + " |")
    text = pathlib.Path(document).read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    pathlib.Path(document).write_text(before + MARKS[0] + "\n" + "\n".join(rows) + "\n" + MARKS[1] + after, encoding="utf-8")
    print(f"{len(kinds)} kinds in {len(PHASES)} phases; {few} cells with fewer than 20 hits and no reason")


main()
