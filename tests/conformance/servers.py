"""Small servers in this process that do what they are told, wrongly too. What a face (s3_face, dav_face, link_face) answers
is a Reply; how it goes over the wire, the log of requests and the faults are here.

Each server has a thread of its own and one a connection, an address 127.0.0.1, and a port the kernel chose."""
import contextlib
import email.utils
import http.server
import re
import socket
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from contents import Content, Plain

# Longer than any case takes: a gate nobody opens ends then.
PATIENCE_S = 300


class Gate:
    """Where a server waits until the test lets it go on."""

    def __init__(self):
        self.reached, self.opened = threading.Event(), threading.Event()

    def wait(self):
        self.reached.set()
        self.opened.wait(PATIENCE_S)

    def open(self):
        self.opened.set()


@dataclass
class Fault:
    """What happens to the requests it is for. `on`: the kind a face gives its requests ("list", "get", "head", "any").

    kind: "status" answers `status`, Retry-After and `body`; "cut" ends the connection after `after` bytes of the body (with a
    reset, or plainly when not `reset`); "gate" waits at `gate` before the answer, or after `after` bytes of its body; "call" calls `call` and then answers; "body"
    answers 200 with `body`."""

    on: str
    kind: str
    key: object = None  # the item it is for; None: any
    times: int = 1      # 0: for good
    skip: int = 0       # so many such requests are let through first
    status: int = 503
    retry_after: object = None
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    after: int = None
    reset: bool = True
    gate: Gate = None
    call: object = None


@dataclass
class Reply:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: object = b""         # bytes or Content
    begin: int = 0             # of a Content
    end: int = None
    chunked: bool = False
    no_length: bool = False    # ended by closing
    length: int = None         # a Content-Length that is not true
    cut: int = None            # bytes of the body after which the connection ends
    reset: bool = True
    gate: Gate = None
    gate_after: int = 0
    endless: object = None     # an iterator of bytes instead of a body; sent chunked


class Request:
    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        self.headers = handler.headers
        self.body = body
        raw, _, self.query_text = handler.path.partition("?")
        self.raw_path = raw
        self.path = urllib.parse.unquote_to_bytes(raw)
        self.query = dict(urllib.parse.parse_qsl(self.query_text, keep_blank_values=True))
        self.kind, self.key = "any", None  # said by the face

    def header(self, name, otherwise=None):
        return self.headers.get(name, otherwise)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "test", ""

    def log_message(self, *_):
        pass

    def setup(self):
        self.request.settimeout(PATIENCE_S)
        super().setup()
        self.server.owner.open_connections.add(self.request)

    def finish(self):
        self.server.owner.open_connections.discard(self.request)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self):
        with contextlib.suppress(OSError):
            super().handle()

    def handle_expect_100(self):
        return True

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self, self.rfile.read(length) if length else b"")
        owner = self.server.owner
        reply = owner.reply_to(request)
        entry = {"method": request.method, "target": request.target, "kind": request.kind, "key": request.key,
                 "range": request.header("Range"), "if_match": request.header("If-Match"),
                 "if_range": request.header("If-Range"), "host": request.header("Host"),
                 "authorization": request.header("Authorization"), "agent": request.header("User-Agent"),
                 "status": reply.status, "sent": 0, "at": time.monotonic()}
        owner.note(entry)
        self.send(request, reply, entry)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PROPFIND = do_OPTIONS = do_MKCOL = do_MOVE = do_PATCH = answer

    def send(self, request, reply, entry):
        if reply.gate and not reply.gate_after:
            reply.gate.wait()
        body = reply.body if isinstance(reply.body, Content) else Plain(reply.body)
        end = body.size if reply.end is None else reply.end
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        without_body = request.method == "HEAD" or reply.status in (204, 304)
        chunked = reply.chunked or reply.endless is not None
        if reply.no_length:
            self.send_header("Connection", "close")
            self.close_connection = True
        elif chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status not in (204, 304):
            self.send_header("Content-Length", str(end - reply.begin if reply.length is None else reply.length))
        self.end_headers()
        if without_body:
            return
        pieces = reply.endless if reply.endless is not None else body.pieces(reply.begin, end)
        for piece in self.stopping(pieces, reply):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            entry["sent"] += len(piece)
        if self.close_connection and reply.cut is not None:
            return
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        if reply.length is not None and reply.length > end - reply.begin:
            self.close_connection = True

    def stopping(self, pieces, reply):
        """The pieces, up to where the reply is cut, with the wait at its gate."""
        sent, waited = 0, not (reply.gate and reply.gate_after)
        for piece in pieces:
            if reply.cut is not None and sent + len(piece) >= reply.cut:
                yield piece[:reply.cut - sent]
                self.cut_off(reply.reset)
                return
            if not waited and sent + len(piece) > reply.gate_after:
                head = reply.gate_after - sent
                yield piece[:head]
                reply.gate.wait()
                waited, sent, piece = True, sent + head, piece[head:]
            yield piece
            sent += len(piece)
        if reply.cut is not None:
            self.cut_off(reply.reset)

    def cut_off(self, reset):
        self.close_connection = True
        with contextlib.suppress(OSError):
            if reset:  # closing then sends a RST
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.request.close()
            else:
                self.request.shutdown(socket.SHUT_RDWR)


