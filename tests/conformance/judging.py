"""Whether an export is what its source held: bytes, names, counts, the bag, and what was asked and told on the way."""
import json
import os
import re
import unicodedata

from harness import certificate, check, equal, reasons

from bed import is_text

RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{device}{number}" for device in ("COM", "LPT") for number in range(10))}
LEFT_BY_COMPUTERS = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
LARGE = 8 << 20


def safe(name):
    """Why a component is not safe on every file system that docs/on-disk.md names, or None."""
    if any(c in '<>:"/\\|?*%' or ord(c) < 32 or ord(c) == 127 for c in name):
        return "a reserved character"
    if name.endswith((".", " ")) or name.startswith(" ") or name in ("", ".", ".."):
        return "a dot or space at its end"
    if name.split(".")[0].rstrip().upper() in RESERVED:
        return "a device's name"
    if unicodedata.normalize("NFC", name) != name:
        return "not in normal form C"
    if len(name.encode()) > 255 or len(name.encode("utf-16-le")) > 510:
        return "too long"
    return None


def payload_files(destination):
    found = set()
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        found |= {os.path.relpath(os.path.join(folder, name), destination) for name in names}
    return found


def expect_safe_names(destination):
    seen = {}
    for folder, folders, names in os.walk(os.path.join(destination, "data")):
        for name in folders + names:
            where = os.path.relpath(os.path.join(folder, name), destination)
            check(safe(name) is None, f"{where!r} has {safe(name)}")
            check(len(where.encode("utf-16-le")) <= 400, f"path too long: {where!r}")
            folded = unicodedata.normalize("NFC", where.casefold())
            check(folded not in seen, f"{where!r} and {seen.get(folded)!r} are one when case is folded")
            seen[folded] = where


def list_lines(destination):
    """Every line of the sidecar lists."""
    lines = []
    for folder, _, names in os.walk(os.path.join(destination, "lists")):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                lines += [json.loads(line) for line in stream]
    return lines


def plain(path):
    """Whether the path needs no change on the drive, whatever the exact rules: letters, digits and the like."""
    parts = path.split("/")
    return len(path) < 100 and all(
        re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_ -]*(\.[A-Za-z0-9]+)?", part) and safe(part) is None
        and part.lower() not in LEFT_BY_COMPUTERS for part in parts)


def folded(path):
    """Less than what keeps names apart on any drive."""
    text = re.sub(r'[<>:"\\|?*%\0-\x1f\x7f]', "_", unicodedata.normalize("NFKC", path).casefold())
    return [part.strip(" .").lstrip("_") for part in text.split("/")]


def alone(path, paths):
    """Whether nothing else could want this path, one of its folders as a file, or a folder of its name."""
    own = folded(path)
    for other in paths:
        theirs = folded(other)
        shorter = min(len(own), len(theirs))
        if other != path and own[:shorter] == theirs[:shorter]:
            return False
        for depth in range(1, shorter):  # folders of one name, written in two ways
            if own[:depth] == theirs[:depth] and path.split("/")[:depth] != other.split("/")[:depth]:
                return False
    return True


def same_name(line, path):
    name = path.rpartition("/")[2]
    return line["name"] == name if is_text(name) else True


def expect_bytes(things, destination, as_tree=True):
    """Each of the things (path -> Content) is there under a line of its own with its own name, and nothing else is."""
    lines = [line for line in list_lines(destination) if line["file"]]
    for path, content in things.items():
        for line in lines:
            if same_name(line, path) and content.is_in(os.path.join(destination, line["file"])):
                lines.remove(line)
                break
        else:
            near = [line for line in lines if same_name(line, path)]
            check(False, f"{path!r} ({content.size} bytes) is not on the drive; lines with its name: {near}")
        if as_tree and plain(path) and alone(path, things):
            there = os.path.join(destination, "data/files", path)
            check(os.path.isfile(there) and content.is_in(there), f"data/files/{path} is not there, or other bytes are")
    return lines


def expect_whole(bed, destination, but=()):
    """Complete: bytes, set of names, counts, verdict, bag, verification; and nothing was written at the source."""
    things = {path: content for path, content in bed.things.items() if path not in but}
    left = expect_bytes(things, destination, bed.arranged_as_tree)
    equal([line for line in left if line["file"]], [], "listed on the drive and not in the source")
    files = {line["file"] for line in list_lines(destination) if line["file"]}
    equal(sorted(payload_files(destination) - files), [], "files in data/ that no list names")
    if not but:
        told = certificate(destination)
        equal(told["verdict"], "complete", "verdict")
        equal((told["counts"]["listed"], told["counts"]["stored"], told["counts"]["exceptions"]),
              (len(things), len(things), 0), "listed, stored, exceptions")
        equal(reasons(destination), {}, "reasons")
    expect_proven(bed, destination)


def expect_proven(bed, destination):
    expect_safe_names(destination)
    bed.shop.expect_sound(destination, "the bag")
    bed.shop.verify(destination).expect(0, "verify")
    equal(bed.writes(), [], "requests that write")


def expect_no_secret(bed, destination, *runs):
    """In nothing that was printed, and in no file on the drive."""
    for secret in bed.secrets():
        for run in runs:
            check(secret not in run.said, "a secret was printed")
        for folder, _, names in os.walk(destination):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.getsize(path) > LARGE:
                    continue
                with open(path, "rb") as stream:
                    check(secret.encode() not in stream.read(), f"a secret stands in {os.path.relpath(path, destination)}")


def sentences(run):
    """What a run said on standard error."""
    with open(run.err_path, encoding="utf-8", errors="replace") as stream:
        return [line for line in stream.read().splitlines() if line.strip()]


def expect_sentences(run, code, *words):
    """With --quiet, a few clear sentences are all there is on standard error: what happened comes first. `words`: one of them
    stands there."""
    run.expect(code)
    said = sentences(run)
    check(1 <= len(said) <= 6, f"lines on standard error: {said}")
    check(said[0].rstrip().endswith((".", "!", "?")), f"no sentence: {said[0]!r}")
    shown = " ".join(said).lower()
    check(not any(word in shown for word in ("exception:", "assert", "terminate called", "traceback")), f"not clear: {said}")
    check(not words or any(word.lower() in shown for word in words), f"none of {words} stands in {said}")
