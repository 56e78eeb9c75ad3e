"""The bed of micloud: the sample cloud, which makes its photos by itself and says afterwards what they hold."""
import hashlib
import json

from bed import Bed
from beds import free_port
from contents import Content


class Photo(Content):
    """Bytes that only their digest is known of."""

    def __init__(self, size, sha1):
        self.size, self.sha1 = size, sha1

    def is_in(self, path):
        hasher = hashlib.sha1()
        with open(path, "rb") as stream:
            while piece := stream.read(1 << 20):
                hasher.update(piece)
        return hasher.hexdigest() == self.sha1


class MicloudBed(Bed):
    kind = "micloud"
    arranged_as_tree = False
    cannot = {
        "bytes_names": "names come as JSON, which is text",
        "file_and_folder": "photos lie in albums, albums in none",
        "folders": "photos lie in albums, albums in none",
        "dots": "a name is no path there",
        "change": "a photo in the cloud never changes",
        "large": "the sample cloud makes photos, which are small",
        "growing": "the sample cloud draws the photos that come by itself",
        "same_bytes": "the sample cloud draws the twins by itself",
        "holding": "the sample cloud does not wait",
        "slow_list": "the sample cloud does not wait",
    }

    def __init__(self, shop):
        super().__init__(shop)
        self.wanted = {}    # name -> size
        self.scenario = {"storage": {"second_host_percent": 0}}
        self.cloud_ = None
        shop.beds.append(self)

    # ---- filling: until the first question is asked

    def put(self, path, content, modified=None):
        self.wanted[path.rpartition("/")[2]] = content.size

    @property
    def cloud(self):
        if self.cloud_ is None:
            sizes = [size for size in self.wanted.values() if size] or [2000]
            zeros = [index for index, size in enumerate(self.wanted.values()) if not size]
            self.cloud_ = self.shop.cloud({
                **self.scenario,
                "library": {"items": len(self.wanted), "private_items": 0, "albums": 2, "twins_percent": 0,
                            "videos_percent": 0, "second_album_percent": 0, "size_min": max(1280, min(sizes)),
                            "size_max": max(1280, max(sizes)), "zero_bytes": zeros,
                            "names": [{"item": index, "name": name} for index, name in enumerate(self.wanted)]},
            })
            self.read_things()
            self.credentials = self.cloud_.credentials()
        return self.cloud_

    def read_things(self):
        """Names, as the cloud has them; those that stand twice with a number, which nobody looks at."""
        self.things = {}
        for line in self.cloud_.ask("items?count=100000").split("\n")[:-1]:  # names may hold other ends of lines
            item = json.loads(line)
            self.things[f"{item['index']}/{item['name']}"] = Photo(item["size"], item["sha1"])

    def index_of(self, path):
        return list(self.wanted).index(path.rpartition("/")[2])

    def run_arguments(self, destination, words, more):
        _ = self.cloud  # makes the credentials
        return super().run_arguments(destination, words, more)

    def slow(self):
        self.scenario["storage"]["latency_ms"] = 60

    def page(self, size):
        self.scenario["api"] = {"page_size_max": size}

    def remove(self, path):
        self.cloud.mutate(remove=[self.index_of(path)])
        self.read_things()

    def spoil(self, path, **fault):
        self.scenario.setdefault("faults", []).append({"items": [self.index_of(path)], **fault})

    def vanish(self, path):
        """It is listed for good, since the cloud counts it; each link answers that it is gone."""
        self.spoil(path, kind="deleted", times=0)
        self.gone = self.index_of(path)

    def cut(self, path, after, **more):
        self.spoil(path, kind="reset", bytes=after)

    def refuse(self, on, times=1, status=503, retry_after=None, skip=0, path=None):
        # The first request of a group begins a burst, so that "every" lies beyond what a case asks.
        group = {"list": "galleries", "get": "download", "any": "any"}[on]
        self.scenario.setdefault("bursts", []).append({
            "on": group, "every": 3, "length": 1, "times": times, "status": status,
            "retry_after": -1 if retry_after is None else retry_after})

    def heal(self):
        if self.cloud_:
            self.cloud_.change(faults=[], bursts=[])

    def refuse_login(self):
        self.scenario["session"] = {"pass_token_dead": True, "untrusted": True}

    def expire_after(self, requests):
        if self.cloud_ is None:
            self.scenario["session"] = {"expire_after": requests, "pass_token_dead": True}
        else:
            self.cloud_.change(session={"expire_after": 0, "pass_token_dead": False})

    # ---- asking

    @property
    def source(self):
        return self.cloud.source

    def unreachable(self):
        return f"micloud:http://127.0.0.1:{free_port()}", ()

    def secrets(self):
        held = json.loads(self.credentials)
        return [held[name] for name in ("userId", "serviceToken", "passToken") if held.get(name)]

    def key_of(self, path):
        return self.cloud.items()[self.index_of(path)]["id"]

    def gets(self, path=None):
        return [{"key": None, "range": r["range"] or None, "status": r["status"], "sent": r["body_bytes"], "if_range": True}
                for r in self.cloud.log() if r["endpoint"] == "download"]

    def fetched(self):
        return self.cloud.asked_for()

    def forget(self):
        self.cloud.reset_stats()

    def close(self):
        pass
