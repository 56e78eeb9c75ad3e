#!/usr/bin/env python3
"""Buckets that are refused, misbehave or lie elsewhere, and those that are only odd."""
from beside import a_case_each, bounded, check, ends, equal, exceptions, fill, named, reasons, refused_list, suite, whole

from beds import S3Bed
from contents import Plain, drawn
from dav_face import BOMB, EXTERNAL
from s3_face import S3Face, Thing
from servers import Reply, Server



def filled(make, count=4):
    bed = make()
    fill(bed, count)
    return bed


# --- who may

def wrong_secret(make):
    bed = filled(make)
    bed.refuse_login()
    ends(bed, 6)


def unknown_key(make):
    bed = filled(make)
    ends(bed, 6, credentials="AWS_ACCESS_KEY_ID=NOSUCHKEY\nAWS_SECRET_ACCESS_KEY=something/else+long=\n")


def a_clock_that_differs(make):
    for seconds in (3600, -3600):
        bed = filled(make)
        bed.face.clock_ahead = seconds
        ends(bed, 6, "clock", "time")


def keys_from_the_environment(make):
    bed = filled(make)
    env = dict(line.split("=", 1) for line in bed.credentials.splitlines())
    bed.credentials, bed.env = None, env
    whole(bed)


def keys_in_other_forms(make):
    bed = filled(make)
    key_id, secret = next(iter(bed.face.keys.items()))
    for text in (f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n",
                 f'{{"AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}"}}',
                 f"export AWS_ACCESS_KEY_ID='{key_id}'\nexport AWS_SECRET_ACCESS_KEY=\"{secret}\"\n"):
        bed.credentials = text
        whole(bed)


def keys_that_are_none(make):
    bed = filled(make)
    for text in ("AWS_ACCESS_KEY_ID=ONLYTHEKEY\n", "{\"AccessKeyId\": 7}", "AWS_SECRET_ACCESS_KEY=onlythesecret\n"):
        _, run = ends(bed, 2, credentials=text)
        check("ONLYTHEKEY" not in run.said and "onlythesecret" not in run.said, "what was malformed is quoted")
    equal(bed.server.log(), [], "requests")


# --- where it is

def a_bucket_that_is_not_there(make):
    bed = filled(make)
    ends(bed, 7, "missing-bucket", "not there", "no ", source="s3://missing-bucket")


def another_region_is_told(make):
    """A server of its own says which region to sign for: that is done."""
    bed = filled(make)
    bed.face.region = "eu-test-7"
    whole(bed)


def a_region_by_environment(make):
    bed = filled(make)
    bed.face.region = "eu-test-7"
    bed.env = {"AWS_REGION": "eu-test-7"}
    whole(bed)


def redirected_to_another_region(make):
    """The bucket is said to be at another endpoint: keys and requests do not follow to where nobody sent them."""
    bed = filled(make)
    elsewhere = Server(S3Face())
    bed.face.moved_to = elsewhere.url
    try:
        ends(bed, 7)
        equal(elsewhere.log(), [], "requests at the other endpoint")
    finally:
        elsewhere.close()


def redirected_with_its_bytes(make):
    """A 307 for an object: whoever is asked there sees no signature of ours."""
    bed = filled(make)
    elsewhere = Server(S3Face(keys={}))
    elsewhere.face.things = dict(bed.face.things)
    try:
        for path in bed.things:
            bed.server.fault("get", "status", key=path, status=307, times=0,
                             headers={"Location": f"{elsewhere.url}/bucket/{path.replace(' ', '%20')}"})
        run = bed.export(bed.shop.fresh("out"))
        check(run.code in (0, 3, 4, 7), f"answered {run.code}: {run.said}")
        bed.shop.notes.append(f"answered {run.code}, {len(elsewhere.log())} requests elsewhere")
        equal([entry for entry in elsewhere.log() if entry["authorization"]], [], "signed requests elsewhere")
    finally:
        elsewhere.close()


# --- lists that are none

NO_LISTS = (BOMB.encode(), EXTERNAL.encode(), b"<html><body>maintenance</body></html>", b"", b"{}", b"\xff\xfe<\x00",
            b"<?xml version='1.0' encoding='UTF-7'?><ListBucketResult/>", b"<ListBucketResult>" + b"<a>" * 200_000)


def a_list_that_is_no_xml(make, body):
    bed = filled(make)
    bed.server.fault("list", "body", body=body, times=0, headers={"Content-Type": "application/xml"})
    refused_list(bed)


def an_error_with_200(make):
    body = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an error</Message></Error>'
    bed = filled(make)
    bed.server.fault("list", "body", body=body, headers={"Content-Type": "application/xml"})
    whole(bed)
    bed = filled(make)
    bed.server.fault("list", "body", body=body, times=0, headers={"Content-Type": "application/xml"})
    refused_list(bed)


class EndlessFace(S3Face):
    """Its list is one page without an end."""

    def list(self, query):
        def forever():
            yield b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>'
            while True:
                yield b"k" * 65536
        return Reply(200, {"Content-Type": "application/xml"}, endless=forever())


class CirclingFace(S3Face):
    """Each page is the first, and says that there is another."""

    def list(self, query):
        return super().list({name: value for name, value in query.items() if name not in ("continuation-token", "marker",
                                                                                        "start-after")})


