"""Archive volumes as the Python library reads them: a second opinion that shares nothing with decamp."""
import hashlib
import io
import json
import os
import subprocess
import tarfile
import zipfile

FORMATS = ("tar", "tar.zst", "zip")
FOLDER = "data/volumes"
PIECE = 1 << 20


class Member:
    """A member of a volume; `link`: the name it is a hard link to; `time_ns`: as its header says."""

    def __init__(self, name, time_ns, link=None):
        self.name, self.time_ns, self.link = name, time_ns, link
        self.size, self.sha256, self.sha1 = 0, "", ""

    def take(self, stream):
        sha256, sha1 = hashlib.sha256(), hashlib.sha1()
        while piece := stream.read(PIECE):
            sha256.update(piece)
            sha1.update(piece)
            self.size += len(piece)
        self.sha256, self.sha1 = sha256.hexdigest(), sha1.hexdigest()
        return self


def is_volume(name):
    return name.startswith("volume-") and name.split(".", 1)[1:] != [] and name.split(".", 1)[1] in FORMATS


def volumes(destination):
    """Paths relative to the destination, in their order."""
    folder = os.path.join(destination, FOLDER)
    return [f"{FOLDER}/{name}" for name in sorted(os.listdir(folder)) if is_volume(name)] if os.path.isdir(folder) else []


def list_beside(volume):
    return os.path.join(os.path.dirname(volume), os.path.basename(volume).split(".")[0] + ".sha256")


def inner_list(path):
    """Name -> sha256, as the list beside this volume says."""
    with open(list_beside(path), encoding="utf-8") as stream:
        return {name: digest for digest, name in (line.rstrip("\n").split("  ", 1) for line in stream)}


def tar_bytes(path):
    with open(path, "rb") as stream:
        if path.endswith(".tar"):
            return stream.read()
        return subprocess.run(["zstd", "-q", "-d", "-c"], stdin=stream, capture_output=True, check=True).stdout


def tar_time_ns(member):
    """Exactly: a float has no room for a nanosecond."""
    seconds, _, part = str(member.pax_headers.get("mtime", int(member.mtime))).partition(".")
    ns = int((part + "0" * 9)[:9])
    return int(seconds) * 10**9 + (-ns if seconds.startswith("-") else ns)


def read(path):
    """Every member of a volume, in its order."""
    found = []
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with archive.open(info) as stream:
                    found.append(Member(info.filename, None).take(stream))
        return found
    with tarfile.open(fileobj=io.BytesIO(tar_bytes(path)), mode="r:") as archive:
        for info in archive:
            link = info.linkname if info.islnk() else None
            with archive.extractfile(info) as stream:
                found.append(Member(info.name, tar_time_ns(info), link).take(stream))
    return found


def listed(destination):
    """Every line of the lists, as they name what lies where."""
    lines = []
    for folder, _, names in os.walk(os.path.join(destination, "lists")):
        for name in sorted(names):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                lines += [json.loads(line) for line in stream]
    return lines
