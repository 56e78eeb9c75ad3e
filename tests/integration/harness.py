"""What the whole-program tests share: a sample cloud of their own, runs of decamp, and comparison of what they left."""
import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import volumes

SKIPPED = 77
# Far beyond what anything here takes: it ends a test that hangs, and decides nothing else.
PATIENCE_S = 600


class Failed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Failed(what)


def equal(found, wanted, what):
    check(found == wanted, f"{what}: found {found!r}, wanted {wanted!r}")


def skip(why):
    print(why)
    sys.exit(SKIPPED)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--decamp", required=True)
    parser.add_argument("--samplecloud", required=True)
    parser.add_argument("--source-dir", required=True)
    parser.add_argument("--seed", type=int, default=None, help="of random moments; printed, so that a run can be repeated")
    parser.add_argument("--only", action="append", default=[], help="run the cases with this in their name")
    return parser.parse_args()


class Workshop:
    """The programs, a folder that goes with the test, and the processes started, which end with it."""

    def __init__(self, options):
        self.decamp_program = options.decamp
        self.cloud_program = options.samplecloud
        self.source_dir = options.source_dir
        self.folder = tempfile.mkdtemp(prefix="decamp-test-")
        self.children = []
        self.numbered = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, stem):
        self.numbered += 1
        return self.at(f"{stem}-{self.numbered}")

    def scenario_file(self, name):
        return os.path.join(self.source_dir, "tools/samplecloud/scenarios", name)

    def cloud(self, scenario):
        """A cloud from a scenario: a dict, or the path of a file."""
        if isinstance(scenario, dict):
            path = self.fresh("scenario")
            with open(path, "w", encoding="utf-8") as out:
                json.dump(scenario, out)
            scenario = path
        return Cloud(self, scenario)

    def run(self, *words, **more):
        return self.start(*words, **more).end()

    def start(self, *words, credentials=None, env=None, under=()):
        """`under`: words to put before the program, such as those of strace."""
        return Run(self, [*under, self.decamp_program, *words], credentials, env)

    def export(self, cloud, destination, *words, **more):
        return self.start_export(cloud, destination, *words, **more).end()

    def start_export(self, cloud, destination, *words, credentials=None, events=None, **more):
        options = ["--events", events] if events else []
        return self.start("export", cloud.source, destination, "--no-progress", *options, *words,
                          credentials=credentials or cloud.credentials(), **more)

    def verify(self, destination):
        return self.run("verify", destination, "--no-progress")

    def bag_faults(self, destination):
        checker = os.path.join(self.source_dir, "tests/integration/bagit_check.py")
        done = subprocess.run([sys.executable, "-B", checker, destination], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def expect_sound(self, destination, what):
        """Bag and manifest hold, by the independent checker and by sha256sum."""
        check(not self.bag_faults(destination), f"{what}: {self.bag_faults(destination)}")
        manifest = os.path.join(destination, "manifest-sha256.txt")
        if os.path.getsize(manifest) == 0:
            return
        done = subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "manifest-sha256.txt"], cwd=destination,
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        equal(done.returncode, 0, f"{what}: sha256sum -c: {done.stdout}{done.stderr}")


