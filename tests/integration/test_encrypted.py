#!/usr/bin/env python3
"""Exports that nobody else can read: opened by `age`, gone on with, killed, damaged, looked into."""
import json
import os
import shutil
import signal
import time

import harness
import killing
import volumes
from archives import MIB, expect_memory, expect_truth, read_by_all
from encrypting import age_decrypt, age_has, expect_nothing_shows, keygen, opened, secrets_of
from harness import certificate, check, equal, skip, stored_ids, wait_for
from retrieving import output
from test_age import PASSPHRASE, at_terminal
from volumes import FORMATS

LIBRARY = {"items": 40, "private_items": 2, "albums": 4, "album_names": ["旅行 2018", "Family album"], "size_min": 2000,
           "size_max": 400_000, "twins_percent": 10, "zero_bytes": [7], "videos_percent": 5, "duplicate_names": [3, 4]}
FEW = {"items": 12, "private_items": 0, "albums": 2, "size_min": 20_000, "size_max": 300_000, "twins_percent": 0, "videos_percent": 0}


def host(shop, name="host"):
    """The environment of a computer of its own."""
    return {"XDG_STATE_HOME": shop.at(name), "HOME": shop.at(name + "-home")}


def opened_by_age(shop):
    key, recipient = keygen(shop, "owner")
    cloud = shop.cloud({"library": LIBRARY})
    for kind in FORMATS:
        destination, log = shop.at(kind), shop.fresh("events")
        shop.export(cloud, destination, "--format", kind, "--volume-size", "1MiB", "--encrypt-to", recipient, events=log,
                    env=host(shop)).expect(0, kind)
        bodies = {item["sha1"] for item in cloud.items() if item["id"] in stored_ids(log)}
        equal(bodies, {item["sha1"] for item in cloud.items()}, f"{kind}: what is said to be stored")
        shop.expect_sound(destination, kind)
        expect_nothing_shows(destination, secrets_of(cloud), kind)
        sizes = [os.path.getsize(os.path.join(destination, volumes.FOLDER, name))
                 for name in os.listdir(os.path.join(destination, volumes.FOLDER))]
        check(len(sizes) > 4 and max(sizes) <= MIB, f"{kind}: volumes of {sizes}")
        shop.run("verify", destination, "--no-progress", env=host(shop, "elsewhere")).expect(0, "verify without a key")
        copy = opened(shop, destination, lambda path: age_decrypt(path, key))
        expect_truth(cloud, copy, kind, read_by_all(shop, kind, copy))
        open_one, whole = certificate(destination), json.loads(age_decrypt(os.path.join(destination, "certificate.json.age"), key))
        for counted in ("listed", "stored", "read_back"):
            equal(open_one["counts"][counted], len(cloud.items()), f"{kind}: {counted}")
        equal((open_one["verdict"], open_one["encrypted"], open_one["collections"], open_one["exceptions"]),
              ("complete", True, [], []), f"{kind}: what the open certificate says")
        check("Family album" in json.dumps(whole["collections"]), f"{kind}: the whole certificate names no album")
        text = age_decrypt(os.path.join(destination, "certificate.txt.age"), key).decode()
        check("Family album" in text, f"{kind}: {text}")
        for folder in ("staging", "volumes"):
            equal(os.listdir(os.path.join(destination, ".decamp", folder)), [], f"left in {folder}")


def to_two_recipients(shop):
    (one, to_one), (two, to_two) = keygen(shop, "one"), keygen(shop, "two")
    cloud, destination = shop.cloud({"library": FEW}), shop.at("out")
    shop.export(cloud, destination, "--encrypt-to", to_one, "--encrypt-to", to_two, env=host(shop)).expect(0)
    for key in (one, two):
        check(age_decrypt(os.path.join(destination, "lists/contents.jsonl.age"), key), "nothing inside")
    shop.export(cloud, destination, "--encrypt-to", to_two, "--encrypt-to", to_one, env=host(shop)).expect(0, "in another order")
    run = shop.export(cloud, destination, "--encrypt-to", to_two, env=host(shop)).expect(2, "for one of them")
    check("--encrypt-to" in run.said, run.said)


