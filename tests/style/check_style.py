#!/usr/bin/env python3
"""Checks the rules of the tree (rules.py) on every file of it.

usage: check_style.py ROOT

Prints FILE:LINE: TEXT for each finding, warnings marked as such. Exit code 1 when something fails.
"""
import os
import sys

from rules import Source, findings

SKIPPED_FOLDERS = {".git", "__pycache__", "decamp-demo", "corpus", ".cache", ".vscode", ".idea"}
TEXTS = (".cpp", ".hpp", ".def", ".py", ".sh", ".md", ".txt", ".cmake", ".in", ".json", ".supp")
SCRIPTS = (".ci/", "tools/")


def files_of(root):
    for folder, folders, names in os.walk(root):
        inside = os.path.relpath(folder, root).replace(os.sep, "/")
        inside = "" if inside == "." else inside + "/"
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not (inside == "" and f.startswith("build")))
        for name in sorted(names):
            path = inside + name
            # Scripts have no ending; generated data of tests is not text of ours.
            if name.endswith(TEXTS) or (path.startswith(SCRIPTS) and "." not in name):
                yield path


def read_tree(root):
    tree = []
    for path in files_of(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            tree.append(Source(path, file.read()))
    return tree


def main(root):
    failed = warned = 0
    tree = read_tree(root)
    for found in sorted(findings(tree)):
        print(f"{found.path}:{found.line}: {'' if found.fails else 'warning: '}{found.text}")
        failed += found.fails
        warned += not found.fails
    print(f"{len(tree)} files, {failed} findings, {warned} warnings")
    if not any(source.is_cpp for source in tree):
        print("no C++ file found: is this the root of the repository?")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
