#!/usr/bin/env python3
"""WebDAV servers that refuse, misbehave and circle, and those that only write their answers oddly."""
import posixpath
import urllib.parse

from beside import a_case_each, bounded, check, ends, equal, exceptions, fill, reasons, refused_list, suite, whole

from beds import DavBed
from contents import drawn
from dav_face import BOMB, DEPTH, EXTERNAL
from link_face import LinkFace
from servers import Reply, Server


def filled(make, count=4):
    bed = make()
    fill(bed, count)
    bed.put("ä ö/+&%#?;.bin", drawn(333, 1))
    return bed


# --- who may

def wrong_password(make):
    for auth in ("basic", "digest", "digest-sha256"):
        bed = filled(make)
        bed.face.auth = auth
        bed.refuse_login()
        ends(bed, 6)


def digest(make):
    """The password itself never goes over the wire, and a nonce that has gone stale is no refusal."""
    for auth in ("digest", "digest-sha256"):
        bed = filled(make)
        bed.face.auth, bed.face.stale_every = auth, 5
        whole(bed)
        equal([entry for entry in bed.server.log() if (entry["authorization"] or "").startswith("Basic")], [], "Basic headers")


def nobody_is_asked(make):
    bed = filled(make)
    bed.face.auth, bed.credentials = None, None
    run = bed.export(bed.shop.fresh("out"))
    check(run.code in (0, 2), f"answered {run.code}: {run.said}")
    bed.shop.notes.append(f"without credentials: {run.code}")


def credentials_that_are_none(make):
    bed = filled(make)
    for text in ("no colon in it", "user:pass\r\nX-Evil: 1\r\n", "user:pa\x7fss\x01"):
        _, run = ends(bed, 2, credentials=text)
        check("no colon in it" not in run.said and "Evil" not in run.said, "what was malformed is quoted")
    equal(bed.server.log(), [], "requests")


# --- answers that are none

NO_LISTS = (BOMB.encode(), EXTERNAL.encode(), DEPTH.encode(), b"<html><body>Please log in</body></html>", b"",
            b"\xff\xfe<\x00", b"<?xml version='1.0' encoding='UTF-7'?><multistatus xmlns='DAV:'/>",
            b"<multistatus><response><href>/dav/x</href></response></multistatus>")


def an_answer_that_is_no_list(make, body):
    bed = filled(make)
    bed.face.propfind_body = body
    refused_list(bed)


def a_page_with_200(make):
    bed = filled(make)
    bed.server.fault("list", "body", body=b"<!DOCTYPE html><html>A router's page</html>", times=0)
    refused_list(bed)


def an_answer_without_an_end(make):
    bed = filled(make)
    bed.face.propfind_body = "endless"
    refused_list(bed)


def no_webdav_there(make, status):
    bed = filled(make)
    bed.server.fault("any", "status", status=status, times=0)
    ends(bed, 7)


# --- trees that circle

def the_folder_above_is_listed(make):
    bed = filled(make)
    bed.face.lists_parent = True
    whole(bed)


def a_folder_within_itself(make):
    """Each folder holds itself once more, or another one: the walk ends all the same, says so, and what is there is kept."""
    for switch in ("loops", "bottomless"):
        bed = filled(make, 2)
        setattr(bed.face, switch, True)
        destination = bed.shop.fresh("out")
        run = bed.export(destination)
        check(run.code in (0, 3, 4, 7), f"{switch}: answered {run.code}: {run.said[-2000:]}")
        bounded(run)
        asked = len(bed.server.log("list"))
        check(asked < 5000, f"{asked} folders were asked for")
        bed.shop.notes.append(f"{switch}: answered {run.code} after {asked} lists, {reasons(destination)}")


