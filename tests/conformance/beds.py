"""The beds of the sources whose servers are in this process, and of folders."""
import json
import os
import signal
import socket
import urllib.parse

from harness import events, wait_for

from bed import Bed, ServerBed, as_bytes, is_text
from dav_face import DavFace, Resource
from link_face import LinkFace, Page
from s3_face import S3Face, Thing


def free_port():
    """A port where nobody listens for now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class S3Bed(ServerBed):
    kind = "s3"
    cannot = {"bytes_names": "keys of S3 are UTF-8"}

    def __init__(self, shop):
        super().__init__(shop, S3Face())
        key_id, secret = next(iter(self.face.keys.items()))
        self.credentials = f"AWS_ACCESS_KEY_ID={key_id}\nAWS_SECRET_ACCESS_KEY={secret}\n"
        self.words = ("--endpoint", self.server.url)
        self.prefix = ""
        self.form = "md5"

    @property
    def source(self):
        return "s3://bucket" + ("/" + self.prefix if self.prefix else "")

    def key_of(self, path):
        return self.prefix + path

    def put(self, path, content, modified=1_700_000_000):
        self.things[path] = content
        self.face.things[self.key_of(path)] = Thing(content, modified, self.form)

    def remove(self, path):
        del self.things[path]
        del self.face.things[self.key_of(path)]

    def page(self, size):
        self.face.page = size

    def refuse_login(self):
        self.credentials = self.credentials.replace("SECRET_ACCESS_KEY=", "SECRET_ACCESS_KEY=wrong")

    def unreachable(self):
        return "s3://bucket", ("--endpoint", f"http://127.0.0.1:{free_port()}")

    def secrets(self):
        return [line.split("=", 1)[1] for line in self.credentials.splitlines()]


class DavBed(ServerBed):
    kind = "webdav"
    cannot = {
        "paging": "an answer to PROPFIND holds the whole folder",
        "file_and_folder": "a name of a WebDAV folder is a file or a folder",
        "dots": "paths of WebDAV are resolved before they are asked for",
    }

    first_lists = 4

    def __init__(self, shop):
        super().__init__(shop, DavFace())
        self.credentials = f"{self.face.user}:{self.face.password}\n"

    @property
    def source(self):
        return f"webdav://127.0.0.1:{self.server.port}{urllib.parse.quote(self.face.root)}"

    def key_of(self, path):
        return as_bytes(path)

    def put(self, path, content, modified=1_700_000_000):
        self.things[path] = content
        self.face.put(as_bytes(path), Resource(content, modified))

    def remove(self, path):
        del self.things[path]
        del self.face.files[as_bytes(path)]

    def refuse_login(self):
        self.credentials = f"{self.face.user}:not the password\n"

    def unreachable(self):
        return f"webdav://127.0.0.1:{free_port()}/dav", ()

    def secrets(self):
        return [self.credentials.strip(), self.face.password]


class LinksBed(ServerBed):
    kind = "links"
    cannot = {
        "paging": "the list is a file",
        "auth": "links bring no login",
        "slow_list": "the list is a file",
        "control_names": "a list of links says control characters another way",
        "ends_in_dots": "a path of nothing but dots is a line that says no path",
    }

    def __init__(self, shop):
        super().__init__(shop, LinkFace())
        self.list_path = shop.fresh("links")
        self.listed = {}  # path -> the line's object
        self.manners = {}
        self.digests = True
        self.write()

    @property
    def source(self):
        return "links:" + self.list_path

    def key_of(self, path):
        return "/files/" + urllib.parse.quote(as_bytes(path), safe="/")

    def put(self, path, content, modified=1_700_000_000):
        """Renewed with the line, unless the line is frozen: what is behind a link may change while the list does not."""
        self.things[path] = content
        self.face.pages[self.key_of(path)] = Page(content, modified=modified, **self.manners)
        if not self.frozen(path):
            url = self.server.url + self.key_of(path)
            line = {"url": url, "size": content.size, "mtime": modified}
            if self.digests:
                line["sha256"] = content.hex()
            if is_text(path):
                line["path"] = path
            else:  # JSON holds text: the URL says the name
                line = {"url": url}
            self.listed[path] = line
            self.write()

    def frozen(self, path):
        return self.froze and path in self.listed

    froze = False

    def remove(self, path):
        del self.things[path]
        del self.face.pages[self.key_of(path)]
        if not self.froze:
            del self.listed[path]
            self.write()

    def vanish(self, path):
        self.freeze_while(path, lambda: self.remove(path))

    def freeze_while(self, path, call):
        """The list is read once, by a run that may still be reading it."""
        def frozen_call():
            self.froze = True
            call()
            self.froze = False
        self.on_get(path, frozen_call)

    def write(self):
        with open(self.list_path + ".new", "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" if len(line) > 1 else line["url"] + "\n" for line in self.listed.values())
        os.rename(self.list_path + ".new", self.list_path)

    def unreachable(self):
        """Each link fails by itself there."""
        path = self.shop.fresh("links")
        with open(path, "w", encoding="utf-8") as out:
            out.write(f"http://127.0.0.1:{free_port()}/one.bin\n")
        return "links:" + path, ()


class FolderBed(Bed):
    kind = "folder"
    cannot = {
        "paging": "a folder has no pages",
        "auth": "a folder asks nobody's name",
        "network": "a folder is on this computer",
        "ranges": "a folder is on this computer",
        "throttling": "a folder is on this computer",
        "holding": "a folder lets nobody wait",
        "slow_list": "a folder lets nobody wait",
        "file_and_folder": "a name in a folder is a file or a folder",
        "dots": "a folder holds no such names",
    }

    # Files to be put before one that is to change between list and read, so that its turn comes late.
    ballast = 150
    between = None

    def __init__(self, shop):
        super().__init__(shop)
        self.root = shop.fresh("folder")
        os.mkdir(self.root)

    @property
    def source(self):
        return "folder:" + self.root

    def at(self, path):
        return os.path.join(as_bytes(self.root), as_bytes(path))

    def put(self, path, content, modified=1_700_000_000):
        self.things[path] = content
        where = self.at(path)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        made = self.root + ".new"
        content.write_to(made)
        os.utime(made, (modified, modified))
        os.rename(made, where)

    def remove(self, path):
        del self.things[path]
        os.remove(self.at(path))

    def on_get(self, path, call):
        self.between = (path, call)

    def export(self, destination, *words, **more):
        """What is to happen between list and read happens while the program stands still: it is stopped as soon as it says
        that it knows the item."""
        between, self.between = self.between, None
        if between is None:
            return super().export(destination, *words, **more)
        log = more.setdefault("events", self.shop.fresh("events"))
        running = self.start(destination, "--connections", "1", *words, **more)
        name = os.path.basename(between[0])
        wait_for(lambda: not running.running() or any(
            e["event"] == "item_planned" and e["path"].endswith(name) for e in events(log)), "the item's plan")
        running.signal(signal.SIGSTOP)
        between[1]()
        running.signal(signal.SIGCONT)
        return running.end()

    def unreachable(self):
        return "folder:" + os.path.join(self.root, "not there"), ()
