#!/usr/bin/env python3
"""WebDAV lists that leave out, contradict themselves, lead away or break off: what they lose is never called complete, and
one bad folder costs itself alone."""
import copy
import os
from xml.sax.saxutils import escape

from beside import bounded, check, equal, exceptions, suite

from bed import ServerBed
from contents import drawn
from harness import certificate, payload
from judging import list_lines
from servers import Face, Reply, Server, content_reply

NAMES = 'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns" xmlns:s="http://sabredav.org/ns"'


def row(href, props, status="200 OK"):
    return (f"<d:response><d:href>{escape(href)}</d:href><d:propstat><d:prop>{props}</d:prop>"
            f"<d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response>")


def folder(href, props=""):
    return row(href, "<d:resourcetype><d:collection/></d:resourcetype>" + props)


def file(href, content, etag=None):
    tag = f"<d:getetag>{escape(etag)}</d:getetag>" if etag else ""
    return row(href, f"<d:resourcetype/><d:getcontentlength>{content.size}</d:getcontentlength>{tag}")


def listed(*rows, **headers):
    body = f'<?xml version="1.0"?><d:multistatus {NAMES}>{"".join(rows)}</d:multistatus>'
    return Reply(207, {"Content-Type": "application/xml", **headers}, body.encode())


class Lists(Face):
    """Answers by the request's target as it was sent: a Reply, or a function of the request that gives one."""

    def __init__(self):
        self.lists, self.bytes = {}, {}

    def kind_of(self, request):
        return {"PROPFIND": "list", "GET": "get"}.get(request.method, "write"), request.target

    def answer(self, request):
        if request.kind == "get":
            found = self.bytes.get(request.target)
            if callable(found):
                return found(request)
            return Reply(404) if found is None else content_reply(request, found)
        found = self.lists.get(request.target)
        if callable(found):
            found = found(request)
        return copy.copy(found) or Reply(404)  # a fault may change it


class ListsBed(ServerBed):
    kind = "webdav"

    def __init__(self, shop):
        super().__init__(shop, Lists())

    @property
    def source(self):
        return f"webdav://127.0.0.1:{self.server.port}/dav/"

    def serve(self, path, *rows, **headers):
        """The list of this folder: itself, and these."""
        self.face.lists[path] = listed(folder(path), *rows, **headers)

    def store(self, path, seed, size=1000):
        """Bytes to be had at this path; its row of a list."""
        self.face.bytes[path] = drawn(size, seed)
        return file(path, self.face.bytes[path])


def stored(destination):
    return sorted(os.path.relpath(path, "data/files") for path in payload(destination))


def ends(bed, code, *words):
    destination = bed.shop.fresh("out")
    run = bed.export(destination, *words)
    check(run.code == code, f"answered {run.code}, not {code}: {run.said[-2000:]}")
    bounded(run)
    return destination


def gaps(destination):
    """Reason by id."""
    return {e["id"]: e["reason"] for e in certificate(destination)["exceptions"]}


# --- a folder that was listed, and answers 404 or 403 itself

def a_listed_folder_that_is_not_found(make):
    for status in (404, 410, 403):
        bed = make()
        bed.serve("/dav/", folder("/dav/50%25%20off/"), bed.store("/dav/a.bin", 1))
        bed.face.lists["/dav/50%25%20off/"] = Reply(status)
        destination = ends(bed, 4)
        equal(gaps(destination), {"50% off/": "folder_not_listed"}, f"exceptions with {status}")
        check(str(status) in certificate(destination)["exceptions"][0]["detail"], "the status is not in the detail")
        equal(stored(destination), ["a.bin"], "stored")


def a_folder_that_is_gone(make):
    """The list behind it has it no more: no difference."""
    for status in (404, 410, 403):
        bed = make()
        rest = bed.store("/dav/a.bin", 1)
        bed.serve("/dav/", folder("/dav/sub/"), rest)

        def gone(_request, bed=bed, rest=rest, status=status):
            bed.serve("/dav/", rest)
            return Reply(status)
        bed.face.lists["/dav/sub/"] = gone
        equal(gaps(ends(bed, 0)), {}, f"exceptions with {status}")


