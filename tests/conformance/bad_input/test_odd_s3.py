#!/usr/bin/env python3
"""Buckets as people meet them: lists that end too early or cannot be walked the usual way, keys that XML cannot spell, requests
that are refused for a header, objects that are listed and not given out. The numbers name public reports of such services."""
import re

from beside import a_case_each, certificate, check, equal, exceptions, fill, named, reasons, suite, whole

from beds import S3Bed
from contents import drawn
from s3_face import S3Face, Thing

ITEMS = 30
PAGE = 10


def dressed(make, kind, items=ITEMS, page=PAGE, **more):
    """A bed whose bucket behaves as `kind` does."""
    bed = make()
    fill(bed, items)
    changed = kind()
    changed.__dict__.update(bed.face.__dict__)
    changed.__dict__.update(more)
    bed.server.face = bed.face = changed
    bed.face.page = page
    return bed


def ends(bed, code, *words):
    destination = bed.shop.fresh("out")
    return destination, bed.export(destination, *words).expect(code)


def lists(bed):
    return bed.server.log("list")


def behind_keys(bed):
    """Lists that were asked for behind a key."""
    return [entry for entry in lists(bed) if "start-after=" in entry["target"] or "&marker=" in entry["target"]]


class ListFace(S3Face):
    """Its lists pass through `bent`."""

    def list(self, query):
        reply = super().list(query)
        if reply.status == 200:
            reply.body = self.bent(reply.body.decode(), query).encode()
        return reply

    def bent(self, body, query):
        return body


def without_token(body):
    return re.sub(r"<NextContinuationToken>.*?</NextContinuationToken>", "", body)


def ended(body):
    return body.replace("<IsTruncated>true", "<IsTruncated>false")


# --- lists that end too early (rclone#7972, rustfs#1596, aws-cli#5908; s3-orchestrator#198, mojatter/s2#215)

class EndsBesideAToken(ListFace):
    def bent(self, body, query):
        return ended(body)


class EndsWithoutAToken(ListFace):
    """Only a list behind the last key shows that there is more."""

    def bent(self, body, query):
        return ended(without_token(body))


class EndsOnceInTheMiddle(ListFace):
    """Pages follow by tokens, but for one that says it is the last."""

    def bent(self, body, query):
        if "continuation-token" in query and not getattr(self, "done", False):
            self.done = True
            return ended(without_token(body))
        return body


class SaysTrueInItsOwnWay(ListFace):
    def bent(self, body, query):
        return body.replace("<IsTruncated>true", "<IsTruncated>True").replace("<IsTruncated>false", "<IsTruncated>0")


class DoesNotSayWhetherThereIsMore(ListFace):
    def bent(self, body, query):
        return re.sub("<IsTruncated>.*?</IsTruncated>", "", without_token(body))


def a_list_that_ends_too_early(make, kind):
    bed = dressed(make, kind)
    destination, _ = whole(bed)
    equal(certificate(destination)["counts"]["listed"], ITEMS, "listed")
    # Exactly one page, and one more than a page.
    for count in (PAGE, PAGE + 1):
        whole(dressed(make, kind, count))


def an_older_list_that_ends_too_early(make):
    whole(dressed(make, EndsWithoutAToken, v1_only=True))


class IgnoresWhereToStart(ListFace):
    """start-after is not known here (findify/s3mock#102)."""

    def list(self, query):
        return super().list({name: value for name, value in query.items() if name != "start-after"})


