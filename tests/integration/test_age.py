#!/usr/bin/env python3
"""Files of formats/age against the program `age`: what either writes, the other opens, to keys and by passphrase, at the sizes
where chunks begin and end. Wants nothing of the other tests' cloud."""
import hashlib
import os
import pty
import random
import re
import select
import shutil
import subprocess
import tempfile

import harness
from harness import Failed, check, equal, skip

CHUNK = 1 << 16
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 12345, 20 * CHUNK]
PASSPHRASE = "correct horse battery staple \u7167\u7247"


def content(size):
    return random.Random(size).randbytes(size)


def same(found, wanted, what):
    check(found == wanted, f"{what}: {len(found)} bytes {hashlib.sha256(found).hexdigest()}, wanted {len(wanted)} bytes "
                           f"{hashlib.sha256(wanted).hexdigest()}")


def run(*words, given=b"", code=0):
    """Standard output of a program that is to end with this code, and what it said on standard error."""
    done = subprocess.run(words, input=given, capture_output=True, timeout=harness.PATIENCE_S)
    check(done.returncode == code, f"{words[0]} {words[1]}: code {done.returncode}, wanted {code}: {done.stderr.decode()}")
    return done.stdout, done.stderr.decode()


def at_terminal(words, answers):
    """Runs a program on a terminal of its own and types each answer when the terminal shows "passphrase" again. Returns its code
    and what the terminal showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(words[0], words)
    shown, typed, answers = b"", 0, list(answers)
    try:
        while True:
            if not select.select([terminal], [], [], harness.PATIENCE_S)[0]:
                raise Failed(f"{words[0]} says nothing any more; it said {shown!r}")
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # how the end of a terminal is told on Linux
                piece = b""
            if not piece:
                break
            shown += piece
            prompts = len(re.findall(rb"passphrase[^\r\n]*: ", shown))
            while typed < prompts and answers:
                os.write(terminal, answers.pop(0).encode() + b"\n")
                typed += 1
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


class Bench:
    def __init__(self, folder, tool):
        self.folder, self.tool = folder, tool
        self.keys = [self.keygen(), self.own_key(11)]

    def at(self, name):
        return os.path.join(self.folder, name)

    def written(self, name, data):
        with open(self.at(name), "wb") as file:
            file.write(data)
        return self.at(name)

    def read(self, name):
        with open(self.at(name), "rb") as file:
            return file.read()

    def keygen(self):
        """(file, recipient) of a pair that age-keygen made."""
        path = self.at("age.key")
        run("age-keygen", "-o", path)
        return path, run("age-keygen", "-y", path)[0].decode().strip()

    def own_key(self, seed):
        """A pair of ours, of which age-keygen says the same."""
        text, _ = run(self.tool, "key", str(seed))
        path = self.written("own.key", text)
        recipient = re.search(r"# public key: (\S+)", text.decode())[1]
        equal(run("age-keygen", "-y", path)[0].decode().strip(), recipient, "the recipient of an identity of ours")
        return path, recipient


def ours_to_age(bench):
    for size in SIZES:
        for key, recipient in bench.keys:
            sealed, _ = run(bench.tool, "encrypt", str(size), recipient, given=content(size))
            same(run("age", "-d", "-i", key, given=sealed)[0], content(size), f"{size} bytes of ours, opened by age")


def age_to_ours(bench):
    for size in SIZES:
        for key, recipient in bench.keys:
            sealed, _ = run("age", "-r", recipient, given=content(size))
            same(run(bench.tool, "decrypt", key, given=sealed)[0], content(size), f"{size} bytes of age's, opened by us")


def two_recipients(bench):
    (one, to_one), (two, to_two) = bench.keys
    plain = content(CHUNK + 1)
    by_us, _ = run(bench.tool, "encrypt", "5", to_one, to_two, given=plain)
    by_age, _ = run("age", "-r", to_two, "-r", to_one, given=plain)
    for key in (one, two):
        same(run("age", "-d", "-i", key, given=by_us)[0], plain, "to two, by us")
        same(run(bench.tool, "decrypt", key, given=by_age)[0], plain, "to two, by age")
    both = bench.written("both.key", bench.read("age.key") + b"\n" + bench.read("own.key"))
    same(run(bench.tool, "decrypt", both, given=by_age)[0], plain, "with a file of two identities")


def passphrase_ours_to_age(bench):
    for size, work_factor in ((0, 18), (CHUNK, 10), (2 * CHUNK + 1, 1)):
        sealed, _ = run(bench.tool, "encrypt-by-passphrase", "3", PASSPHRASE, str(work_factor), given=content(size))
        path, out = bench.written("by-passphrase.age", sealed), bench.at("opened")
        code, shown = at_terminal(["age", "-d", "-o", out, path], [PASSPHRASE])
        check(code == 0, f"age does not open our file of {size} bytes, work factor {work_factor}: {shown}")
        same(bench.read("opened") if size else b"", content(size), "opened by age with a passphrase")
        code, shown = at_terminal(["age", "-d", "-o", out, path], ["another"])
        check(code != 0 and "incorrect passphrase" in shown, f"age and a wrong passphrase: {code} {shown}")


def passphrase_age_to_ours(bench):
    for size in (1, CHUNK + 1):
        plain, sealed = bench.written("plain", content(size)), bench.at("by-age.age")
        code, shown = at_terminal(["age", "-p", "-o", sealed, plain], [PASSPHRASE, PASSPHRASE])
        check(code == 0, f"age does not encrypt by passphrase: {shown}")
        sealed = bench.read("by-age.age")
        same(run(bench.tool, "decrypt-by-passphrase", PASSPHRASE, given=sealed)[0], content(size), "opened with a passphrase")
        _, said = run(bench.tool, "decrypt-by-passphrase", PASSPHRASE + " ", given=sealed, code=1)
        equal(said.strip(), "header no_matching_key", "a wrong passphrase")
        _, said = run(bench.tool, "decrypt", bench.keys[0][0], given=sealed, code=1)
        equal(said.strip(), "header no_matching_key", "a key, where a passphrase is wanted")


def both_refuse(bench):
    """What is damaged, neither opens, and both hand out the same beginning."""
    (key, recipient), (other, _) = bench.keys
    plain = content(2 * CHUNK + 100)
    whole, _ = run("age", "-r", recipient, given=plain)
    start = len(whole) - len(plain) - 3 * 16
    chunks = [whole[start + at:start + at + CHUNK + 16] for at in range(0, len(whole) - start, CHUNK + 16)]
    flipped = bytearray(whole)
    flipped[start + CHUNK + 16 + 5] ^= 4
    cases = {
        "payload damaged at 1": bytes(flipped),
        "payload damaged at 0": whole[:start] + chunks[1] + chunks[0] + chunks[2],
        "payload truncated at 2": whole[:-len(chunks[2])],
        "payload truncated at 0": whole[:start],
        "payload damaged at 2": whole[:-1],
        "header truncated": whole[:start - 20],
        "header forged": whole.replace(b"--- ", b"-> x\n\n--- ", 1),
        "header newer_version": whole.replace(b"/v1\n", b"/v2\n", 1),
        "header damaged": whole.replace(b"\n", b"\r\n", 2),
        "header not_age": plain,
    }
    for wanted, file in cases.items():
        by_us, said = run(bench.tool, "decrypt", key, given=file, code=1)
        by_age, _ = run("age", "-d", "-i", key, given=file, code=1)
        equal(said.strip(), wanted, wanted)
        same(by_us, by_age, f"handed out before: {wanted}")
    _, said = run(bench.tool, "decrypt", other, given=whole, code=1)
    equal(said.strip(), "header no_matching_key", "a stranger's key")
    run("age", "-d", "-i", other, given=whole, code=1)
    armored, _ = run("age", "-a", "-r", recipient, given=plain)
    _, said = run(bench.tool, "decrypt", key, given=armored, code=1)
    equal(said.strip(), "header armored", "ASCII armour")


def one_place_of_a_large_file(bench):
    key, recipient = bench.keys[0]
    size = 40 * CHUNK + 77
    run("age", "-r", recipient, "-o", bench.at("large.age"), given=content(size))
    for offset, length in ((0, 0), (0, 1), (CHUNK - 1, 2), (30 * CHUNK + 5, 3 * CHUNK), (size - 1, 1), (size - 100, 100), (size, 0)):
        found, _ = run(bench.tool, "read", key, bench.at("large.age"), str(offset), str(length))
        same(found, content(size)[offset:offset + length], f"{length} bytes at {offset}")


CASES = [ours_to_age, age_to_ours, two_recipients, passphrase_ours_to_age, passphrase_age_to_ours, both_refuse,
         one_place_of_a_large_file]


def main():
    options = harness.arguments()
    tool = os.environ.get("DECAMP_AGE_TOOL") or os.path.join(os.path.dirname(options.decamp), "age_tool")
    for program in ("age", "age-keygen"):
        if shutil.which(program) is None:
            skip(f"{program} is not installed")
    for case in CASES:
        if options.only and not any(part in case.__name__ for part in options.only):
            continue
        with tempfile.TemporaryDirectory(prefix="decamp-test-") as folder:
            case(Bench(folder, tool))
        print(f"{case.__name__}: as it should be")


if __name__ == "__main__":
    main()
