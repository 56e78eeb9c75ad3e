#!/usr/bin/env python3
"""Lists with lines that are none, and links behind which something else stands."""
import contextlib
import json
import os
import re
import socket
import threading

from beside import check, ends, equal, exceptions, fill, named, reasons, suite, whole

from beds import LinksBed
from contents import Plain, drawn
from harness import certificate
from judging import list_lines, payload_files
from link_face import LinkFace, Page
from servers import Server

SECRET = "X-Amz-Signature=0123456789abcdefsecret"


def written(bed, lines):
    """The list holds these lines (text, bytes or objects) instead of what was put."""
    with open(bed.list_path, "wb") as out:
        for line in lines:
            data = line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
            out.write(data + b"\n")


def url_of(bed, path):
    return bed.server.url + bed.key_of(path)


def one_bad_line(make):
    """It is named by its number, and the rest goes on."""
    for bad in ("not a link at all", "ftp://127.0.0.1/x.bin", "file:///etc/passwd", '{"path": "no url.bin"}', '{"url": ',
                '{"url": "http://127.0.0.1/x", "size": -3}', '{"url": "http://127.0.0.1/x", "sha256": "abc"}', b"http://127.0.0.1/\xff.bin",
                "http://user:pw@127.0.0.1/x.bin", "http://127.0.0.1:99999/x", "http://127.0.0.1/" + "x" * 100_000):
        bed = make()
        fill(bed, 3)
        good = list(bed.listed.values())
        written(bed, [good[0], bad, *good[1:]])
        destination, run = ends(bed, (3, 4))
        told = certificate(destination)["exceptions"]
        equal(len(told), 1, f"exceptions of {bad[:40]!r}: {told}")
        check(re.search(r"\b2\b", told[0]["id"] + " " + told[0]["name"] + " " + told[0]["detail"]), f"the line is not named: {told}")
        equal(len(payload_files(destination)), 3, f"files with {bad[:40]!r}")
        bed.shop.notes.append(str(run.code))


def lists_that_are_none(make):
    bed = make()
    ends(bed, (2, 7), source="links:" + bed.shop.fresh("nothing"))
    ends(bed, (2, 7), source="links:" + bed.shop.folder)
    ends(bed, 2, source="links:")
    bed.put("one.bin", drawn(100, 1))
    written(bed, [url_of(bed, "one.bin"), b"bytes\x00that are no text"])
    ends(bed, (2, 3, 4))


def forms_of_lines(make):
    """Comments, blank lines, both ends of lines, a byte order mark, times in both forms; a line that stands twice is one item."""
    bed = make()
    for number in range(5):
        bed.put(f"f{number}.bin", drawn(100 + number, number))
    paths = list(bed.things)
    written(bed, [b"\xef\xbb\xbf# a list", "", url_of(bed, "f0.bin") + "\r", "  # more", f"  {url_of(bed, 'f1.bin')}  ",
                  {"url": url_of(bed, "f2.bin"), "path": "f2.bin", "mtime": 1700000000},
                  {"url": url_of(bed, "f3.bin"), "mtime": "2024-05-01T10:00:00+08:00", "md5": bed.things["f3.bin"].hex("md5")},
                  {"url": url_of(bed, "f4.bin"), "sha1": bed.things["f4.bin"].hex("sha1"), "what else": [1, {"a": None}]}])
    destination = bed.shop.fresh("out")
    bed.export(destination).expect(0)
    equal(sorted(os.path.basename(line["file"]) for line in list_lines(destination)), paths, "files")


def bodies_that_contradict(make):
    """Whole and right bytes are stored; what contradicts its line, its name or its length is named and not stored as such."""
    bed = make()
    fill(bed, 3)
    body = drawn(200_000, "body")
    expected = {}
    for name, manner, why in (("page.jpg", "html", ("refused_by_cloud", "not_downloaded", "not_a_photo")),
                              ("cut.bin", "short", "not_downloaded"),
                              ("away.bin", None, ("deleted_in_cloud", "not_downloaded"))):
        bed.digests = False
        bed.put(name, body)
        key = bed.key_of(name)
        if manner is None:
            del bed.face.pages[key]
        else:
            bed.face.pages[key].manner = manner
        expected[name] = why
        del bed.listed[name]["size"]
    bed.write()
    destination, run = ends(bed, (3, 4))
    bed.shop.notes.append(f"answered {run.code}, {exceptions(destination)}")
    named(bed, destination, expected)