def where_to_start_is_ignored(make):
    """That proves nothing, and costs one list."""
    bed = dressed(make, IgnoresWhereToStart)
    whole(bed)
    equal(len(lists(bed)), 1 + ITEMS // PAGE + 1, "lists")


class RefusesWhereToStart(S3Face):
    status = 400

    def list(self, query):
        if "start-after" in query:
            return self.error("NotImplemented" if self.status == 501 else "InvalidArgument", "what is that", self.status)
        return super().list(query)


def where_to_start_is_refused(make):
    for status in (400, 501):
        bed = dressed(make, RefusesWhereToStart, status=status)
        whole(bed)
        equal(len(behind_keys(bed)), 1, "lists behind a key")


def the_end_costs_one_list(make):
    bed = dressed(make, S3Face)
    whole(bed)
    equal([entry["target"].count("start-after=") for entry in lists(bed)], [0] * (1 + ITEMS // PAGE) + [1], "lists")


class CountsMore(ListFace):
    """KeyCount is of more keys than the answer holds."""

    def bent(self, body, query):
        return re.sub(r"<KeyCount>(\d+)</KeyCount>", lambda found: f"<KeyCount>{int(found[1]) + 7}</KeyCount>", body)


class CountsAll(ListFace):
    """KeyCount is that of the bucket, and pages have no token (s3ninja#251)."""

    def bent(self, body, query):
        return re.sub(r"<KeyCount>.*?</KeyCount>", f"<KeyCount>{len(self.things)}</KeyCount>", without_token(body))


class HoldsBackTheRest(ListFace):
    """The count is right, the answer is cut, and says that it is whole."""

    def bent(self, body, query):
        kept = body.split("<Contents>")
        return ended(without_token("<Contents>".join(kept[:5]) + ("</ListBucketResult>" if len(kept) > 5 else "")))


def a_count_that_differs(make):
    destination, _ = ends(dressed(make, CountsMore), 4)
    equal(reasons(destination), {"list_unsteady": 1}, "reasons")
    whole(dressed(make, CountsAll))
    whole(dressed(make, HoldsBackTheRest))


# --- lists that say there is more, and not where (s3ninja#251, aws-cli#3917, aws-sdk-js-v3#1636)

class HasNoToken(ListFace):
    def bent(self, body, query):
        return without_token(body)


class RepeatsItsToken(ListFace):
    """The same token on each page, and the first page for it."""

    def list(self, query):
        return super().list({name: value for name, value in query.items() if name != "continuation-token"})

    def bent(self, body, query):
        return re.sub(r"(<NextContinuationToken>).*?<", r"\1dG9rZW4=<", body)


class LeadsInCircles(ListFace):
    """Each token is new, and each leads to the first page."""
    count = 0

    def list(self, query):
        return super().list({name: value for name, value in query.items() if name != "continuation-token"})

    def bent(self, body, query):
        self.count += 1
        return re.sub(r"(<NextContinuationToken>).*?<", rf"\1t{self.count}<", body)


class ForgetsItsTokens(S3Face):
    def list(self, query):
        if "continuation-token" in query:
            return self.error("InvalidArgument", "The continuation token provided is incorrect", 400,
                              ArgumentName="continuation-token")
        return super().list(query)


def a_list_gone_on_with_behind_its_last_key(make, kind):
    bed = dressed(make, kind)
    whole(bed)
    check(len(lists(bed)) <= 20, f"{len(lists(bed))} lists")


class AlwaysHasAToken(ListFace):
    """The last page and what is behind it have tokens too."""
    count = 0

    def list(self, query):
        if query.get("continuation-token", "").startswith("x"):
            query = {**query, "start-after": "~"}
            del query["continuation-token"]
        return super().list(query)

    def bent(self, body, query):
        self.count += 1
        if "<NextContinuationToken>" in body:
            return body
        return body.replace("</IsTruncated>", f"</IsTruncated><NextContinuationToken>x{self.count}</NextContinuationToken>")


class NeverEnds(AlwaysHasAToken):
    def bent(self, body, query):
        return super().bent(body, query).replace("<IsTruncated>false", "<IsTruncated>true")


def tokens_that_lead_nowhere(make):
    bed = dressed(make, AlwaysHasAToken)
    whole(bed)
    check(len(lists(bed)) <= 20, f"{len(lists(bed))} lists")
    # Empty pages that say there is more, for ever: bounded, and never complete.
    bed = dressed(make, NeverEnds)
    run = bed.export(bed.shop.fresh("out"))
    check(run.code in (4, 7), f"answered {run.code}")
    check(len(lists(bed)) <= 2000, f"{len(lists(bed))} lists")


class IgnoresHowMany(S3Face):
    """All in one page (s3mock#47)."""

    def list(self, query):
        return super().list({**query, "max-keys": "100000"})


def more_on_a_page_than_asked_for(make):
    bed = dressed(make, IgnoresHowMany, 1100, 100_000)
    whole(bed)


class OutOfOrder(ListFace):
    """Pages whose keys do not ascend, and no tokens."""

    def bent(self, body, query):
        head, *rows = without_token(body).split("<Contents>")
        if len(rows) < 2:
            return "<Contents>".join([head, *rows])
        rows = [row.replace("</ListBucketResult>", "") for row in rows]
        return "<Contents>".join([head, *rows[1:], rows[0]]) + "</ListBucketResult>"


def keys_that_do_not_ascend(make):
    """Behind the last key of such a page may be anything: it is walked, and not called complete."""
    bed = dressed(make, OutOfOrder)
    run = bed.export(bed.shop.fresh("out"))
    check(run.code in (4, 7), f"answered {run.code}: {run.said}")


# --- what an answer holds and no item stands for

class RollsUp(ListFace):
    """Folders come as common prefixes that nobody asked for (Alluxio#14189)."""

    def list(self, query):
        return super().list({**query, "delimiter": "/"})


def common_prefixes_that_nobody_asked_for(make):
    bed = dressed(make, RollsUp)
    bed.put("top.bin", drawn(100, 1))
    destination, _ = ends(bed, 4)
    equal(sorted(e["name"] for e in certificate(destination)["exceptions"]), ["folder 0/", "folder 1/", "folder 2/"], "named")
    equal(reasons(destination), {"entry_not_read": 3}, "reasons")


BAD_ROWS = {
    "no key": "<Contents><Size>3</Size></Contents>",
    "not encoded": "<Contents><Key>%zz</Key><Size>3</Size></Contents>",
    "too long": f"<Contents><Key>{'k' * 4000}</Key><Size>3</Size></Contents>",
}


class HasABadRow(ListFace):
    row = ""

    def bent(self, body, query):
        return body.replace("<Contents>", self.row + "<Contents>", 1) if "start-after" not in query else body


def a_row_that_cannot_be_read(make):
    """It costs itself, and what lies beside it and behind it is stored."""
    for what, row in BAD_ROWS.items():
        bed = dressed(make, HasABadRow, row=row)
        destination, _ = ends(bed, 4)
        equal(set(reasons(destination)), {"entry_not_read"}, what)
        equal(certificate(destination)["counts"]["stored"], ITEMS, what)


class ForgetsThePrefix(S3Face):
    def list(self, query):
        return super().list({name: value for name, value in query.items() if name != "prefix"})


def keys_outside_of_what_was_asked_for(make):
    bed = dressed(make, ForgetsThePrefix)
    bed.prefix = "folder 1/"
    destination, _ = ends(bed, 4)
    equal(set(reasons(destination)), {"entry_not_read"}, "reasons")
    equal(certificate(destination)["counts"]["stored"], ITEMS // 3, "stored")


# --- keys that XML cannot hold (minio#15023, versitygw#1985; boto3#2347, aws-sdk-php#169, s3s#774)

class CannotSpell(ListFace):
    """Not encoded though it was asked for, and U+FFFD for what XML cannot hold."""

    def bent(self, body, query):
        return re.sub("[\x01-\x08]", "\ufffd", body)


def misspelled(make, first, second, kind=CannotSpell):
    bed = dressed(make, kind, 1, 1000, url_encoding=False)
    bed.face.things["odd/\x01key"] = Thing(first)
    bed.face.things["odd/\x02key"] = Thing(second)
    return bed


def keys_that_the_list_cannot_spell(make):
    for second in (drawn(200, 2), drawn(100, 1)):
        destination, _ = ends(misspelled(make, drawn(100, 1), second), 4)
        told = certificate(destination)
        equal(reasons(destination), {"key_not_spelled": 2}, "reasons")
        equal(told["counts"]["listed"], 3, "listed")
        equal(told["counts"]["stored"], 1, "stored")
        equal(len({e["id"] for e in told["exceptions"]}), 2, "ids")


def misspelled_keys_on_several_pages(make):
    """Alike in all that is listed, and neither side by side nor on one page."""
    bed = misspelled(make, drawn(100, 1), drawn(100, 1))
    for number, key in enumerate(("odd/\x03key", "odd/\x01z", "odd/\x02z"), 1):
        bed.face.things[key] = Thing(drawn(100, number))
    bed.face.page = 2
    destination, _ = ends(bed, 4)
    equal(reasons(destination), {"key_not_spelled": 5}, "reasons")
    equal(certificate(destination)["counts"]["listed"], 6, "listed")


def a_key_that_holds_the_replacement_character(make):
    """It is one of its own right, and once is once, however often the list is gone over."""
    for kind in (S3Face, IgnoresWhereToStart, HasNoToken):
        bed = dressed(make, kind, 3, 2, url_encoding=False)
        bed.put("odd/\ufffd.bin", drawn(100, 1))
        bed.put("odd/\ufffd and more.bin", drawn(100, 2))
        whole(bed)


class RefersToControls(ListFace):
    """Writes them as references, which XML 1.0 forbids."""

    def bent(self, body, query):
        return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda found: f"&#x{ord(found[0]):x};", body)


class WritesControls(ListFace):
    """Writes them as they are."""


def keys_that_are_no_xml(make):
    for kind in (RefersToControls, WritesControls):
        bed = dressed(make, kind, 3, 1000, url_encoding=False)
        bed.put("odd/\x01key", drawn(100, 1))
        bed.put("odd/\x02key\x1b", drawn(200, 2))
        whole(bed)


class ListsOneKeyTwice(ListFace):
    """The first row of each answer once more. `other`: with another size."""
    other = False

    def bent(self, body, query):
        row = re.search("<Contents>.*?</Contents>", body)
        if not row:
            return body
        twice = re.sub("<Size>.*?</Size>", "<Size>1</Size>", row[0]) if self.other else row[0]
        return body.replace(row[0], row[0] + twice, 1)


def a_key_listed_twice(make):
    whole(dressed(make, ListsOneKeyTwice, 5, 1000))
    destination, _ = ends(dressed(make, ListsOneKeyTwice, 5, 1000, other=True), 4)
    equal(reasons(destination), {"key_not_spelled": 1}, "reasons")


# --- requests for objects that are refused for a header (xen-orchestra#8358, seaweedfs#7274)

class RefusesChecksums(S3Face):
    refusal = (400, "InvalidArgument", "Unsupported header 'x-amz-checksum-mode' received for this API call.")

    def object(self, request):
        if request.header("x-amz-checksum-mode"):
            status, code, message = self.refusal
            return self.error(code, message, status)
        return super().object(request)


REFUSALS = (RefusesChecksums.refusal, (400, "InvalidRequest", "no"), (501, "NotImplemented", "A header you provided"),
            (400, "InvalidArgument", ""))


def checksums_that_may_not_be_asked_for(make, refusal):
    bed = dressed(make, RefusesChecksums, refusal=refusal)
    whole(bed)
    refused = [entry for entry in bed.gets() if entry["status"] >= 400]
    equal(len(refused), 1, "refused")


class BadForOne(S3Face):
    """One object answers 400 whatever is asked."""

    def object(self, request):
        if request.key == "folder 0/item 000.bin":
            return self.error("InvalidRequest", "The object was stored using a form of Server Side Encryption.", 400)
        return super().object(request)


def an_object_that_answers_400(make):
    """It is no reason to do without checksums for the others."""
    bed = dressed(make, BadForOne, checksum="sha256")
    destination, _ = ends(bed, 4, "--connections", "1")
    named(bed, destination, {"item 000.bin": "refused_though_listed"})
    check("InvalidRequest" in certificate(destination)["exceptions"][0]["detail"], "the code is not named")
    check(len(bed.gets("folder 0/item 000.bin")) <= 3, "asked for again and again")


class NeverMatches(S3Face):
    def object(self, request):
        if request.header("If-Match"):
            return self.error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        return super().object(request)


def if_match_that_never_matches(make):
    bed = dressed(make, NeverMatches)
    whole(bed, "--connections", "1")
    equal(len([entry for entry in bed.gets() if entry["status"] == 412]), 3, "refused")
    bed = dressed(make, NeverMatches)
    # What came instead is found out by its digest.
    bed.face.things["folder 0/item 000.bin"].content = drawn(2000, "another")
    destination, _ = ends(bed, 3)
    equal(exceptions(destination), {"item 000.bin": "digest_mismatch"}, "named")


# --- objects that are listed, and not given out (aws-cli#748, s5cmd#812)

def objects_in_the_cold(make):
    bed = dressed(make, S3Face, 21, 1000)
    for path in list(bed.things)[1:]:
        bed.face.things[path].storage_class = "GLACIER"
    destination, _ = ends(bed, 3)
    equal(reasons(destination), {"in_cold_storage": 20}, "reasons")
    equal({e["detail"].count("InvalidObjectState") for e in certificate(destination)["exceptions"]}, {1}, "named")
    equal(len(bed.gets()), 21, "objects asked for")
    equal(len(lists(bed)), 3, "lists")
    bed.forget()
    bed.face.things[list(bed.things)[5]].storage_class = "STANDARD"
    bed.export(destination).expect(3, "with one that was restored")
    equal(reasons(destination), {"in_cold_storage": 19}, "reasons")


STATED = ((403, "AccessDenied"), (404, "NoSuchKey"), (410, "Gone"), (405, "MethodNotAllowed"), (412, "PreconditionFailed"),
          (403, "SignatureDoesNotMatch"), (400, "KMS.DisabledException"), (403, ""), (404, ""))


def refused_though_it_is_listed(make, stated):
    """4, in the service's own word, after the list was asked once."""
    status, code = stated
    bed = dressed(make, S3Face, 5, 1000)
    body = bed.face.error(code, "no", status).body if code else b"<html>no</html>"
    bed.server.fault("get", "status", key="folder 1/item 001.bin", status=status, body=body, times=0)
    destination, _ = ends(bed, 4)
    named(bed, destination, {"item 001.bin": "refused_though_listed"})
    check(f"{status} {code}".strip() in certificate(destination)["exceptions"][0]["detail"],
          f"not named: {certificate(destination)['exceptions']}")
    check(len(bed.gets("folder 1/item 001.bin")) <= 4, f"{len(bed.gets('folder 1/item 001.bin'))} tries")
    equal(len(lists(bed)), 4, "lists")


def refused_at_first(make):
    """What the list still has is asked for again, and comes."""
    for status in (403, 404, 410, 412):
        bed = dressed(make, S3Face, 5, 1000)
        bed.server.fault("get", "status", key="folder 1/item 001.bin", status=status)
        whole(bed)


def a_key_that_begins_like_another(make):
    """Gone, with others in the list that begin with its whole name."""
    bed = dressed(make, S3Face, 5, 1000)
    for number in range(20):
        bed.put(f"folder 1/item 001.bin.{number:02}", drawn(50, number))
    bed.vanish("folder 1/item 001.bin")
    destination, _ = ends(bed, 3)
    named(bed, destination, {"item 001.bin": "deleted_in_cloud"})


class LeavesOutThePrefixItself(S3Face):
    """What is named like the prefix is not in the list (minio#15815)."""

    def rows(self, prefix, delimiter, behind, most):
        rows, cut = super().rows(prefix, delimiter, behind, most)
        return [row for row in rows if row[0] != prefix], cut


def a_second_list_without_the_key_itself(make):
    bed = dressed(make, LeavesOutThePrefixItself, 5, 1000)
    bed.server.fault("get", "status", key="folder 1/item 001.bin", status=404, times=0)
    destination, _ = ends(bed, 4)
    named(bed, destination, {"item 001.bin": "refused_though_listed"})


class KnowsNoEtags(S3Face):
    """In lists the ETag is that of no bytes; of objects it is right (mojatter/s2#209)."""

    def list(self, query):
        reply = super().list(query)
        reply.body = re.sub(b"&quot;[0-9a-f]{32}&quot;", b"&quot;d41d8cd98f00b204e9800998ecf8427e&quot;", reply.body)
        return reply


def etags_of_no_bytes(make):
    whole(dressed(make, KnowsNoEtags, 8, 1000))


class ForgetsThePrefixLater(S3Face):
    """A list for one key is answered with the beginning of the bucket."""

    def list(self, query):
        if query.get("max-keys") not in ("1", "1000"):
            query = {name: value for name, value in query.items() if name != "prefix"}
        return super().list(query)


def a_second_list_that_cannot_be_believed(make):
    bed = dressed(make, ForgetsThePrefixLater, 40, 1000)
    bed.server.fault("get", "status", key="folder 1/item 037.bin", status=404, times=0)
    destination, _ = ends(bed, 4)
    equal(sorted(exceptions(destination)), ["item 037.bin"], "named")


def changed_and_listed_anew(make):
    bed = dressed(make, S3Face, 5, 1000)
    path = "folder 1/item 001.bin"
    bed.on_get(path, lambda: bed.put(path, drawn(5000, "new"), modified=1_720_000_000))
    whole(bed)


suite.run(S3Bed, [an_older_list_that_ends_too_early, where_to_start_is_ignored, where_to_start_is_refused,
                  the_end_costs_one_list, a_count_that_differs, tokens_that_lead_nowhere, more_on_a_page_than_asked_for,
                  keys_that_do_not_ascend, common_prefixes_that_nobody_asked_for, a_row_that_cannot_be_read,
                  keys_outside_of_what_was_asked_for, keys_that_the_list_cannot_spell, misspelled_keys_on_several_pages,
                  a_key_that_holds_the_replacement_character, keys_that_are_no_xml, a_key_listed_twice,
                  an_object_that_answers_400, if_match_that_never_matches, objects_in_the_cold, refused_at_first,
                  a_key_that_begins_like_another, a_second_list_that_cannot_be_believed,
                  a_second_list_without_the_key_itself, etags_of_no_bytes, changed_and_listed_anew,
                  *a_case_each("a_list_that_ends_too_early", a_list_that_ends_too_early,
                               (EndsBesideAToken, EndsWithoutAToken, EndsOnceInTheMiddle, SaysTrueInItsOwnWay,
                                DoesNotSayWhetherThereIsMore)),
                  *a_case_each("a_list_gone_on_with_behind_its_last_key", a_list_gone_on_with_behind_its_last_key,
                               (HasNoToken, RepeatsItsToken, LeadsInCircles, ForgetsItsTokens)),
                  *a_case_each("checksums_that_may_not_be_asked_for", checksums_that_may_not_be_asked_for, REFUSALS),
                  *a_case_each("refused_though_it_is_listed", refused_though_it_is_listed, STATED)])
