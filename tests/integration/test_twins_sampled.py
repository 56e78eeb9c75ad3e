#!/usr/bin/env python3
"""What a list announces as the same bytes is not taken on its word: of each such file its own bytes are asked for at three
places, and compared with what is stored."""
import hashlib
import json
import os

import harness
from harness import certificate, check, equal
from test_joining import drawn, export_links, file_of, serving

SIZE = 100_000


def stored_bytes(destination):
    """The different contents below data/, data/unproven included."""
    found = set()
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as stream:
                found.add(stream.read())
    return found


def lines(announced, *names):
    sha1 = hashlib.sha1(announced).hexdigest()
    return [{"path": name, "size": len(announced), "sha1": sha1} for name in names]


def serve_files(files, ranges=True):
    def answer(asked):
        body = files[asked.path.rpartition("/")[2]]
        if ranges and asked.first is not None:
            last = len(body) - 1 if asked.last is None else min(asked.last, len(body) - 1)
            return asked.part(body, end=last + 1, ETag='"one"', Accept_Ranges="bytes")
        return asked.reply(200, body, ETag='"one"', **({"Accept_Ranges": "bytes"} if ranges else {}))
    return answer


def true_twins_cost_three_small_requests(shop):
    body = drawn(SIZE, "twin")
    with serving(serve_files({"a.bin": body, "b.bin": body})) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination, *lines(body, "a.bin", "b.bin")).expect(0, "true twins")
        check(file_of(destination, "a.bin") == body and file_of(destination, "b.bin") == body, "both are there")
        ranges = sorted((r.first, r.last) for r in server.gets("/b.bin"))
        equal(len(ranges), 3, "samples of the twin")
        equal(ranges[0], (0, 4095), "its first bytes")
        equal(ranges[2], (SIZE - 4096, SIZE - 1), "its last bytes")
        check(4096 <= ranges[1][0] <= SIZE - 8192 and ranges[1][1] - ranges[1][0] == 4095, f"a place between: {ranges[1]}")
        counts = certificate(destination)["counts"]
        equal((counts["twins_on_announcement"], counts["twins_sampled"]), (1, 1), "the certificate's twins")
        before = len(server.requests)
        export_links(shop, server, destination, *lines(body, "a.bin", "b.bin")).expect(0, "again")
        equal(len(server.requests), before, "requests of a run with nothing to do")


def two_files_under_one_announcement_are_both_kept(shop):
    for pairs in (1, 32):
        files, wanted = {}, []
        for pair in range(pairs):
            first, second = drawn(SIZE, f"{pair}/first"), drawn(SIZE, f"{pair}/second")
            files[f"{pair}a.bin"], files[f"{pair}b.bin"] = first, second
            wanted += lines(first, f"{pair}a.bin", f"{pair}b.bin")
        with serving(serve_files(files)) as server:
            destination = shop.fresh("out")
            run = export_links(shop, server, destination, *wanted)
            check(run.code in (3, 4), f"{pairs} pairs: code {run.code}")
            lost = [name for name, body in files.items() if body not in stored_bytes(destination)]
            equal(lost, [], f"{pairs} pairs: files lost")


def a_difference_at_one_end_alone_is_found(shop):
    body = drawn(SIZE, "ends")
    for what, other in (("first", b"?" + body[1:]), ("last", body[:-1] + b"?"), ("shorter", body[:-1])):
        with serving(serve_files({"a.bin": body, "b.bin": other})) as server:
            destination = shop.fresh("out")
            run = export_links(shop, server, destination, *lines(body, "a.bin", "b.bin"))
            check(run.code in (3, 4), f"{what}: code {run.code}")


def a_host_without_ranges_is_asked_for_the_whole(shop):
    body = drawn(SIZE, "no ranges")
    with serving(serve_files({"a.bin": body, "b.bin": body}, ranges=False)) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination, *lines(body, "a.bin", "b.bin")).expect(0, "no ranges")
        check(file_of(destination, "b.bin") == body, "the twin is there")
        counts = certificate(destination)["counts"]
        equal((counts["twins_on_announcement"], counts["checked_by_source_digest"]), (0, 2), "fetched for itself")


def a_small_twin_is_compared_whole(shop):
    body = drawn(9_000, "small")
    other = body[:5000] + b"?" + body[5001:]
    with serving(serve_files({"a.bin": body, "b.bin": other})) as server:
        run = export_links(shop, server, shop.fresh("out"), *lines(body, "a.bin", "b.bin"))
        check(run.code in (3, 4), f"a byte in the middle of a small file: code {run.code}")


def archives_compare_with_what_is_packed(shop):
    body, other = drawn(SIZE, "packed"), drawn(SIZE, "another")
    for form in ("tar", "tar.zst", "zip"):
        with serving(serve_files({"a.bin": body, "b.bin": body, "c.bin": other})) as server:
            destination = shop.fresh("out")
            run = shop.run("export", "links:" + write_list(shop, server, lines(body, "a.bin", "b.bin")), destination,
                           "--no-progress", "--format", form)
            run.expect(0, form)
            equal(certificate(destination)["counts"]["twins_sampled"], 1, f"{form}: sampled")
            destination = shop.fresh("out")
            run = shop.run("export", "links:" + write_list(shop, server, lines(body, "a.bin", "c.bin")), destination,
                           "--no-progress", "--format", form)
            check(run.code in (3, 4), f"{form}: code {run.code}")


def write_list(shop, server, entries):
    path = shop.fresh("list")
    with open(path, "w", encoding="utf-8") as out:
        for entry in entries:
            out.write(json.dumps({"url": f"{server.url}/{entry['path']}", **entry}) + "\n")
    return path


if __name__ == "__main__":
    harness.main(true_twins_cost_three_small_requests, two_files_under_one_announcement_are_both_kept,
                 a_difference_at_one_end_alone_is_found, a_host_without_ranges_is_asked_for_the_whole,
                 a_small_twin_is_compared_whole, archives_compare_with_what_is_packed)
