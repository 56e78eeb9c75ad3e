#!/usr/bin/env python3
"""Ceph's S3, filled by Amazon's client and by s3cmd: signatures, lists of two pages, keys of all kinds, parts, what is missing."""
import os
import shutil

import harness
from harness import check
from radosgw import Radosgw
from real import (Servers, client, export_whole, own_environment, program, refused, timed, tree, write_tree)


def credentials_of(server, secret=None):
    return f"AWS_ACCESS_KEY_ID={server.key_id}\nAWS_SECRET_ACCESS_KEY={secret or server.secret}\n"


def aws(server, *words, **more):
    env = own_environment(AWS_ACCESS_KEY_ID=server.key_id, AWS_SECRET_ACCESS_KEY=server.secret, AWS_DEFAULT_REGION="us-east-1",
                          AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_REQUEST_CHECKSUM_CALCULATION="when_required")
    return client(program("aws"), "--endpoint-url", server.url, *words, env=env, **more)


def fill(shop, server, things):
    folder = shop.fresh("tree")
    write_tree(things, folder)
    aws(server, "s3", "mb", "s3://bucket")
    aws(server, "s3", "cp", "--recursive", "--only-show-errors", folder, "s3://bucket/")
    aws(server, "s3", "mb", "s3://empty")


def fill_with_s3cmd(shop, server, things):
    if shutil.which("s3cmd") is None:
        print("s3cmd is not installed: its part is left out")
        return False
    folder = shop.fresh("tree")
    write_tree(things, folder)
    host = server.url.removeprefix("http://")
    words = ["s3cmd", "-c", os.devnull, f"--host={host}", f"--host-bucket={host}", "--no-ssl", f"--access_key={server.key_id}",
             f"--secret_key={server.secret}", "--no-progress", "--no-check-md5"]
    client(*words, "mb", "s3://second")
    client(*words, "--multipart-chunk-size-mb=5", "put", "--recursive", folder + "/", "s3://second/below/")
    return True


def everything(shop):
    things = tree(many=1040)
    few = {path: content for path, content in things.items() if not path.startswith("many/")}
    with Servers(shop, patient=False) as servers:
        steps = timed(
            ("start", lambda: Radosgw(servers, shop.at("ceph"))),
            ("fill with aws", lambda: fill(shop, server, things)),
            ("export", lambda: export_whole(shop, things, "s3://bucket", *here(), credentials=credentials_of(server))),
            ("again", lambda: nothing_again(shop, server, things, here())),
            ("fill with s3cmd, export a prefix", lambda: second(shop, server, few, here())),
            ("what is refused", lambda: refusals(shop, server, here())),
        )
        server = next(steps)

        def here():
            return "--endpoint", server.url
        for _ in steps:
            pass


def nothing_again(shop, server, things, here):
    """A first run below a prefix; its second run stores nothing."""
    part = {path.removeprefix("odd/"): content for path, content in things.items() if path.startswith("odd/")}
    destination = export_whole(shop, part, "s3://bucket/odd/", *here, credentials=credentials_of(server))
    log = shop.fresh("events")
    shop.run("export", "s3://bucket/odd/", destination, *here, "--no-progress", "--events", log,
             credentials=credentials_of(server)).expect(0, "again")
    check(not harness.stored_ids(log), "something was stored again")


def second(shop, server, things, here):
    if fill_with_s3cmd(shop, server, things):
        export_whole(shop, things, "s3://second/below/", *here, credentials=credentials_of(server))


def refusals(shop, server, here):
    refused(shop, 6, "s3://bucket", *here, credentials=credentials_of(server, "wrong/secret+of=nobody"), secret="wrong/secret+of=nobody")
    refused(shop, 7, "s3://missing-bucket", *here, credentials=credentials_of(server), secret=server.secret)
    export_whole(shop, {}, "s3://empty", *here, credentials=credentials_of(server))


if __name__ == "__main__":
    harness.main(everything)