def bodies_of_every_length(make):
    """Chunked, ended by closing, in an encoding nobody asked for; without a size or digest in the list."""
    for size in (0, 1, 70_000, 3 << 20):
        for manner in ("chunked", "no_length", "plain"):
            bed = make()
            bed.digests = False
            bed.put(f"{manner}.bin", drawn(size, manner))
            bed.face.pages[bed.key_of(f"{manner}.bin")].manner = manner
            del bed.listed[f"{manner}.bin"]["size"]
            bed.write()
            destination = bed.shop.fresh("out")
            run = bed.export(destination)
            if manner == "no_length" and run.code != 0:  # "whole only if the protocol says so"
                bed.shop.notes.append(f"ended by closing, {size} bytes: answered {run.code}, {reasons(destination)}")
                check(run.code in (3, 4), f"answered {run.code}: {run.said}")
                continue
            run.expect(0, f"{manner}, {size} bytes")
            files = [line["file"] for line in list_lines(destination)]
            check(len(files) == 1 and bed.things[f"{manner}.bin"].is_in(os.path.join(destination, files[0])), f"{manner}: {files}")
            equal(certificate(destination)["counts"]["checked_by_source_digest"], 0, "checked by the source")


def an_encoding_nobody_asked_for(make):
    bed = make()
    bed.put("packed.bin", Plain(b"the same line again and again\n" * 5000))
    bed.face.pages[bed.key_of("packed.bin")].manner = "gzip"
    destination = bed.shop.fresh("out")
    run = bed.export(destination)
    check(run.code in (0, 3, 4), f"answered {run.code}: {run.said}")
    for path in payload_files(destination):
        check(bed.things["packed.bin"].is_in(os.path.join(destination, path)), f"{path} holds other bytes")
    bed.shop.notes.append(f"answered {run.code}, {reasons(destination)}")


def digests_that_are_wrong(make):
    for field, value in (("sha256", "0" * 64), ("sha1", "0" * 40), ("md5", "0" * 32)):
        bed = make()
        fill(bed, 2)
        bed.put("wrong.bin", drawn(500, 1))
        bed.listed["wrong.bin"] = {"url": url_of(bed, "wrong.bin"), "path": "wrong.bin", field: value}
        bed.write()
        destination, _ = ends(bed, 3)
        equal(exceptions(destination), {"wrong.bin": "digest_mismatch"}, field)


def sizes_that_are_wrong(make):
    for delta in (-1, 1, 1000):
        bed = make()
        fill(bed, 2)
        bed.put("wrong.bin", drawn(500, 1))
        bed.listed["wrong.bin"]["size"] += delta
        bed.listed["wrong.bin"].pop("sha256")
        bed.write()
        destination, run = ends(bed, (3, 4))
        equal(list(exceptions(destination)), ["wrong.bin"], f"{delta} bytes")
        bed.shop.notes.append(f"{delta}: {run.code} {exceptions(destination)}")


def redirects(make):
    """To another server: followed. In a circle, to another scheme, to an address that nobody named: named, nothing is asked."""
    bed = make()
    fill(bed, 2)
    other = Server(LinkFace())
    try:
        there = drawn(900, "there")
        other.face.pages["/there.bin"] = Page(there)
        for name, to in (("followed.bin", other.url + "/there.bin"), ("circle.bin", None), ("file.bin", "file:///etc/passwd"),
                         ("meta.bin", "http://169.254.169.254/latest/meta-data"), ("none.bin", "")):
            bed.digests = False
            bed.put(name, there)
            page = bed.face.pages[bed.key_of(name)]
            page.manner, page.to = "redirect", bed.server.url + bed.key_of(name) if to is None else to
            del bed.listed[name]["size"]
        bed.write()
        destination, run = ends(bed, (3, 4))
        bed.shop.notes.append(f"answered {run.code}, {exceptions(destination)}")
        found = exceptions(destination)
        check({"circle.bin", "file.bin", "meta.bin", "none.bin"} <= set(found), f"named: {found}")
    finally:
        other.close()


def two_lines_for_one_path(make):
    """Both are there, under names of their own."""
    bed = make()
    bed.put("one.bin", drawn(500, 1))
    bed.put("two.bin", drawn(600, 2))
    bed.listed["two.bin"]["path"] = "one.bin"
    bed.write()
    destination = bed.shop.fresh("out")
    bed.export(destination).expect(0)
    files = payload_files(destination)
    equal(len(files), 2, f"files: {files}")
    bed.shop.expect_sound(destination, "the bag")


def signed_links(make):
    """What signs a link is a secret: it stands nowhere but in the list."""
    bed = make()
    bed.face.secret = SECRET
    for number in range(3):
        bed.put(f"f{number}.bin", drawn(500 + number, number))
        bed.listed[f"f{number}.bin"]["url"] += f"?{SECRET}&n={number}"
    bed.write()
    bed.secrets = lambda: [SECRET, SECRET.split("=")[1]]
    whole(bed)
    del bed.face.pages[bed.key_of("f1.bin")]
    bed.things.pop("f1.bin")
    ends(bed, 3)
    written(bed, [bed.listed["f0.bin"], f"http//broken?{SECRET}"])
    ends(bed, (3, 4))
    written(bed, [f"http//broken?{SECRET}"])
    ends(bed, 2)  # no line of it is a link


