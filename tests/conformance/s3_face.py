"""A bucket as Amazon S3 answers for it (API reference 2006-03-01), path style. Reading only: who writes gets 405, and the
log says so."""
import base64
import hashlib
import time
import urllib.parse
import zlib
from xml.sax.saxutils import escape

import sigv4
from servers import Face, Reply, content_reply

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PART = 8 << 20


class Thing:
    """An object. `form`: what its ETag is, "md5", "multipart" (of parts of 8 MiB) or "opaque" (no digest at all,
    as with objects that the service encrypts)."""

    def __init__(self, content, modified=1_700_000_000, form="md5", storage_class="STANDARD"):
        self.content, self.modified, self.form, self.storage_class = content, modified, form, storage_class
        if form == "md5":
            self.etag = f'"{content.hex("md5")}"'
        elif form == "multipart":
            parts = [hashlib.md5(b"".join(content.pieces(at, min(content.size, at + PART))))
                     for at in range(0, max(1, content.size), PART)]
            whole = hashlib.md5(b"".join(part.digest() for part in parts)).hexdigest()
            self.etag = f'"{whole}-{len(parts)}"'
        else:
            self.etag = f'"{hashlib.md5(b"opaque" + content.digest("md5").digest()).hexdigest()}"'

    def checksum(self, algorithm):
        if algorithm == "crc32":
            value = 0
            for piece in self.content.pieces():
                value = zlib.crc32(piece, value)
            raw = value.to_bytes(4, "big")
        else:
            raw = self.content.digest(algorithm).digest()
        return base64.b64encode(raw).decode()


