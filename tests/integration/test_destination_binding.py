#!/usr/bin/env python3
"""DEST belongs to one account, one list of links, one folder; it is bound when the first item is stored, and --moved binds it anew.
What is kept of an account gives it away to nobody."""
import http.server
import json
import os
import shutil
import sqlite3
import threading

import harness
from harness import check, equal, payload


def fact(destination, name):
    with sqlite3.connect(os.path.join(destination, ".decamp/catalogue.sqlite")) as catalogue:
        row = catalogue.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    catalogue.close()
    return row and row[0]


def set_fact(destination, name, value):
    with sqlite3.connect(os.path.join(destination, ".decamp/catalogue.sqlite")) as catalogue:
        catalogue.execute("DELETE FROM fact WHERE name = ?", (name,))
        if value is not None:
            catalogue.execute("INSERT INTO fact(name, value) VALUES(?, ?)", (name, value))
    catalogue.close()


def user_of(cloud):
    text = cloud.credentials()
    return json.loads(text)["userId"] if text.lstrip().startswith("{") else text.split("userId=")[1].split(";")[0].strip()


def two_accounts(shop):
    cloud = shop.cloud({"library": {"items": 12}})
    other = shop.cloud({"library": {"items": 12, "seed": 7}, "session": {"user_id": "9876543210"}})
    for form in ((), ("--format", "zip")):
        destination = shop.fresh("out")
        shop.export(cloud, destination, *form).expect(0)
        before = payload(destination)
        run = shop.export(other, destination).expect(2, "another account")
        check("another account" in run.said and "--moved" in run.said, run.said)
        equal(payload(destination), before, "data")
        shop.run("repair", destination, other.source, "--no-progress", credentials=other.credentials()).expect(0, "nothing to fetch")
        shop.export(cloud, destination).expect(0, "the first account again")
        shop.verify(destination).expect(0)


def an_account_is_kept_secret(shop):
    cloud = shop.cloud({"library": {"items": 12}})
    marks = set()
    for form in ((), ("--format", "tar")):
        destination = shop.fresh("out")
        shop.export(cloud, destination, *form).expect(0)
        user = user_of(cloud).encode()
        for folder, _, names in os.walk(destination):
            for name in names:
                with open(os.path.join(folder, name), "rb") as stream:
                    check(user not in stream.read(), f"the user id stands in {name}")
        mark = fact(destination, "source_account") or "::"
        salt, rounds, kept = mark.split(":")
        check(len(salt) == 32 and int(rounds or 0) >= 100_000 and len(kept) == 4, mark)
        marks.add(salt)
    equal(len(marks), 2, "salts")


def before_accounts_were_noted(shop):
    cloud = shop.cloud({"library": {"items": 12}})
    destination = shop.fresh("out")
    shop.export(cloud, destination).expect(0)
    set_fact(destination, "source_account", None)
    shop.export(cloud, destination).expect(0)
    check(fact(destination, "source_account"), "not bound by a run that was whole")
    other = cloud.credentials().replace(user_of(cloud), "9876543210")
    shop.export(cloud, destination, credentials=other).expect(2)


def folder_of(shop, name, files):
    folder = shop.at(name)
    for path, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as out:
            out.write(content)
    return folder


def export(shop, source, destination, *words, **more):
    return shop.run("export", source, destination, "--no-progress", *words, **more)


def a_phone_mounted_elsewhere(shop):
    files = {"DCIM/a.jpg": b"a", "DCIM/b.jpg": b"b"}
    first, destination = folder_of(shop, "first", files), shop.fresh("out")
    export(shop, f"folder:{first}", destination).expect(0)
    second = shop.at("second")
    shutil.move(first, second)
    with open(os.path.join(second, "DCIM/c.jpg"), "wb") as out:
        out.write(b"c")
    before = payload(destination)
    run = export(shop, f"folder:{second}", destination).expect(2)
    check("--moved" in run.said, run.said)
    equal(payload(destination), before, "data")
    export(shop, f"folder:{second}", destination, "--moved").expect(0)
    equal(sorted(payload(destination)), [f"data/files/DCIM/{n}.jpg" for n in "abc"], "data")
    export(shop, f"folder:{second}", destination).expect(0, "bound to it by now")
    shop.verify(destination).expect(0)
    words = shop.at("list.txt")
    with open(words, "w", encoding="utf-8") as out:
        out.write("http://127.0.0.1:9/x\n")
    export(shop, f"links:{words}", destination, "--moved").expect(2, "another kind")


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def served():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def two_lists(shop):
    server = served()
    lists = []
    for name in ("one", "two"):
        lists.append(shop.at(name))
        with open(lists[-1], "w", encoding="utf-8") as out:
            out.write(f"http://127.0.0.1:{server.server_port}/{name}.bin\n")
    destination = shop.fresh("out")
    export(shop, f"links:{lists[0]}", destination).expect(0)
    export(shop, f"links:{lists[1]}", destination).expect(2, "another list")
    with open(lists[0], "a", encoding="utf-8") as out:
        out.write(f"http://127.0.0.1:{server.server_port}/more.bin\n")
    export(shop, f"links:{lists[0]}", destination).expect(0, "the list grew")
    renamed = shop.at("renamed")
    os.rename(lists[0], renamed)
    export(shop, f"links:{renamed}", destination).expect(2, "renamed")
    export(shop, f"links:{renamed}", destination, "--moved").expect(0, "renamed, and said so")
    equal(len(payload(destination)), 2, "files")
    server.shutdown()
    server.server_close()


def nothing_was_stored_yet(shop):
    """The wrong folder first, or a list none of whose links is there: the right SOURCE goes on, and nothing of the former is named."""
    wrong, right = folder_of(shop, "wrong", {}), folder_of(shop, "right", {"a.txt": b"a"})
    os.makedirs(wrong)
    destination = shop.fresh("out")
    export(shop, f"folder:{wrong}", destination).expect(0)
    export(shop, f"folder:{right}", destination).expect(0, "after an empty folder")
    equal(sorted(payload(destination)), ["data/files/a.txt"], "data")
    equal(harness.certificate(destination)["exceptions"], [], "exceptions")
    export(shop, f"folder:{wrong}", destination).expect(2, "bound by now")

    refused = shop.at("refused.txt")
    with open(refused, "w", encoding="utf-8") as out:
        out.write("http://127.0.0.1:9/x\n")
    destination = shop.fresh("out")
    check(export(shop, f"links:{refused}", destination).code in (3, 4, 7), "it could not be had")
    export(shop, f"folder:{right}", destination).expect(0, "after a list that gave nothing")
    equal(harness.certificate(destination)["exceptions"], [], "exceptions")
    equal(harness.certificate(destination)["counts"]["listed"], 1, "listed")
    shop.verify(destination).expect(0)


def a_wrong_region(shop):
    cloud = shop.cloud({"library": {"items": 6}})
    destination = shop.fresh("out")
    check(shop.run("export", "micloud:http://localhost:9", destination, "--no-progress", credentials=cloud.credentials()).code == 7,
          "nobody is there")
    shop.export(cloud, destination).expect(0)
    shop.verify(destination).expect(0)


if __name__ == "__main__":
    harness.main(two_accounts, an_account_is_kept_secret, before_accounts_were_noted, a_phone_mounted_elsewhere, two_lists,
                 nothing_was_stored_yet, a_wrong_region)