def a_host_that_speaks_something_else(make):
    """One host of a list is that link's own trouble: it is named, and the rest goes on."""
    bed = make()
    fill(bed, 3)
    good = list(bed.listed.values())
    with socket.create_server(("127.0.0.1", 0)) as other:
        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = other.accept()
                    with connection:
                        connection.sendall(b"SSH-2.0-nothing\r\n")
                        connection.recv(4096)
        threading.Thread(target=greet, daemon=True).start()
        written(bed, [good[0], f"http://127.0.0.1:{other.getsockname()[1]}/x.bin", *good[1:]])
        destination, _ = ends(bed, 4)
        other.shutdown(socket.SHUT_RDWR)
    named(bed, destination, {"x.bin": "not_downloaded"})
    equal(len(payload_files(destination)), 3, "files")


def both_paths(bed, destination, content, what):
    run = bed.export(destination)
    run.expect(0, what)
    for name in ("one", "two"):
        files = [path for path in payload_files(destination) if path.startswith("data/files/p/" + name)]
        check(any(content.is_in(os.path.join(destination, path)) for path in files), f"{what}: {name}: {payload_files(destination)}")
    equal(certificate(destination)["counts"]["listed"], 2, f"{what}: listed")


def one_url_under_two_paths(make):
    """Both are files, in every run, in whatever order the lines stand."""
    bed = make()
    content = drawn(700, 1)
    bed.put("x.bin", content)
    lines = [{"url": url_of(bed, "x.bin"), "path": path, "size": 700} for path in ("p/one.bin", "p/two.bin")]
    written(bed, lines)
    destination = bed.shop.fresh("out")
    both_paths(bed, destination, content, "the first run")
    before = payload_files(destination)
    for order, what in ((lines, "again"), (lines[::-1], "swapped"), (lines[::-1] + lines, "twice each")):
        written(bed, order)
        bed.forget()
        both_paths(bed, destination, content, what)
        equal(payload_files(destination), before, f"files: {what}")
        equal(bed.gets(), [], f"asked for: {what}")


def one_url_under_two_names_of_a_metalink(make):
    bed = make()
    content = drawn(700, 1)
    bed.put("x.bin", content)
    files = [f'<file name="p/{name}"><size>700</size><url>{url_of(bed, "x.bin")}</url></file>' for name in ("one.bin", "two.bin")]
    destination = bed.shop.fresh("out")
    for order in (files, files[::-1]):
        written(bed, ['<?xml version="1.0"?><metalink xmlns="urn:ietf:params:xml:ns:metalink">', *order, "</metalink>"])
        both_paths(bed, destination, content, "a Metalink")
    equal(len(payload_files(destination)), 2, "files")


def an_export_from_before_paths_were_told_apart(make):
    """Its catalogue knows one item of the URL, under the later path, and not how that was spelled."""
    import sqlite3
    bed = make()
    content = drawn(700, 1)
    bed.put("x.bin", content)
    lines = [{"url": url_of(bed, "x.bin"), "path": path, "size": 700} for path in ("p/one.bin", "p/two.bin")]
    written(bed, lines[1:])
    destination = bed.shop.fresh("out")
    bed.export(destination).expect(0)
    catalogue = sqlite3.connect(os.path.join(destination, ".decamp", "catalogue.sqlite"))
    with catalogue:
        catalogue.execute("UPDATE item SET raw = NULL")
    catalogue.close()
    written(bed, lines)
    for what in ("the next run", "the run after it"):
        both_paths(bed, destination, content, what)


def many_links_that_are_refused(make):
    """Each by a fresh request after the first, none of them waited for, and named."""
    bed = make()
    count = 3000
    written(bed, [url_of(bed, f"f{number:04}.bin") for number in range(count)])
    bed.server.fault("get", "status", status=403, times=0)
    destination, _ = ends(bed, 3)
    equal(reasons(destination), {"refused_by_cloud": count}, "reasons")
    asked = {}
    for entry in bed.gets():
        asked[entry["key"]] = asked.get(entry["key"], 0) + 1
    equal((len(asked), max(asked.values())), (count, 2), "links asked for, and requests of one at most")


suite.run(LinksBed, [one_url_under_two_paths, one_url_under_two_names_of_a_metalink, an_export_from_before_paths_were_told_apart,
                     many_links_that_are_refused, one_bad_line, lists_that_are_none, forms_of_lines, bodies_that_contradict, bodies_of_every_length,
                     an_encoding_nobody_asked_for, digests_that_are_wrong, sizes_that_are_wrong, redirects,
                     two_lines_for_one_path, signed_links, a_host_that_speaks_something_else])