def gone_on_with(shop):
    """By the host's key, by the identity, and by neither."""
    (key, recipient), (other, to_other) = keygen(shop, "owner"), keygen(shop, "other")
    cloud, destination, here = shop.cloud({"library": FEW}), shop.at("out"), host(shop)
    shop.export(cloud, destination, "--format", "tar", "--encrypt-to", recipient, env=here).expect(0)
    kept = os.path.join(here["XDG_STATE_HOME"], "decamp", "keys")
    equal([oct(os.stat(os.path.join(kept, name)).st_mode & 0o777) for name in os.listdir(kept)], ["0o600"], "the key's mode")
    before = harness.payload(destination)
    cloud.reset_stats()
    shop.export(cloud, destination, env=here).expect(0, "on the same computer")
    equal((cloud.asked_for(), harness.payload(destination)), (set(), before), "what another run did")
    # Elsewhere nothing is known.
    there = host(shop, "there")
    everything = {path: harness.file_digest(path) for path in files_of(destination)}
    for words, what in (((), "without a key"), (("--identity", other), "with another's"), (("--encrypt-to", recipient), "with the public one")):
        run = shop.export(cloud, destination, *words, env=there).expect(2, what)
        equal(len(run.said.strip().splitlines()), 1, f"{what}: {run.said}")
        equal({path: harness.file_digest(path) for path in files_of(destination)}, everything, f"{what}: what it left")
    run = shop.export(cloud, destination, "--encrypt-to", to_other, env=here).expect(2, "for others")
    check("--encrypt-to " + recipient in run.said, run.said)
    cloud.mutate(insert=3)
    cloud.reset_stats()
    shop.export(cloud, destination, "--identity", key, env=there).expect(0, "with the identity")
    equal(len(cloud.asked_for()), 3, "how many were fetched")
    shop.export(cloud, destination, env=there).expect(0, "and from now on without it")
    copy = opened(shop, destination, lambda path: age_decrypt(path, key))
    expect_truth(cloud, copy, "tar", read_by_all(shop, "tar", copy))
    after = harness.payload(destination)
    equal({path: after.get(path) for path in before}, before, "the volumes that were there")
    expect_nothing_shows(destination, secrets_of(cloud), "after three computers")


def files_of(folder):
    return [os.path.join(inner, name) for inner, _, names in os.walk(folder) for name in names if name != "lock"]


def with_a_passphrase(shop):
    cloud, destination, here = shop.cloud({"library": FEW}), shop.at("out"), host(shop)
    words, wrong = shop.at("passphrase"), shop.at("wrong")
    for path, text in ((words, PASSPHRASE + "\r\nwhat stands below is no part of it\n"), (wrong, "another\n"), (shop.at("empty"), "\n")):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    run = shop.export(cloud, destination, "--format", "zip", "--passphrase-file", words, env=here).expect(0)
    check(PASSPHRASE not in run.said, "the passphrase was said")
    shop.run("verify", destination, "--no-progress").expect(0)

    def by_age(path):
        out = shop.fresh("plain")
        code, shown = at_terminal(["age", "-d", "-o", out, path], [PASSPHRASE])
        equal(code, 0, f"age -d {path}: {shown}")
        with open(out, "rb") as stream:
            return stream.read()
    copy = opened(shop, destination, by_age)
    expect_truth(cloud, copy, "zip", read_by_all(shop, "zip", copy))
    expect_nothing_shows(destination, secrets_of(cloud) | {PASSPHRASE.encode()}, "by passphrase")
    listed = json.loads(output(shop.run("list", destination, "--json", "--passphrase-file", words)).decode().splitlines()[0])
    taken = output(shop.run("cat", destination, listed["path"], "--passphrase-file", words).expect(0))
    equal(harness.hashlib.sha256(taken).hexdigest(), listed["sha256"], "cat")
    shop.export(cloud, destination, env=here).expect(2, "going on without the passphrase")
    shop.export(cloud, destination, "--passphrase-file", wrong, env=here).expect(2, "with a wrong one")
    shop.export(cloud, shop.at("never"), "--passphrase-file", shop.at("empty"), env=here).expect(2, "with an empty one")
    shop.export(cloud, shop.at("never"), "--passphrase-file", words, "--memory", "64MiB", env=here).expect(2, "with too little memory")
    cloud.mutate(insert=2)
    shop.export(cloud, destination, "--passphrase-file", words, env=host(shop, "there")).expect(0, "elsewhere, with the right one")
    check(not os.path.exists(shop.at("never")), "a refused export made a folder")


