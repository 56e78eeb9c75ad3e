#!/usr/bin/env python3
"""Galleries as the field knows them: lists that shift, contradict themselves or are refused, answers that come poorer, endpoints
that are down. "Complete" is said of none that lost something, and the source is blamed for nothing that it still lists."""
import hashlib
import os

import harness
from gallery import Gallery, OK, Photo, error, ok
from harness import certificate, check, equal, reasons

ALBUMS, TIMELINE, GALLERIES = "/gallery/user/album/list", "/gallery/user/timeline", "/gallery/user/galleries"


def export(shop, gallery, destination=None):
    run = shop.start("export", gallery.source, destination or shop.fresh("out"), "--no-progress",
                     credentials=gallery.credentials()).end()
    run.destination = destination or run.words[3]
    return run


def stored(destination):
    """SHA-1 of everything stored, but for what is kept as unproven."""
    found = set()
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        if "unproven" in folder:
            continue
        for name in names:
            with open(os.path.join(folder, name), "rb") as stream:
                found.add(hashlib.sha1(stream.read()).hexdigest())
    return found


def expect_stored(gallery, run, but=()):
    found = stored(run.destination)
    missing = [p.name for p in gallery.photos if p.sha1 not in found and p not in but]
    check(not missing, f"not stored: {missing}\n{run.said[-2000:]}")


def expect_count(run, count):
    equal(certificate(run.destination)["counts"]["stored"], count, "stored")


def exceptions(run):
    return {(e["id"], e["reason"]) for e in certificate(run.destination)["exceptions"]}


def library(count, days=20, albums=("1", "2")):
    return [Photo(n, albums=(albums[n % len(albums)],), day=n % days, hours=(n * 7) % 24 + 0.5) for n in range(count)]


# ---- rule 1, E10: what a fresh list still has is neither deleted nor refused

def one_refusal_is_none(shop):
    for refused in ((404, "x"), (403, "x"), (400, "x"), (410, "x"), (451, "x"), (421, "x")):
        with Gallery(library(20)) as gallery:
            gallery.bend = lambda path, _: refused if path.startswith("/file/") and not gallery.nth("once") else None
            run = export(shop, gallery)
            run.expect(0, f"once {refused[0]}")
            expect_stored(gallery, run)


def an_endpoint_is_down(shop):
    down = [("/file/", status) for status in (404, 403, 400, 410, 451, 421)] + [("/page/", 404), ("/gallery/storage", 404),
                                                                               ("/gallery/storage", 403),
                                                                               ("/gallery/storage", 10001)]
    for path, status in down:
        with Gallery(library(20)) as gallery:
            answer = error(10001) if status == 10001 else (status, "down")
            gallery.bend = lambda asked, _: answer if asked.startswith(path) else None
            run = export(shop, gallery)
            check(run.code in (4, 7), f"{path} {status}: answered {run.code}\n{run.said[-2000:]}")
            check("deleted_in_cloud" not in reasons(run.destination), f"{path} {status}: {reasons(run.destination)}")


def an_outage_ends_the_burning(shop):
    with Gallery(library(300)) as gallery:
        gallery.bend = lambda path, _: (404, "down") if path.startswith("/file/") else None
        export(shop, gallery).expect(7)
        check(len(gallery.asked("/file/")) < 300, f"{len(gallery.asked('/file/'))} requests for what is down")
        check(len(gallery.log) < 1200, f"{len(gallery.log)} requests")
        gallery.bend = lambda path, _: None
        healed = export(shop, gallery)
        healed.expect(0)
        expect_stored(gallery, healed)


def still_listed_is_not_deleted(shop):
    with Gallery(library(30)) as gallery:
        victim = gallery.photos[7]
        gallery.bend = lambda path, _: (404, "x") if path == "/file/" + victim.id else None
        run = export(shop, gallery)
        run.expect(4)
        equal(reasons(run.destination), {"refused_though_listed": 1}, "reasons")
        expect_stored(gallery, run, [victim])


