#!/usr/bin/env python3
"""Links to nginx, over TLS with an authority of its own and plainly: ranges, a rate limit, what is cut off, what is missing.
Debian: nginx (any flavour)."""
import json
import os
import urllib.parse

import harness
from harness import certificate, check, equal
from real import Servers, certificates, export, export_whole, expect_tree, free_ports, program, timed, tree, write_tree
from link_face import LinkFace, Page
from servers import Server

SETTINGS = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
{user}
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/temp1; proxy_temp_path {folder}/temp2; fastcgi_temp_path {folder}/temp3;
  uwsgi_temp_path {folder}/temp4; scgi_temp_path {folder}/temp5;
  limit_req_zone $binary_remote_addr zone=seldom:1m rate=20r/s;
  limit_req_status 429;
  log_format ranges '$status $http_range $request_uri';
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{secure} ssl;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    root {folder}/files;
    access_log {folder}/ranges.log ranges;
    location /seldom/ {{ limit_req zone=seldom; alias {folder}/files/odd/; add_header Retry-After 1 always; }}
    location /packed/ {{ alias {folder}/files/; gzip on; gzip_types *; gzip_min_length 1; }}
    location /cut/ {{ proxy_pass http://127.0.0.1:{behind}; proxy_http_version 1.1; }}
    location /closed/ {{ return 403; }}
    location /moved/ {{ return 302 http://127.0.0.1:{plain}/twin.bin; }}
  }}
}}
"""


def links(shop, base, things, **fields):
    """A file of links, JSON a line; `fields` that are false are left out."""
    path = shop.fresh("links")
    with open(path, "w", encoding="utf-8") as out:
        for name, content in things.items():
            line = {"url": f"{base}/{urllib.parse.quote(name)}", "path": name, "size": content.size, "sha256": content.hex()}
            out.write(json.dumps({key: value for key, value in line.items() if fields.get(key, True)}) + "\n")
    return "links:" + path


def asked(nginx, name):
    """(status, range) of each request for it."""
    with open(os.path.join(nginx, "ranges.log"), encoding="utf-8") as stream:
        rows = [line.split(" ", 2) for line in stream]
    return [(int(status), wanted) for status, wanted, target in rows if target.strip().endswith(urllib.parse.quote(name))]


def start(shop, servers, folder, things, ports, behind):
    nginx = program("nginx")
    certificates(folder)
    write_tree(things, os.path.join(folder, "files"))
    settings = os.path.join(folder, "nginx.conf")
    user = "user root;" if os.geteuid() == 0 else ""
    with open(settings, "w", encoding="utf-8") as out:
        out.write(SETTINGS.format(folder=folder, plain=ports[0], secure=ports[1], behind=behind, user=user))
    servers.start(nginx, "-p", folder, "-e", os.path.join(folder, "error.log"), "-c", settings)
    servers.await_ports(*ports)


def everything(shop):
    things = tree(many=300)
    odd = {path.removeprefix("odd/"): content for path, content in things.items() if path.startswith("odd/")}
    folder, ports = shop.at("nginx"), free_ports(2)
    os.mkdir(folder)
    plain, secure = f"http://127.0.0.1:{ports[0]}", f"https://localhost:{ports[1]}"
    authority = os.path.join(folder, "ca.pem")
    cutting = Server(LinkFace())
    large = things["large.bin"]

    def whole():
        first = export_whole(shop, things, links(shop, secure, things), "--ca-file", authority)
        second = export_whole(shop, things, links(shop, plain, things, sha256=False, size=False))
        # Where two names collide, what keeps them apart comes from the URL.
        equal(*[sorted(line.split()[0] for line in harness.manifest(one)) for one in (first, second)],
              "with digests over TLS, without plainly: digests")

    def cut_off():
        """The proxy's own server ends in the middle, twice: the rest is asked for with Range, through nginx."""
        cutting.face.pages["/cut/large.bin"] = Page(large)
        for _ in range(2):
            cutting.fault("get", "cut", after=4 << 20, reset=False)
        export_whole(shop, {"large.bin": large}, links(shop, plain + "/cut", {"large.bin": large}))
        wanted = [entry["range"] for entry in cutting.log("get")]
        check(len(wanted) == 3 and all(wanted[1:]), f"ranges asked for: {wanted}")
        check((206, wanted[-1]) in asked(folder, "large.bin"), f"in nginx's log: {asked(folder, 'large.bin')}")
        cutting.fault("get", "cut", after=0, times=0, reset=False)
        destination = shop.fresh("out")
        export(shop, links(shop, plain + "/cut", {"large.bin": large}), destination).expect(4)
        equal(len(certificate(destination)["exceptions"]), 1, "exceptions")

    def limited():
        few = dict(list(odd.items())[:5])
        export_whole(shop, few, links(shop, plain + "/seldom", few))
        check(any(status == 429 for name in few for status, _ in asked(folder, name)), "nothing was refused for a while")

    def refusals():
        destination = shop.fresh("out")
        missing = {"closed/x.bin": odd["a+b.bin"], "nothing.bin": odd["a+b.bin"], "twin.bin": things["twin.bin"]}
        run = export(shop, links(shop, plain, missing), destination)
        check(run.code in (3, 4), f"answered {run.code}: {run.said}")
        found = {e["name"]: e["reason"] for e in certificate(destination)["exceptions"]}
        # A link that is refused may be signed for a time that has gone by, which the next list may mend.
        check(found.get("x.bin") in ("refused_by_cloud", "not_downloaded"), f"exceptions: {found}")
        del found["x.bin"]
        equal(found, {"nothing.bin": "deleted_in_cloud"}, "exceptions")
        for words in ((), ("--ca-file", os.path.join(folder, "server.csr"))):
            run = export(shop, links(shop, secure, {"twin.bin": things["twin.bin"]}), shop.fresh("out"), *words)
            check(run.code in (2, 4, 7), f"an authority nobody knows, {words}: answered {run.code}: {run.said}")
        destination = shop.fresh("out")
        moved = {"moved/there.bin": things["twin.bin"]}
        export(shop, links(shop, plain, moved), destination).expect(0)
        expect_tree(shop, moved, destination)

    def packed():
        export_whole(shop, {"twin.bin": things["twin.bin"]}, links(shop, plain + "/packed", {"twin.bin": things["twin.bin"]}))

    try:
        with Servers(shop) as servers:
            for _ in timed(("start", lambda: start(shop, servers, folder, things, ports, cutting.port)),
                           ("export over TLS, and plainly", whole), ("cut off", cut_off), ("a rate limit", limited),
                           ("refused, missing, moved", refusals), ("packed", packed)):
                pass
    finally:
        cutting.close()


if __name__ == "__main__":
    harness.main(everything)