def looked_into(shop):
    (key, recipient), (other, _) = keygen(shop, "owner"), keygen(shop, "other")
    cloud = shop.cloud({"library": LIBRARY})
    plain = shop.at("plain")
    shop.export(cloud, plain, "--format", "tar.zst", "--volume-size", "2MiB").expect(0)
    for kind in FORMATS:
        destination = shop.at(kind)
        shop.export(cloud, destination, "--format", kind, "--volume-size", "2MiB", "--encrypt-to", recipient, env=host(shop)).expect(0)
        shown = {line["path"]: line.get("sha256") for line in map(json.loads, output(shop.run("list", destination, "--json",
                 "--identity", key).expect(0)).decode().splitlines())}
        wanted = {line["path"]: line.get("sha256") for line in map(json.loads, output(shop.run("list", plain, "--json").expect(0))
                  .decode().splitlines())}
        equal(shown, wanted, f"{kind}: what list shows")
        name = next(path for path, digest in shown.items() if digest and "旅行" in path)
        bytes_of = output(shop.run("cat", destination, name, "--identity", key).expect(0))
        equal(harness.hashlib.sha256(bytes_of).hexdigest(), shown[name], f"{kind}: cat")
        for without in (False, True):
            from_it = destination
            if without:
                from_it = shop.fresh("without")
                shutil.copytree(destination, from_it)
                shutil.rmtree(os.path.join(from_it, ".decamp"))
            to, reference = shop.fresh("to"), shop.fresh("reference")
            shop.run("extract", from_it, to, "--identity", key, "--no-progress").expect(0, f"{kind}, without state {without}")
            shop.run("extract", plain, reference, "--no-progress").expect(0)
            equal(tree_of(to), tree_of(reference), f"{kind}: what extract gives, without state {without}")
        for words in ((), ("--identity", other)):
            for command in (("list", destination), ("cat", destination, name), ("extract", destination, shop.at("never"))):
                run = shop.run(*command, *words).expect(2, f"{command[0]} {words}")
                check(len(run.said.strip().splitlines()) == 1 and name not in run.said, run.said)
        check(not os.path.exists(shop.at("never")), "a folder was made")


def tree_of(folder):
    return {os.path.relpath(path, folder): harness.file_digest(path) for path in files_of(folder)}


def names_in_volumes(destination):
    folder = os.path.join(destination, volumes.FOLDER)
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()


def killed(shop):
    """At random moments, and interrupted: nothing shows, what was sealed stays and is not fetched again, the end is whole."""
    key, recipient = keygen(shop, "owner")
    cloud = shop.cloud(killing.ARCHIVED)
    for kind in FORMATS:
        destination, here = shop.at(kind), host(shop)
        words = ("--format", kind, "--volume-size", "3MiB", "--memory", "32MiB", "--encrypt-to", recipient)
        committed, last = set(), False
        for number in range(5):
            sealed, log = names_in_volumes(destination), shop.fresh("events")
            cloud.reset_stats()
            running = shop.start_export(cloud, destination, *words, events=log, env=here)
            until = time.monotonic() + shop.random.uniform(0.1, 2.5)
            wait_for(lambda: not running.running() or time.monotonic() > until, "the moment to kill at")
            running.signal(signal.SIGINT if number == 3 else signal.SIGKILL)
            last = running.end().code == 0
            equal(sorted(cloud.asked_for() & committed), [], f"{kind}: committed, and fetched again")
            committed |= stored_ids(log)
            expect_nothing_shows(destination, secrets_of(cloud), f"{kind}, killed {number}")
            lost = {name for name in sealed - names_in_volumes(destination) if not name.endswith(".sha256.age")}
            equal(lost, set(), f"{kind}: volumes that went away")
            if last:
                break
        cloud.reset_stats()
        shop.export(cloud, destination, *words, env=here).expect(0, f"{kind}: at last")
        equal(sorted(cloud.asked_for() & committed), [], f"{kind}: committed, and fetched again at last")
        print(f"{kind}: {len(committed)} committed by {number + 1} runs", flush=True)
        shop.expect_sound(destination, kind)
        copy = opened(shop, destination, lambda path: age_decrypt(path, key))
        expect_truth(cloud, copy, kind, read_by_all(shop, kind, copy))
        for folder in ("staging", "volumes"):
            equal(os.listdir(os.path.join(destination, ".decamp", folder)), [], f"left in {folder}")


