#!/usr/bin/env python3
"""decamp verify holds everything that a bag says of itself against everything else in it: what an unclean unplug leaves
(files of zero length, files cut short) is damage, whichever of the closing files it hits. Good exports of every form
raise no alarm."""
import hashlib
import os
import shutil
import unicodedata

import harness
from harness import check

MANIFEST, TAGS, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"
FILES = {"a.bin": b"a" * 3000, "b/one.txt": b"one", "b/two.txt": b"two", "b/\u00e9t\u00e9/\u65e5\u00e9.jpg": b"day" * 50, "same.txt": b"one",
         "empty": b""}


def tree(shop, files=None):
    folder = shop.fresh("source")
    os.mkdir(folder)
    for path, content in (FILES if files is None else files).items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as out:
            out.write(content)
    return folder


def exported(shop, *words, files=None):
    destination = shop.fresh("out")
    shop.run("export", f"folder:{tree(shop, files)}", destination, "--no-progress", *words).expect(0)
    shop.verify(destination).expect(0, f"just exported {words}")
    return destination


def copied(shop, destination):
    copy = shop.fresh("copy")
    shutil.copytree(destination, copy, symlinks=True)
    return copy


def text(destination, name):
    with open(os.path.join(destination, name), encoding="utf-8") as stream:
        return stream.read()


def write(destination, name, content):
    with open(os.path.join(destination, name), "w", encoding="utf-8") as out:
        out.write(content)


def emptied(*names):
    return lambda d: [write(d, name, "") for name in names]


def removed(*names):
    return lambda d: [os.remove(os.path.join(d, name)) for name in names]


def no_payload(destination):
    shutil.rmtree(os.path.join(destination, "data"))
    os.mkdir(os.path.join(destination, "data"))


def vouched_again(destination, *names):
    """The tag manifest with the digests that these files have now."""
    lines = []
    for line in text(destination, TAGS).splitlines():
        name = line.split("  ", 1)[1]
        if name in names:
            with open(os.path.join(destination, name), "rb") as stream:
                line = f"{hashlib.sha256(stream.read()).hexdigest()}  {name}"
        lines.append(line + "\n")
    write(destination, TAGS, "".join(lines))


def without_last_line(destination):
    """The manifest loses a line, and its file goes; the tag manifest agrees with what is left."""
    lines = text(destination, MANIFEST).splitlines(keepends=True)
    os.remove(os.path.join(destination, lines[-1].rstrip("\n").split("  ", 1)[1]))
    write(destination, MANIFEST, "".join(lines[:-1]))
    vouched_again(destination, MANIFEST)


def shortened_together(destination):
    lines = text(destination, MANIFEST).splitlines(keepends=True)
    write(destination, MANIFEST, "".join(lines[:2]))
    tags = [line for line in text(destination, TAGS).splitlines(keepends=True) if MANIFEST not in line]
    write(destination, TAGS, "".join(tags))


def other_sum(destination):
    write(destination, INFO, text(destination, INFO).replace("Payload-Oxum: ", "Payload-Oxum: 1"))
    vouched_again(destination, INFO)


def no_sum(destination):
    write(destination, INFO, "".join(x for x in text(destination, INFO).splitlines(keepends=True) if "Oxum" not in x))
    vouched_again(destination, INFO)


def all_but_the_certificate(destination):
    """Manifest and sum agree with each other, and with an empty data/; the certificate counts what is not there."""
    no_payload(destination)
    write(destination, MANIFEST, "")
    lines = ["Payload-Oxum: 0.0\n" if "Oxum" in x else x for x in text(destination, INFO).splitlines(keepends=True)]
    write(destination, INFO, "".join(lines))
    vouched_again(destination, MANIFEST, INFO)


def less_than_the_certificate(destination):
    shrunk = text(destination, MANIFEST).splitlines(keepends=True)
    large = [line for line in shrunk if "a.bin" in line][0]
    os.remove(os.path.join(destination, large.rstrip("\n").split("  ", 1)[1]))
    write(destination, MANIFEST, "".join(line for line in shrunk if line != large))
    sizes = [os.path.getsize(os.path.join(destination, line.rstrip("\n").split("  ", 1)[1])) for line in shrunk if line != large]
    lines = [f"Payload-Oxum: {sum(sizes)}.{len(sizes)}\n" if "Oxum" in x else x
             for x in text(destination, INFO).splitlines(keepends=True)]
    write(destination, INFO, "".join(lines))
    vouched_again(destination, MANIFEST, INFO)


