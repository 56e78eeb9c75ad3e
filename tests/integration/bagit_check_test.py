#!/usr/bin/env python3
"""Shows that bagit_check.py accepts good bags and finds each kind of fault. Needs no program of this project."""
import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bagit_check.py")
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD = {"data/albums/Camera/IMG_0001.jpg": b"one", "data/albums/Camera/\u7167\u7247 (1).jpg": b"two", "data/empty": b""}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bag = os.path.join(self.folder.name, "bag")
        self.make()

    def path(self, name):
        return os.path.join(self.bag, name)

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def append(self, name, data, retag=True):
        self.write(name, self.read(name) + data)
        if retag:
            self.retag()

    def make(self):
        for name, data in PAYLOAD.items():
            self.write(name, data)
        self.write("bagit.txt", DECLARATION)
        lines = "".join(f"{sha256(data)}  {name}\n" for name, data in PAYLOAD.items())
        self.write("manifest-sha256.txt", lines.encode())
        octets = sum(len(data) for data in PAYLOAD.values())
        self.write("bag-info.txt", f"Bagging-Date: 2024-05-01\nPayload-Oxum: {octets}.{len(PAYLOAD)}\n".encode())
        self.retag()

    def retag(self):
        names = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
        lines = "".join(f"{sha256(self.read(name))}  {name}\n" for name in names)
        self.write("tagmanifest-sha256.txt", lines.encode())

    def run_checker(self, *options):
        done = subprocess.run([sys.executable, "-B", CHECKER, self.bag, *options], capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        return done.returncode, done.stdout.decode()

    def good(self, *options):
        code, output = self.run_checker(*options)
        self.assertEqual((code, output.split(":")[0]), (0, "OK"), output)

    def bad(self, words, *options):
        """The checker says no, and each of the words stands in what it prints; nothing else is found fault with."""
        code, output = self.run_checker(*options)
        self.assertEqual(code, 1, output)
        wanted = [words] if isinstance(words, str) else words
        for word in wanted:
            self.assertIn(word, output)
        self.assertIn(f"NOT VALID: {len(wanted)} fault", output, output)

    # ---- good bags

    def test_good(self):
        self.good()

    def test_good_with_unlisted_tag_files_and_folders(self):
        self.write("certificate.json", b"{}")
        self.write(".decamp/catalogue.sqlite", b"x")
        self.good()

    def test_good_without_optional_parts(self):
        os.remove(self.path("tagmanifest-sha256.txt"))
        os.remove(self.path("bag-info.txt"))
        self.good()

    def test_good_with_other_line_ends_and_binary_marks(self):
        text = self.read("manifest-sha256.txt").replace(b"\n", b"\r\n").replace(b"  ", b" *")
        self.write("manifest-sha256.txt", text)
        self.write("bagit.txt", DECLARATION.replace(b"\n", b"\r"))
        self.retag()
        self.good()

    def test_good_with_percent_encoding(self):
        self.write("data/100%\r\n.jpg", b"x")
        self.append("manifest-sha256.txt", f"{sha256(b'x')}  data/100%25%0d%0A.jpg\n".encode())
        self.set_oxum("7.4")
        self.good()

    def test_good_with_upper_case_and_two_algorithms(self):
        lines = "".join(f"{hashlib.md5(data).hexdigest().upper()}  {name}\n" for name, data in PAYLOAD.items())
        self.write("manifest-md5.txt", lines.encode())
        self.append("tagmanifest-sha256.txt", f"{sha256(lines.encode())}  manifest-md5.txt\n".encode(), retag=False)
        self.good()

    def test_empty_payload(self):
        for name in PAYLOAD:
            os.remove(self.path(name))
        self.write("manifest-sha256.txt", b"")
        self.set_oxum("0.0")
        self.good()

    # ---- bagit.txt

    def test_declaration_missing(self):
        os.remove(self.path("bagit.txt"))
        self.bad(["bagit.txt: missing", "bagit.txt: listed in tagmanifest-sha256.txt and missing"])

    def declaration(self, data, words):
        self.write("bagit.txt", data)
        self.retag()
        self.bad(words)

    def test_declaration_of_another_version(self):
        self.declaration(DECLARATION.replace(b"1.0", b"0.97"), "first line")

    def test_declaration_of_another_encoding(self):
        self.declaration(DECLARATION.replace(b"UTF-8", b"ISO-8859-1"), "second line")

    def test_declaration_with_mark(self):
        self.declaration(b"\xef\xbb\xbf" + DECLARATION, "byte order mark")

    def test_declaration_too_short(self):
        self.declaration(b"BagIt-Version: 1.0\n", "1 lines instead of 2")

    def test_declaration_too_long(self):
        self.declaration(DECLARATION + b"X: y\n", "3 lines instead of 2")

    def test_declaration_with_space_before_colon(self):
        self.declaration(DECLARATION.replace(b"BagIt-Version:", b"BagIt-Version :"), "first line")

    # ---- payload and its manifest

    def test_payload_folder_missing(self):
        for name in PAYLOAD:
            os.remove(self.path(name))
        os.removedirs(self.path("data/albums/Camera"))
        self.write("manifest-sha256.txt", b"")
        self.set_oxum("0.0")
        if os.path.isdir(self.path("data")):
            os.rmdir(self.path("data"))
        self.bad("data/: missing")

    def test_manifest_missing(self):
        os.remove(self.path("manifest-sha256.txt"))
        self.bad(["no payload manifest", "manifest-sha256.txt: listed in tagmanifest-sha256.txt and missing"])

    def test_file_missing(self):
        os.remove(self.path("data/empty"))
        self.bad(["data/empty: listed in manifest-sha256.txt and missing", "Payload-Oxum"])

    def test_file_missing_is_seen_without_checksums(self):
        os.remove(self.path("data/empty"))
        self.bad(["data/empty: listed", "Payload-Oxum"], "--complete-only")

    def test_file_unlisted(self):
        self.write("data/more", b"x")
        self.bad(["data/more: in data/ and not in manifest-sha256.txt", "Payload-Oxum"])

    def test_file_unlisted_in_one_of_two_manifests(self):
        line = f"{hashlib.md5(b'').hexdigest()}  data/empty\n".encode()
        self.write("manifest-md5.txt", line)
        self.append("tagmanifest-sha256.txt", f"{sha256(line)}  manifest-md5.txt\n".encode(), retag=False)
        self.bad(["IMG_0001.jpg: in data/ and not in manifest-md5.txt", "(1).jpg: in data/ and not in manifest-md5.txt"])

    def test_foreign_files_can_be_ignored(self):
        self.write("data/albums/.DS_Store", b"x")
        self.bad([".DS_Store: in data/ and not", "Payload-Oxum"])
        self.good("--ignore", ".DS_Store")

    def test_one_byte_changed(self):
        self.write("data/albums/Camera/IMG_0001.jpg", b"onf")
        self.bad("IMG_0001.jpg: sha256 is")
        self.good("--complete-only")

    def test_duplicate_entry(self):
        self.append("manifest-sha256.txt", f"{sha256(b'')}  data/empty\n".encode())
        self.bad("data/empty listed again")

    def test_duplicate_entry_with_another_checksum(self):
        self.append("manifest-sha256.txt", f"{sha256(b'x')}  data/empty\n".encode())
        self.bad("again, with another checksum")

    def test_duplicate_up_to_normal_form(self):
        for name in ("data/caf\u00e9", "data/cafe\u0301"):
            self.write(name, b"")
            self.append("manifest-sha256.txt", f"{sha256(b'')}  {name}\n".encode())
        self.set_oxum("6.5")
        self.bad("one name in normal form")

    def test_unsafe_paths(self):
        lines = self.read("manifest-sha256.txt")
        for path in ("../x", "data/../../x", "/etc/passwd", "~/x", "C:/x", "data\\x", "data/./x", "data//x"):
            self.write("manifest-sha256.txt", lines + f"{sha256(b'')}  {path}\n".encode())
            self.retag()
            self.bad("unsafe path")

    def test_path_outside_data(self):
        self.append("manifest-sha256.txt", f"{sha256(DECLARATION)}  bagit.txt\n".encode())
        self.bad("outside data/")

    def test_malformed_lines(self):
        lines = self.read("manifest-sha256.txt")
        for line, words in ((b"rubbish\n", "not 'checksum filepath'"), (b"\n", "not 'checksum filepath'"),
                            (sha256(b"")[1:].encode() + b"  data/empty2\n", "63 digits"),
                            (b"\\" + sha256(b"").encode() + b"  data/a\\nb\n", "not 'checksum filepath'"),
                            (sha256(b"").encode() + b"\n", "not 'checksum filepath'")):
            self.write("manifest-sha256.txt", lines + line)
            self.retag()
            self.bad(words)

    def test_last_line_cut(self):
        self.write("manifest-sha256.txt", self.read("manifest-sha256.txt")[:-1])
        self.retag()
        self.bad("last line has no end")

    def test_manifest_not_utf8(self):
        self.write("manifest-sha256.txt", b"\xff\n")
        self.retag()
        unlisted = [f"{os.path.basename(name)}: in data/ and not" for name in PAYLOAD]
        self.bad(["not UTF-8 at byte 0", *unlisted])

    def test_unknown_algorithm(self):
        self.write("manifest-crc32.txt", b"")
        self.bad("unknown checksum algorithm")

    def test_bare_percent(self):
        self.write("data/100%.jpg", b"x")
        self.append("manifest-sha256.txt", f"{sha256(b'x')}  data/100%.jpg\n".encode())
        self.set_oxum("7.4")
        self.bad("bare %")

    def test_links(self):
        os.symlink("/etc/hostname", self.path("data/link"))
        self.bad("data/link: neither")
        os.remove(self.path("data/link"))
        os.symlink("/etc", self.path("data/folder"))
        self.bad("data/folder: neither")

    # ---- tag manifests and bag-info.txt

    def test_tag_file_changed(self):
        self.append("bag-info.txt", b"More: x\n", retag=False)
        self.bad("bag-info.txt: sha256 is")

    def test_payload_in_tag_manifest(self):
        self.append("tagmanifest-sha256.txt", f"{sha256(b'')}  data/empty\n".encode(), retag=False)
        self.bad("is payload")

    def test_tag_manifest_in_itself(self):
        self.append("tagmanifest-sha256.txt", f"{sha256(b'')}  tagmanifest-sha256.txt\n".encode(), retag=False)
        self.bad(["lists the tag manifest", "tagmanifest-sha256.txt: sha256 is"])

    def test_tag_manifest_without_manifest(self):
        self.write("tagmanifest-sha256.txt", f"{sha256(DECLARATION)}  bagit.txt\n".encode())
        self.bad("does not list manifest-sha256.txt")

    def set_oxum(self, value):
        self.write("bag-info.txt", f"Payload-Oxum: {value}\n".encode())
        self.retag()

    def test_payload_oxum(self):
        for value, words in (("7.3", "says 7.3, data/ holds 6.3"), ("6.4", "says 6.4"), ("6", "is not"), ("6.3.1", "is not")):
            self.set_oxum(value)
            self.bad(words)

    def test_payload_oxum_twice(self):
        self.append("bag-info.txt", b"Payload-Oxum: 6.3\n")
        self.bad("more than once")

    def test_bag_info_lines(self):
        self.append("bag-info.txt", b"Folded: a\n  b\n\tc\nEmpty:\n")
        self.good()
        self.append("bag-info.txt", b"no colon\n")
        self.bad("not 'Label: value'")

    def test_bag_info_not_utf8(self):
        self.append("bag-info.txt", b"Label: \xff\n")
        self.bad("bag-info.txt: not UTF-8")

    # ---- the rest

    def test_fetch_is_read(self):
        self.write("fetch.txt", b"http://127.0.0.1/x 3 data/empty\n")
        self.good()
        self.write("fetch.txt", b"http://127.0.0.1/x 3 ../x\n")
        self.bad("fetch.txt: unsafe path")

    def test_no_bag_at_all(self):
        done = subprocess.run([sys.executable, "-B", CHECKER, self.path("nowhere")], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)

    def test_own_tool_agrees_where_there_is_one(self):
        """coreutils reads the same manifest the same way."""
        done = subprocess.run(["sha256sum", "-c", "--strict", "manifest-sha256.txt"], cwd=self.bag, capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.parse_known_args()  # the runner hands every integration test the programs' paths; none is needed here
    unittest.main(argv=sys.argv[:1])
