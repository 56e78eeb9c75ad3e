#!/usr/bin/env python3
"""Bytes of two answers become one file only where something proves that they belong together; and what ends too early,
or nobody knows where, is never called whole."""
import contextlib
import hashlib
import json
import os
import re
import socket
import threading

import harness
from harness import certificate, check, equal, reasons

MIB = 1 << 20
STALE = "Mon, 01 Jan 2024 00:00:00 GMT"


def drawn(size, seed):
    """Bytes in which no two places look alike."""
    out = b"".join(hashlib.sha256(f"{seed}/{block}".encode()).digest() for block in range((size + 31) // 32))
    return out[:size]


# --- a server that behaves as a case says --------------------------------------------------------------------------------

class Asked:
    """One request, and the way to answer it; the connection ends with the answer."""

    def __init__(self, connection, method, path, fields, number):
        self.connection, self.method, self.path, self.fields, self.number = connection, method, path, fields, number
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", fields.get("range", ""))
        self.first = int(found[1]) if found else None
        self.last = int(found[2]) if found and found[2] else None

    def reply(self, status, body=b"", length=None, send=None, **fields):
        """`length`: of Content-Length (None: the body's, False: none is said); `send`: so many bytes, then the end."""
        lines = [f"HTTP/1.1 {status} As It Is", "Connection: close"]
        if length is not False:
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        if self.method != "HEAD":
            self.connection.sendall(body if send is None else body[:send])

    def part(self, file, first=None, end=None, total=None, **more):
        """A 206 of file[first:end]."""
        first = self.first if first is None else first
        end = len(file) if end is None else end
        total = len(file) if total is None else total
        self.reply(206, file[first:end], Content_Range=f"bytes {first}-{end - 1}/{total}", **more)


class Server:
    def __init__(self, answer):
        self.answer, self.requests, self.lock = answer, [], threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.socket.accept()[0],), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            stream = connection.makefile("rb")
            method, path, _ = stream.readline().decode().split(" ")
            fields = {}
            for line in iter(lambda: stream.readline().decode().strip(), ""):
                name, _, value = line.partition(":")
                fields[name.lower()] = value.strip()
            stream.read(int(fields.get("content-length", 0)))
            with self.lock:
                asked = Asked(connection, method, path, fields, sum(r.path == path and r.method == method for r in self.requests))
                self.requests.append(asked)
            self.answer(asked)
            connection.shutdown(socket.SHUT_WR)
            stream.read(1)  # until the other side has ended, too

    def gets(self, path="/f.bin"):
        return [r for r in self.requests if r.method == "GET" and r.path.endswith(path)]

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def serving(answer):
    server = Server(answer)
    try:
        yield server
    finally:
        server.close()


def export_links(shop, server, destination, *lines):
    path = destination + ".list"  # of the same name in each run: an export is bound to its list
    with open(path, "w", encoding="utf-8") as out:
        for line in lines or ({"path": "f.bin"},):
            out.write(json.dumps({"url": f"{server.url}/{line['path']}", **line}) + "\n")
    return shop.run("export", "links:" + path, destination, "--no-progress")


def file_of(destination, name="f.bin"):
    """The bytes stored under this name, or None."""
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        if name in names:
            with open(os.path.join(folder, name), "rb") as stream:
                return stream.read()
    return None


def expect_file(shop, answer, whole, what, line=None):
    """Complete, and these are the bytes; the server, for what it was asked."""
    with serving(answer) as server:
        destination = shop.fresh("out")
        run = export_links(shop, server, destination, {"path": "f.bin", **(line or {})})
        run.expect(0, what)
        check(file_of(destination) == whole, f"{what}: other bytes are stored")
        return server


def expect_failure(shop, answer, reason, what, line=None, kept=None):
    with serving(answer) as server:
        destination = shop.fresh("out")
        run = export_links(shop, server, destination, {"path": "f.bin", **(line or {})})
        run.expect(4, what)
        equal(reasons(destination), {reason: 1}, what)
        check(file_of(destination) == kept, f"{what}: stored is {file_of(destination)!r:.60}")
        return server


# --- another version for the second answer -------------------------------------------------------------------------------

OLD, NEW = b"A" * 3_000_000, b"B" * 3_000_000
HALF = 1_500_000


def changed_after_half(shop):
    """Without a validator, with a weak one, and with a strong one that the second answer does not repeat."""
    stale = {"Last_Modified": STALE}
    for what, first, later in (("none", {}, {}), ("a weak tag", {"ETag": 'W/"1"'}, {"ETag": 'W/"1"'}),
                               ("another weak tag", {"ETag": 'W/"1"'}, {"ETag": 'W/"2"'}),
                               ("a date beside none", stale, stale),
                               ("a date of this minute", {**stale, "Date": STALE}, {**stale, "Date": STALE}),
                               ("a tag not repeated", {"ETag": '"1"'}, {}), ("another tag", {"ETag": '"1"'}, {"ETag": '"2"'}),
                               ("a date in place of a tag", {"ETag": '"1"', **stale}, stale)):
        def answer(asked, first=first, later=later):
            if asked.number == 0:
                return asked.reply(200, OLD, send=HALF, Accept_Ranges="bytes", **first)
            return asked.reply(200, NEW, **later) if asked.first is None else asked.part(NEW, **later)
        expect_file(shop, answer, NEW, f"changed after half, validator: {what}")


def changed_after_half_webdav(shop):
    listing = """<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/</d:href><d:propstat><d:prop>
<d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/dav/f.bin</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>3000000</d:getcontentlength></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>""".encode()

    def answer(asked):
        if asked.method != "GET":
            return asked.reply(207, listing, Content_Type="application/xml")
        if asked.number == 0:
            return asked.reply(200, OLD, send=HALF, Accept_Ranges="bytes")
        return asked.reply(200, NEW) if asked.first is None else asked.part(NEW)
    with serving(answer) as server:
        destination = shop.fresh("out")
        run = shop.run("export", server.url.replace("http", "webdav") + "/dav/", destination, "--no-progress")
        run.expect(0, "WebDAV without tags")
        check(file_of(destination) == NEW, "other bytes are stored")


def an_overlap_that_differs_in_its_first_byte(shop):
    old, state = drawn(3_000_000, "one byte"), {}

    def answer(asked):
        if asked.number == 0:
            return asked.reply(200, old, send=HALF, Accept_Ranges="bytes")
        if "new" not in state:
            state["at"] = asked.first
            state["new"] = old[:asked.first] + bytes([old[asked.first] ^ 1]) + old[asked.first + 1:]
        return asked.reply(200, state["new"]) if asked.first is None else asked.part(state["new"])
    with serving(answer) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination).expect(0)
        check(state["at"] < HALF, f"nothing overlaps: asked from {state['at']} on")
        check(file_of(destination) == state["new"], "halves of two versions were joined")


