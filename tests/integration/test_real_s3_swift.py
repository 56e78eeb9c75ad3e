#!/usr/bin/env python3
"""OpenStack Swift's S3, which is strict about signatures and lists, filled by Amazon's client.
Debian: swift-proxy, swift-account, swift-container, swift-object, memcached."""
import os

import harness
from harness import skip
from real import (Servers, answers, client, export_whole, free_ports, program, timed, tree)
from test_real_s3_radosgw import fill, refusals

COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_level = ERROR
"""
STORE = """[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
PROXY = """[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
"""
# The program swift-ring-builder, three times for each ring, takes longer than all the rest.
SYSTEMS_PYTHON = "/usr/bin/python3"
RING = """import sys
from swift.common.ring import RingBuilder
builder = RingBuilder(8, 1, 1)
builder.add_dev(dict(id=0, region=1, zone=1, ip='127.0.0.1', port=int(sys.argv[2]), device='d1', weight=1, meta='',
                     replication_ip='127.0.0.1', replication_port=int(sys.argv[2])))
builder.rebalance()
builder.get_ring().save(sys.argv[1])
"""
PLAIN = ["catch_errors", "gatekeeper", "listing_formats", "bulk", "copy", "slo", "dlo"]


class Swift:
    key_id, secret = "test:tester", "swift-secret-of-tests"

    def __init__(self, servers, folder):
        self.folder = folder
        kinds = ("account", "container", "object")
        programs = {kind: program(f"swift-{kind}-server") for kind in (*kinds, "proxy")}
        memcached = program("memcached")
        os.makedirs(os.path.join(folder, "devices/d1"))
        try:
            os.setxattr(os.path.join(folder, "devices"), "user.test", b"1")
        except OSError:
            skip("the folder for temporary files keeps no extended attributes, which Swift needs")
        self.write("swift.conf", "[swift-hash]\nswift_hash_path_prefix = tests\nswift_hash_path_suffix = of decamp\n")
        ports = dict(zip((*kinds, "proxy", "memcached"), free_ports(5)))
        user = client("id", "-un").stdout.strip()
        for kind in kinds:
            client(SYSTEMS_PYTHON, "-c", RING, os.path.join(folder, f"{kind}.ring.gz"), str(ports[kind]))
            self.write(f"{kind}.conf", (COMMON + STORE).format(port=ports[kind], folder=folder, user=user, kind=kind))
        filters = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in PLAIN)
        self.write("proxy.conf", (COMMON + PROXY).format(port=ports["proxy"], folder=folder, user=user, secret=self.secret,
                                                         memcached=ports["memcached"]) + filters)
        as_user = ["-u", user] if os.geteuid() == 0 else []
        servers.start(memcached, *as_user, "-l", "127.0.0.1", "-p", str(ports["memcached"]))
        for kind in (*kinds, "proxy"):
            servers.start(programs[kind], os.path.join(folder, f"{kind}.conf"), cwd=folder)
        servers.await_ports(*ports.values())
        self.url = f"http://127.0.0.1:{ports['proxy']}"
        if answers(self.url) is None:
            skip(f"Swift does not answer: {servers.last_words()}")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
            out.write(text)


def everything(shop):
    things = tree(many=20)
    with Servers(shop) as servers:
        steps = timed(
            ("start", lambda: Swift(servers, shop.at("swift"))),
            ("fill with aws", lambda: fill(shop, server, things)),
            ("export", lambda: export_whole(shop, things, "s3://bucket", *here(), credentials=credentials())),
            ("what is refused", lambda: refusals(shop, server, here())),
        )
        server = next(steps)

        def here():
            return "--endpoint", server.url

        def credentials():
            return f"AWS_ACCESS_KEY_ID={server.key_id}\nAWS_SECRET_ACCESS_KEY={server.secret}\n"
        for _ in steps:
            pass


if __name__ == "__main__":
    harness.main(everything)
