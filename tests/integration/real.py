"""What the tests on real servers share. Each server is started by its test on ports of 127.0.0.1 that nobody has, runs from a
folder that goes with the test, and is stopped by its process id. A server that is not installed, or that does not start,
makes the test say skipped."""
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import harness
from harness import check, equal, skip

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))

from contents import Plain, drawn  # noqa: E402
from judging import expect_bytes, expect_safe_names, list_lines, sentences  # noqa: E402

for setting in list(os.environ):  # keys, proxies and settings of the machine decide nothing here
    if setting.startswith(("AWS_", "RCLONE_")) or setting.lower().endswith("_proxy"):
        del os.environ[setting]

START_S = 60
MIB = 1 << 20

# Names that real servers and clients take, and large enough for several parts.
ODD_NAMES = ["with space.bin", "100%.bin", "%41.bin", "a+b.bin", "a&b=c.bin", "a#b.bin", "a?b.bin", "q'uote.bin", "sémi;colon.bin",
             "\U0001f600.bin", "caf\u00e9.bin", "cafe\u0301 2.bin", "\u7167\u7247.bin", "-dash.bin", "(x).bin", "~tilde.bin", "CON.txt",
             "Case.bin", "case.bin", "@at,comma.bin", "[x].bin", "!x$.bin"]


def tree(many=0):
    """Path -> Content: odd names, an empty file, a large one, and `many` small ones."""
    things = {f"odd/{name}": drawn(300 + number, number) for number, name in enumerate(ODD_NAMES)}
    things["odd folder + ü/deeper %/x.bin"] = drawn(5000, "deep")
    things["empty.bin"] = Plain(b"")
    things["large.bin"] = drawn(20 * MIB + 7, "large")
    things["twin.bin"] = things["odd/with space.bin"]
    things.update({f"many/{number:04}.bin": drawn(40 + number % 50, f"many {number}") for number in range(many)})
    return things


def write_tree(things, folder):
    for path, content in things.items():
        where = os.path.join(folder, path)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        content.write_to(where)


def program(name, *folders):
    """Its path, or the test is skipped."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *folders]))
    return found or skip(f"{name} is not installed")


def free_ports(count):
    with_ports = [socket.socket() for _ in range(count)]
    try:
        for one in with_ports:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in with_ports]
    finally:
        for one in with_ports:
            one.close()


def own_environment(**more):
    return {**os.environ, "LC_ALL": "C.UTF-8", **more}


class Servers:
    """Processes that end with the test, youngest first; what they say is in files of the test's folder."""

    def __init__(self, shop, patient=True):
        """Not patient: killed in the end, which suits those that keep nothing and have no children."""
        self.shop, self.patient, self.running = shop, patient, []

    def start(self, *words, env=None, cwd=None):
        log = self.shop.fresh(os.path.basename(words[0]))
        with open(log, "wb") as out:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd,
                                       env=env or own_environment(), start_new_session=True)
        self.running.append((process, log))
        return process

    def stop(self):
        for process, _ in reversed(self.running):
            if process.poll() is None and self.patient:
                process.terminate()
            elif process.poll() is None:
                process.kill()
        for process, _ in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def last_words(self):
        text = []
        for process, log in self.running:
            if process.poll() is not None:
                with open(log, encoding="utf-8", errors="replace") as stream:
                    text.append(f"{os.path.basename(log)} ended with {process.returncode}: {stream.read()[-300:].strip()}")
        return "; ".join(text).replace("\n", " | ") or "it listens nowhere"

    def await_ports(self, *ports):
        """Until somebody listens on each; skipped where a server has ended instead."""
        until = time.monotonic() + START_S
        for port in ports:
            while not listens(port):
                ended = [process for process, _ in self.running if process.poll() is not None]
                if ended or time.monotonic() > until:
                    self.stop()
                    skip(f"the server did not start: {self.last_words()}")
                time.sleep(0.02)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def answers(url):
    """The status of a GET, or None."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def client(*words, env=None, may_fail=False, **more):
    """Runs a client of somebody else's; what it said when it failed is the test's failure."""
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", env=env or own_environment(), check=False,
                          timeout=harness.PATIENCE_S, stdin=subprocess.DEVNULL, **more)
    if done.returncode and not may_fail:
        check(False, f"{' '.join(words[:4])}: {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return done


def certificates(folder):
    """ca.pem, an authority that nobody knows, and server.pem with server.key, for localhost and 127.0.0.1, signed by it."""
    openssl = program("openssl")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    at = {name: os.path.join(folder, name) for name in ("ca.key", "ca.pem", "server.key", "server.csr", "server.pem", "names")}
    with open(at["names"], "w", encoding="ascii") as out:
        out.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    client(openssl, "req", "-x509", *key, "-days", "30", "-keyout", at["ca.key"], "-out", at["ca.pem"], "-subj", "/CN=Tests")
    client(openssl, "req", *key, "-keyout", at["server.key"], "-out", at["server.csr"], "-subj", "/CN=localhost")
    client(openssl, "x509", "-req", "-in", at["server.csr"], "-CA", at["ca.pem"], "-CAkey", at["ca.key"], "-CAcreateserial",
           "-out", at["server.pem"], "-days", "30", "-extfile", at["names"])


def export(shop, source, destination, *words, credentials=None, env=None):
    return shop.run("export", source, destination, "--no-progress", *words, credentials=credentials,
                    env={"HOME": "/nonexistent", **(env or {})})


def expect_tree(shop, things, destination):
    """Byte for byte, name for name, in number; the bag; and what decamp itself says of it."""
    left = expect_bytes(things, destination)
    equal(left, [], "listed on the drive and not put there")
    equal(len([line for line in list_lines(destination) if line["file"]]), len(things), "items")
    told = harness.certificate(destination)
    equal((told["verdict"], told["counts"]["listed"], told["counts"]["exceptions"]), ("complete", len(things), 0), "certificate")
    expect_safe_names(destination)
    shop.expect_sound(destination, "the bag")
    shop.verify(destination).expect(0)


def export_whole(shop, things, source, *words, **more):
    destination = shop.fresh("out")
    export(shop, source, destination, *words, **more).expect(0)
    expect_tree(shop, things, destination)
    return destination


def refused(shop, code, source, *words, secret=None, **more):
    """It ends with this code and a sentence, and does not tell the secret."""
    run = export(shop, source, shop.fresh("out"), "--quiet", *words, **more).expect(code)
    check(sentences(run), "nothing was said")
    check(secret is None or secret not in run.said, "the secret was printed")


def timed(*steps):
    """Runs the steps one after another, and says how long each took."""
    for name, step in steps:
        began = time.monotonic()
        result = step()
        print(f"  {time.monotonic() - began:5.1f} s  {name}", flush=True)
        yield result