def hrefs_that_lead_away(make):
    """Names outside of the folder that was asked about are named and not asked for, on this host and on others. What lies in the
    folder but for the host is a path of this server, which the list names and the server does not have."""
    bed = filled(make)
    elsewhere = Server(LinkFace())
    inner = bed.face.multistatus
    try:
        def with_strangers(rows):
            reply = inner(rows)
            strangers = "".join(
                f"<d:response xmlns:d='DAV:'><d:href>{href}</d:href><d:propstat><d:prop><d:getcontentlength>5"
                "</d:getcontentlength><d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
                for href in ("/etc/passwd", f"{elsewhere.url}/dav/stranger.bin", "/dav/../up.bin", "/dav/%2e%2e/up.bin",
                             "//127.0.0.9/dav/x.bin", "http://user:pw@127.0.0.9/dav/y.bin", "file:///etc/passwd", "/davother/z"))
            close = reply.body.rindex(b"</")
            reply.body = reply.body[:close] + strangers.encode() + reply.body[close:]
            return reply
        bed.face.multistatus = with_strangers
        destination = bed.shop.fresh("out")
        run = bed.export(destination)
        check(run.code == 4, f"answered {run.code}: {run.said}")
        equal(set(reasons(destination)), {"entry_not_read", "refused_though_listed", "folder_not_listed"}, "reasons")
        equal(elsewhere.log(), [], "requests elsewhere")
        asked = {posixpath.normpath(urllib.parse.unquote(entry["target"])) for entry in bed.server.log()}
        equal([path for path in sorted(asked) if path != "/dav" and not path.startswith("/dav/")], [], "asked for outside of the folder")
    finally:
        elsewhere.close()


# --- odd, and right

def ways_to_write_a_list(make):
    for switches in ({"href": "url"}, {"href": "lower"}, {"href": "no_slash"}, {"prefix": ""}, {"prefix": "x0"}, {"href": "raw"},
                     {"missing_first": True}, {"etags": False}, {"weak_etags": True}, {"ranges": False}, {"checksums": True},
                     {"sizes": False}, {"propfind_type": "text/xml"}, {"propfind_type": 'text/xml; charset="utf-8"'},
                     {"root": "/remote.php/dav/files/user@example + ü"}):
        bed = make()
        for name, value in switches.items():
            setattr(bed.face, name, value)
        fill(bed, 4)
        bed.put("ä ö/+&;.bin" if switches.get("href") == "raw" else "ä ö/+&%#?;.bin", drawn(333, 1))
        try:
            whole(bed)
        except Exception as why:
            raise type(why)(f"{switches}: {why}") from why


def checksums_that_are_wrong(make):
    bed = make()
    bed.face.checksums = True
    fill(bed, 3)
    bed.face.files[b"folder 1/item 001.bin"].content = Lying(bed.things["folder 1/item 001.bin"])
    destination = bed.shop.fresh("out")
    run = bed.export(destination).expect(3)
    equal(exceptions(destination), {"item 001.bin": "digest_mismatch"}, "exceptions")
    bounded(run)


class Lying(type(drawn(0, 0))):
    """Content whose digests are those of other bytes."""

    def __init__(self, content):
        super().__init__(content.data)

    def hex(self, algorithm="sha256"):
        return drawn(self.size, "other").hex(algorithm)


def the_root_without_a_slash(make):
    """A server that redirects /dav to /dav/, as most do."""
    bed = filled(make)
    inner = bed.face.propfind

    def redirecting(request, path):
        if path in bed.face.folders and not request.raw_path.endswith("/"):
            return Reply(301, {"Location": bed.server.url + request.raw_path + "/"})
        return inner(request, path)
    bed.face.propfind = redirecting
    whole(bed)


suite.run(DavBed, [wrong_password, digest, nobody_is_asked, credentials_that_are_none,
                   a_page_with_200, an_answer_without_an_end, the_folder_above_is_listed,
                   a_folder_within_itself, hrefs_that_lead_away, ways_to_write_a_list, checksums_that_are_wrong,
                   the_root_without_a_slash, *a_case_each("an_answer_that_is_no_list", an_answer_that_is_no_list, NO_LISTS),
                   *a_case_each("no_webdav_there", no_webdav_there, (404, 405, 501))])
