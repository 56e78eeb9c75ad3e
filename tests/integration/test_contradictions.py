#!/usr/bin/env python3
"""Bytes that contradict what was announced are kept once and fetched again in each run; what was announced stays until a list
says otherwise."""
import hashlib
import json
import os

import harness
from harness import certificate, check, equal, reasons
from test_joining import drawn, export_links, file_of, serving


def line(body, **left_out):
    whole = {"path": "f.bin", "size": len(body), "sha1": hashlib.sha1(body).hexdigest()}
    return {key: value for key, value in whole.items() if left_out.get(key, True)}


def unproven(destination):
    folder = os.path.join(destination, "data/unproven")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def a_server_that_is_well_again(shop):
    right, wrong = drawn(5000, "right"), drawn(5000, "wrong")
    now = [wrong]
    with serving(lambda asked: asked.reply(200, now[0], ETag=f'"{len(now[0])}-{now[0][:4].hex()}"')) as server:
        destination = shop.fresh("out")
        for run in range(3):
            before = len(server.gets())
            export_links(shop, server, destination, line(right)).expect(3, f"wrong bytes, run {run + 1}")
            equal(reasons(destination), {"digest_mismatch": 1}, "reason")
            check(len(server.gets()) > before, "they are asked for again in each run")
            equal(len(unproven(destination)), 1, "kept once")
            shop.expect_sound(destination, "a contradiction")
        now[0] = right
        export_links(shop, server, destination, line(right)).expect(0, "when the server is well")
        equal(file_of(destination), right, "the right bytes")
        equal(len(unproven(destination)), 1, "nothing is thrown away")
        shop.expect_sound(destination, "healed")
        before = len(server.gets())
        export_links(shop, server, destination, line(right)).expect(0, "nothing to do")
        equal(len(server.gets()), before, "requests of a run with nothing to do")


def a_poorer_list_erases_no_contradiction(shop):
    right, wrong = drawn(5000, "announced"), drawn(5000, "given")
    with serving(lambda asked: asked.reply(200, wrong, ETag='"w"')) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination, line(right)).expect(3, "a contradiction")
        export_links(shop, server, destination, line(right, sha1=False)).expect(3, "the next list leaves the digest out")
        export_links(shop, server, destination, line(right, sha1=False, size=False)).expect(3, "and the size")
        equal(reasons(destination), {"digest_mismatch": 1}, "reason")
        # A list that says otherwise is believed.
        export_links(shop, server, destination, line(wrong)).expect(0, "the list announces what comes")


def nothing_was_announced(shop):
    body = drawn(700, "alone")
    with serving(lambda asked: asked.reply(200, body)) as server:
        destination = shop.fresh("out")
        export_links(shop, server, destination, {"path": "a.bin"}, {"path": "b.bin"}, line(body)).expect(0, "all whole")
        counts = certificate(destination)["counts"]
        equal(counts["unchecked"], 2, "unchecked")
        with open(os.path.join(destination, "certificate.json"), encoding="utf-8") as stream:
            named = [entry["name"] for entry in json.load(stream)["unchecked"]]
        equal(sorted(named), ["a.bin", "b.bin"], "which")
        with open(os.path.join(destination, "certificate.txt"), encoding="utf-8") as stream:
            text = stream.read()
        check("a.bin" in text and "neither length nor digest: 2" in text, text)


if __name__ == "__main__":
    harness.main(a_server_that_is_well_again, a_poorer_list_erases_no_contradiction, nothing_was_announced)
