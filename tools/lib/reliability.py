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
# Of stories with lying sources: what their answers were bent by, and how many of each kind of source.
LIE = "lie: "
SOURCES = ["gallery", "s3", "webdav", "links"]
LIE_MARKS = ("<!-- lies: written by tools/sim --table -->", "<!-- end of lies -->")


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


def between(text, marks, rows):
    before, rest = text.split(marks[0])
    return before + marks[0] + "\n" + "\n".join(rows) + "\n" + marks[1] + rest.split(marks[1])[1]


def lies_table(title, hits):
    """Rows of the second table, and how many cells were hit too seldom. A cell that no server of that kind has is empty."""
    rows = [title, "", "| an answer is bent | " + " | ".join(SOURCES) + " |", "|---|" + "---:|" * len(SOURCES)]
    few = 0
    for kind in sorted({kind for kind, _ in hits if kind.startswith(LIE)}):
        counts = [hits.get((kind, source)) for source in SOURCES]
        few += sum(count is not None and count < 20 for count in counts)
        rows.append(f"| {kind.removeprefix(LIE)} | " + " | ".join("" if n is None else f"{n:,}" for n in counts) + " |")
    return rows, few


def main():
    seeds, start, folder, document = sys.argv[1:5]
    hits = {}
    for file in pathlib.Path(folder).iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            kind, phase, count = line.split("\t")
            hits[kind, phase] = hits.get((kind, phase), 0) + int(count)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    title = f"{int(seeds):,} seeds from {start}, at {commit or 'an unknown commit'}."
    text = pathlib.Path(document).read_text(encoding="utf-8")
    lies = {cell: count for cell, count in hits.items() if cell[0].startswith(LIE)}
    if lies:
        rows, few = lies_table(title, lies)
        text = between(text, LIE_MARKS, rows)
        pathlib.Path(document).write_text(text, encoding="utf-8")
        print(f"{len(rows) - 4} lies of {len(SOURCES)} kinds of source; {few} cells with fewer than 20 hits")
    hits = {cell: count for cell, count in hits.items() if cell not in lies}
    if not hits:
        return
    kinds = sorted({kind for kind, phase in hits if phase in PHASES and not kind.startswith("operation: ")})
    stories = sorted((kind, count) for (kind, phase), count in hits.items() if phase not in PHASES and kind not in kinds
                     and not kind.startswith("operation: "))
    rows = [title, "",
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
    pathlib.Path(document).write_text(between(text, MARKS, rows), encoding="utf-8")
    print(f"{len(kinds)} kinds in {len(PHASES)} phases; {few} cells with fewer than 20 hits and no reason")


main()