def deleted_meanwhile(shop):
    """Gone from the list by the time that it is asked for: deleted, whatever the answer was."""
    with Gallery(library(30)) as gallery:
        victim = gallery.photos[7]

        def bend(path, _):
            if path != "/file/" + victim.id:
                return None
            gallery.photos = [p for p in gallery.photos if p is not victim]
            return 404, "x"
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(3)
        equal(reasons(run.destination), {"deleted_in_cloud": 1}, "reasons")


def dated_otherwise_in_another_zone(shop):
    """The day that was guessed is not the one that the cloud has it under: it is looked for beside it, too."""
    with Gallery([Photo(n, day=n // 4, hours=2 + n % 4) for n in range(40)]) as gallery:
        gallery.zone = gallery.filter_zone = -8
        victim = gallery.photos[17]
        gallery.bend = lambda path, _: (404, "x") if path == "/file/" + victim.id else None
        run = export(shop, gallery)
        run.expect(4)
        equal(reasons(run.destination), {"refused_though_listed": 1}, "reasons")


def deleted_by_its_own_word(shop):
    with Gallery(library(30)) as gallery:
        victim = gallery.photos[7]
        gallery.bend = lambda path, asked: error(50050) if path == "/gallery/storage" and asked["id"] == victim.id else None
        run = export(shop, gallery)
        run.expect(3)
        equal(reasons(run.destination), {"deleted_in_cloud": 1}, "reasons")


def changed_meanwhile(shop):
    """It is another photo by now, under the same id: what the list has now is what is stored."""
    with Gallery(library(30)) as gallery:
        victim = gallery.photos[7]

        def bend(path, _):
            if path != "/file/" + victim.id or gallery.nth("file"):
                return None
            victim.bytes += b"edited"
            victim.sha1 = hashlib.sha1(victim.bytes).hexdigest()
            return 451, "x"
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


# ---- E7: an envelope that contradicts itself; an account that is suddenly empty

def error_with_code_zero(shop):
    empty = {"result": "error", "retriable": False, "code": 0,
             "data": {"albums": [], "galleries": [], "dayCount": {}, "isLastPage": True}}
    with Gallery(library(20)) as gallery:
        gallery.bend = lambda path, _: (200, empty) if path in (ALBUMS, TIMELINE, GALLERIES) else None
        run = export(shop, gallery)
        check(run.code in (4, 7), f"answered {run.code}: {run.said[-1000:]}")
        gallery.bend = lambda path, _: (200, empty) if path in (ALBUMS, TIMELINE, GALLERIES) and not gallery.nth(path) else None
        healed = export(shop, gallery)
        healed.expect(0)
        expect_stored(gallery, healed)


def deleted_beside_ok(shop):
    with Gallery(library(20)) as gallery:
        odd = {**OK, "code": 50050, "data": None}
        gallery.bend = lambda path, _: (200, odd) if path == "/gallery/storage" and not gallery.nth("once") else None
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


def empty_since_yesterday(shop):
    nothing = {ALBUMS: ok({"albums": [], "isLastPage": True}), TIMELINE: ok({"dayCount": {}}),
               GALLERIES: ok({"galleries": [], "isLastPage": True})}
    with Gallery(library(20)) as gallery:
        run = export(shop, gallery)
        run.expect(0)
        gallery.bend = lambda path, _: nothing.get(path)
        again = export(shop, gallery, run.destination)
        again.expect(4)
        check(any(e["id"] == "everything" for e in certificate(run.destination)["exceptions"]), "named")
        # Truly emptied: the quota says so, too.
        gallery.bytes_held = lambda: 0
        export(shop, gallery, run.destination).expect(0)


def empty_for_a_moment(shop):
    with Gallery(library(20)) as gallery:
        run = export(shop, gallery)
        run.expect(0)
        gallery.bend = lambda path, _: {
            TIMELINE: ok({"dayCount": {}}), GALLERIES: ok({"galleries": [], "isLastPage": True})}.get(path) \
            if gallery.nth(path) < 2 else None
        export(shop, gallery, run.destination).expect(0)
        check(len(gallery.asked(GALLERIES)) > 2, "asked again")


# ---- E2, E3, rule 6: albums

def many_albums(count=120):
    """Album 100 + n holds one photo that no other list shows."""
    albums = {"1": None, **{str(100 + n): f"Trip {n}" for n in range(count - 1)}}
    gallery = Gallery([Photo(n, albums=(number,), day=n % 9) for n, number in enumerate(albums)], albums)
    everything = gallery.held_by
    gallery.held_by = lambda album: everything(album) if album else [p for p in everything(None) if p.albums == ["1"]]
    return gallery


def album_list_bent(shop, bend, what, code=0):
    with many_albums() as gallery:
        gallery.album_page = 20
        gallery.bend = lambda path, asked: bend(gallery, asked) if path == ALBUMS else None
        run = export(shop, gallery)
        run.expect(code, what)
        if code == 0:
            expect_stored(gallery, run)
            folders = os.listdir(os.path.join(run.destination, "data/albums"))
            check(not [name for name in folders if name.startswith("Album ")], f"{what}: {folders}")
        return run


def last_page_too_early(shop):
    def bend(gallery, asked):
        status, body = gallery.album_list(asked)
        body["data"]["isLastPage"] = asked["pageNum"] == "2" and gallery.nth("2") == 0 or body["data"]["isLastPage"]
        return status, body
    album_list_bent(shop, bend, "the flag, once")


def last_page_on_a_full_page(shop):
    def bend(gallery, asked):
        status, body = gallery.album_list(asked)
        body["data"]["isLastPage"] = True
        return status, body
    with many_albums() as gallery:
        gallery.bend = lambda path, asked: bend(gallery, asked) if path == ALBUMS else None
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


def empty_page_in_the_middle(shop):
    def bend(gallery, asked):
        if asked["pageNum"] == "2":
            return ok({"albums": [], "isLastPage": False})
        return gallery.album_list({**asked, "pageNum": str(int(asked["pageNum"]) - (int(asked["pageNum"]) > 2))})
    album_list_bent(shop, bend, "an empty page that is not the last")


def page_of_a_stale_cache(shop):
    def bend(gallery, asked):
        page = int(asked["pageNum"])
        return gallery.album_list({**asked, "pageNum": str(page - (page > 2))})
    album_list_bent(shop, bend, "a page twice")


def album_deleted_between_two_pages(shop):
    def bend(gallery, asked):
        answer = gallery.album_list(asked)
        if asked["pageNum"] == "2" and not gallery.nth("deletion"):
            del gallery.albums["105"]
            gallery.photos = [p for p in gallery.photos if p.albums != ["105"]]
        return answer
    album_list_bent(shop, bend, "an album deleted between two pages")


def album_list_never_steady(shop):
    def bend(gallery, asked):
        status, body = gallery.album_list(asked)
        if asked["pageNum"] == "0":
            left_out = gallery.nth("walk") + 3
            body["data"]["albums"] = body["data"]["albums"][:left_out] + body["data"]["albums"][left_out + 1:]
        return status, body
    run = album_list_bent(shop, bend, "another list each time", 4)
    check(("albums", "list_unsteady") in exceptions(run), f"{exceptions(run)}")


def albums_that_only_items_name(shop):
    photos = library(60) + [Photo(100 + n, albums=("320",), day=n) for n in range(9)]
    with Gallery(photos) as gallery:
        hidden = [Photo(200 + n, albums=("320",), day=n) for n in range(3)]
        gallery.photos += hidden
        everything = gallery.held_by
        gallery.held_by = lambda album: everything(album) if album else [p for p in everything(None) if p not in hidden]
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


def album_full_names_albums(shop):
    photos = library(40) + [Photo(100 + n, albums=("320",), day=n) for n in range(9)]
    with Gallery(photos) as gallery:
        gallery.full = lambda: ok({"albums": [
            {"albumId": "320", "name": "Summer", "totalImageCount": 9, "totalSize": 9 * 2000},
            {"albumId": 1, "name": "", "totalImageCount": 20, "totalSize": 100}, {"albumId": "2", "totalImageCount": 20}]})
        run = export(shop, gallery)
        run.expect(0)
        check("Summer" in os.listdir(os.path.join(run.destination, "data/albums")), "named by album/full")
        equal(certificate(run.destination)["announced_by"], {"by": "/gallery/album/full", "items": 49, "bytes": 18100},
              "second count")
        gallery.full = lambda: (200, {"result": "ok", "code": 0, "data": {"albums": 7}})
        plain = export(shop, gallery)
        plain.expect(0)
        check("announced_by" not in certificate(plain.destination), "an unusable answer is none")


def private_album_refused(shop):
    for refused in ((403, "x"), (404, "x"), error(10001), error(50050), ok({"galleries": [], "isLastPage": False})):
        photos = library(20) + [Photo(100 + n, albums=("1000",)) for n in range(3)]
        with Gallery(photos) as gallery:
            gallery.bend = lambda path, asked: refused if asked.get("albumId") == "1000" else None
            run = export(shop, gallery)
            run.expect(4, f"{refused}")
            check(("1000", "album_not_listed") in exceptions(run), f"{refused}: {exceptions(run)}")
            expect_stored(gallery, run, photos[20:])


def private_album_is_taken(shop):
    photos = library(20) + [Photo(100 + n, albums=("1000",)) for n in range(3)]
    with Gallery(photos) as gallery:
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)
    with Gallery(library(20)) as gallery:
        export(shop, gallery).expect(0)


def an_album_is_refused(shop):
    for refused in ((403, "x"), (404, "x"), (500, "x"), error(10001), error(50050), (200, "<html>")):
        with many_albums(5) as gallery:
            gallery.bend = lambda path, asked: refused if asked.get("albumId") == "101" else None
            run = export(shop, gallery)
            run.expect(4, f"{refused}")
            check(("101", "album_not_listed") in exceptions(run), f"{refused}: {exceptions(run)}")
            expect_stored(gallery, run, [p for p in gallery.photos if p.albums == ["101"]])
            gallery.bend = lambda path, asked: None
            export(shop, gallery, run.destination).expect(0)


def a_day_is_refused(shop):
    with Gallery([Photo(n, day=n // 150, content=f"day {n // 150}") for n in range(600)]) as gallery:
        def bend(path, asked):
            bad = path == GALLERIES and asked.get("startDate", "0") <= "20200102" <= asked.get("endDate", "0")
            return (500, "x") if bad else None
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(4)
        expect_stored(gallery, run, gallery.photos[150:300])
        expect_count(run, 450)
        check(any(i.startswith("everything") and r == "album_not_listed" for i, r in exceptions(run)), f"{exceptions(run)}")


def everything_is_refused(shop):
    with Gallery(library(20)) as gallery:
        gallery.bend = lambda path, asked: error(10001) if path == GALLERIES else None
        export(shop, gallery).expect(7)


# ---- D2, E5, E6: counts

def another_zone(shop):
    for timeline, dates in ((-8, -8), (0, 0), (0, 8), (8, -5)):
        photos = [Photo(n, albums=(("1", "2")[n % 2],), day=n // 16, hours=(n * 5) % 24 + 0.25, content="many")
                  for n in range(481)]
        with Gallery(photos) as gallery:
            gallery.zone, gallery.filter_zone = timeline, dates
            run = export(shop, gallery)
            run.expect(0, f"timeline {timeline}, dates {dates}")
            equal(certificate(run.destination)["differences"], [], f"timeline {timeline}, dates {dates}")
            expect_count(run, 481)
            if timeline == dates:
                check(len(gallery.asked(GALLERIES)) < 30, f"{len(gallery.asked(GALLERIES))} list requests")


def delete_and_insert_within_a_day(shop):
    with Gallery([Photo(n, day=3, hours=n / 60, content="many") for n in range(700)]) as gallery:
        def bend(path, asked):
            if path != GALLERIES or asked.get("albumId"):
                return None
            answer = gallery.galleries(asked)
            if asked["pageNum"] == "1" and not gallery.nth("swap"):
                # One that was listed goes, so that what follows moves up; one comes at the end: the count stays.
                gallery.held_by(None)[5].listed = False
                gallery.photos.append(Photo(5000, day=3, hours=0))
            return answer
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(0)
        expect_count(run, 701)
        expect_stored(gallery, run)


def moved_between_days(shop):
    """After everything was walked, one is deleted and one comes, on another day: the totals agree."""
    with Gallery([Photo(n, day=n // 150, content="many") for n in range(600)], {"1": None}) as gallery:
        def bend(path, asked):
            if path == GALLERIES and asked.get("albumId") == "1" and not gallery.nth("swap"):
                gallery.photos[0].listed = False
                gallery.photos.append(Photo(5000, albums=("3",), day=2))
            return None
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


def a_doubt_stays(shop):
    """An album counts more than it lists, and is absent or uncounted when it is asked for again."""
    for later in ("absent", "uncounted"):
        with Gallery(library(40)) as gallery:
            def bend(path, asked):
                if path != ALBUMS:
                    return None
                status, body = gallery.album_list(asked)
                rows = body["data"]["albums"]
                if gallery.nth("albums") < 2:
                    rows[1]["mediaCount"] += 3
                elif later == "absent":
                    del rows[1]
                else:
                    del rows[1]["mediaCount"]
                return status, body
            gallery.bend = bend
            run = export(shop, gallery)
            run.expect(4, later)
            equal(certificate(run.destination)["differences"],
                  [{"collection": "2", "day": "", "announced": 23, "listed": 20}], later)


def counts_beyond_counting(shop):
    with Gallery(library(20)) as gallery:
        def bend(path, asked):
            if path != TIMELINE or asked.get("albumId"):
                return None
            return ok({"dayCount": {**gallery.days(None), **{f"2021010{n}": 1 << 62 for n in range(1, 5)}}})
        gallery.bend = bend
        run = export(shop, gallery)
        run.expect(4)
        expect_stored(gallery, run)
        equal(len(certificate(run.destination)["differences"]), 4, "differences")


# ---- E8: what no timeline counts

def holes_between_days(shop):
    photos = [Photo(n, day=n // 20, content="many") for n in range(400)]
    with Gallery(photos) as gallery:
        uncounted = [Photo(1000, day=-9000), Photo(1001, day=40), Photo(1002, day=7), Photo(1003, day=9000)]
        gallery.photos += uncounted
        counted = gallery.days
        gallery.days = lambda album: {day: n for day, n in counted(album).items() if day not in ("20200210", "20200108")
                                      and "2019" < day < "2021"}
        gallery.photos = [p for p in gallery.photos if p in uncounted or p.taken_ms is None or p not in photos[140:160]]
        gallery.album_rows = lambda: [{"albumId": "1"}]
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)
        plain = [a for a in gallery.asked(GALLERIES) if "albumId" not in a]
        check(all(("startDate" in a) == ("endDate" in a) for a in plain), "both dates or none")


def items_without_a_date(shop):
    with Gallery(library(30) + [Photo(100 + n, day=None) for n in range(3)]) as gallery:
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)


def both_dates_wanted(shop):
    with Gallery(library(30)) as gallery:
        gallery.bend = lambda path, asked: (400, "x") if path == GALLERIES and ("startDate" not in asked or
                                                                              "endDate" not in asked) else None
        run = export(shop, gallery)
        # The private album has no day to ask for: its refusal is named.
        equal(exceptions(run) - {("1000", "album_not_listed")}, set(), "exceptions")
        expect_stored(gallery, run)


# ---- D3: albums

def no_group_id(shop):
    photos = [Photo(n, albums=(("1", "2", "77")[n % 3],), day=n % 20, content="many") for n in range(481)]
    with Gallery(photos, {"1": None, "2": None, "77": "Harbour"}) as gallery:
        gallery.row_of = lambda photo, album: {k: v for k, v in photo.row().items() if k != "groupId"}
        loose = Photo(900, albums=("none",), day=3)
        gallery.photos.append(loose)
        run = export(shop, gallery)
        run.expect(0)
        expect_stored(gallery, run)
        where = os.path.join(run.destination, "data/albums")
        for number, folder in (("1", "Camera"), ("2", "Screenshots"), ("77", "Harbour")):
            equal(len(os.listdir(os.path.join(where, folder))), sum(p.albums == [number] for p in photos), folder)
        gallery.log.clear()
        export(shop, gallery, run.destination).expect(0)
        equal(gallery.asked("/gallery/storage"), [], "nothing is fetched twice")


def album_id_wanted(shop):
    for status in (400, 404):
        photos = [Photo(n, albums=(("1", "2", "77")[n % 3],), day=n % 20) for n in range(90)] + [
            Photo(500 + n, albums=("1000",), day=n) for n in range(3)]
        with Gallery(photos, {"1": None, "2": None, "77": "Harbour"}) as gallery:
            gallery.bend = lambda path, asked: (status, "x") if path in (TIMELINE, GALLERIES) and "albumId" not in asked else None
            run = export(shop, gallery)
            run.expect(0, f"{status}")
            expect_stored(gallery, run)
            # An album that counts what it does not list.
            rows = gallery.album_rows
            gallery.album_rows = lambda: [{**row, "mediaCount": row["mediaCount"] + (row["albumId"] == "2")} for row in rows()]
            export(shop, gallery, run.destination).expect(4)


def timeline_is_dead(shop):
    for dead in ((500, "x"), error(10001), ok({"dayCount": {"20200101": -1}}), ok({"dayCount": {"20200101": 20.0}})):
        with Gallery(library(40)) as gallery:
            gallery.bend = lambda path, _: dead if path == TIMELINE else None
            run = export(shop, gallery)
            run.expect(4, f"{dead}")
            expect_stored(gallery, run)


# ---- E1, E21, E10 of the bytes

def poorer_rows(shop):
    """The album's rows leave size and digest out: what everything's rows announced stands."""
    with Gallery(library(40)) as gallery:
        def row_of(photo, album):
            row = photo.row()
            return row if album is None else {k: v for k, v in row.items() if k not in ("size", "sha1", "dateModified")}
        gallery.row_of = row_of
        gallery.bend = lambda path, _: (200, b"\xff\xd8seven") if path.startswith("/file/") and path.endswith("3") else None
        run = export(shop, gallery)
        run.expect(4)  # shorter than everything's rows announced
        equal(set(reasons(run.destination)), {"not_downloaded"}, "reasons")
        gallery.bend = lambda path, _: None
        good = export(shop, gallery)
        good.expect(0)
        expect_stored(gallery, good)


def nothing_announced(shop):
    with Gallery(library(40)) as gallery:
        bare = [gallery.photos[3], gallery.photos[8]]
        gallery.row_of = lambda photo, album: {
            k: v for k, v in photo.row().items() if photo not in bare or k not in ("size", "sha1")}
        run = export(shop, gallery)
        run.expect(0)
        stated = certificate(run.destination)
        equal(stated["counts"]["unchecked"], 2, "unchecked")
        equal({e["id"] for e in stated["unchecked"]}, {p.id for p in bare}, "which")


def requests_of_an_ordinary_library(shop):
    """What the second looks cost where nothing is wrong."""
    with Gallery([Photo(n, albums=(("1", "2")[n % 2],), day=n // 7, content="many") for n in range(1000)]) as gallery:
        export(shop, gallery).expect(0)
        equal(len(gallery.asked(ALBUMS)), 2, "walks of the album list")
        check(len([a for a in gallery.asked(GALLERIES) if "albumId" not in a]) <= 7, "lists of everything")
        equal(gallery.asked("/status/lite/alldetail"), [], "the quota is asked of an empty account alone")


if __name__ == "__main__":
    harness.main(one_refusal_is_none, an_endpoint_is_down, an_outage_ends_the_burning, still_listed_is_not_deleted,
                 deleted_meanwhile, dated_otherwise_in_another_zone, deleted_by_its_own_word, changed_meanwhile,
                 error_with_code_zero, deleted_beside_ok, empty_since_yesterday, empty_for_a_moment, last_page_too_early,
                 last_page_on_a_full_page, empty_page_in_the_middle, page_of_a_stale_cache,
                 album_deleted_between_two_pages, album_list_never_steady, albums_that_only_items_name,
                 album_full_names_albums, private_album_refused, private_album_is_taken, an_album_is_refused,
                 a_day_is_refused, everything_is_refused, another_zone, delete_and_insert_within_a_day,
                 moved_between_days, a_doubt_stays, counts_beyond_counting, holes_between_days, items_without_a_date,
                 both_dates_wanted, no_group_id, album_id_wanted, timeline_is_dead, poorer_rows, nothing_announced,
                 requests_of_an_ordinary_library)
