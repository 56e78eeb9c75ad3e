#!/usr/bin/env python3
"""Folders of this computer that could not be listed once: named in that run, and forgotten by the next one that lists them."""
import os
import shutil
import sqlite3
import subprocess

import harness
from harness import certificate, check, equal, payload, skip


def not_almighty():
    """Words before the program that take from root what reads every folder all the same."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if shutil.which("setpriv") is None or subprocess.run([*words, "true"], check=False).returncode != 0:
        skip("root reads every folder here, and setpriv cannot change that")
    return words


def put(root, path, text):
    where = os.path.join(root, path)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where, "w", encoding="utf-8") as out:
        out.write(text)


def sample(shop):
    root = shop.fresh("source")
    for path in ("a/1", "b/2", "b/c/3", "d/4"):
        put(root, path, "content of " + path)
    return root


def stored(destination):
    return sorted(os.path.relpath(path, "data/files") for path in payload(destination))


def export(shop, root, destination, code, what):
    run = shop.run("export", "folder:" + root, destination, "--no-progress", under=not_almighty())
    run.expect(code, what)
    return {e["id"]: (e["reason"], e["name"], e["collection"]) for e in certificate(destination)["exceptions"]}


EVERYTHING = ["a/1", "b/2", "b/c/3", "d/4"]


def closed_once(shop):
    """Nobody may read it, or it can be listed and nothing in it looked at."""
    for mode in (0o000, 0o444):
        root, destination = sample(shop), shop.fresh("out")
        os.chmod(os.path.join(root, "b"), mode)
        found = export(shop, root, destination, 4, f"closed by {mode:o}")
        equal(found, {"b/": ("folder_not_listed", "b", "/")}, "exceptions")
        check("detail" in certificate(destination)["exceptions"][0], "it does not say why")
        equal(stored(destination), ["a/1", "d/4"], "stored beside it")
        os.chmod(os.path.join(root, "b"), 0o755)
        equal(export(shop, root, destination, 0, "open again"), {}, "exceptions")
        equal(stored(destination), EVERYTHING, "stored, under plain names")
        equal(export(shop, root, destination, 0, "the run after it"), {}, "exceptions")


def closed_after_it_was_complete(shop):
    root, destination = sample(shop), shop.fresh("out")
    export(shop, root, destination, 0, "the first run")
    os.chmod(os.path.join(root, "b"), 0)
    equal(list(export(shop, root, destination, 4, "closed")), ["b/"], "exceptions")
    os.chmod(os.path.join(root, "b"), 0o755)
    equal(export(shop, root, destination, 0, "open again"), {}, "exceptions")
    equal(stored(destination), EVERYTHING, "stored")


def several_and_deep(shop):
    root, destination = sample(shop), shop.fresh("out")
    put(root, "/".join(["n"] * 140) + "/deep", "x")
    os.chmod(os.path.join(root, "b/c"), 0)
    os.chmod(os.path.join(root, "d"), 0)
    found = export(shop, root, destination, 4, "several")
    equal(sorted(found), sorted(["b/c/", "d/", "/".join(["n"] * 128) + "/"]), "exceptions")
    equal(found["b/c/"], ("folder_not_listed", "c", "/b"), "of a folder within")
    equal(stored(destination), ["a/1", "b/2"], "stored")


def an_item_of_an_older_version(shop):
    """Older versions kept an item for such a folder."""
    root, destination = sample(shop), shop.fresh("out")
    shutil.move(os.path.join(root, "b"), shop.at("b"))
    export(shop, root, destination, 0, "the first run")
    catalogue = sqlite3.connect(os.path.join(destination, ".decamp", "catalogue.sqlite"))
    with catalogue:
        catalogue.execute("INSERT INTO item(seen, tallied, state, fingerprint, source_id, home, bucket, name, locator, reason, detail)"
                          " SELECT seen, tallied, 2, 1, 'b/', '/', '', 'b', '', 'folder_not_listed', '' FROM item LIMIT 1")
    catalogue.close()
    shutil.move(shop.at("b"), os.path.join(root, "b"))
    equal(export(shop, root, destination, 0, "the next run"), {}, "exceptions")
    equal(stored(destination), EVERYTHING, "stored")


harness.main(closed_once, closed_after_it_was_complete, several_and_deep, an_item_of_an_older_version)
