"""Encrypted exports, opened by the program `age` alone: a decrypted copy is what the same export would be if it lay open."""
import json
import os
import shutil
import subprocess

import harness
from harness import check, equal


def keygen(shop, name):
    """(file of the secret, recipient)."""
    path = shop.at(name + ".key")
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path, subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()


def age_decrypt(path, key):
    done = subprocess.run(["age", "-d", "-i", key, path], capture_output=True, check=False, timeout=harness.PATIENCE_S)
    equal(done.returncode, 0, f"age -d {path}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def opened(shop, destination, decrypt):
    """A folder with the volumes, their lists and the export's lists as they would lie open; `decrypt` gives a file's plain bytes."""
    copy = shop.fresh("opened")
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        for name in (name for name in names if not name.endswith(".par2")):
            check(name.endswith(".age"), f"{name} is not encrypted")
            to = os.path.join(copy, os.path.relpath(folder, destination), name.removesuffix(".age"))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open(to, "wb") as out:
                out.write(decrypt(os.path.join(folder, name)))
    into = None
    for line in decrypt(os.path.join(destination, "lists", "contents.jsonl.age")).decode().splitlines():
        value = json.loads(line)
        if "list" in value:
            path = os.path.join(copy, value["list"])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            into = path
            open(into, "w", encoding="utf-8").close()
            continue
        if value.get("volume"):
            value["volume"] = value["volume"].removesuffix(".age")
        with open(into, "a", encoding="utf-8") as out:
            out.write(json.dumps(value, ensure_ascii=False) + "\n")
    return copy


def secrets_of(cloud):
    """What must not be found on the drive: names, ids and digests of items, and names of albums."""
    words = set()
    for item in cloud.items():
        words |= {item["id"], item["sha1"], item["name"]}
    return {word.encode() for word in words if len(word) > 6}


def expect_nothing_shows(destination, secrets, what):
    """No file on the drive, whatever it is, holds one of these, or anything that looks like a photo."""
    for folder, folders, names in os.walk(destination):
        for name in folders + names:
            for secret in secrets:
                check(secret not in name.encode(), f"{what}: {secret!r} in the name {name!r}")
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                content = stream.read()
            for secret in secrets:
                check(secret not in content, f"{what}: {secret!r} can be read in {os.path.relpath(path, destination)}")
            for magic in (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"SQLite format 3", b"ustar"):
                check(magic not in content[:4096], f"{what}: {os.path.relpath(path, destination)} begins as what it is")


def age_has(*programs):
    return all(shutil.which(program) for program in programs)
