"""A small gallery of Xiaomi Cloud in Python, for services that contradict themselves: every answer can be bent by the test."""
import hashlib
import http.server
import json
import threading
import urllib.parse

DAY_MS = 86_400_000
BASE_MS = 1_577_836_800_000 - 8 * 3_600_000  # 2020-01-01 00:00 at UTC+8

OK = {"result": "ok", "retriable": False, "code": 0, "description": "成功"}


def ok(data):
    return 200, {**OK, "data": data}


def error(code, retriable=False):
    return 200, {"result": "error", "retriable": retriable, "code": code, "description": "系统错误", "data": None}


def day_of(ms, offset_hours=8):
    import datetime
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms + offset_hours * 3_600_000)
    return when.strftime("%Y%m%d")


class Photo:
    """`albums`: the first is its home. `day`: days after 2020-01-01; none: it has no date. Photos of one `content` are twins, of
    which one is fetched: large libraries are made of them."""

    def __init__(self, number, albums=("1",), day=0, size=2000, hours=12.0, content=None):
        self.id = str(7_000_000_000_000_000_000 + number)
        self.name = f"IMG_{number:04}.jpg"
        self.albums = list(albums)
        self.taken_ms = None if day is None else int(BASE_MS + day * DAY_MS + hours * 3_600_000)
        self.bytes = b"\xff\xd8\xff\xe0" + hashlib.sha256(str(content or number).encode()).digest() * (size // 32) + b"\xff\xd9"
        self.listed = True                      # false: deleted, by the lists; its bytes may be there all the same
        self.sha1 = hashlib.sha1(self.bytes).hexdigest()

    def row(self):
        row = {"id": self.id, "groupId": self.albums[0], "fileName": self.name, "type": "image", "size": len(self.bytes),
               "sha1": self.sha1, "dateModified": 1_600_000_000_000}
        if self.taken_ms is not None:
            row["dateTaken"] = self.taken_ms
        return row


class Gallery:
    """Bends are attributes, or overridden methods; each request is asked of `bend` first: an answer ends it there."""

    def __init__(self, photos, albums=None):
        self.photos = list(photos)
        self.albums = albums if albums is not None else {"1": None, "2": None}  # id -> name; 1000 is never among them
        self.zone = self.filter_zone = 8        # hours: of the timeline, and of startDate and endDate
        self.album_page = 100
        self.log = []                           # (path, parameters), in order
        self.lock = threading.Lock()
        self.counts = {}
        gallery = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                gallery.serve(self, {})

            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                gallery.serve(self, dict(urllib.parse.parse_qsl(self.rfile.read(length).decode())))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # whoever asks may hang up
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    # ---- what a test bends

    def bend(self, path, asked):
        """None, or (status, body): text, bytes, or what becomes JSON."""

    def row_of(self, photo, album):
        """`album`: the list it stands in, or none."""
        return photo.row()

    def full(self):
        """The answer of /gallery/album/full."""
        return 404, "none"

    # ---- what a test asks

    @property
    def source(self):
        return "micloud:" + self.url

    def credentials(self):
        return json.dumps({"userId": "77", "serviceToken": "t0ken"})

    def asked(self, path):
        return [parameters for requested, parameters in list(self.log) if requested == path or
                path.endswith("/") and requested.startswith(path)]

    def nth(self, key):
        """How often this was called with the same key before."""
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key] - 1

    # ---- the service

    def serve(self, request, form):
        split = urllib.parse.urlsplit(request.path)
        asked = {**dict(urllib.parse.parse_qsl(split.query)), **form}
        with self.lock:
            self.log.append((split.path, asked))
        answer = self.bend(split.path, asked) or self.answer(split.path, asked)
        status, body = answer
        kind = "application/octet-stream"
        if isinstance(body, (dict, list)):
            body, kind = json.dumps(body).encode(), "application/json"
        if isinstance(body, str):
            body, kind = body.encode(), "text/plain"
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def answer(self, path, asked):
        if path.startswith("/page/"):
            return 200, f'cb({json.dumps({"url": self.url + "/file/" + path[6:], "meta": "m"})})'
        if path.startswith("/file/"):
            return 200, self.photo(path[6:]).bytes
        known = {
            "/gallery/user/album/list": self.album_list, "/gallery/user/timeline": self.timeline,
            "/gallery/user/galleries": self.galleries, "/gallery/storage": self.storage,
            "/gallery/album/full": lambda _: self.full(),
            "/status/lite/alldetail": lambda _: ok({"usedDetail": {"GalleryImage": {"size": self.bytes_held()}}}),
            "/status/lite/profile": lambda _: ok({"nickname": "小明"}),
            "/mic/keybag/v1/getEncInfo": lambda _: ok({"e2eeStatus": "close"}),
            "/gallery/user/lite/index/prepare": lambda _: ok({"isReady": True}), "/status/lite/setting": lambda _: ok({}),
        }
        return known[path](asked) if path in known else (404, "none")

    def photo(self, number):
        return next(photo for photo in self.photos if photo.id == number)

    def bytes_held(self):
        return sum(len(photo.bytes) for photo in self.photos)

    def held_by(self, album):
        """Photos of an album, or (none) of everything, where the private album is missing. The newest first."""
        held = [p for p in self.photos if p.listed and (album in p.albums if album else "1000" not in p.albums)]
        return sorted(held, key=lambda p: (p.taken_ms or 0, p.id), reverse=True)

    def album_rows(self):
        return [{"albumId": number, "mediaCount": len(self.held_by(number)), "userId": 77,
                 **({"name": name} if name else {})} for number, name in self.albums.items()]

    def album_list(self, asked):
        rows, page = self.album_rows(), int(asked["pageNum"])
        part = rows[page * self.album_page:(page + 1) * self.album_page]
        return ok({"albums": part, "isLastPage": (page + 1) * self.album_page >= len(rows), "indexHash": 1})

    def days(self, album):
        counted = {}
        for photo in self.held_by(album):
            if photo.taken_ms is not None:
                day = day_of(photo.taken_ms, self.zone)
                counted[day] = counted.get(day, 0) + 1
        return counted

    def timeline(self, asked):
        return ok({"dayCount": self.days(asked.get("albumId")), "indexHash": 1})

    def within(self, photo, asked):
        if "startDate" not in asked and "endDate" not in asked:
            return True
        if photo.taken_ms is None:
            return False
        day = day_of(photo.taken_ms, self.filter_zone)
        return asked.get("startDate", "0") <= day <= asked.get("endDate", "9")

    def galleries(self, asked):
        held = [p for p in self.held_by(asked.get("albumId")) if self.within(p, asked)]
        page, size = int(asked["pageNum"]), int(asked["pageSize"])
        part = held[page * size:(page + 1) * size]
        return ok({"galleries": [self.row_of(p, asked.get("albumId")) for p in part], "isLastPage": (page + 1) * size >= len(held)})

    def storage(self, asked):
        if not any(photo.id == asked["id"] for photo in self.photos):
            return error(50050)
        return ok({"url": f"{self.url}/page/{asked['id']}"})
