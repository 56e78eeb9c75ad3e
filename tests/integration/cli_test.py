#!/usr/bin/env python3
"""The program decamp as people and scripts meet it: what it prints where, in which language, and what it answers.

    python3 cli_test.py --decamp PATH --samplecloud PATH [unittest arguments]
"""
import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import unittest
import urllib.request
from pathlib import Path

PATIENCE = 300  # seconds until a hanging program fails its test; nothing is asserted about speed
PROGRAMS = argparse.Namespace(decamp=None, samplecloud=None)


def environment(**more):
    """Nothing of the machine the test runs on decides."""
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
            if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


class Cloud:
    """A sample cloud in a process of its own."""

    def __init__(self, folder, scenario):
        path = Path(folder) / "scenario.json"
        path.write_text(json.dumps(scenario))
        self.process = subprocess.Popen([PROGRAMS.samplecloud, "--scenario", str(path), "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, text=True, env=environment())
        self.url = self.process.stdout.readline().split()[1]
        self.credentials = self.get("credentials")

    def get(self, name):
        with urllib.request.urlopen(f"{self.url}/_control/{name}", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, name, value):
        urllib.request.urlopen(f"{self.url}/_control/{name}", data=json.dumps(value).encode(), timeout=PATIENCE).close()

    def stats(self):
        return json.loads(self.get("stats"))

    def secrets(self):
        held = json.loads(self.credentials)
        return [held[name] for name in ("userId", "serviceToken", "passToken") if held.get(name)]

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


SMALL = {"library": {"items": 12, "private_items": 1, "albums": 2, "size_max": 30000, "twins_percent": 20}}


class DecampTest(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="decamp-cli-")))
        self.dest = self.folder / "dest"

    def cloud(self, scenario=None):
        made = Cloud(self.folder, scenario or SMALL)
        self.addCleanup(made.stop)
        return made

    def decamp(self, *arguments, stdin=subprocess.DEVNULL, **variables):
        return subprocess.run([PROGRAMS.decamp, *map(str, arguments)], stdin=stdin, capture_output=True,
                              env=environment(**variables), timeout=PATIENCE, cwd=self.folder)

    def export(self, cloud, *more, dest=None, **variables):
        variables.setdefault("DECAMP_CREDENTIALS", cloud.credentials)
        return self.decamp("export", f"micloud:{cloud.url}", dest or self.dest, *more, **variables)

    def assert_code(self, ended, code):
        self.assertEqual(ended.returncode, code, f"\nstdout: {ended.stdout.decode()}\nstderr: {ended.stderr.decode()}")

    def assert_refused(self, ended, code, *words):
        """One clear sentence on standard error, nothing on standard output."""
        self.assert_code(ended, code)
        text = ended.stderr.decode()
        self.assertEqual(ended.stdout, b"")
        for word in words:
            self.assertIn(word, text)
        return text

    def snapshot(self, folder):
        return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}

    def manifest(self):
        lines = (self.dest / "manifest-sha256.txt").read_text().splitlines()
        return dict(reversed(line.split("  ", 1)) for line in lines)


