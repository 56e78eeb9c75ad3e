#!/usr/bin/env python3
"""Filters that match nothing have a code of their own, 11, and the nearest name there is; so have `list` and `extract`. And what
is no list of links is none from the start (2), while a list with some bad lines stays one."""
import http.server
import json
import os
import threading

import harness
from harness import certificate, check, equal, payload


def source(shop):
    folder = shop.fresh("source")
    for path in ("Camera/IMG_0001.jpg", "Camera/IMG_0002.jpg", "Screenshots/s.png"):
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as out:
            out.write(path.encode())
    return f"folder:{folder}"


def filters(shop):
    of = source(shop)
    for words, near in ((("--include", "Camra/*"), "Camera"), (("--include", "camera/*"), "Camera"),
                        (("--include", "IMG_0001.jpeg"), "IMG_0001.jpg"), (("--include", "Camera/IMG_0001.JPG"), "IMG_0001.jpg"),
                        (("--exclude", "**"), None), (("--since", "2999-01-01"), None)):
        for quiet in ((), ("--quiet",)):
            destination = shop.fresh("out")
            run = shop.run("export", of, destination, "--no-progress", *quiet, *words).expect(11, f"{words} {quiet}")
            check("Nothing matches" in run.said, run.said)
            check(near is None or f"“{near}”" in run.said, f"{words}: {run.said}")
            equal(certificate(destination)["counts"]["stored"], 0, f"{words}: stored")
            shop.verify(destination).expect(0, f"{words}")


def days_are_those_of_this_computer(shop):
    folder = shop.fresh("source")
    os.mkdir(folder)
    evening = 1714593600  # 2024-05-01T20:00:00Z
    with open(os.path.join(folder, "a.txt"), "wb") as out:
        out.write(b"a")
    os.utime(os.path.join(folder, "a.txt"), (evening, evening))
    for zone, code in (("UTC0", 11), ("CST-8", 0), ("EST5", 11)):
        shop.run("export", f"folder:{folder}", shop.fresh("out"), "--no-progress", "--since", "2024-05-02", env={"TZ": zone}).expect(code, zone)


def what_was_exported_stays(shop):
    of, destination = source(shop), shop.fresh("out")
    shop.run("export", of, destination, "--no-progress").expect(0)
    before = payload(destination)
    shop.run("export", of, destination, "--no-progress", "--include", "Holiday/*").expect(11)
    equal(payload(destination), before, "data")
    shop.verify(destination).expect(0)
    shop.run("export", of, destination, "--no-progress", "--include", "Camera/*").expect(0)
    empty = shop.fresh("empty")
    os.mkdir(empty)
    shop.run("export", f"folder:{empty}", shop.fresh("out"), "--no-progress", "--include", "x").expect(0, "an empty source")


def list_and_extract(shop):
    destination = shop.fresh("out")
    shop.run("export", source(shop), destination, "--no-progress").expect(0)
    for words, near in ((("Camra/*",), "Camera"), (("--album", "camera"), "Camera"), (("IMG_0001.jpeg",), "IMG_0001.jpg"),
                        (("--since", "2999-01-01"), None)):
        for command in (("list", destination), ("extract", destination, shop.fresh("to"))):
            run = shop.run(*command, *words).expect(11, f"{command[0]} {words}")
            check(near is None or f"“{near}”" in run.said, run.said)
    shop.run("list", destination, "Camera/*").expect(0)


NO_LISTS = {
    "prose": "Dear diary,\ntoday I went to the sea.\nIt was warm.\n",
    "one word": "hello",
    "a web page's text": "Terms of service\n\nBy using this you agree\nto everything\n" * 50,
    "JSON on many lines": json.dumps({"name": "x", "version": "1.0.0", "scripts": {"a": "b"}}, indent=2),
    "JSON on one line": json.dumps({"a": 1, "links": ["http://127.0.0.1/x"]}),
    "JSON lines of something else": '{"id": 1}\n{"id": 2}\n',
    "a JSON number": "42\n",
    "a JSON string": '"http://127.0.0.1/x"\n',
    "CSV": "name,size\nhttp,1\nftp,2\n",
}


def what_is_no_list(shop):
    for what, text in NO_LISTS.items():
        words, destination = shop.fresh("words"), shop.fresh("out")
        with open(words, "w", encoding="utf-8") as out:
            out.write(text)
        run = shop.run("export", f"links:{words}", destination, "--no-progress").expect(2, what)
        check("list" in run.said, f"{what}: {run.said}")


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"the bytes of it"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def with_server(case):
    def run(shop):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            case(shop, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            server.server_close()
    run.__name__ = case.__name__
    return run


def exported_list(shop, text, code):
    words, destination = shop.fresh("words"), shop.fresh("out")
    with open(words, "w", encoding="utf-8") as out:
        out.write(text)
    shop.run("export", f"links:{words}", destination, "--no-progress").expect(code, text[:80])
    return destination


@with_server
def some_bad_lines(shop, at):
    destination = exported_list(shop, f"not a link\n# a comment\n{at}/a\n{{\"url\": 1}}\n", 3)
    equal(len(payload(destination)), 1, "files")
    equal(len(certificate(destination)["exceptions"]), 2, "exceptions")
    exported_list(shop, "# nothing but a comment\n\n", 0)
    exported_list(shop, "", 0)


@with_server
def many_folders(shop, at):
    deep = "/".join(["f"] * 120) + "/x.bin"
    long_names = "/".join(f"folder {n}" for n in range(120)) + "/x.bin"
    destination = exported_list(shop, json.dumps({"url": f"{at}/a", "path": deep}) + "\n" + json.dumps({"url": f"{at}/b", "path": long_names}) + "\n", 0)
    stored = sorted(payload(destination))
    equal(len(stored), 2, f"files {stored}")
    check(all(path.startswith("data/files/long paths/") for path in stored), stored)
    shop.verify(destination).expect(0)
    with open(os.path.join(destination, "lists/files.jsonl"), encoding="utf-8") as stream:
        equal(len(stream.read().splitlines()), 2, "lines")
    too_deep = "/".join(["f"] * 1500) + "/x.bin"
    destination = exported_list(shop, json.dumps({"url": f"{at}/a", "path": too_deep}) + "\n" + f"{at}/b\n", 3)
    (exception,) = certificate(destination)["exceptions"]
    equal(exception["reason"], "refused_by_cloud", "reason")
    check("too many folders" in exception["detail"], exception)


if __name__ == "__main__":
    harness.main(filters, days_are_those_of_this_computer, what_was_exported_stays, list_and_extract, what_is_no_list, some_bad_lines, many_folders)