def a_list_without_an_end(make, kind):
    bed = filled(make)
    changed = kind()
    changed.__dict__.update(bed.face.__dict__)
    bed.server.face = bed.face = changed
    changed.page = 2
    refused_list(bed)


# --- odd, and right

def an_old_server(make):
    """Version 1 of lists alone, and keys that come as they are."""
    for encoding in (True, False):
        bed = filled(make, 13)
        bed.face.v1_only, bed.face.url_encoding, bed.face.page = True, encoding, 4
        bed.put("odd/a+b %41&<c>.bin", drawn(100, 1))
        whole(bed)


def keys_that_are_not_encoded(make):
    bed = filled(make, 13)
    bed.face.url_encoding, bed.face.page = False, 4
    bed.put("odd/a+b %41&<c>.bin", drawn(100, 1))
    whole(bed)


def etags_that_are_no_md5(make):
    for form in ("multipart", "opaque"):
        bed = make()
        bed.form = form
        fill(bed, 4)
        bed.put("large.bin", drawn((20 << 20) + 5, 1))
        whole(bed)


def checksums(make):
    """x-amz-checksum: what agrees is complete, what does not is named and its bytes are kept."""
    for algorithm in ("crc32", "sha1", "sha256"):
        bed = make()
        bed.form, bed.face.checksum = "opaque", algorithm
        fill(bed, 4)
        whole(bed)
        bed.face.wrong_checksum = True
        destination = bed.shop.fresh("out")
        run = bed.export(destination)
        if any(r["kind"] == "get" for r in bed.server.log()) and run.code == 0:
            bed.shop.notes.append(f"{algorithm} is not looked at")
            continue
        run.expect(3)
        equal(reasons(destination), {"digest_mismatch": 4}, "reasons")


def wrong_md5(make):
    bed = filled(make)
    bed.face.things["folder 1/item 001.bin"].etag = '"' + "0" * 32 + '"'
    destination = bed.shop.fresh("out")
    run = bed.export(destination)
    # An ETag of this form may be no MD5 at all (encryption by the server): then the bytes are kept and nothing is claimed.
    check(run.code in (0, 3), f"answered {run.code}: {run.said}")
    bed.shop.notes.append(f"answered {run.code}, {reasons(destination)}")


def objects_in_the_cold(make):
    bed = filled(make)
    bed.face.things["folder 1/item 001.bin"].storage_class = "GLACIER"
    destination, _ = ends(bed, 3)
    named(bed, destination, {"item 001.bin": "in_cold_storage"})


def refused_one_by_one(make):
    bed = filled(make)
    bed.server.fault("any", "status", key="folder 1/item 001.bin", status=403, times=0)
    destination, _ = ends(bed, (3, 4))
    equal(sorted(exceptions(destination)), ["item 001.bin"], "named")


def markers_of_folders(make):
    """"folder/" of no bytes, as consoles make them, is a folder; with bytes in it, it is something to be kept."""
    bed = filled(make)
    bed.face.things["folder 1/"] = Thing(Plain(b""))
    bed.face.things["only a marker/"] = Thing(Plain(b""))
    destination = bed.shop.fresh("out")
    bed.export(destination).expect(0)
    bed.shop.expect_sound(destination, "the bag")
    bed.face.things["folder 2/"] = Thing(drawn(77, 1))
    run = bed.export(destination)
    check(run.code in (0, 3, 4), f"answered {run.code}: {run.said}")
    bed.shop.notes.append(f"with bytes: answered {run.code}, {reasons(destination)}")


def below_a_prefix(make):
    for prefix in ("photos/", "photos", "ph"):
        bed = filled(make)
        bed.things = {}
        bed.prefix = "photos/"
        fill(bed, 3)
        bed.prefix = prefix
        destination = bed.shop.fresh("out")
        bed.export(destination).expect(0)
        asked = {entry["key"] for entry in bed.gets()}
        equal(sorted(asked), sorted("photos/" + path for path in bed.things), "asked for")
        bounded(bed.export(destination).expect(0, "again"))


def anonymously(make):
    bed = filled(make)
    bed.face.keys = {}
    bed.credentials = None
    run = bed.export(bed.shop.fresh("out"))
    check(run.code in (0, 2, 6), f"answered {run.code}: {run.said}")
    bed.shop.notes.append(f"answered {run.code}")
    equal([entry for entry in bed.server.log() if entry["authorization"]], [], "signed requests")


suite.run(S3Bed, [wrong_secret, unknown_key, a_clock_that_differs, keys_from_the_environment, keys_in_other_forms,
                  keys_that_are_none, a_bucket_that_is_not_there, another_region_is_told, a_region_by_environment,
                  redirected_to_another_region, redirected_with_its_bytes, an_error_with_200,
                  an_old_server, keys_that_are_not_encoded, etags_that_are_no_md5, checksums, wrong_md5,
                  objects_in_the_cold, refused_one_by_one, markers_of_folders, below_a_prefix, anonymously,
                  *a_case_each("a_list_that_is_no_xml", a_list_that_is_no_xml, NO_LISTS),
                  *a_case_each("a_list_without_an_end", a_list_without_an_end, (EndlessFace, CirclingFace))])
