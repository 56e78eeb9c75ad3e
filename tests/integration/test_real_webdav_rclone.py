#!/usr/bin/env python3
"""rclone's own WebDAV server, filled through rclone's client, and read with its names and times. Debian: rclone."""
import os

import harness
from real import Servers, client, export_whole, free_ports, own_environment, program, refused, timed, tree, write_tree

USER, PASSWORD = "user", "pass w\u00f6rd"


def everything(shop):
    rclone = program("rclone")
    things = tree(many=60)
    served, local = shop.at("served"), shop.at("local")
    os.mkdir(served)
    write_tree(things, local)
    port, = free_ports(1)
    login = f"{USER}:{PASSWORD}\n"
    source = f"webdav://127.0.0.1:{port}/"
    env = own_environment(RCLONE_CONFIG=os.devnull)
    with Servers(shop) as servers:
        def start():
            servers.start(rclone, "serve", "webdav", served, "--addr", f"127.0.0.1:{port}", "--user", USER, "--pass", PASSWORD, env=env)
            servers.await_ports(port)

        def fill():
            hidden = client(rclone, "obscure", PASSWORD, env=env).stdout.strip()
            remote = f":webdav,url='http://127.0.0.1:{port}',user={USER},pass='{hidden}':"
            client(rclone, "copy", "--transfers", "16", "--checkers", "16", local, remote, env=env)

        def refusals():
            refused(shop, 6, source, credentials=f"{USER}:not it\n", secret="not it")
            refused(shop, 7, source + "nothing there/", credentials=login, secret=PASSWORD)

        for _ in timed(("start", start), ("fill with rclone", fill),
                       ("export", lambda: export_whole(shop, things, source, credentials=login)),
                       ("export a folder", lambda: export_whole(
                           shop, {path.removeprefix("odd/"): content for path, content in things.items() if path.startswith("odd/")},
                           source + "odd/", credentials=login)),
                       ("what is refused", refusals)):
            pass


if __name__ == "__main__":
    harness.main(everything)