def damaged(shop):
    key, recipient = keygen(shop, "owner")
    cloud, destination, here = shop.cloud({"library": FEW}), shop.at("out"), host(shop)
    words = ("--format", "tar.zst", "--volume-size", "1MiB", "--encrypt-to", recipient)
    shop.export(cloud, destination, *words, env=here).expect(0)
    paths = sorted(os.path.join(destination, volumes.FOLDER, name) for name in os.listdir(os.path.join(destination, volumes.FOLDER))
                   if not name.endswith(".sha256.age"))
    check(len(paths) >= 2, f"too few volumes: {paths}")
    with open(paths[0], "r+b") as file:
        file.seek(os.path.getsize(paths[0]) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    shop.run("verify", destination, "--no-progress").expect(9)
    broken = shop.run("extract", destination, shop.at("to"), "--identity", key, "--no-progress").expect(9)
    check("damaged" in broken.said, broken.said)
    shop.export(cloud, destination, "--prove", "full", env=here).expect(0, "mended")
    os.remove(paths[1])
    cloud.reset_stats()
    shop.export(cloud, destination, env=here).expect(0, "mended again")
    check(cloud.asked_for(), "nothing was fetched again")
    shop.run("verify", destination, "--no-progress").expect(0)
    copy = opened(shop, destination, lambda path: age_decrypt(path, key))
    expect_truth(cloud, copy, "tar.zst", read_by_all(shop, "tar.zst", copy))
    # The state is gone: what is there stays, and nothing is written open beside it.
    shutil.rmtree(os.path.join(destination, ".decamp"))
    shop.export(cloud, destination, env=here).expect(2, "without its state and without a key")
    shop.export(cloud, destination, *words, env=here).expect(0, "without its state, with its recipient")
    copy = opened(shop, destination, lambda path: age_decrypt(path, key))
    harness.expect_all_items(cloud, copy)
    expect_nothing_shows(destination, secrets_of(cloud), "taken up again")


def mended(shop):
    """By recovery data without any key; by fetching with this computer's key, and the certificate stands again."""
    key, recipient = keygen(shop, "owner")
    cloud, destination, here = shop.cloud({"library": FEW}), shop.at("out"), host(shop)
    shop.export(cloud, destination, "--format", "tar", "--volume-size", "1MiB", "--recovery", "10%", "--encrypt-to", recipient,
                env=here).expect(0)
    before = harness.payload(destination)
    volume = sorted(path for path in before if path.endswith(".tar.age"))[0]
    full = os.path.join(destination, volume)

    def hurt(count):
        with open(full, "r+b") as file:
            file.seek(os.path.getsize(full) // 3)
            file.write(bytes(count))
    hurt(4)
    shop.run("verify", destination, "--no-progress").expect(9)
    shop.run("repair", destination, "--no-progress", env=host(shop, "elsewhere")).expect(0, "by recovery data")
    equal({p: d for p, (d, _) in harness.payload(destination).items()}, {p: d for p, (d, _) in before.items()}, "what was mended")
    shutil.rmtree(os.path.join(destination, ".decamp", "damaged"))  # repair takes pieces from there, too
    hurt(os.path.getsize(full) // 2)
    shop.run("repair", destination, "--no-progress", env=host(shop, "elsewhere")).expect(9, "too much of it")
    shop.run("repair", destination, cloud.source, "--no-progress", credentials=cloud.credentials(),
             env=host(shop, "elsewhere")).expect(9, "elsewhere, without a key")
    shop.run("repair", destination, cloud.source, "--no-progress", credentials=cloud.credentials(), env=here).expect(0, "from the cloud")
    shop.run("verify", destination, "--no-progress").expect(0)
    shop.expect_sound(destination, "mended")
    copy = opened(shop, destination, lambda path: age_decrypt(path, key))
    expect_truth(cloud, copy, "tar", read_by_all(shop, "tar", copy))
    expect_nothing_shows(destination, secrets_of(cloud), "mended")
    check(json.loads(age_decrypt(os.path.join(destination, "certificate.json.age"), key))["verdict"] == "complete", "the certificate")
    # A certificate that is damaged is not vouched for again, whatever else comes back.
    with open(os.path.join(destination, "certificate.json.age"), "ab") as file:
        file.write(b"more")
    lost = next(os.path.join(destination, path) for path in harness.payload(destination) if path.endswith(".tar.age"))
    os.remove(lost)
    shutil.rmtree(os.path.join(destination, ".decamp", "damaged"), ignore_errors=True)
    shop.run("repair", destination, cloud.source, "--no-progress", credentials=cloud.credentials(), env=here)
    check(not os.path.exists(os.path.join(destination, "tagmanifest-sha256.txt")), "a damaged certificate is vouched for")
    shop.export(cloud, destination, env=here).expect(0, "which writes it anew")
    shop.run("verify", destination, "--no-progress").expect(0)
    before = harness.payload(destination)
    # A list of what is inside cannot be made again under the same key: it is left to the next export.
    inner = next(path for path in before if path.endswith(".sha256.age") and os.path.exists(os.path.join(destination, path)))
    os.remove(os.path.join(destination, inner))
    shop.run("repair", destination, "--no-progress", env=here).expect(9, "a list of an encrypted volume")
    expect_nothing_shows(destination, secrets_of(cloud), "after a list was lost")
    shop.run("repair", destination, cloud.source, "--no-progress", credentials=cloud.credentials(), env=here).expect(0, "and fetched")
    shop.run("verify", destination, "--no-progress").expect(0)


def little_memory(shop):
    """Encryption, recovery data, staged items: all within what was allowed; a passphrase adds what it takes."""
    _, recipient = keygen(shop, "owner")
    words = shop.at("passphrase")
    with open(words, "w", encoding="utf-8") as out:
        out.write("a passphrase\n")
    cloud = shop.cloud({"library": {**FEW, "items": 40, "size_min": 2000, "size_max": 1_500_000}})
    large = shop.cloud({"library": {**FEW, "items": 3, "size_min": 20 * MIB, "size_max": 20 * MIB}})
    for which, name in ((cloud, "many"), (large, "large")):
        run = shop.export(which, shop.at(name), "--format", "tar.zst", "--volume-size", "8MiB", "--recovery", "5%", "--memory", "32MiB",
                          "--encrypt-to", recipient, env=host(shop)).expect(0, name)
        expect_memory(shop, run, 32 * MIB, f"encrypted, {name}")
    run = shop.export(cloud, shop.at("passphrase-out"), "--passphrase-file", words, "--memory", "288MiB", env=host(shop)).expect(0)
    expect_memory(shop, run, 288 * MIB, "by passphrase")


def refused(shop):
    key, recipient = keygen(shop, "owner")
    cloud, never = shop.cloud({"library": FEW}), shop.at("never")
    with open(key, encoding="utf-8") as stream:
        secret = stream.read().split("\n")[2]
    words = shop.at("words")
    with open(words, "w", encoding="utf-8") as out:
        out.write("a passphrase\n")
    for case in (("--encrypt-to", secret), ("--encrypt-to", recipient[:-1]), ("--encrypt-to", "ssh-ed25519 AAAA"),
                 ("--encrypt-to", recipient, "--passphrase-file", words), ("--encrypt-to", recipient, "--format", "tree"),
                 ("--encrypt-to", recipient, "--format", "tar", "--twins-in-archive", "copy"), ("--passphrase-file", shop.at("nowhere")),
                 ("--identity", words), ("--encrypt-to", "")):
        run = shop.export(cloud, never, *case, env=host(shop)).expect(2, f"{case}")
        equal(len(run.said.strip().splitlines()), 1, f"{case}: {run.said}")
        check(secret not in run.said, "a secret was said")
        check(not os.path.exists(never), f"{case} made a folder")
    open_one = shop.at("open")
    shop.export(cloud, open_one, "--format", "tar").expect(0)
    shop.export(cloud, open_one, "--encrypt-to", recipient, env=host(shop)).expect(2, "an open export, to be encrypted")
    unkept = shop.export(cloud, shop.at("unkept"), "--encrypt-to", recipient, env={"XDG_STATE_HOME": "/proc/nowhere"}).expect(2)
    check("XDG_STATE_HOME" in unkept.said, unkept.said)


if __name__ == "__main__":
    if not age_has("age", "age-keygen"):
        skip("age is not installed")
    harness.main(opened_by_age, to_two_recipients, gone_on_with, with_a_passphrase, looked_into, killed, damaged, mended, little_memory, refused)