class Threads(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that goes away, which is what these tests are about


class Server:
    """A face, listening. `face.answer(request)` gives a Reply; `face.kind_of(request)` the kind and the key of a request."""

    def __init__(self, face, tls=None):
        self.face = face
        self.lock = threading.Lock()
        self.entries, self.faults = [], []
        self.open_connections = set()
        self.http = Threads(("127.0.0.1", 0), Handler)
        self.http.owner = self
        self.port = self.http.server_address[1]
        self.scheme = "http"
        if tls is not None:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
            self.scheme = "https"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        face.url = self.url
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        for connection in list(self.open_connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def fault(self, *words, **more):
        made = Fault(*words, **more)
        with self.lock:
            self.faults.append(made)
        return made

    def heal(self):
        with self.lock:
            healed, self.faults = self.faults, []
        for fault in healed:
            if fault.gate:
                fault.gate.open()

    def note(self, entry):
        with self.lock:
            self.entries.append(entry)

    def log(self, kind=None, key=None):
        with self.lock:
            return [e for e in self.entries if (kind is None or e["kind"] == kind) and (key is None or e["key"] == key)]

    def forget(self):
        with self.lock:
            self.entries = []

    def faults_for(self, request):
        """Those that befall this request, each counted. Of those that answer in its place the first; waits come first."""
        found, answered = [], False
        with self.lock:
            for fault in self.faults:
                if fault.on not in ("any", request.kind) or fault.key not in (None, request.key):
                    continue
                if fault.skip:
                    fault.skip -= 1
                elif fault.times != -1 and not answered:
                    fault.times = -1 if fault.times == 1 else max(0, fault.times - 1)
                    found.append(fault)
                    answered = fault.kind in ("status", "body", "cut")
        return found

    def reply_to(self, request):
        request.kind, request.key = self.face.kind_of(request)
        faults = self.faults_for(request)
        for fault in faults:
            if fault.kind == "call":
                fault.call()
        for fault in faults:
            if fault.kind == "status":
                more = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                return Reply(fault.status, {**self.face.error_headers, **fault.headers, **more},
                             fault.body or self.face.error_body(fault.status))
            if fault.kind == "body":
                return Reply(200, {"Content-Type": "text/html", **fault.headers}, fault.body)
        reply = self.face.answer(request)
        for fault in faults:
            if fault.kind == "cut":
                reply.cut, reply.reset = fault.after or 0, fault.reset
            if fault.kind == "gate":
                reply.gate, reply.gate_after = fault.gate, fault.after or 0
        return reply


class Face:
    error_headers = {}
    url = ""

    def error_body(self, status):
        return f"status {status}\n".encode()

    def kind_of(self, request):
        raise NotImplementedError

    def answer(self, request):
        raise NotImplementedError


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def content_reply(request, content, etag=None, modified=None, ranges=True, headers=None):
    """A GET or HEAD of bytes after RFC 9110: If-Match, If-None-Match, Range with If-Range."""
    headers = dict(headers or {})
    if etag is not None:
        headers["ETag"] = etag
    if modified is not None:
        headers["Last-Modified"] = http_date(modified)
    wanted = request.header("If-Match")
    if wanted and wanted != "*" and etag not in [tag.strip() for tag in wanted.split(",")]:
        return Reply(412, headers)
    if etag is not None and request.header("If-None-Match") == etag:
        return Reply(304, headers)
    if not ranges:
        return Reply(200, headers, content)
    headers["Accept-Ranges"] = "bytes"
    condition = request.header("If-Range")
    if condition is not None and condition not in (etag, headers.get("Last-Modified")):
        return Reply(200, headers, content)
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("Range") or "")
    if not match or match[0] == "bytes=-":
        return Reply(200, headers, content)
    if match[1]:
        begin, end = int(match[1]), min(content.size, int(match[2]) + 1 if match[2] else content.size)
    else:
        begin, end = max(0, content.size - int(match[2])), content.size
    if begin >= end:
        return Reply(416, {**headers, "Content-Range": f"bytes */{content.size}"})
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{content.size}"
    return Reply(206, headers, content, begin, end)
