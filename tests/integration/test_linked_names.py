#!/usr/bin/env python3
"""Every name that the manifest holds is looked at by every run, also those that are hard links: what is missing, or has become
another file, leads to its bytes again. Which name is the first of them does not change, and nothing is fetched that is there."""
import os
import shutil
import sqlite3

import harness
from harness import check, equal

SAME = b"all four have these bytes" * 100
NAMES = ("a.txt", "b.txt", "c/c.txt", "d.txt")


def begun(shop):
    source, destination = shop.fresh("source"), shop.fresh("out")
    for name in (*NAMES, "other.txt"):
        full = os.path.join(source, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as out:
            out.write(SAME if name != "other.txt" else b"other")
    export(shop, source, destination)
    if os.stat(os.path.join(destination, "data/files/a.txt")).st_nlink != len(NAMES):
        harness.skip("no hard links here")
    return source, destination


def export(shop, source, destination, *words):
    return shop.run("export", f"folder:{source}", destination, "--no-progress", *words).expect(0, f"export {words}")


def leader(destination):
    with sqlite3.connect(os.path.join(destination, ".decamp/catalogue.sqlite")) as catalogue:
        (path,), = catalogue.execute("SELECT f.path FROM blob b JOIN file f ON f.id = b.leader WHERE b.size = ?", (len(SAME),))
    catalogue.close()
    return path


def others(destination):
    return [f"data/files/{name}" for name in NAMES if f"data/files/{name}" != leader(destination)]


def names(destination):
    return sorted(os.path.relpath(os.path.join(f, n), destination) for f, _, all_names in os.walk(os.path.join(destination, "data")) for n in all_names)


def replaced(content):
    def replace(path):
        os.remove(path)
        with open(path, "wb") as out:
            out.write(content)
    return replace


HURTS = {"removed": (os.remove, None), "replaced": (replaced(b"mine"), b"mine"),
         "replaced by as many bytes": (replaced(b"x" * len(SAME)), b"x" * len(SAME))}


def expect_healed(shop, source, destination, before, first, what, kept, *words):
    """`kept`: the contents of files that were not ours."""
    export(shop, source, destination, *words)
    after = names(destination)
    found = [path for path in after if path not in before]
    equal(sorted(path for path in after if path in before), before, f"{what}: names")
    equal(len({os.stat(os.path.join(destination, f"data/files/{name}")).st_ino for name in NAMES}), 1, f"{what}: files")
    equal(leader(destination), first, f"{what}: the first name")
    aside = []
    for path in found:
        with open(os.path.join(destination, path), "rb") as stream:
            aside.append(stream.read())
    equal(sorted(aside), sorted(kept), f"{what}: put aside as {found}")
    shop.verify(destination).expect(0, what)
    again = names(destination)
    export(shop, source, destination)
    equal(names(destination), again, f"{what}: a run later")
    shop.verify(destination).expect(0, f"{what}: a run later")


def each_name_is_healed(shop):
    source, whole = begun(shop)
    first, before = leader(whole), names(whole)
    for what, (hurt, kept) in HURTS.items():
        for path in (first, others(whole)[0], others(whole)[-1]):
            for words in ((), ("--prove", "full")):
                destination = shop.fresh("copy")
                harness.subprocess.run(["cp", "-a", whole, destination], check=True)
                hurt(os.path.join(destination, path))
                expect_healed(shop, source, destination, before, first, f"{path} {what}, {words}", [kept] if kept else [], *words)
                shutil.rmtree(destination)


def all_but_one(shop):
    """Whichever is left, its bytes are used; nothing is asked of the source."""
    source, whole = begun(shop)
    first, before = leader(whole), names(whole)
    for left in (first, *others(whole)):
        destination = shop.fresh("copy")
        harness.subprocess.run(["cp", "-a", whole, destination], check=True)
        gone = [path for path in (first, *others(whole)) if path != left]
        for path in gone[1:]:
            os.remove(os.path.join(destination, path))
        replaced(b"mine")(os.path.join(destination, gone[0]))
        events = shop.fresh("events")
        expect_healed(shop, source, destination, before, first, f"only {left} is left", [b"mine"], "--events", events)
        stored = [e["path"] for e in harness.events(events) if e["event"] == "item_stored"]
        equal(stored, [], f"only {left} is left: fetched again")
        shutil.rmtree(destination)


def the_source_has_it_no_more(shop):
    source, destination = begun(shop)
    first, before = leader(destination), names(destination)
    for name in NAMES:
        os.remove(os.path.join(source, name))
    os.remove(os.path.join(destination, first))
    expect_healed(shop, source, destination, before, first, "gone at the source", [])


def all_are_gone(shop):
    source, destination = begun(shop)
    first, before = leader(destination), names(destination)
    for name in NAMES:
        os.remove(os.path.join(destination, "data/files", name))
    expect_healed(shop, source, destination, before, first, "all are gone", [])


def copies_are_left_alone(shop):
    """An export that was copied without its links has as many files: they hold what they should, and stay."""
    source, whole = begun(shop)
    destination = shop.fresh("copy")
    shutil.copytree(whole, destination)
    inodes = [os.stat(os.path.join(destination, "data/files", name)).st_ino for name in NAMES]
    check(len(set(inodes)) == len(NAMES), "copytree made links")
    export(shop, source, destination)
    equal([os.stat(os.path.join(destination, "data/files", name)).st_ino for name in NAMES], inodes, "the copies")
    equal(names(destination), names(whole), "names")
    shop.verify(destination).expect(0)


def twins_of_a_gallery(shop):
    cloud = shop.cloud({"library": {"items": 60, "twins_percent": 40}})
    destination = shop.fresh("out")
    shop.export(cloud, destination).expect(0)
    linked = [path for path in harness.payload(destination) if os.stat(os.path.join(destination, path)).st_nlink > 1]
    check(linked, "no twins")
    before = harness.payload(destination)
    with sqlite3.connect(os.path.join(destination, ".decamp/catalogue.sqlite")) as catalogue:
        beside = [path for path, in catalogue.execute("SELECT path FROM file WHERE publication = 2")]
    catalogue.close()
    check(len(beside) > 1, f"names beside others: {beside}")
    os.remove(os.path.join(destination, beside[0]))
    replaced(b"mine")(os.path.join(destination, beside[-1]))
    shop.export(cloud, destination).expect(0)
    after = harness.payload(destination)
    equal({path: after.get(path) for path in before}, before, "names, bytes and times")
    shop.verify(destination).expect(0)


if __name__ == "__main__":
    harness.main(each_name_is_healed, all_but_one, the_source_has_it_no_more, all_are_gone, copies_are_left_alone, twins_of_a_gallery)
