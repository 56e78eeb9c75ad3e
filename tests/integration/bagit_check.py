#!/usr/bin/env python3
"""An independent BagIt validator, written from RFC 8493 alone. It shares no code and no idea with the program it judges.

    bagit_check.py BAG [--complete-only] [--ignore NAME ...]

Prints each fault on its own line, or "OK ..."; answers 0 when the bag is valid, 1 when not, 2 for wrong usage.
Numbers in brackets are sections of RFC 8493. Nothing but Python's standard library is used.
"""
import argparse
import hashlib
import os
import re
import stat
import sys
import unicodedata

# [2.4]: names of algorithms are those of the IANA registry, lower case without hyphens.
ALGORITHMS = {name: name for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")}
MANIFEST_NAME = re.compile(r"^(tag)?manifest-([a-z0-9]+)\.txt$")
READ_SIZE = 1 << 20


class Bag:
    def __init__(self, root, complete_only=False, ignore=()):
        self.root = root
        self.complete_only = complete_only
        self.ignore = set(ignore)
        self.faults = []
        self.files = {}  # path from the bag, with slashes -> size
        self.digests = {}  # (path, algorithm) -> hex, so that no file is read twice for one algorithm
        self.unknown = set()  # manifests of algorithms not known, each named once
        self.checked = 0

    def fault(self, text):
        self.faults.append(text)

    # ---- reading

    def scan(self):
        """Every regular file below the bag; names that are no UTF-8 or no file are faults of their own."""
        def failed(error):
            self.fault(f"{error.filename}: cannot be read: {error.strerror}")

        for folder, folders, names in os.walk(os.fsencode(self.root), onerror=failed):
            for name in list(folders):  # a link to a folder would hide what it holds, or lead out of the bag
                if os.path.islink(os.path.join(folder, name)):
                    names.append(name)
            for name in names:
                full = os.path.join(folder, name)
                raw = os.path.relpath(full, os.fsencode(self.root))
                try:
                    path = raw.decode("utf-8")
                except UnicodeDecodeError:
                    self.fault(f"{raw!r}: name is not UTF-8")
                    continue
                status = os.lstat(full)
                if not stat.S_ISREG(status.st_mode):
                    self.fault(f"{path}: neither a regular file nor a directory [2]")
                    continue
                self.files[path.replace(os.sep, "/")] = status.st_size

    def read_text(self, path):
        """A tag file as text, or None with a fault. [2.1.1]: UTF-8 throughout, no byte order mark."""
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                data = file.read()
        except OSError as error:
            self.fault(f"{path}: {error.strerror}")
            return None
        if data.startswith(b"\xef\xbb\xbf"):
            self.fault(f"{path}: begins with a byte order mark [2.1.1]")
            data = data[3:]
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            self.fault(f"{path}: not UTF-8 at byte {error.start} [2.1.1]")
            return None

    def digest(self, path, algorithm):
        key = (path, algorithm)
        if key not in self.digests:
            hasher = hashlib.new(ALGORITHMS[algorithm])
            try:
                with open(os.path.join(self.root, path), "rb") as file:
                    while chunk := file.read(READ_SIZE):
                        hasher.update(chunk)
                self.digests[key] = hasher.hexdigest()
            except OSError as error:
                self.fault(f"{path}: {error.strerror}")
                self.digests[key] = None
        return self.digests[key]

    # ---- the parts of a bag

    def check_declaration(self):
        if "bagit.txt" not in self.files:
            self.fault("bagit.txt: missing [2.1.1]")
            return
        text = self.read_text("bagit.txt")
        if text is None:
            return
        lines = split_lines(text)
        if len(lines) != 2:
            self.fault(f"bagit.txt: {len(lines)} lines instead of 2 [2.1.1]")
            return
        if lines[0] != "BagIt-Version: 1.0":
            self.fault(f"bagit.txt: first line is {lines[0]!r}, not 'BagIt-Version: 1.0' [2.1.1]")
        if lines[1] != "Tag-File-Character-Encoding: UTF-8":
            self.fault(f"bagit.txt: second line is {lines[1]!r}, not 'Tag-File-Character-Encoding: UTF-8' [2.1.1]")

    def check_payload_folder(self):
        data = os.path.join(self.root, "data")
        if os.path.islink(data) or not os.path.isdir(data):
            self.fault("data/: missing or no directory [2.1.2]")

    def manifests(self, tag):
        found = {}
        for path in sorted(self.files):
            match = MANIFEST_NAME.match(path)
            if match and bool(match.group(1)) == tag:
                if match.group(2) in ALGORITHMS:
                    found[match.group(2)] = path
                elif path not in self.unknown:
                    self.unknown.add(path)
                    self.fault(f"{path}: unknown checksum algorithm {match.group(2)!r} [2.4]")
        return found

    def read_manifest(self, name, algorithm):
        """path -> digest; every line that is no entry is a fault. [2.1.3]"""
        text = self.read_text(name)
        entries = {}
        if text is None:
            return entries
        if text and text[-1] not in "\r\n":
            self.fault(f"{name}: last line has no end; the file may be cut short")
        length = hashlib.new(ALGORITHMS[algorithm]).digest_size * 2
        folded = {}
        for number, line in enumerate(split_lines(text), 1):
            where = f"{name}:{number}"
            match = re.match(r"^([0-9A-Fa-f]+)[ \t]+\*?(.+)$", line, re.DOTALL)
            if not match:
                self.fault(f"{where}: not 'checksum filepath' [2.1.3]")
                continue
            checksum, written = match.group(1).lower(), match.group(2)
            if len(checksum) != length:
                self.fault(f"{where}: checksum has {len(checksum)} digits, {algorithm} has {length} [2.1.3]")
                continue
            if re.search(r"%(?!0[AaDd]|25)", written):
                self.fault(f"{where}: a bare % that is not %0A, %0D or %25 [2.1.3]")
            path = percent_decoded(written)
            problem = unsafe(path)
            if problem:
                self.fault(f"{where}: unsafe path {path!r}: {problem} [5.1]")
                continue
            if path in entries:
                same = "again" if entries[path] == checksum else "again, with another checksum"
                self.fault(f"{where}: {path} listed {same} [2.1.3]")
                continue
            key = unicodedata.normalize("NFC", path)
            if key in folded:
                self.fault(f"{where}: {path!r} and {folded[key]!r} are one name in normal form [6.1.1.2]")
            folded[key] = path
            entries[path] = checksum
        return entries

    def check_manifests(self):
        payload = {path for path in self.files if path.startswith("data/") and not self.ignored(path)}
        found = self.manifests(tag=False)
        if not found:
            self.fault("no payload manifest [2.1.3]")
        for algorithm, name in found.items():
            entries = self.read_manifest(name, algorithm)
            for path in sorted(entries):
                if not path.startswith("data/"):
                    self.fault(f"{name}: {path} lies outside data/ [2.1.3]")
            self.compare(name, algorithm, entries)
            for path in sorted(payload - entries.keys()):
                self.fault(f"{path}: in data/ and not in {name} [2.1.3, 3]")

    def check_tag_manifests(self):
        for algorithm, name in self.manifests(tag=True).items():
            entries = self.read_manifest(name, algorithm)
            for path in sorted(entries):
                if path.startswith("data/") or path == "data":
                    self.fault(f"{name}: {path} is payload, not a tag file [2.2.1]")
                if re.match(r"^tagmanifest-[^/]*\.txt$", path):
                    self.fault(f"{name}: lists the tag manifest {path} [2.2.1]")
            # [2.2.1]: a tag manifest SHOULD list the payload manifests; a bag whose manifest can change unseen is worth
            # little, so it is a fault here.
            for manifest in self.manifests(tag=False).values():
                if manifest not in entries:
                    self.fault(f"{name}: does not list {manifest} [2.2.1]")
            self.compare(name, algorithm, entries)

    def compare(self, name, algorithm, entries):
        for path, wanted in sorted(entries.items()):
            if path not in self.files:
                self.fault(f"{path}: listed in {name} and missing [3]")
            elif not self.complete_only:
                self.checked += 1
                found = self.digest(path, algorithm)
                if found is not None and found != wanted:
                    self.fault(f"{path}: {algorithm} is {found}, {name} says {wanted} [3]")

    def check_bag_info(self):
        if "bag-info.txt" not in self.files:
            return
        text = self.read_text("bag-info.txt")
        if text is None:
            return
        fields = []
        for number, line in enumerate(split_lines(text), 1):
            if line[:1] in (" ", "\t"):
                if fields:
                    fields[-1][1] += " " + line.strip()
                else:
                    self.fault(f"bag-info.txt:{number}: goes on from no line [2.2.2]")
                continue
            match = re.match(r"^([^:\s][^:]*):[ \t]*(.*)$", line, re.DOTALL)
            if match:
                fields.append([match.group(1), match.group(2)])
            else:
                self.fault(f"bag-info.txt:{number}: not 'Label: value' [2.2.2]")
        sums = [value for label, value in fields if label.lower() == "payload-oxum"]
        if len(sums) > 1:
            self.fault("bag-info.txt: Payload-Oxum stands more than once [2.2.2]")
        for value in sums:
            if not re.match(r"^[0-9]+\.[0-9]+$", value):
                self.fault(f"bag-info.txt: Payload-Oxum {value!r} is not 'octets.streams' [2.2.2]")
                continue
            sizes = [size for path, size in self.files.items() if path.startswith("data/") and not self.ignored(path)]
            found = f"{sum(sizes)}.{len(sizes)}"
            if value != found:
                self.fault(f"bag-info.txt: Payload-Oxum says {value}, data/ holds {found} [2.2.2]")

    def check_fetch(self):
        if "fetch.txt" in self.files:  # [2.2.3, 3]: what is still to be fetched makes a bag incomplete
            for line in split_lines(self.read_text("fetch.txt") or ""):
                match = re.match(r"^\S+[ \t]+(?:[0-9]+|-)[ \t]+(.+)$", line)
                if not match:
                    self.fault(f"fetch.txt: not 'url length filepath': {line!r} [2.2.3]")
                elif unsafe(percent_decoded(match.group(1))):
                    self.fault(f"fetch.txt: unsafe path {match.group(1)!r} [5.1]")

    def ignored(self, path):
        return any(part in self.ignore for part in path.split("/"))

    def validate(self):
        self.scan()
        self.check_declaration()
        self.check_payload_folder()
        self.check_manifests()
        self.check_tag_manifests()
        self.check_bag_info()
        self.check_fetch()
        return self.faults


def split_lines(text):
    """[1.3]: lines end with LF, CR or CRLF, and with nothing else (str.splitlines knows many more)."""
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[:-1] if lines and lines[-1] == "" else lines


def percent_decoded(path):
    return re.sub(r"%(0[AaDd]|25)", lambda m: {"0a": "\n", "0d": "\r", "25": "%"}[m.group(1).lower()], path)


def unsafe(path):
    """Why a path must not be followed [5.1], or None."""
    if path.startswith("/") or re.match(r"^[A-Za-z]:", path):
        return "absolute"
    if path.startswith("~"):
        return "home directory"
    if "\\" in path:
        return "backslash"
    if "\0" in path:
        return "NUL"
    parts = path.split("/")
    if ".." in parts:
        return "climbs out"
    if "." in parts or "" in parts:
        return "empty component or '.'"
    return None


def main(arguments):
    parser = argparse.ArgumentParser(description="Checks a bag against RFC 8493.")
    parser.add_argument("bag")
    parser.add_argument("--complete-only", action="store_true", help="completeness only, no checksum is computed")
    parser.add_argument("--ignore", action="append", default=[], metavar="NAME",
                        help="a file or folder name that may lie in data/ unlisted, such as .DS_Store")
    options = parser.parse_args(arguments)
    if not os.path.isdir(options.bag):
        print(f"{options.bag}: no directory", file=sys.stderr)
        return 1
    bag = Bag(options.bag, options.complete_only, options.ignore)
    faults = bag.validate()
    for fault in faults:
        print(fault.encode("utf-8", "backslashreplace").decode("utf-8"))
    if faults:
        print(f"NOT VALID: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
        return 1
    print(f"OK: {len(bag.files)} files, {bag.checked} checksums compared")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