class Cloud:
    def __init__(self, shop, scenario_path):
        self.shop = shop
        self.scenario_path = scenario_path
        self.process = subprocess.Popen([shop.cloud_program, "--scenario", scenario_path, "--log-limit", "1000000"],
                                        stdout=subprocess.PIPE, text=True)
        shop.children.append(self.process)
        self.urls = {}
        for name in ("listening", "account", "storage"):
            line = self.process.stdout.readline().split()
            check(line[:1] == [name], f"the sample cloud said {line}")
            self.urls[name] = line[1]
        self.url = self.urls["listening"]
        self.source = "micloud:" + self.url

    def ask(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_control/{what}", data=data, timeout=PATIENCE_S) as reply:
            return reply.read().decode()

    def stats(self):
        return json.loads(self.ask("stats"))

    def log(self):
        return [json.loads(line) for line in self.ask("log").splitlines()]

    def items(self):
        return [json.loads(line) for line in self.ask("items?count=100000").splitlines()]

    def credentials(self):
        return self.ask("credentials")

    def change(self, **switches):
        self.ask("scenario", switches)

    def mutate(self, **changes):
        self.ask("mutate", changes)

    def reset_stats(self):
        self.ask("reset-stats", {})

    def asked_for(self):
        """Ids of the items whose bytes were asked for, since the statistics were reset."""
        ids = set()
        for request in self.log():
            if request["endpoint"] == "link":
                ids.add(request["target"].split("id=")[1].split("&")[0])
        return ids


class Run:
    """One process of decamp."""

    def __init__(self, shop, words, credentials, env):
        self.out_path = shop.fresh("stdout")
        self.err_path = shop.fresh("stderr")
        environment = {k: v for k, v in os.environ.items() if k not in ("DECAMP_CREDENTIALS", "LANG", "LC_ALL", "LANGUAGE")}
        environment["LC_ALL"] = "C.UTF-8"
        if credentials is not None:
            environment["DECAMP_CREDENTIALS"] = credentials
        environment.update(env or {})
        self.words = words
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        shop.children.append(self.process)
        self.code = None
        self.most_memory = 0

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.end()

    def end(self):
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            self.look_at_memory()
            check(time.monotonic() < until, f"did not end: {self.words}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self.code = self.process.returncode
        return self

    def look_at_memory(self):
        """VmHWM, in bytes; sampled, so it may miss what happens in the last 50 ms."""
        with contextlib.suppress(OSError, IndexError, ValueError):
            with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        self.most_memory = max(self.most_memory, int(line.split()[1]) * 1024)

    @property
    def said(self):
        text = b""
        for path in (self.out_path, self.err_path):
            with open(path, "rb") as stream:
                text += stream.read()
        return text.decode("utf-8", "backslashreplace")

    def expect(self, code, what=""):
        check(self.code == code, f"{what or self.words[1:4]}: answered {self.code}, not {code}:\n{self.said[-4000:]}")
        return self


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < until, f"never came: {what}")
        time.sleep(0.01)


def events(path):
    """What stands whole in an events file; a process killed in the middle of a line leaves a torn one."""
    found = []
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as stream:
        for line in stream:
            with contextlib.suppress(json.JSONDecodeError):
                found.append(json.loads(line))
    return found


def stored_ids(path):
    return {e["id"] for e in events(path) if e["event"] == "item_stored"}


def certificate(destination):
    with open(os.path.join(destination, "certificate.json"), encoding="utf-8") as stream:
        return json.load(stream)


def reasons(destination):
    """Reason -> how many exceptions name it."""
    counted = {}
    for exception in certificate(destination)["exceptions"]:
        counted[exception["reason"]] = counted.get(exception["reason"], 0) + 1
    return counted


def file_digest(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(stream.read()).hexdigest()


def payload(destination):
    """Path -> (sha256, mtime) of every file below data/."""
    found = {}
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        for name in names:
            full = os.path.join(folder, name)
            found[os.path.relpath(full, destination)] = (file_digest(full), os.stat(full).st_mtime_ns)
    return found


def manifest(destination):
    with open(os.path.join(destination, "manifest-sha256.txt"), encoding="utf-8") as stream:
        return sorted(stream.read().splitlines())


def expect_equal_exports(one, other, what):
    """Promise 4: tree, bytes, names, times and manifest are those of the undisturbed run."""
    left, right = payload(one), payload(other)
    for path in sorted(set(left) | set(right)):
        check(left.get(path) == right.get(path), f"{what}: {path}: {left.get(path)} here, {right.get(path)} there")
    equal(manifest(one), manifest(other), f"{what}: manifest")


def expect_all_items(cloud, destination, but=()):
    """Every item's true bytes are stored, under whatever name, as a file or in a volume."""
    digests = set()
    for folder, _, names in os.walk(os.path.join(destination, "data")):
        for name in names:
            if os.path.basename(folder) == "volumes" and volumes.is_volume(name):
                digests |= {member.sha1 for member in volumes.read(os.path.join(folder, name))}
                continue
            with open(os.path.join(folder, name), "rb") as stream:
                digests.add(hashlib.sha1(stream.read()).hexdigest())
    for item in cloud.items():
        if item["index"] not in but:
            check(item["sha1"] in digests, f"item {item['index']} ({item['name']}) is not on the drive")


def expect_no_leak(cloud):
    equal(cloud.stats()["cookies_leaked"], 0, "cookies seen at storage hosts")
    equal(cloud.stats()["pass_token_misplaced"], 0, "pass tokens seen outside the account server")


def main(*cases):
    """Runs each case with a workshop of its own; all of them, even when one fails."""
    options = arguments()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    bad = []
    for case in cases:
        if options.only and not any(word in case.__name__ for word in options.only):
            continue
        began = time.monotonic()
        try:
            with Workshop(options) as shop:
                shop.random = random.Random(seed)
                case(shop)
            print(f"ok      {case.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Failed as failure:
            bad.append(case.__name__)
            print(f"FAILED  {case.__name__}: {failure}", flush=True)
    if bad:
        print(f"{len(bad)} failed: {', '.join(bad)}")
    sys.exit(1 if bad else 0)