# What is done -> what the answer names.
HURTS = {
    "the manifest emptied": (emptied(MANIFEST), [MANIFEST]),
    "the tag manifest emptied": (emptied(TAGS), [TAGS]),
    "the tag manifest removed": (removed(TAGS), [TAGS]),
    "both manifests emptied": (emptied(MANIFEST, TAGS), [MANIFEST, TAGS, "data/files/a.bin"]),
    "everything emptied": (lambda d: (no_payload(d), emptied(MANIFEST, TAGS)(d)), [MANIFEST, TAGS, "data/files/b/two.txt"]),
    "every closing file emptied": (emptied(MANIFEST, TAGS, INFO, "bagit.txt", "certificate.json", "certificate.txt"),
                                   [MANIFEST, TAGS, INFO, "bagit.txt", "certificate.json", "certificate.txt"]),
    "both shortened together": (shortened_together, [MANIFEST, TAGS, "data/files/same.txt"]),
    "a line and its file gone": (without_last_line, [MANIFEST, "Payload-Oxum"]),
    "data emptied": (no_payload, ["data/files/a.bin", "data/files/same.txt"]),
    "another sum": (other_sum, [INFO, "Payload-Oxum"]),
    "no sum": (no_sum, [INFO]),
    "bag-info.txt emptied, and the tag manifest": (emptied(INFO, TAGS), [INFO, TAGS]),
    "bag-info.txt removed, and the tag manifest": (removed(INFO, TAGS), [INFO, TAGS]),
    "the certificate emptied, and the tag manifest": (emptied("certificate.json", TAGS), ["certificate.json", TAGS]),
    "all but the certificate agree": (all_but_the_certificate, ["certificate.json"]),
    "fewer bytes than the certificate counts": (less_than_the_certificate, ["certificate.json"]),
}


def every_difference_is_damage(shop):
    good = exported(shop)
    for what, (hurt, named) in HURTS.items():
        destination = copied(shop, good)
        hurt(destination)
        run = shop.verify(destination).expect(9, what)
        for name in named:
            check(name in run.said, f"{what}: {name} is not named: {run.said}")
        shutil.rmtree(destination)


def an_archive_is_held_to_its_sum_too(shop):
    good = exported(shop, "--format", "tar")
    for what in ("both manifests emptied", "everything emptied", "the tag manifest removed", "a line and its file gone"):
        destination = copied(shop, good)
        HURTS[what][0](destination)
        shop.verify(destination).expect(9, what)


def good_exports_raise_no_alarm(shop):
    exported(shop, files={})
    exported(shop, files={"empty": b""})
    exported(shop, files={f"{n}": b"all the same" for n in range(5)})
    for kind in ("tar", "zip", "tar.zst"):
        exported(shop, "--format", kind)
        exported(shop, "--format", kind, files={})
    exported(shop, "--format", "tar", "--recovery", "10%")
    words = shop.at("words")
    with open(words, "w", encoding="utf-8") as out:
        out.write("some words that nobody knows\n")
    exported(shop, "--format", "tar", "--passphrase-file", words)


def what_is_added_and_taken_away_later(shop):
    source, destination = tree(shop), shop.fresh("out")
    shop.run("export", f"folder:{source}", destination, "--no-progress").expect(0)
    os.remove(os.path.join(source, "a.bin"))
    with open(os.path.join(source, "b", "two.txt"), "wb") as out:
        out.write(b"two, but longer than before")
    shop.run("export", f"folder:{source}", destination, "--no-progress").expect(0)
    shop.verify(destination).expect(0, "after a second run")
    shutil.rmtree(os.path.join(destination, ".decamp"))
    shop.verify(destination).expect(0, "without its state")
    shop.run("export", f"folder:{source}", destination, "--no-progress").expect(0)
    shop.verify(destination).expect(0, "taken up again")


def a_run_that_did_not_end(shop):
    """Killed, it leaves no certificate; what the manifest of the run before lists still checks, and that is said."""
    cloud = shop.cloud({"library": {"items": 30}})
    destination, log = shop.fresh("out"), shop.fresh("events")
    shop.export(cloud, destination).expect(0)
    cloud.mutate(insert=20)
    cloud.change(storage={"bytes_per_second": 20_000})
    running = shop.start_export(cloud, destination, events=log)
    harness.wait_for(lambda: not running.running() or harness.stored_ids(log), "a commit")
    running.kill()
    check(not os.path.exists(os.path.join(destination, TAGS)), "it had ended")
    run = shop.verify(destination).expect(0, "killed")
    check("certificate" in run.said, run.said)
    write(destination, MANIFEST, "")
    shop.verify(destination).expect(9, "killed, and its manifest emptied")


