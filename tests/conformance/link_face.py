"""A plain web server for lists of links: each file with its own manners."""
import gzip

from servers import Face, Reply, content_reply


class Page:
    """What stands behind a link. `manner`: "plain", "chunked", "no_length" (ended by closing), "html" (an error page with
    200), "short" (a length that is too long, then the end), "gzip" (an encoding nobody asked for), "redirect" (to `to`)."""

    def __init__(self, content, manner="plain", etag=True, modified=1_700_000_000, ranges=True, to=None,
                 content_type="application/octet-stream"):
        self.content, self.manner, self.modified, self.ranges, self.to = content, manner, modified, ranges, to
        self.etag = f'"{content.hex("sha1")[:16]}"' if etag else None
        self.content_type = content_type


class LinkFace(Face):
    def __init__(self):
        self.pages = {}     # raw path, as in the URL -> Page
        self.secret = None  # what must stand in the query

    def kind_of(self, request):
        return {"GET": "get", "HEAD": "head"}.get(request.method, "write"), request.raw_path

    def answer(self, request):
        page = self.pages.get(request.raw_path)
        if request.kind == "write":
            return Reply(405)
        if page is None:
            return Reply(404, {"Content-Type": "text/html"}, b"<html>not here</html>")
        if self.secret is not None and self.secret not in request.query_text:
            return Reply(403)
        headers = {"Content-Type": page.content_type}
        if page.manner == "redirect":
            return Reply(302, {"Location": page.to})
        if page.manner == "html":
            return Reply(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Please log in</body></html>")
        if page.manner == "gzip":
            return Reply(200, {**headers, "Content-Encoding": "gzip"}, gzip.compress(b"".join(page.content.pieces())))
        ranges = page.ranges and page.manner == "plain"
        reply = content_reply(request, page.content, page.etag, page.modified, ranges, headers)
        reply.chunked, reply.no_length = page.manner == "chunked", page.manner == "no_length"
        if page.manner == "short":
            reply.length = page.content.size + 1000
        return reply