def a_folder_that_is_gone_with_its_parent(make):
    """Upwards until something answers. One that is still listed above is no proof of anything below it."""
    for still in (False, True):
        bed = make()
        bed.serve("/dav/", folder("/dav/a/"), bed.store("/dav/x.bin", 1))
        bed.serve("/dav/a/", folder("/dav/a/b/"))

        def gone(_request, bed=bed, still=still):
            if not still:
                bed.serve("/dav/", file("/dav/x.bin", bed.face.bytes["/dav/x.bin"]))
            del bed.face.lists["/dav/a/"]
            return Reply(404)
        bed.face.lists["/dav/a/b/"] = gone
        destination = ends(bed, 4 if still else 0)
        equal(gaps(destination), {"a/b/": "folder_not_listed"} if still else {}, "exceptions")


def many_folders_that_are_refused(make):
    """The list above is not asked for once for each of them."""
    bed = make()
    names = [f"/dav/f{number:03}/" for number in range(300)]
    bed.serve("/dav/", *[folder(name) for name in names], bed.store("/dav/a.bin", 1))
    for name in names:
        bed.face.lists[name] = Reply(403)
    destination = ends(bed, 4)
    equal(len(gaps(destination)), 300, "named")
    asked = len(bed.server.log("list", "/dav/"))
    check(asked < 40, f"the root was asked for {asked} times")


def one_folder_fails(make, how):
    """What lies beside it and behind it is stored, and the next run, when it is well, is complete under plain names."""
    bed = make()
    bed.serve("/dav/", folder("/dav/a/"), folder("/dav/b/"), folder("/dav/c/"), bed.store("/dav/x.bin", 1))
    bed.serve("/dav/a/", bed.store("/dav/a/1.bin", 2))
    bed.serve("/dav/b/", bed.store("/dav/b/2.bin", 3))
    bed.serve("/dav/c/", bed.store("/dav/c/3.bin", 4))
    if how == "closes":
        bed.server.fault("list", "cut", key="/dav/b/", after=0, times=0)
    elif how == "breaks off":
        bed.server.fault("list", "cut", key="/dav/b/", after=150, times=0, reset=False)
    else:
        bed.server.fault("list", "status", key="/dav/b/", status=how, times=0)
    destination = ends(bed, 4)
    equal(gaps(destination), {"b/": "folder_not_listed"}, "exceptions")
    equal(stored(destination), ["a/1.bin", "c/3.bin", "x.bin"], "stored")
    bed.heal()
    bed.export(destination).expect(0, "the next run")
    equal(stored(destination), ["a/1.bin", "b/2.bin", "c/3.bin", "x.bin"], "stored by the next run")
    equal(certificate(destination)["verdict"], "complete", "verdict")
    bed.export(destination).expect(0, "the run after it")


def the_root_fails(make):
    bed = make()
    bed.face.lists["/dav/"] = Reply(500)
    ends(bed, 7)


# --- lists in pages

def paged(bed, count, link, size=50):
    rows = [bed.store(f"/dav/{number:04}.bin", number, 100) for number in range(count)]

    def page(request):
        mark = int(request.query.get("mark", 0))
        more = mark + size < count
        head = [folder("/dav/")] if mark == 0 else []
        return listed(*head, *rows[mark:mark + size], **({"Link": link(mark + size)} if more else {}))
    bed.face.lists["/dav/"] = page
    for mark in range(size, count, size):
        bed.face.lists[f"/dav/?mark={mark}"] = page


def a_list_in_pages(make):
    for form in ("<%s/dav/?mark=%d>; rel=\"next\"", "</dav/?mark=%d>;REL=next", "<?mark=%d>; rel=\"last next\"; title=\"a, b\"",
                 "<http://127.0.0.9/other>; rel=\"prev\", </dav/?mark=%d>; rel=\"next\""):
        bed = make()
        paged(bed, 230, lambda mark, bed=bed, form=form: form % ((bed.server.url, mark) if "%s" in form else mark))
        destination = ends(bed, 0)
        equal(len(stored(destination)), 230, f"stored with {form}")


