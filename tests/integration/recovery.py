"""Recovery data beside volumes, as the program `par2` sees it, and damage done to an export."""
import os
import re
import shutil
import subprocess

import harness
import volumes
from harness import check, equal

MIB = 1 << 20
# Volumes of a MiB, each of some items.
FEW = {"items": 26, "private_items": 1, "albums": 3, "size_min": 40_000, "size_max": 400_000, "twins_percent": 0,
       "videos_percent": 0}


def needs_par2():
    if shutil.which("par2") is None:
        harness.skip("the program par2 is not installed")


def par2(command, destination, volume):
    """The program's answer about one volume, run where the files lie."""
    folder = os.path.join(destination, volumes.FOLDER)
    return subprocess.run(["par2", command, os.path.basename(volume) + ".par2"], cwd=folder, capture_output=True, text=True,
                          timeout=harness.PATIENCE_S, check=False)


def expect_par2_agrees(destination, what):
    for volume in volumes.volumes(destination):
        done = par2("verify", destination, volume)
        equal(done.returncode, 0, f"{what}: par2 verify {volume}: {done.stdout[-600:]}{done.stderr}")


def beside(destination, volume):
    """Paths of the recovery data of a volume: its index first."""
    folder, name = os.path.join(destination, volumes.FOLDER), os.path.basename(volume)
    found = [n for n in sorted(os.listdir(folder)) if n.startswith(name + ".") and n.endswith(".par2")]
    check(len(found) == 2 and found[0] == name + ".par2" and re.fullmatch(r".*\.vol000\+\d\d+\.par2", found[1]),
          f"recovery data of {volume}: {found}")
    return [os.path.join(folder, n) for n in found]


def flip(path, at, count=1):
    with open(path, "r+b") as file:
        file.seek(at)
        bytes_there = file.read(count)
        file.seek(at)
        file.write(bytes(b ^ 0x55 for b in bytes_there))


def cut(path, left):
    os.truncate(path, left)


def copied(shop, export):
    to = shop.fresh("copy")
    shutil.copytree(export, to)
    return to


def everything_but_state(destination):
    """Path -> (sha256, mtime) of every file that is no state of decamp's own."""
    found = {}
    for folder, folders, names in os.walk(destination):
        if folder == destination and ".decamp" in folders:
            folders.remove(".decamp")
        for name in names:
            full = os.path.join(folder, name)
            found[os.path.relpath(full, destination)] = (harness.file_digest(full), os.stat(full).st_mtime_ns)
    return found


def kept_aside(destination):
    folder = os.path.join(destination, ".decamp", "damaged")
    return {harness.file_digest(os.path.join(folder, n)) for n in os.listdir(folder)} if os.path.isdir(folder) else set()