def an_overlap_that_is_equal_while_the_rest_is_not(shop):
    """Nothing but the digest of the list can tell."""
    new = drawn(3_000_000, "overlap")
    old = b"another beginning" + new[17:]
    for field in ("sha256", "sha1", "md5"):
        def answer(asked):
            if asked.number == 0:
                return asked.reply(200, old, send=HALF, Accept_Ranges="bytes")
            return asked.reply(200, new) if asked.first is None else asked.part(new)
        server = expect_file(shop, answer, new, field, {field: hashlib.new(field, new).hexdigest()})
        equal(server.gets()[-1].first, None, "the last try begins at zero")


def another_total_is_another_version(shop):
    new = drawn(3_000_000, "total")

    def answer(asked):
        if asked.number == 0:
            return asked.reply(200, new + b"more", send=HALF, Accept_Ranges="bytes")
        return asked.reply(200, new) if asked.first is None else asked.part(new)
    expect_file(shop, answer, new, "another total")


def a_new_version_over_bad_connections(shop):
    """It has as many tries as if there had been no other before it."""
    new = drawn(3_000_000, "bad connections")
    for old_tag, new_tag in (({"ETag": '"1"'}, {"ETag": '"2"'}), ({}, {})):
        def answer(asked, old_tag=old_tag, new_tag=new_tag):
            if asked.number == 0:
                return asked.reply(200, OLD, send=2_500_000, Accept_Ranges="bytes", **old_tag)
            matches = asked.fields.get("if-range") in (None, new_tag.get("ETag"))
            if asked.first is None or not matches:
                return asked.reply(200, new, send=200_000, Accept_Ranges="bytes", **new_tag)
            return asked.part(new, send=200_000, **new_tag)
        expect_file(shop, answer, new, f"a new version, {new_tag}")


# --- what is legal, and gets through -------------------------------------------------------------------------------------

LONG = drawn(3_200_000, "long")
STEP = 400_000


