"""What a case knows of a source. Each kind of source has a bed of its own (bed_*.py) that fills it, spoils it and tells what
was asked of it. Paths are text, bytes that are no UTF-8 in them as os.fsdecode writes them, parted by '/'."""
import os

from contents import Content
from servers import Gate, Server


class Skipped(Exception):
    """Its text says why this source cannot have the case."""


class Bed:
    kind = ""
    # What this source cannot have -> why. Known: "paging", "folders", "bytes_names", "same_bytes", "slow_list", "control_names", "ends_in_dots", "file_and_folder", "dots",
    # "change", "auth", "network", "ranges", "throttling", "large", "holding", "growing".
    cannot = {}
    arranged_as_tree = True
    # Options and environment that every run gets.
    words, env = (), None
    credentials = None
    server = None
    ballast = 0
    # Requests of the kind "list" before the walk has gone beyond its first page: logins, challenges, that page.
    first_lists = 2

    def __init__(self, shop):
        self.shop = shop
        self.things = {}  # path -> Content

    def needs(self, *features):
        for feature in features:
            if feature in self.cannot:
                raise Skipped(self.cannot[feature])

    # ---- filling and spoiling

    def put(self, path, content, modified=1_700_000_000):
        raise NotImplementedError

    def remove(self, path):
        raise NotImplementedError

    def page(self, size):
        """So many items a page of a list holds at most."""
        raise NotImplementedError

    def slow(self):
        """Where nothing can be held: slow enough that a run has a middle."""

    def on_get(self, path, call):
        """`call` runs once, after the item was listed and before its bytes are given."""
        self.server.fault("get", "call", key=self.key_of(path), call=call)

    def vanish(self, path):
        """The item is listed, and gone when it is asked for."""
        self.on_get(path, lambda: self.remove(path))

    def cut(self, path, after, **more):
        self.server.fault("get", "cut", key=self.key_of(path), after=after, **more)

    def hold(self, on, path=None, after=0, skip=0):
        """A gate at which the next list ("list") or the bytes of an item ("get") wait."""
        gate = Gate()
        self.server.fault(on, "gate", key=None if path is None else self.key_of(path), gate=gate, after=after, skip=skip)
        return gate

    def refuse(self, on, times=1, status=503, retry_after=None, skip=0, path=None):
        self.server.fault(on, "status", key=None if path is None else self.key_of(path), times=times, status=status,
                          retry_after=retry_after, skip=skip)

    def heal(self):
        if self.server:
            self.server.heal()

    def refuse_login(self):
        raise NotImplementedError

    def expire_after(self, requests):
        """The login dies after so many requests from now on; None: it lives again."""
        self.server.face.good, self.server.face.refuse_from = 0, requests

    # ---- asking

    @property
    def source(self):
        raise NotImplementedError

    def unreachable(self):
        """SOURCE and options for a place where nobody listens."""
        raise NotImplementedError

    def secrets(self):
        return []

    def key_of(self, path):
        """As the server's log names the item."""
        return path

    def gets(self, path=None):
        """Requests for bytes; of one item or all."""
        return self.server.log("get", None if path is None else self.key_of(path)) if self.server else []

    def fetched(self):
        """Keys of the items whose bytes were asked for."""
        return {entry["key"] for entry in self.gets()}

    def forget(self):
        if self.server:
            self.server.forget()

    def writes(self):
        """Requests that would have changed something."""
        return self.server.log("write") if self.server else []

    # ---- running

    def run_arguments(self, destination, words, more):
        more.setdefault("credentials", self.credentials)
        more["env"] = {**(self.env or {}), **(more.get("env") or {})}
        events = more.pop("events", None)
        options = ["--events", events] if events else []
        return ("export", more.pop("source", self.source), destination, "--no-progress", *self.words, *options, *words), more

    def start(self, destination, *words, **more):
        words, more = self.run_arguments(destination, words, more)
        return self.shop.start(*words, **more)

    def export(self, destination, *words, **more):
        return self.start(destination, *words, **more).end()

    def close(self):
        self.heal()
        if self.server:
            self.server.close()


class ServerBed(Bed):
    """On one of the servers in this process."""

    def __init__(self, shop, face, tls=None):
        super().__init__(shop)
        self.face = face
        self.server = Server(face, tls)
        shop.beds.append(self)


def as_bytes(path):
    return os.fsencode(path)


def is_text(path):
    try:
        path.encode("utf-8")
        return True
    except UnicodeEncodeError:
        return False


def content_of(thing):
    return thing if isinstance(thing, Content) else thing.content
