"""A WebDAV server (RFC 4918) that is only read, with the ways real ones write their answers as switches."""
import base64
import hashlib
import hmac
import os
import re
import time
import urllib.parse
from xml.sax.saxutils import escape

from servers import Face, Reply, content_reply, http_date

BOMB = ('<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' +
        "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij")) +
        ']><d:multistatus xmlns:d="DAV:"><d:response><d:href>&j;</d:href></d:response></d:multistatus>')
EXTERNAL = ('<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
            '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/&x;</d:href></d:response></d:multistatus>')
DEPTH = "<d:multistatus xmlns:d='DAV:'>" + "<a>" * 100_000


def endless_list():
    yield b'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/'
    while True:
        yield b"a" * (1 << 16)


class Resource:
    def __init__(self, content, modified=1_700_000_000):
        self.content, self.modified = content, modified
        self.etag = f'"{content.hex("sha1")[:20]}"'


class DavFace(Face):
    """Paths are bytes without a leading or closing slash, below `root`."""

    def __init__(self, user="user", password="pass:wörd", root="/dav"):
        self.user, self.password, self.root = user, password, root
        self.files = {}               # path (bytes) -> Resource
        self.folders = {b""}
        self.auth = "basic"           # "basic", "digest" (MD5), "digest-sha256", or None
        self.nonce, self.stale_every, self.answers_to_nonce = os.urandom(8).hex(), 0, 0
        self.href = "path"            # "path", "url", "raw" (not encoded), "lower" (%c3%a4), "no_slash" (folders without)
        self.prefix = "D"             # of the namespace DAV:; "" makes it the default one
        self.lists_parent = False     # an answer about a folder names the folder above as well
        self.loops = False            # each folder holds "again", which is itself
        self.bottomless = False       # each folder holds "deeper", another one
        self.checksums = False        # ownCloud's OC-Checksum and its property
        self.etags = True
        self.ranges = True
        self.weak_etags = False
        self.sizes = True             # getcontentlength is told
        self.missing_first = False    # the properties that are not there come before those that are
        self.propfind_body = None     # bytes, or "endless"
        self.propfind_type = 'application/xml; charset="utf-8"'
        self.refuse_from, self.good = None, 0

    def put(self, path, resource):
        self.files[path] = resource
        while b"/" in path:
            path = path.rpartition(b"/")[0]
            self.folders.add(path)

    # ---- what a request is

    def inner(self, path):
        """The path below root, or None."""
        root = self.root.encode()
        if path.rstrip(b"/") != root and not path.startswith(root + b"/"):
            return None
        return path[len(root):].strip(b"/")

    def kind_of(self, request):
        kinds = {"PROPFIND": "list", "GET": "get", "HEAD": "head", "OPTIONS": "options"}
        return kinds.get(request.method, "write"), self.inner(request.path)

    def answer(self, request):
        refused = self.not_allowed(request)
        if refused:
            return refused
        self.good += 1
        if self.refuse_from is not None and self.good > self.refuse_from:
            return self.challenge()
        if request.kind == "write":
            return Reply(405, {"Allow": "OPTIONS, GET, HEAD, PROPFIND"})
        if request.kind == "options":
            return Reply(200, {"DAV": "1", "Allow": "OPTIONS, GET, HEAD, PROPFIND"})
        path = request.key
        if path is None:
            return Reply(404)
        if request.kind == "list":
            return self.propfind(request, path)
        if path in self.files:
            return self.file(request, self.files[path])
        if path in self.folders or self.loops or self.bottomless:
            return Reply(200, {"Content-Type": "text/html"}, b"<html><body>a folder</body></html>")
        return Reply(404)

    def file(self, request, resource):
        headers = {"Content-Type": "application/octet-stream"}
        if self.checksums:
            headers["OC-Checksum"] = f"SHA1:{resource.content.hex('sha1')}"
        return content_reply(request, resource.content, self.etag(resource) if self.etags else None, resource.modified,
                             self.ranges, headers)

    def etag(self, resource):
        return ("W/" if self.weak_etags else "") + resource.etag

    # ---- who may

    def challenge(self, stale=False):
        if self.auth == "basic":
            return Reply(401, {"WWW-Authenticate": 'Basic realm="a \\"place\\"", charset="UTF-8"'})
        algorithm = "SHA-256" if self.auth == "digest-sha256" else "MD5"
        return Reply(401, {"WWW-Authenticate": [
            f'Digest realm="a place", nonce="{self.nonce}", qop="auth,auth-int", algorithm={algorithm}, opaque="o=\\"p\\""'
            + (", stale=true" if stale else "")]})

    def not_allowed(self, request):
        if self.auth is None:
            return None
        given = request.header("Authorization", "")
        if self.auth == "basic":
            right = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return None if hmac.compare_digest(given, "Basic " + right) else self.challenge()
        fields = {name.lower(): quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted or not bare else bare
                  for name, quoted, bare in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', given)}
        if not given.startswith("Digest ") or not self.digest_holds(request, fields):
            return self.challenge()
        if fields["nonce"] != self.nonce:
            return self.challenge(stale=True)
        self.answers_to_nonce += 1
        if self.stale_every and self.answers_to_nonce >= self.stale_every:
            self.nonce, self.answers_to_nonce = os.urandom(8).hex(), 0
        return None

    def digest_holds(self, request, fields):
        """RFC 7616, 3.4.1; qop "auth" alone is taken."""
        def hashed(text):
            return hashlib.new("sha256" if self.auth == "digest-sha256" else "md5", text.encode()).hexdigest()
        try:
            first = hashed(f"{fields['username']}:{fields['realm']}:{self.password}")
            second = hashed(f"{request.method}:{fields['uri']}")
            right = hashed(":".join([first, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], second]))
            return (fields["username"] == self.user and fields["uri"] == request.target and fields["qop"] == "auth"
                    and fields.get("opaque") == 'o="p"' and hmac.compare_digest(right, fields["response"]))
        except KeyError:
            return False

    # ---- lists

    def propfind(self, request, path):
        if self.propfind_body == "endless":
            return Reply(207, {"Content-Type": self.propfind_type}, endless=endless_list())
        if self.propfind_body is not None:
            return Reply(207, {"Content-Type": self.propfind_type}, self.propfind_body)
        depth = request.header("Depth", "infinity")
        if depth not in ("0", "1"):
            return Reply(403, {"Content-Type": "application/xml"},
                         b'<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>')
        if path in self.files:
            return self.multistatus([(path, self.files[path])])
        if path not in self.folders and not (self.loops or self.bottomless):
            return Reply(404)
        if self.loops:  # whatever lies below an "again" is what lies above it
            while path == b"again" or path.endswith(b"/again"):
                path = path[:-len(b"/again")] if path != b"again" else b""
        rows = [(path, None)]
        if depth == "1":
            below = path + b"/" if path else b""
            rows += [(name, resource) for name, resource in sorted(self.files.items())
                     if name.startswith(below) and b"/" not in name[len(below):]]
            rows += [(name, None) for name in sorted(self.folders)
                     if name and name.startswith(below) and name != path and b"/" not in name[len(below):]]
            if self.lists_parent:
                rows.append((path.rpartition(b"/")[0], None))
            rows += [(below + b"again", None)] * self.loops + [(below + b"deeper", None)] * self.bottomless
        return self.multistatus(rows)

    def href_of(self, path, is_folder):
        whole = self.root.encode() + (b"/" + path if path else b"")
        if is_folder and self.href != "no_slash":
            whole += b"/"
        if self.href == "raw":
            return escape(whole.decode("utf-8", "replace"))
        text = urllib.parse.quote(whole, safe="/-_.~!$&'()*+,;=:@")
        if self.href == "lower":
            text = re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)
        return escape((self.url if self.href == "url" else "") + text)

    def multistatus(self, rows):
        p = self.prefix + ":" if self.prefix else ""
        name = f"xmlns:{self.prefix}" if self.prefix else "xmlns"
        out = [f'<?xml version="1.0" encoding="utf-8"?>\n<{p}multistatus {name}="DAV:" '
               'xmlns:oc="http://owncloud.org/ns" xmlns:ns9="http://example.org/other">\n']
        out += [self.response(p, path, resource) for path, resource in rows]
        out.append(f"</{p}multistatus>\n")
        return Reply(207, {"Content-Type": self.propfind_type, "Date": http_date(time.time())}, "".join(out).encode())

    def response(self, p, path, resource):
        # For people to read: XML has no way to write every character that a name can hold.
        shown = escape(re.sub("[\0-\x1f\ufffe\uffff]", "?", path.rpartition(b"/")[2].decode("utf-8", "replace")))
        # A property of the same local name in another namespace is another property.
        props = [f"<{p}displayname>{shown}</{p}displayname><ns9:getcontentlength>7</ns9:getcontentlength>"]
        missing = ["<ns9:color/>"]
        if resource is None:
            props.append(f"<{p}resourcetype><{p}collection/></{p}resourcetype>")
            missing.append(f"<{p}getcontentlength/>")
        else:
            props.append(f"<{p}resourcetype/>")
            if self.sizes:
                props.append(f"<{p}getcontentlength>{resource.content.size}</{p}getcontentlength>")
            if self.etags:
                props.append(f"<{p}getetag>{escape(self.etag(resource))}</{p}getetag>")
            props.append(f"<{p}getlastmodified>{http_date(resource.modified)}</{p}getlastmodified>")
            if self.checksums:
                hashes = resource.content
                props.append(f"<oc:checksums><oc:checksum>SHA1:{hashes.hex('sha1')} MD5:{hashes.hex('md5')}"
                             "</oc:checksum></oc:checksums>")
        stat = f"<{p}propstat><{p}prop>%s</{p}prop><{p}status>HTTP/1.1 %s</{p}status></{p}propstat>"
        stats = [stat % ("".join(props), "200 OK"), stat % ("".join(missing), "404 Not Found")]
        if self.missing_first:
            stats.reverse()
        return f"<{p}response><{p}href>{self.href_of(path, resource is None)}</{p}href>{''.join(stats)}</{p}response>\n"