def connections_that_end_early(shop):
    """Each ends after 400 KB, or each range is no longer than that; whatever begins earlier is compared."""
    def cut(asked, **more):
        if asked.first is None:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **more)
        return asked.part(LONG, send=STEP, **more)

    def short(asked, **more):
        if asked.first is None:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **more)
        return asked.part(LONG, end=min(asked.first + STEP, len(LONG)), **more)

    def without_total(asked, **more):
        if asked.first is None:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **more)
        return asked.part(LONG, total="*", send=STEP, **more)

    def short_without_total(asked, **more):
        if asked.first is None:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **more)
        return asked.part(LONG, end=min(asked.first + STEP, len(LONG)), total="*", **more)

    def aligned(asked, **more):
        if asked.first is None:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **more)
        return asked.part(LONG, first=asked.first // 65536 * 65536, send=STEP, **more)

    def unframed(asked, **more):
        """Chunked, and never to the last chunk: only a Content-Range says how long the file is."""
        if asked.first is None:
            return asked.reply(200, b"%x\r\n%s\r\n" % (STEP, LONG[:STEP]), length=False, Transfer_Encoding="chunked", **more)
        return asked.part(LONG, send=STEP, **more)
    for how in (cut, short, without_total, short_without_total, aligned, unframed):
        for tag in ({"ETag": '"v1"'}, {}):
            what = f"{how.__name__}, {tag or 'no validator'}"
            server = expect_file(shop, lambda asked, how=how, tag=tag: how(asked, **tag), LONG, what)
            gets = server.gets()
            check(all(r.first is not None for r in gets[1:]), f"{what}: begun at zero again")
            check(len(gets) <= 14, f"{what}: {len(gets)} requests")
            begun = [r.first for r in gets[1:]]
            equal(begun, sorted(begun), f"{what}: where the ranges begin")


def many_short_ranges(shop):
    """More of them than a transfer has tries, and each with a right to be so short."""
    def answer(asked):
        first = asked.first or 0
        if asked.first is None:
            return asked.reply(200, LONG, send=50_000, Accept_Ranges="bytes", ETag='"v1"')
        return asked.part(LONG, end=min(first + 50_000, len(LONG)), ETag='"v1"')
    expect_file(shop, answer, LONG, "ranges of 50,000 bytes")


def a_206_that_holds_the_whole(shop):
    """Whatever is asked, all of the file comes, under a 206 that says so (proxies; aria2#2393)."""
    for tag in ({"ETag": '"v1"'}, {}):
        def answer(asked, tag=tag):
            if asked.first is None:
                return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **tag)
            return asked.part(LONG, first=0, **tag)
        expect_file(shop, answer, LONG, f"the whole as a 206, {tag}")


def a_206_that_nobody_asked_for(shop):
    for most in (STEP, len(LONG)):
        def answer(asked, most=most):
            first = asked.first or 0
            asked.part(LONG, first=first, end=min(first + most, len(LONG)), ETag='"v1"')
        expect_file(shop, answer, LONG, f"{most} bytes as a 206")


def a_200_that_holds_a_range(shop):
    """The range is honoured, the status is wrong (modelscope_hub#50). The rest is never taken for the whole."""
    for tag in ({"ETag": '"v1"'}, {}):
        def answer(asked, tag=tag):
            if asked.first is None:
                return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", **tag)
            rest = LONG[asked.first:]
            return asked.reply(200, rest, Content_Range=f"bytes {asked.first}-{len(LONG) - 1}/{len(LONG)}", **tag)
        expect_file(shop, answer, LONG, f"a range as a 200, {tag}")


def if_range_that_is_not_understood(shop):
    """Ranges are honoured, but with If-Range the whole comes, under the same tag (aria2-next#43)."""
    def answer(asked):
        if asked.first is None or "if-range" in asked.fields:
            return asked.reply(200, LONG, send=STEP, Accept_Ranges="bytes", ETag='"v1"')
        return asked.part(LONG, send=STEP, ETag='"v1"')
    expect_file(shop, answer, LONG, "no If-Range")


def the_end_is_asked_for_again(shop):
    """All bytes are here, only the last chunk is not; beyond the end there is a 416 with a page (curl#1163, #2288)."""
    chunked = b"%x\r\n%s\r\n" % (len(LONG), LONG)
    for tag in ({"ETag": '"v1"'}, {}):
        def answer(asked, tag=tag):
            if asked.first is None:
                return asked.reply(200, chunked, length=False, Transfer_Encoding="chunked", **tag)
            if asked.first >= len(LONG):
                return asked.reply(416, b"<html>416</html>", Content_Range=f"bytes */{len(LONG)}", Content_Type="text/html")
            return asked.part(LONG, **tag)
        expect_file(shop, answer, LONG, f"behind the end, {tag}")


# --- bodies that end too early, or nobody knows where --------------------------------------------------------------------