def pages_that_lead_away(make):
    """To another host, in a circle, or nowhere: bounded, named, what was listed is stored, and nobody else is asked."""
    elsewhere = Server(Lists())
    try:
        for name, link in (("away", f"<{elsewhere.url}/dav/?mark=50>; rel=\"next\""), ("standing", "</dav/>; rel=\"next\""),
                           ("nowhere", "<http://[>; rel=\"next\"")):
            bed = make()
            paged(bed, 80, lambda _mark, link=link: link)
            destination = ends(bed, 4)
            equal(gaps(destination), {"/": "folder_not_listed"}, f"exceptions: {name}")
            equal(len(stored(destination)), 50, f"stored: {name}")
            check(len(bed.server.log("list")) < 20, f"{name}: {len(bed.server.log('list'))} lists")
        equal(elsewhere.log(), [], "requests elsewhere")
    finally:
        elsewhere.close()


def marks_that_move_and_pages_that_do_not(make):
    """Ever new marks: with the same entries, with none at all, and two pages that lead to each other."""
    for name in ("same", "none", "ring"):
        bed = make()
        one = bed.store("/dav/one.bin", 1)

        def page(request, name=name, one=one):
            mark = int(request.query.get("mark", 0))
            follow = mark + 1 if name != "ring" else 1 + mark % 2
            rows = [one] if mark == 0 or name == "same" else []
            return listed(*([folder("/dav/")] if mark == 0 else []), *rows, Link=f"</dav/?mark={follow}>; rel=next")
        bed.face.answer_list = page
        answer = bed.face.answer
        bed.face.answer = lambda request, page=page, answer=answer: page(request) if request.kind == "list" else answer(request)
        destination = ends(bed, 4)
        equal(gaps(destination), {"/": "folder_not_listed"}, f"exceptions: {name}")
        equal(stored(destination), ["one.bin"], f"stored: {name}")
        check(len(bed.server.log("list")) < 20, f"{name}: {len(bed.server.log('list'))} lists")


def a_list_that_says_it_was_cut(make):
    """RFC 6578, 3.6, and RFC 5323, 2.3.1.2: the folder's own response with 507."""
    bed = make()
    cut = ("<d:response><d:href>/dav/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status>"
           "<d:error><d:number-of-matches-within-limits/></d:error></d:response>")
    bed.face.lists["/dav/"] = listed(bed.store("/dav/a.bin", 1), cut)
    destination = ends(bed, 4)
    equal(gaps(destination), {"/": "folder_not_listed"}, "exceptions")
    equal(stored(destination), ["a.bin"], "stored")


# --- entries that say too little, or lead elsewhere

def hrefs_of_the_backend(make):
    """They are paths of the server that was asked; nothing is sent to that host."""
    elsewhere = Server(Lists())
    try:
        for origin in ("http://backend.internal:8080", elsewhere.url, "https://user:pw@back_end", "HTTP://Other"):
            bed = make()
            bed.serve("/dav/", folder("/dav/sub/"), bed.store("/dav/a.bin", 1))
            bed.store("/dav/sub/lost.bin", 2)
            bed.face.lists["/dav/sub/"] = listed(folder(origin + "/dav/sub/"),
                                                 file(origin + "/dav/sub/lost.bin", bed.face.bytes["/dav/sub/lost.bin"]))
            equal(stored(ends(bed, 0)), ["a.bin", "sub/lost.bin"], f"stored with {origin}")
        equal(elsewhere.log(), [], "requests elsewhere")
    finally:
        elsewhere.close()