def repair_knows_what_verify_finds(shop):
    good = exported(shop)
    for what in ("both manifests emptied", "the manifest emptied", "another sum"):
        destination = copied(shop, good)
        HURTS[what][0](destination)
        shop.verify(destination).expect(9, what)
        shop.run("repair", destination, "--no-progress").expect(0, what)
        shop.verify(destination).expect(0, f"{what}, repaired")
        shop.expect_sound(destination, f"{what}, repaired")
    destination = copied(shop, good)
    os.remove(os.path.join(destination, TAGS))
    run = shop.run("repair", destination, "--no-progress").expect(9, "nothing vouches for the certificate")
    check("decamp export" in run.said, run.said)


def a_bare_manifest(shop):
    """Somebody kept data/ and the manifest alone: these are compared, and no more is asked for."""
    destination = exported(shop)
    for name in os.listdir(destination):
        if name not in ("data", MANIFEST):
            full = os.path.join(destination, name)
            (shutil.rmtree if os.path.isdir(full) else os.remove)(full)
    shop.verify(destination).expect(0)
    write(destination, MANIFEST, "")
    shop.verify(destination).expect(9)


def other_normal_forms(shop):
    """A drive that keeps names decomposed (HFS+) gives them back so; the file is there all the same."""
    destination = exported(shop, files={**FILES, "\u2260 caf\u00e9.txt": b"unequal", "plain.txt": b"plain"})
    moved = []
    for folder, folders, names in os.walk(destination, topdown=False):
        for name in folders + names:
            other = unicodedata.normalize("NFD", name)
            if name.startswith("\u2260"):
                other = "\u2260" + unicodedata.normalize("NFD", name[1:])  # HFS+ leaves U+2000 to U+2FFF alone
            if other != name:
                os.rename(os.path.join(folder, name), os.path.join(folder, other))
                moved.append(name)
    check(len(moved) >= 3, f"no name has two forms: {moved}")
    run = shop.verify(destination).expect(0, "names in form D")
    check("not from this export" not in run.said, run.said)
    full = next(os.path.join(f, n) for f, _, names in os.walk(destination) for n in names if n.startswith("\u65e5"))
    with open(full, "ab") as out:
        out.write(b"more")
    shop.verify(destination).expect(9, "names in form D, one changed")
    os.remove(full)
    shop.verify(destination).expect(9, "names in form D, one missing")


BLANKS = "\u0020\u00a0\u1680\u2000\u2001\u2003\u2007\u200a\u202f\u205f\u3000\ufeff\u200b\u0085\u2028\x1c"


def manifest_lines_survive_python(shop):
    """As bagit-python reads them: line.strip().split(None, 1)."""
    files = {}
    for number, blank in enumerate(BLANKS):
        files[f"{number} end{blank}"] = b"end"
        files[f"{number} folder{blank}/{blank}in it.txt{blank}"] = b"in a folder"
    for form in ((), ("--format", "tar")):
        destination = exported(shop, *form, files=files)
        inner = [n for _, _, names in os.walk(os.path.join(destination, "data")) for n in names if n.endswith(".sha256")]
        check(bool(inner) == bool(form), f"lists of volumes: {inner}")
        manifests = [MANIFEST, TAGS, *(f"data/volumes/{n}" for n in inner)]
        for name in manifests:
            with open(os.path.join(destination, name), encoding="utf-8", newline="\n") as stream:
                lines = stream.read().split("\n")[:-1]
            check(lines, f"{name} is empty")
            for line in lines:
                check(line.strip().split(None, 1) == [line[:64], line[66:]], f"{name}: {line!r}")
                check(len(line.splitlines()) == 1, f"{name}: {line!r}")


if __name__ == "__main__":
    harness.main(every_difference_is_damage, an_archive_is_held_to_its_sum_too, good_exports_raise_no_alarm,
                 what_is_added_and_taken_away_later, a_run_that_did_not_end, repair_knows_what_verify_finds, a_bare_manifest,
                 other_normal_forms, manifest_lines_survive_python)