def shorter_than_announced(shop):
    """By the list's size; what comes has another length, and the protocol finds nothing amiss."""
    body = drawn(500, "short")
    for line in ({"size": 501}, {"size": 100_000, "sha256": hashlib.sha256(b"the whole").hexdigest()}):
        server = expect_failure(shop, lambda asked: asked.reply(200, body), "not_downloaded", f"{line}", line)
        check(len(server.gets()) > 1, "not tried again")
    expect_file(shop, lambda asked: asked.reply(200, body), body, "a digest is right whatever the size",
                {"size": 501, "sha256": hashlib.sha256(body).hexdigest()})
    with serving(lambda asked: asked.reply(200, body if asked.number < 20 else body + b"!")) as server:
        destination = shop.fresh("out")
        for _ in range(8):
            run = export_links(shop, server, destination, {"path": "f.bin", "size": 501})
            if run.code == 0:
                break
            run.expect(4)
        equal(file_of(destination), body + b"!", "once the server has it all")


def nothing_says_how_long(shop):
    """Plain HTTP, and only the connection's end: kept, and named. A size or a digest of the list settles it."""
    body = b"12345"

    def open_end(asked):
        asked.reply(200, body, length=False, send=3)

    def whole(asked):
        asked.reply(200, body, length=False)
    expect_failure(shop, open_end, "length_unknown", "cut", kept=body[:3])
    expect_failure(shop, whole, "length_unknown", "whole, but who knows", kept=body)
    expect_failure(shop, open_end, "not_downloaded", "cut, with a size", {"size": 5})
    expect_file(shop, whole, body, "with a size", {"size": 5})
    expect_file(shop, whole, body, "with a digest", {"sha256": hashlib.sha256(body).hexdigest()})
    expect_failure(shop, lambda asked: asked.reply(200, b"5\r\n123", length=False, Transfer_Encoding="chunked"), "not_downloaded", "a chunk cut")
    expect_failure(shop, lambda asked: asked.reply(200, b"3\r\n123\r\n", length=False, Transfer_Encoding="chunked"), "not_downloaded",
                   "the last chunk missing")
    expect_file(shop, lambda asked: asked.reply(200, b"5\r\n12345\r\n0\r\n\r\n", length=False, Transfer_Encoding="chunked"), body, "chunked")


def a_length_unknown_is_said_again(shop):
    with serving(lambda asked: asked.reply(200, b"12345", length=False)) as server:
        destination = shop.fresh("out")
        for what in ("the first run", "the second"):
            export_links(shop, server, destination).expect(4, what)
            equal(reasons(destination), {"length_unknown": 1}, what)
        equal(certificate(destination)["counts"]["stored"], 1, "stored")
        shop.expect_sound(destination, "a length unknown")


# --- the same bytes for several files ------------------------------------------------------------------------------------

def one_page_for_several_files(shop):
    """A maintenance page as octet-stream, a placeholder: no file of anybody's. When the server is well, the next run has all."""
    page = b"<html>Back soon</html>" * 20
    files = {f"{i}.bin": drawn(300 + i, i) for i in range(6)}
    lines = [{"path": name, "sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()]
    ill, together = [True], threading.Barrier(2, timeout=harness.PATIENCE_S)

    def answer(asked):
        name = asked.path.strip("/")
        if ill[0] and asked.number == 0 and name in ("0.bin", "1.bin"):
            together.wait()  # so that none of them is over before another is asked for
        asked.reply(200, page if ill[0] else files[name], Content_Type="application/octet-stream")
    with serving(answer) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination, *lines).expect(4)
        equal(reasons(destination), {"not_downloaded": 6}, "reasons")
        check(not os.path.exists(os.path.join(destination, "data/unproven")), "the page is kept as if it were a photo")
        ill[0] = False
        export_links(shop, server, destination, *lines).expect(0, "when the server is well")
        for name, body in files.items():
            check(file_of(destination, name) == body, name)


if __name__ == "__main__":
    harness.main(changed_after_half, changed_after_half_webdav, an_overlap_that_differs_in_its_first_byte,
                 an_overlap_that_is_equal_while_the_rest_is_not, another_total_is_another_version, a_new_version_over_bad_connections,
                 connections_that_end_early, a_206_that_nobody_asked_for,
                 many_short_ranges, a_206_that_holds_the_whole, a_200_that_holds_a_range, if_range_that_is_not_understood,
                 the_end_is_asked_for_again, shorter_than_announced, nothing_says_how_long, a_length_unknown_is_said_again,
                 one_page_for_several_files)