class S3Face(Face):
    error_headers = {"Content-Type": "application/xml"}

    def __init__(self, bucket="bucket", keys=None, region="us-east-1"):
        self.bucket, self.region = bucket, region
        self.keys = {"TESTKEYID": "test/secret+key="} if keys is None else keys
        self.things = {}             # key (text) -> Thing
        self.page = 1000             # the most a page of a list holds, whatever max-keys asks for
        self.v1_only = False         # list-type=2 is not known, as with old servers
        self.url_encoding = True     # encoding-type=url is honoured
        self.clock_ahead = 0         # seconds
        self.checksum = None         # "crc32", "sha1" or "sha256": sent with each object to who asks
        self.refuse_from = None      # after so many good requests the key is refused for good
        self.refuse_with = ("ExpiredToken", "The provided token has expired.", 400)
        self.moved_to = None         # the bucket lies in another region, at this URL
        self.wrong_checksum = False
        self.good = 0

    # ---- what a request is

    def kind_of(self, request):
        bucket, _, key = request.path.decode("utf-8", "replace").lstrip("/").partition("/")
        if request.method not in ("GET", "HEAD"):
            return "write", key
        if not bucket:
            return "service", None
        if key == "":
            return ("list" if request.method == "GET" and "location" not in request.query else "head_bucket"), None
        return ("get" if request.method == "GET" else "head"), key

    def error_body(self, status):
        names = {503: "SlowDown", 500: "InternalError", 403: "AccessDenied", 429: "TooManyRequests", 404: "NoSuchKey"}
        return self.error(names.get(status, "Unknown"), "as the test told it to", status).body

    def error(self, code, message, status, **more):
        extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in more.items())
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message>'
                f"{extra}<RequestId>0A</RequestId></Error>")
        return Reply(status, dict(self.error_headers), body.encode())

    # ---- answers

    def answer(self, request):
        bucket = request.path.decode("utf-8", "replace").lstrip("/").partition("/")[0]
        if request.kind == "write":
            return self.error("MethodNotAllowed", "read only", 405)
        if self.moved_to and bucket == self.bucket:
            reply = self.error("PermanentRedirect", "The bucket you are attempting to access must be addressed using the "
                               "specified endpoint.", 301, Endpoint=self.moved_to, Bucket=bucket)
            reply.headers.update({"x-amz-bucket-region": "eu-central-1", "Location": self.moved_to + request.target})
            return reply
        try:
            if self.keys:
                sigv4.check(request, self.keys, self.region, time.time() + self.clock_ahead)
        except sigv4.Refused as refused:
            return self.error(refused.code, refused.message, refused.status, **refused.more)
        self.good += 1
        if self.refuse_from is not None and self.good > self.refuse_from:
            return self.error(*self.refuse_with)
        if request.kind == "service":
            return self.buckets()
        if bucket != self.bucket:
            return self.error("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket)
        if request.kind == "head_bucket":
            body = f'<LocationConstraint xmlns="{NAMESPACE}">{self.region}</LocationConstraint>'.encode()
            return Reply(200, {"x-amz-bucket-region": self.region, "Content-Type": "application/xml"}, body)
        if request.kind == "list":
            return self.list(request.query)
        return self.object(request)

    def buckets(self):
        body = (f'<ListAllMyBucketsResult xmlns="{NAMESPACE}"><Owner><ID>1</ID></Owner><Buckets><Bucket><Name>{self.bucket}'
                "</Name><CreationDate>2024-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>")
        return Reply(200, dict(self.error_headers), body.encode())

    def object(self, request):
        thing = self.things.get(request.key)
        if thing is None:
            return self.error("NoSuchKey", "The specified key does not exist.", 404)
        if thing.storage_class == "GLACIER" and request.method == "GET":
            return self.error("InvalidObjectState", "The operation is not valid for the object's storage class", 403)
        headers = {"Content-Type": "application/octet-stream"}
        if self.checksum and request.header("x-amz-checksum-mode", "").upper() == "ENABLED" and not request.header("Range"):
            value = thing.checksum(self.checksum)
            if self.wrong_checksum:
                value = base64.b64encode(bytes(len(base64.b64decode(value)))).decode()
            headers[f"x-amz-checksum-{self.checksum}"] = value
            headers["x-amz-checksum-type"] = "FULL_OBJECT"
        if thing.form == "opaque":
            headers["x-amz-server-side-encryption"] = "aws:kms"
        if thing.form == "multipart":
            headers["x-amz-mp-parts-count"] = thing.etag.strip('"').split("-")[1]
        if "partNumber" in request.query:
            number = int(request.query["partNumber"])
            begin = (number - 1) * PART if thing.form == "multipart" else 0
            end = min(thing.content.size, begin + PART) if thing.form == "multipart" else thing.content.size
            if thing.content.size:
                headers["Content-Range"] = f"bytes {begin}-{end - 1}/{thing.content.size}"
            return Reply(206, {**headers, "ETag": thing.etag}, thing.content, begin, end)
        return content_reply(request, thing.content, thing.etag, thing.modified, headers=headers)

    # ---- lists

    def list(self, query):
        second = query.get("list-type") == "2" and not self.v1_only
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        behind = query.get("start-after", "") if second else query.get("marker", "")
        if second and "continuation-token" in query:
            try:
                behind = base64.b64decode(query["continuation-token"], altchars=b"+/", validate=True).decode()[5:]
            except ValueError:
                return self.error("InvalidArgument", "The continuation token provided is incorrect", 400)
        most = min(self.page, int(query.get("max-keys", "1000")))
        rows, cut = self.rows(prefix, delimiter, behind, most)
        encoding = query.get("encoding-type") == "url" and self.url_encoding
        write = (lambda text: urllib.parse.quote(text, safe="-_.~/*")) if encoding else escape
        out = [f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{NAMESPACE}"><Name>{self.bucket}</Name>'
               f"<Prefix>{write(prefix)}</Prefix><MaxKeys>{most}</MaxKeys>"
               f"<IsTruncated>{'true' if cut else 'false'}</IsTruncated>"]
        if delimiter:
            out.append(f"<Delimiter>{write(delimiter)}</Delimiter>")
        if encoding:
            out.append("<EncodingType>url</EncodingType>")
        if second:
            out.append(f"<KeyCount>{len(rows)}</KeyCount>")
            if cut:
                token = base64.b64encode(("next/" + rows[-1][0]).encode()).decode()  # holds +, / and = at times
                out.append(f"<NextContinuationToken>{token}</NextContinuationToken>")
        elif cut and delimiter:  # without a delimiter, version 1 names no next marker: it is the last key
            out.append(f"<NextMarker>{write(rows[-1][0])}</NextMarker>")
        for key, thing in rows:
            if thing is None:
                out.append(f"<CommonPrefixes><Prefix>{write(key)}</Prefix></CommonPrefixes>")
            else:
                when = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(thing.modified))
                out.append(f"<Contents><Key>{write(key)}</Key><LastModified>{when}</LastModified>"
                           f"<ETag>{escape(thing.etag, {chr(34): '&quot;'})}</ETag><Size>{thing.content.size}</Size>"
                           f"<StorageClass>{thing.storage_class}</StorageClass></Contents>")
        out.append("</ListBucketResult>")
        return Reply(200, {"Content-Type": "application/xml"}, "".join(out).encode())

    def rows(self, prefix, delimiter, behind, most):
        """(key or common prefix, thing or None), in the order of UTF-8, and whether there are more."""
        found, last_prefix = [], None
        for key in sorted(self.things, key=lambda text: text.encode()):
            if not key.startswith(prefix) or key.encode() <= behind.encode():
                continue
            head, mark, _ = key[len(prefix):].partition(delimiter) if delimiter else (key, "", "")
            common = prefix + head + mark if mark else None
            if common is not None and (common == last_prefix or common.encode() <= behind.encode()):
                continue
            if len(found) == most:
                return found, True
            last_prefix = common
            found.append((common, None) if common is not None else (key, self.things[key]))
        return found, False