class Usage(DecampTest):
    def refuse(self, *arguments, **variables):
        ended = self.decamp(*arguments, **variables)
        text = self.assert_refused(ended, 2)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertFalse(self.dest.exists())
        return text

    def test_each_mistake_is_one_sentence_and_code_2(self):
        export = ("export", "micloud:", self.dest)
        for arguments in [(), ("exprot",), ("list", "x"), ("repair", "x"), ("export",), ("export", "micloud:"),
                          ("verify",), (*export, "more"), (*export, "--bogus"), (*export, "--format", "rar"),
                          (*export, "--memory", "31MiB"), (*export, "--memory", "64M"), (*export, "--memory"),
                          (*export, "--memory", "64MiB", "--memory", "65MiB"), (*export, "--bandwidth", "20Mbit"),
                          (*export, "--connections", "0"), (*export, "--since", "yesterday"),
                          (*export, "--include", "[a"), (*export, "--twins", "x"), (*export, "--prove", "x"),
                          (*export, "--language", "fr"), (*export, "--endpoint", "ftp://x"), (*export, "--quiet=3"),
                          ("export", "s3://b/p", self.dest), ("export", "webdav://h/p", self.dest),
                          ("export", "links:f", self.dest), ("export", "folder:/x", self.dest),
                          ("export", "icloud:", self.dest), ("export", "micloud:mars", self.dest)]:
            with self.subTest(arguments=arguments):
                self.refuse(*arguments, DECAMP_CREDENTIALS="userId=1; serviceToken=2")

    def test_secrets_in_arguments_are_not_repeated(self):
        for arguments in [("export", "micloud:https://name:S3CRET@i.mi.com", self.dest),
                          ("export", "micloud:https://i.mi.com/?serviceToken=S3CRET", self.dest),
                          ("export", "micloud:", self.dest, "--password=S3CRET"),
                          ("export", "micloud:", self.dest, "--cookie", "S3CRET")]:
            with self.subTest(arguments=arguments):
                self.assertNotIn("S3CRET", self.refuse(*arguments))

    def test_language(self):
        han = re.compile("[\u4e00-\u9fff]")
        for variables, more, chinese in [({"LC_ALL": "zh_CN.UTF-8"}, (), True),
                                         ({"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, (), True),
                                         ({"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US"}, (), True),
                                         ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, (), False),
                                         ({"LC_ALL": "zh_CN.UTF-8"}, ("--language", "en"), False),
                                         ({"LC_ALL": "C"}, ("--language=zh-CN",), True)]:
            with self.subTest(variables=variables, more=more):
                self.assertEqual(bool(han.search(self.refuse("--bogus", *more, **variables))), chinese)
                helped = self.decamp("export", "--help", *more, **variables)
                self.assert_code(helped, 0)
                self.assertEqual(bool(han.search(helped.stdout.decode())), chinese)

    def test_version_and_help(self):
        version = self.decamp("--version")
        self.assert_code(version, 0)
        self.assertRegex(version.stdout.decode(), r"\Adecamp \d+\.\d+\.\d+\n\Z")
        plan = self.decamp("--version", "-v")
        self.assert_code(plan, 0)
        self.assertGreater(plan.stdout.count(b"\n"), 2)
        self.assertEqual(plan.stderr + version.stderr, b"")
        helped = self.decamp("export", "--help")
        self.assert_code(helped, 0)
        for option in ("memory connections bandwidth include exclude since twins prove credentials endpoint ca-file "
                       "events quiet no-progress language format volume-size level twins-in-archive recovery encrypt-to passphrase-file identity").split():
            self.assertIn(f"--{option}", helped.stdout.decode())
        for option in "only except".split():
            self.assertNotIn(f"--{option} ", helped.stdout.decode())


class Credentials(DecampTest):
    def test_what_is_wrong_with_them(self):
        source = ("export", "micloud:http://127.0.0.1:1", self.dest)
        (self.folder / "empty").write_text("")
        (self.folder / "malformed").write_text('{"userId": "S3CRET", "serviceToken"')
        (self.folder / "no-token").write_text('{"userId": "S3CRET"}')
        (self.folder / "large").write_bytes(b"S3CRET" * 200_000)
        for name in ("missing", "empty", "malformed", "no-token", "large", "."):
            with self.subTest(name=name):
                text = self.assert_refused(self.decamp(*source, "--credentials", name), 2)
                self.assertNotIn("S3CRET", text)
                self.assertFalse(self.dest.exists())
        self.assert_refused(self.decamp(*source), 2, "--credentials", "DECAMP_CREDENTIALS")
        self.assertFalse(self.dest.exists())

    def test_file_and_environment_both_work(self):
        cloud = self.cloud()
        path = self.folder / "cookie.json"
        path.write_text(cloud.credentials)
        self.assert_code(self.export(cloud, "--credentials", path, DECAMP_CREDENTIALS=""), 0)
        self.assert_code(self.export(cloud), 0)

    def test_a_dead_login_is_code_6_and_says_how_to_go_on(self):
        cloud = self.cloud({**SMALL, "session": {"pass_token_dead": True}})
        cloud.post("mutate", {"kill_service_token": True})
        text = self.assert_refused(self.export(cloud), 6, "i.mi.com")
        for secret in cloud.secrets():
            self.assertNotIn(secret, text)


class Export(DecampTest):
    def test_complete(self):
        cloud = self.cloud()
        ended = self.export(cloud)
        self.assert_code(ended, 0)
        out = ended.stdout.decode()
        self.assertTrue(out.startswith("Complete"), out)
        self.assertIn("certificate.txt", out)
        listed = self.manifest()
        self.assertGreaterEqual(len([path for path in listed if path.startswith("data/albums/")]), 10)
        for path, digest in listed.items():
            self.assertEqual(hashlib.sha256((self.dest / path).read_bytes()).hexdigest(), digest, path)
        self.assertEqual(json.loads((self.dest / "certificate.json").read_text())["verdict"], "complete")

        before = self.snapshot(self.dest / "data")
        cloud.post("reset-stats", {})
        again = self.export(cloud)
        self.assert_code(again, 0)
        self.assertEqual(cloud.stats()["downloads"], 0)
        self.assertEqual(self.snapshot(self.dest / "data"), before)

    def test_no_secret_is_left_anywhere(self):
        cloud = self.cloud({**SMALL, "session": {"expire_after": 20, "rotate_every": 7}})
        events = self.folder / "events.jsonl"
        ended = self.export(cloud, "--events", events)
        self.assert_code(ended, 0)
        texts = {"stdout": ended.stdout, "stderr": ended.stderr, "events": events.read_bytes()}
        texts |= {str(path): path.read_bytes() for path in self.dest.rglob("*") if path.is_file()}
        texts |= {"names": "\n".join(map(str, self.dest.rglob("*"))).encode()}
        for secret in cloud.secrets():
            for name, text in texts.items():
                self.assertNotIn(secret.encode(), text, name)
        self.assertEqual(cloud.stats()["cookies_leaked"], 0)

    def test_quiet(self):
        cloud = self.cloud()
        ended = self.export(cloud, "--quiet")
        self.assert_code(ended, 0)
        self.assertEqual(ended.stdout + ended.stderr, b"")
        verified = self.decamp("verify", self.dest, "--quiet")
        self.assert_code(verified, 0)
        self.assertEqual(verified.stdout + verified.stderr, b"")

    def test_chinese(self):
        cloud = self.cloud()
        ended = self.export(cloud, LC_ALL="zh_CN.UTF-8")
        self.assert_code(ended, 0)
        self.assertTrue(ended.stdout.decode().startswith("完整"), ended.stdout.decode())
        self.assertIn("证书", (self.dest / "certificate.txt").read_text())

    def test_events(self):
        cloud = self.cloud()
        ended = self.export(cloud, "--events", "-")
        self.assert_code(ended, 0)
        self.assertIn("Complete", ended.stderr.decode())
        events = [json.loads(line) for line in ended.stdout.decode().splitlines()]
        names = [event["event"] for event in events]
        self.assertEqual((names[0], names[-1]), ("run_started", "run_finished"))
        self.assertLessEqual({"page_listed", "item_planned", "item_stored", "group_committed", "read_back"}, set(names))
        for event in events:
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
        self.assertEqual(events[-1]["code"], 0)
        listed = self.manifest()
        planned = {event["id"]: event["path"] for event in events if event["event"] == "item_planned"}
        stored = [event for event in events if event["event"] == "item_stored"]
        self.assertGreaterEqual(len(stored), 9)
        for event in stored:
            self.assertIsInstance(event["id"], str)
            self.assertIn(event["id"], planned)
            self.assertEqual(listed[event["path"]], event["sha256"])

    def test_events_are_appended_to_a_file(self):
        cloud = self.cloud()
        events = self.folder / "events.jsonl"
        events.write_text('{"event":"earlier"}\n')
        self.assert_code(self.export(cloud, "--events", events), 0)
        names = [json.loads(line)["event"] for line in events.read_text().splitlines()]
        self.assertEqual(names[:2], ["earlier", "run_started"])
        self.assert_refused(self.export(cloud, "--events", self.folder / "no" / "e", dest=self.folder / "other"), 2)
        self.assertFalse((self.folder / "other").exists())

    def test_a_reader_that_goes_away_stops_nothing(self):
        cloud = self.cloud()
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as nobody:
            ended = subprocess.run([PROGRAMS.decamp, "export", f"micloud:{cloud.url}", self.dest, "--events", "-"],
                                   stdout=nobody, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                                   env=environment(DECAMP_CREDENTIALS=cloud.credentials))
        self.assertEqual(ended.returncode, 0, ended.stderr.decode())
        self.assertEqual(ended.stderr.decode().count("Events can no longer be written"), 1)

    def test_filters(self):
        cloud = self.cloud()
        ended = self.export(cloud, "--exclude", "*.jpg")
        self.assert_code(ended, 0)
        self.assertTrue(ended.stdout.decode().startswith("Complete for what was asked"), ended.stdout.decode())
        certificate = json.loads((self.dest / "certificate.json").read_text())
        self.assertEqual(certificate["scope"]["exclude"], ["*.jpg"])
        self.assertGreater(certificate["counts"]["excluded"], 0)
        self.assertEqual([path for path in self.manifest() if path.endswith(".jpg")], [])


class Destination(DecampTest):
    def test_a_file(self):
        self.dest.write_text("mine")
        cloud = self.cloud()
        self.assert_refused(self.export(cloud), 2, str(self.dest))
        self.assert_refused(self.decamp("verify", self.dest), 2)
        self.assertEqual(self.dest.read_text(), "mine")

    def test_somebody_elses_folder(self):
        self.dest.mkdir()
        (self.dest / "letter.txt").write_text("dear")
        before = self.snapshot(self.dest)
        cloud = self.cloud()
        self.assert_refused(self.export(cloud), 2, str(self.dest))
        self.assert_refused(self.decamp("verify", self.dest), 2)
        self.assertEqual(self.snapshot(self.dest), before)

    def test_verify_of_nothing(self):
        self.assert_refused(self.decamp("verify", self.dest), 2, str(self.dest))
        self.assertFalse(self.dest.exists())


class Verify(DecampTest):
    def test_sound_changed_missing(self):
        self.assert_code(self.export(self.cloud()), 0)
        verified = self.decamp("verify", self.dest)
        self.assert_code(verified, 0)
        self.assertIn("unchanged", verified.stdout.decode())

        paths = sorted(path for path in self.manifest() if path.startswith("data/albums/"))
        changed, missing = self.dest / paths[0], self.dest / paths[1]
        changed.chmod(0o644)
        content = bytearray(changed.read_bytes())
        content[len(content) // 2] ^= 1
        changed.write_bytes(content)
        missing.unlink()
        text = self.assert_refused(self.decamp("verify", self.dest), 9, paths[0], paths[1])
        self.assertNotIn(paths[2], text)


class Source(DecampTest):
    def listener(self, answer):
        """Answers every connection with the same bytes."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with contextlib.suppress(OSError), connection:
                        connection.sendall(answer)
        threading.Thread(target=serve, daemon=True).start()
        return "http://127.0.0.1:%d" % server.getsockname()[1]

    def test_no_http(self):
        url = self.listener(b"SSH-2.0-OpenSSH_9.2\r\n")
        ended = self.decamp("export", f"micloud:{url}", self.dest, DECAMP_CREDENTIALS="userId=1; serviceToken=2")
        self.assert_refused(ended, 7, "127.0.0.1")

    def test_endpoint_takes_the_place_of_the_address(self):
        cloud = self.cloud()
        ended = self.decamp("export", "micloud:us", self.dest, "--endpoint", cloud.url,
                            DECAMP_CREDENTIALS=cloud.credentials)
        self.assert_code(ended, 0)


class Signals(DecampTest):
    SLOW = {"library": {"items": 8, "private_items": 0, "albums": 1, "twins_percent": 0, "size_min": 60_000,
                        "size_max": 60_000},
            "storage": {"second_host_percent": 0, "bytes_per_second": 30_000}}

    def started(self, cloud):
        """An export that has been asked for bytes but cannot have got them all."""
        process = subprocess.Popen([PROGRAMS.decamp, "export", f"micloud:{cloud.url}", self.dest, "--connections", "1",
                                    "--events", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, env=environment(DECAMP_CREDENTIALS=cloud.credentials))
        for line in process.stdout:
            if json.loads(line)["event"] == "item_stored":
                return process
        self.fail(process.stderr.read().decode())

    def test_the_first_interrupt_commits_and_the_next_run_goes_on(self):
        cloud = self.cloud(self.SLOW)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.started(cloud)
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 5, err.decode())
            self.assertIn("Interrupted", err.decode())
            self.assertIn("same command again", err.decode())
            cloud.post("scenario", {"storage": {**self.SLOW["storage"], "bytes_per_second": 10_000}})
        cloud.post("scenario", {"storage": {"bytes_per_second": 0}})
        self.assert_code(self.export(cloud), 0)
        self.assert_code(self.decamp("verify", self.dest), 0)

    def test_the_second_interrupt_ends_at_once(self):
        """That it does not wait for the first is shown by tests/unit/cli/interrupts_test.cpp; here: nothing is spoiled."""
        cloud = self.cloud({**self.SLOW, "storage": {"second_host_percent": 0},
                            "faults": [{"kind": "stall", "items": list(range(8)), "times": 0}]})
        process = subprocess.Popen([PROGRAMS.decamp, "export", f"micloud:{cloud.url}", self.dest, "--connections", "1"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env=environment(DECAMP_CREDENTIALS=cloud.credentials))
        while cloud.stats()["stalled"] == 0:
            self.assertIsNone(process.poll(), "the export has ended")
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if line.startswith(b"Stopping"):
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 5)
        cloud.post("scenario", {"faults": []})
        self.assert_code(self.export(cloud), 0)


class Terminal(DecampTest):
    COLUMNS = 60

    def on_terminal(self, arguments, typed=b"", when=b"", **variables):
        """Runs decamp on a terminal of its own; types `typed` when `when` has been shown. Its code and its screen."""
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(PROGRAMS.decamp, ["decamp", *map(str, arguments)], environment(**variables))
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, self.COLUMNS, 0, 0))
        seen = b""
        while True:
            ready, _, _ = select.select([master], [], [], PATIENCE)
            self.assertTrue(ready, f"nothing more after {seen!r}")
            try:
                part = os.read(master, 65536)
            except OSError:  # EIO: the other side is closed
                part = b""
            if not part:
                break
            seen += part
            if typed and when in seen:
                os.write(master, typed)
                typed = b""
        os.close(master)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen

    def test_progress_is_redrawn_in_place_and_leaves_nothing_behind(self):
        cloud = self.cloud({**SMALL, "storage": {"latency_ms": 300}})
        code, seen = self.on_terminal(["export", f"micloud:{cloud.url}", self.dest, "--connections", "1"],
                                      DECAMP_CREDENTIALS=cloud.credentials)
        self.assertEqual(code, 0, seen)
        text = seen.decode().replace("\r\n", "\n")  # a line that ends is a message, and may be longer than the terminal
        drawn = [line.split("\x1b[K")[-1] for line in text.split("\r") if line.startswith("\x1b[K")]
        self.assertTrue(any("of" in line and "files" in line for line in drawn), seen)
        for line in drawn:
            self.assertLess(len(line.split("\n")[0]), self.COLUMNS if "\n" not in line else 1000)
        # What remains on the screen after the last erasure is the result.
        self.assertTrue(seen.decode().split("\x1b[K")[-1].startswith("Complete"), seen)

    def test_no_progress(self):
        cloud = self.cloud()
        code, seen = self.on_terminal(["export", f"micloud:{cloud.url}", self.dest, "--no-progress"],
                                      DECAMP_CREDENTIALS=cloud.credentials)
        self.assertEqual(code, 0, seen)
        self.assertNotIn(b"\x1b", seen)

    def test_the_prompt_shows_nothing_of_what_is_pasted(self):
        cloud = self.cloud()
        held = json.loads(cloud.credentials)
        filler = "x" * 6000  # beyond what a terminal takes in one line
        cookie = f"uLocale=zh_CN; pad={filler}; userId={held['userId']}; serviceToken={held['serviceToken']}"
        code, seen = self.on_terminal(["export", f"micloud:{cloud.url}", self.dest, "--no-progress"],
                                      typed=cookie.encode() + b"\r", when=b"Paste the cookie")
        self.assertEqual(code, 0, seen)
        for secret in (held["userId"], held["serviceToken"], filler):
            self.assertNotIn(secret.encode(), seen)

    def test_ctrl_c_at_the_prompt(self):
        code, seen = self.on_terminal(["export", "micloud:http://127.0.0.1:1", self.dest], typed=b"half of it\x03",
                                      when=b"Paste the cookie")
        self.assertEqual(code, 5, seen)
        self.assertNotIn(b"half of it", seen)
        self.assertFalse(self.dest.exists())


class Demo(DecampTest):
    def test_in_both_languages_and_twice_at_one_place(self):
        first = self.decamp("demo")
        self.assert_code(first, 0)
        out = first.stdout.decode()
        for part in ("COMPLETE.", "Where to look:", "decamp-demo/certificate.txt", "decamp-demo/data/albums",
                     "sha256sum -c", "Where the time went"):
            self.assertIn(part, out)
        dest = self.folder / "decamp-demo"
        self.assertTrue((dest / "certificate.txt").is_file())
        before = self.snapshot(dest / "data")

        second = self.decamp("demo", LC_ALL="zh_CN.UTF-8")
        self.assert_code(second, 0)
        out = second.stdout.decode()
        for part in ("完整", "请看这里", "decamp-demo/certificate.txt"):
            self.assertIn(part, out)
        self.assertNotIn("COMPLETE", out)
        self.assertEqual(self.snapshot(dest / "data"), before)

    def test_quiet_and_elsewhere(self):
        ended = self.decamp("demo", self.dest, "--quiet")
        self.assert_code(ended, 0)
        self.assertEqual(ended.stdout + ended.stderr, b"")
        self.assertTrue((self.dest / "manifest-sha256.txt").is_file())

    def test_a_folder_that_is_not_ours(self):
        self.dest.mkdir()
        (self.dest / "letter.txt").write_text("dear")
        ended = self.decamp("demo", self.dest)
        self.assert_code(ended, 2)
        self.assertEqual((self.dest / "letter.txt").read_text(), "dear")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decamp", required=True, type=os.path.abspath)
    parser.add_argument("--samplecloud", required=True, type=os.path.abspath)
    parser.add_argument("--source-dir")
    known, rest = parser.parse_known_args()
    PROGRAMS.decamp, PROGRAMS.samplecloud = known.decamp, known.samplecloud
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