def entries_that_cannot_be_placed(make):
    """Each is an exception with its name; what the protocol says is not there is none."""
    for what, code in (
            (file("/etc/passwd", drawn(5, 1)), 4), (file("/dav/../up.bin", drawn(5, 1)), 4), (file("/dav/%2e%2e/up.bin", drawn(5, 1)), 4),
            (file("http://user:secret@127.0.0.9/other/y.bin", drawn(5, 1)), 4), (file("/dav2/z.bin", drawn(5, 1)), 4),
            (row("/dav/nothing", ""), 4), (row("/dav/refused", "<d:resourcetype/>", "403 Forbidden"), 4),
            (row("", "<d:resourcetype/>"), 4), ("<d:response><d:propstat/></d:response>", 4),
            ("<response><href>/dav/x.bin</href></response>", 4), (file("/dav/" + "x" * 9000, drawn(5, 1)), 4),
            ("<d:response><d:href>/dav/gone.bin</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>", 0),
            ("<d:response><d:href>/dav/gone.bin</d:href><d:status>HTTP/1.1 410 Gone</d:status></d:response>", 0),
            (folder("/dav"), 0), (folder("/"), 0)):
        bed = make()
        bed.serve("/dav/", bed.store("/dav/a.bin", 1), what)
        destination = ends(bed, code)
        equal(stored(destination), ["a.bin"], f"stored beside {what[:100]}")
        found = certificate(destination)["exceptions"]
        equal([e["reason"] for e in found], ["entry_not_read"] * (code // 4), f"exceptions for {what[:100]}")
        check("secret" not in str(found), "a password of an href is in the certificate")


def several_hrefs_in_one_response(make):
    """RFC 4918, 14.24: a response with a status may speak of several."""
    bed = make()
    bed.store("/dav/a.bin", 1), bed.store("/dav/b.bin", 2)
    bed.face.lists["/dav/"] = listed(folder("/dav/"), "<d:response><d:href>/dav/a.bin</d:href><d:href>/dav/b.bin</d:href>"
                                     "<d:propstat><d:prop><d:resourcetype/></d:prop></d:propstat></d:response>")
    equal(stored(ends(bed, 0)), ["a.bin", "b.bin"], "stored")


def answers_of_unlimited_depth(make):
    """A server that takes every Depth for infinity. What lies deeper counts when its folder is asked for itself; a folder that
    is named by what is in it alone is asked for, too."""
    for named in (True, False):
        bed = make()
        deep = bed.store("/dav/sub/deep.bin", 2)
        bed.serve("/dav/", *([folder("/dav/sub/")] if named else []), bed.store("/dav/a.bin", 1), deep)
        bed.serve("/dav/sub/", deep)
        equal(stored(ends(bed, 0)), ["a.bin", "sub/deep.bin"], f"stored, named {named}")
        bed = make()
        bed.serve("/dav/", bed.store("/dav/a.bin", 1), deep)
        equal(gaps(ends(bed, 4)), {"sub/": "folder_not_listed"}, "exceptions where that folder is not found")


# --- names that come to one

def two_spellings_of_one_name(make):
    """A server that does not encode: both decode to one name, and only one of the files is what a request gets."""
    for etags in (False, True):
        bed = make()
        one, two = drawn(900, 1), drawn(901, 2)
        bed.serve("/dav/", file("/dav/a b.bin", one, '"1"' if etags else None), file("/dav/a%20b.bin", two, '"2"' if etags else None))
        bed.face.bytes["/dav/a%20b.bin"] = lambda request, one=one: content_reply(request, one, '"1"')
        bed.face.bytes["/dav/a%2520b.bin"] = lambda request, two=two: content_reply(request, two, '"2"')
        destination = bed.shop.fresh("out")
        for _ in range(2):
            run = bed.export(destination)
            check(run.code in (0, 4), f"answered {run.code}: {run.said}")
            if run.code == 4:
                equal(list(exceptions(destination).values()), ["names_collide"], "reasons")
                check(one.is_in(os.path.join(destination, "data/files/a b.bin")), "the first is not there")


def two_spellings_of_one_folder(make):
    bed = make()
    bed.serve("/dav/", folder("/dav/a b/"), folder("/dav/a%20b/"))
    bed.serve("/dav/a%20b/", bed.store("/dav/a%20b/1.bin", 1))
    destination = ends(bed, 4)
    equal(list(gaps(destination).values()), ["names_collide"], "reasons")
    equal(stored(destination), ["a b/1.bin"], "stored")


def the_same_entry_twice(make):
    """Harmless, in one answer and in both spellings of its host."""
    bed = make()
    one = bed.store("/dav/a b.bin", 1)
    bed.face.bytes["/dav/a%20b.bin"] = bed.face.bytes["/dav/a b.bin"]
    bed.serve("/dav/", one, one, folder("/dav/s/"), folder("/dav/s/"), file("http://backend/dav/a b.bin", bed.face.bytes["/dav/a b.bin"]))
    bed.serve("/dav/s/")
    equal(stored(ends(bed, 0)), ["a b.bin"], "stored")


# --- more of what servers do

def a_folder_that_is_not_found_in_a_207(make):
    """nginx: 207, and within it nothing but "not found"."""
    for status, still in (("404 Not Found", True), ("404 Not Found", False), ("403 Forbidden", True)):
        bed = make()
        rest = bed.store("/dav/a.bin", 1)
        bed.serve("/dav/", folder("/dav/s/"), rest)

        def nothing(_request, bed=bed, rest=rest, status=status, still=still):
            if not still:
                bed.serve("/dav/", rest)
            return listed(row("/dav/s/", "", status))
        bed.face.lists["/dav/s/"] = nothing
        equal(gaps(ends(bed, 4 if still else 0)), {"s/": "folder_not_listed"} if still else {}, f"exceptions with {status}")
    bed = make()
    bed.face.lists["/dav/"] = listed(row("/dav/", "", "404 Not Found"))
    ends(bed, 7)


def a_folder_that_says_it_is_a_file(make):
    bed = make()
    bed.serve("/dav/", folder("/dav/s/"), bed.store("/dav/a.bin", 1))
    bed.face.lists["/dav/s/"] = listed(row("/dav/s", "<d:resourcetype/>"))
    equal(gaps(ends(bed, 4)), {"s/": "folder_not_listed"}, "exceptions")


def a_server_behind_another(make):
    """The one in front takes the beginning off the path, and hrefs lack it; also where the only folder has that very name."""
    bed = make()
    bed.store("/dav/a%20b.bin", 1), bed.store("/dav/s/b.bin", 2)
    bed.face.lists["/dav/"] = listed(folder("/"), file("/a%20b.bin", bed.face.bytes["/dav/a%20b.bin"]), folder("/s/"))
    bed.face.lists["/dav/s/"] = listed(folder("/s/"), file("/s/b.bin", bed.face.bytes["/dav/s/b.bin"]))
    equal(stored(ends(bed, 0)), ["a b.bin", "s/b.bin"], "stored")
    bed = make()
    bed.store("/dav/dav/b.bin", 2)
    bed.face.lists["/dav/"] = listed(folder("/"), folder("/dav/"))
    bed.face.lists["/dav/dav/"] = listed(folder("/dav/"), file("/dav/b.bin", bed.face.bytes["/dav/dav/b.bin"]))
    equal(stored(ends(bed, 0)), ["dav/b.bin"], "stored, where the folder has the name that is missing")


def an_empty_folder_that_has_a_size(make):
    """Nextcloud answers so when the storage behind a folder fails: 207, and nothing in it."""
    for props in (counts(size=70000), counts(3, 0), counts(0, 2)):
        bed = make()
        bed.serve("/dav/", folder("/dav/s/"), bed.store("/dav/a.bin", 1))
        bed.face.lists["/dav/s/"] = listed(folder("/dav/s/", props))
        equal(gaps(ends(bed, 4)), {"s/": "list_unsteady"}, f"exceptions with {props}")


def spellings_of_names(make):
    """Names encoded more or less than need be, in either case, with a plus in them, and the folder as "."."""
    bed = make()
    names = {"/dav/%5bReference%5d/": "[Reference]", "/dav/C++/": "C++", "/dav/a%2bb/": "a+b"}
    bed.serve("/dav/", row("/dav/.", "<d:resourcetype/><d:getcontentlength>0</d:getcontentlength>"), *[folder(path) for path in names])
    for path in names:
        bed.serve(path, bed.store(path + "1+1.bin", path))
    equal(stored(ends(bed, 0)), sorted(name + "/1+1.bin" for name in names.values()), "stored")


# --- servers that count

def counts(files=None, folders=None, size=None):
    return "".join(f"<{name}>{value}</{name}>" for name, value in (
        ("nc:contained-file-count", files), ("nc:contained-folder-count", folders), ("oc:size", size)) if value is not None)


def a_server_that_counts(make):
    """What it counts beyond what it lists is a difference, once a fresh list says so too."""
    for props, code in ((counts(2, 1), 0), (counts(1, 0), 0), (counts(3, 1), 4), (counts(2, 2), 4), (counts(size=99999), 0)):
        bed = make()
        rows = [bed.store("/dav/a.bin", 1), bed.store("/dav/b.bin", 2), folder("/dav/s/")]
        bed.face.lists["/dav/"] = listed(folder("/dav/", props), *rows)
        bed.serve("/dav/s/")
        destination = ends(bed, code)
        equal(gaps(destination), {"/": "list_unsteady"} if code else {}, f"exceptions with {props}")
        equal(len(bed.server.log("list", "/dav/")), 3 if code else 2, "lists of the root, that of the login included")
        if code:
            check("3" in certificate(destination)["exceptions"][0]["detail"] or "2" in certificate(destination)["exceptions"][0]["detail"],
                  "no numbers in the detail")


def a_size_that_is_larger(make):
    """Of a folder without folders, the bytes are compared as well."""
    for size, code in ((2000, 0), (1500, 0), (2001, 4), (-1, 0)):
        bed = make()
        bed.face.lists["/dav/"] = listed(folder("/dav/", counts(size=size)), bed.store("/dav/a.bin", 1), bed.store("/dav/b.bin", 2))
        equal(list(gaps(ends(bed, code)).values()), ["list_unsteady"] if code else [], f"exceptions with {size}")


def counts_that_heal(make):
    """The fresh list has what the first left out."""
    bed = make()
    rows = [bed.store(f"/dav/{number}.bin", number) for number in range(3)]
    asked = []

    def page(request):
        asked.append(request.header("Depth"))
        return listed(folder("/dav/", counts(3, 0)), *(rows if asked.count("1") > 1 else rows[:2]))
    bed.face.lists["/dav/"] = page
    equal(len(stored(ends(bed, 0))), 3, "stored")


def a_doubled_entry_hides_nothing(make):
    bed = make()
    one = bed.store("/dav/a.bin", 1)
    bed.face.lists["/dav/"] = listed(folder("/dav/", counts(2, 0)), one, one)
    equal(gaps(ends(bed, 4)), {"/": "list_unsteady"}, "exceptions")


# --- downloads that say no

def listed_and_refused(make, status):
    """The list still has it as before: that it is refused is not the item's fate, and the run is incomplete."""
    bed = make()
    bed.serve("/dav/", bed.store("/dav/a.bin", 1), file("/dav/b.bin", drawn(10, 2)))
    body = (f'<d:error {NAMES}><s:exception>Sabre\\DAV\\Exception\\Forbidden</s:exception><s:message>No &lt;read&gt; permission'
            "</s:message></d:error>").encode()
    bed.face.bytes["/dav/b.bin"] = lambda _request: Reply(status, {"Content-Type": "application/xml"}, body)
    destination = ends(bed, 4)
    equal(gaps(destination), {"b.bin": "refused_though_listed"}, "exceptions")
    detail = certificate(destination)["exceptions"][0]["detail"]
    check(str(status) in detail, f"detail: {detail}")
    if status == 403:
        check("No <read> permission" in detail and "Forbidden" in detail, f"the server's own words are not in the detail: {detail}")
    asked = len(bed.server.log("get", "/dav/b.bin"))
    check(asked <= 3, f"asked for {asked} times")


def a_condition_that_is_always_refused(make):
    """If-Match is answered 412 though the entity tag is the listed one: asked for without, and it is learnt after a few."""
    bed = make()
    contents = {f"/dav/{number:02}.bin": drawn(500 + number, number) for number in range(20)}

    def strict(request):
        if request.header("If-Match"):
            return Reply(412)
        return content_reply(request, contents[request.target], '"e"')
    for path in contents:
        bed.face.bytes[path] = strict
    bed.serve("/dav/", *[file(path, content, '"e"') for path, content in contents.items()])
    destination = ends(bed, 0, "--connections", "1")
    equal(len(stored(destination)), 20, "stored")
    with_condition = [entry for entry in bed.server.log("get") if entry["if_match"]]
    check(len(with_condition) < 10, f"{len(with_condition)} requests with If-Match")


def another_version(make):
    """It changed between list and download: the list has it otherwise, and that is stored."""
    for etag_alone in (False, True):
        bed = make()
        old, new = drawn(700, 1), drawn(700 if etag_alone else 800, 2)
        bed.serve("/dav/", file("/dav/a.bin", old, '"1"'), bed.store("/dav/b.bin", 3))

        def changed(request, bed=bed, new=new):
            bed.serve("/dav/", file("/dav/a.bin", new, '"2"'), file("/dav/b.bin", bed.face.bytes["/dav/b.bin"]))
            return content_reply(request, new, '"2"')
        bed.face.bytes["/dav/a.bin"] = changed
        destination = ends(bed, 0)
        files = [os.path.join(destination, line["file"]) for line in list_lines(destination) if line["name"] == "a.bin"]
        check(any(new.is_in(path) for path in files), f"the new bytes are not there: {files}")


def gone_in_the_list_as_well(make):
    """One file of several that went: deleted, which is the source's affair. So where its folder went, too."""
    for whole in (False, True):
        bed = make()
        rest = bed.store("/dav/a.bin", 1)
        bed.serve("/dav/", rest, folder("/dav/s/"))
        bed.serve("/dav/s/", file("/dav/s/b.bin", drawn(10, 2)))

        def gone(_request, bed=bed, rest=rest, whole=whole):
            if whole:
                bed.serve("/dav/", rest)
                bed.face.lists.pop("/dav/s/", None)
            else:
                bed.serve("/dav/s/")
            return Reply(404)
        bed.face.bytes["/dav/s/b.bin"] = gone
        equal(gaps(ends(bed, 3)), {"s/b.bin": "deleted_in_cloud"}, "exceptions")


# --- catalogues of older versions

def a_folder_that_an_older_version_kept_as_a_file(make):
    """Older versions kept an item for a folder that could not be listed. It is not missing when the folder is listed."""
    import sqlite3
    bed = make()
    bed.serve("/dav/", bed.store("/dav/a.bin", 1))
    destination = ends(bed, 0)
    with sqlite3.connect(os.path.join(destination, ".decamp", "catalogue.sqlite")) as catalogue:
        catalogue.execute("INSERT INTO item(seen, tallied, state, fingerprint, source_id, home, bucket, name, locator, reason, detail)"
                          " SELECT seen, tallied, 2, 1, 'b/', '/', '', 'b', '!HTTP 403', 'folder_not_listed', 'HTTP 403' FROM item")
    catalogue.close()
    bed.serve("/dav/", folder("/dav/b/"), file("/dav/a.bin", bed.face.bytes["/dav/a.bin"]))
    bed.serve("/dav/b/", bed.store("/dav/b/1.bin", 2))
    for path in ("/dav/b", "/dav/b/"):
        bed.face.bytes[path] = lambda _request: Reply(200, {"Content-Type": "text/html"}, b"<html>an index</html>")
    bed.export(destination).expect(0, "the next run")
    equal(stored(destination), ["a.bin", "b/1.bin"], "stored")


def a_case(test, name, value):
    def case(make):
        test(make, value)
    case.__name__ = name
    return case


suite.run(ListsBed, [
    a_listed_folder_that_is_not_found, a_folder_that_is_gone, a_folder_that_is_gone_with_its_parent, many_folders_that_are_refused,
    *[a_case(one_folder_fails, f"one_folder_fails_{how}".replace(" ", "_"), how)
      for how in (503, 500, 429, 403, 404, 405, 423, "closes", "breaks off")],
    the_root_fails, a_list_in_pages, pages_that_lead_away, marks_that_move_and_pages_that_do_not, a_list_that_says_it_was_cut,
    hrefs_of_the_backend, entries_that_cannot_be_placed, several_hrefs_in_one_response, answers_of_unlimited_depth,
    a_folder_that_is_not_found_in_a_207, a_folder_that_says_it_is_a_file, a_server_behind_another, an_empty_folder_that_has_a_size,
    spellings_of_names, two_spellings_of_one_name, two_spellings_of_one_folder, the_same_entry_twice, a_server_that_counts, a_size_that_is_larger,
    counts_that_heal, a_doubled_entry_hides_nothing,
    *[a_case(listed_and_refused, f"listed_and_refused_{status}", status) for status in (403, 404, 410, 412, 423)],
    a_condition_that_is_always_refused, another_version, gone_in_the_list_as_well, a_folder_that_an_older_version_kept_as_a_file])
