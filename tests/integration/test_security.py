#!/usr/bin/env python3
"""What docs/security.md promises, shown on whole programs: links planted on the drive, modes, secrets in any output."""
import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import stat
import subprocess
import urllib.parse

import harness
from harness import check, equal, wait_for
from reflecting import Reflecting

SMALL = {"library": {"items": 12, "albums": 3, "size_max": 20000, "private_items": 1, "twins_percent": 20}}


# --- links planted in DEST ----------------------------------------------------------------------------------------------

def tree(folder):
    """Everything below a folder that a write would change; links by where they point."""
    found = {}
    for where, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(where, name)
            st = os.lstat(path)
            content = None
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as stream:
                    content = stream.read()
            elif stat.S_ISLNK(st.st_mode):
                content = os.readlink(path)
            times = st.st_mtime_ns if stat.S_ISREG(st.st_mode) else None
            found[os.path.relpath(path, folder)] = (stat.filemode(st.st_mode), times, content)
    return found


def a_photo(destination):
    where = os.path.join(destination, "data/albums/Camera")
    return "data/albums/Camera/" + sorted(os.listdir(where))[0]


def links_in_a_finished_export(shop):
    """The thing itself is moved outside and a link put in its place: what lies behind it may be neither written nor gone."""
    cloud = shop.cloud(SMALL)
    whole = shop.at("whole")
    shop.export(cloud, whole).expect(0)
    shop.export(cloud, whole).expect(0, "again, so that there is a previous certificate")
    places = [".decamp", ".decamp/staging", ".decamp/draft", ".decamp/previous", ".decamp/lock", ".decamp/catalogue.sqlite",
              "data", "data/albums", "data/albums/Camera", a_photo(whole), "lists", "lists/albums",
              "lists/albums/Camera.jsonl", "manifest-sha256.txt", "bagit.txt", "bag-info.txt", "certificate.json",
              "certificate.txt", "tagmanifest-sha256.txt"]
    cloud.mutate(insert=3)
    for place in places:
        destination, outside = shop.fresh("planted"), shop.fresh("outside")
        shutil.copytree(whole, destination)
        os.mkdir(outside)
        planted, moved = os.path.join(destination, place), os.path.join(outside, "kept")
        if os.path.lexists(planted):
            os.rename(planted, moved)
        else:
            os.mkdir(moved)
        os.symlink(moved, planted)
        before = tree(outside)
        run = shop.export(cloud, destination)
        check(run.code in (0, 2, 3, 4, 8), f"a link at {place}: answered {run.code}: {run.said}")
        equal(tree(outside), before, f"a link at {place}, export answered {run.code}: what lies outside")
        verified = shop.verify(destination)
        check(verified.code in (0, 2, 8, 9), f"a link at {place}: verify answered {verified.code}: {verified.said}")
        equal(tree(outside), before, f"a link at {place}, verify answered {verified.code}: what lies outside")
        shutil.rmtree(destination)


def links_that_wait_for_the_first_run(shop):
    """Planted before there is anything: to nothing (a file would be made there), to an empty file, to a folder."""
    cloud = shop.cloud(SMALL)
    for place in (".decamp", ".decamp/staging", ".decamp/draft", ".decamp/previous", ".decamp/lock", ".decamp/probe.tmp",
                  ".decamp/probe-link.tmp", ".decamp/catalogue.sqlite", ".decamp/catalogue.sqlite-wal",
                  ".decamp/catalogue.sqlite-journal", ".decamp/catalogue.sqlite-shm", "data", "lists", "bagit.txt"):
        for target in ("nothing", "empty", "folder"):
            destination, outside = shop.fresh("planted"), shop.fresh("outside")
            planted = os.path.join(destination, place)
            os.makedirs(os.path.dirname(planted))
            os.makedirs(os.path.join(outside, "folder"))
            with open(os.path.join(outside, "empty"), "wb"):
                pass
            os.symlink(os.path.join(outside, target), planted)
            before = tree(outside)
            run = shop.export(cloud, destination)
            check(run.code in (0, 2, 8), f"{place} to {target}: answered {run.code}: {run.said}")
            equal(tree(outside), before, f"{place} to {target}, answered {run.code}: what lies outside")


def a_link_in_a_photos_place(shop):
    """A name that is to be given is a link already: the photo gets its bytes beside it, never through it."""
    cloud = shop.cloud(SMALL)
    first, destination, outside = shop.at("first"), shop.at("out"), shop.at("outside")
    shop.export(cloud, first).expect(0)
    os.makedirs(os.path.join(outside, "folder"))
    with open(os.path.join(outside, "file"), "wb") as stream:
        stream.write(b"mine")
    before = tree(outside)
    photos = sorted(harness.payload(first))
    # Only where decamp has begun already does it go on: else the folder is somebody else's.
    os.makedirs(os.path.join(destination, ".decamp"))
    for number, path in enumerate(photos):
        planted = os.path.join(destination, path)
        os.makedirs(os.path.dirname(planted), exist_ok=True)
        os.symlink(os.path.join(outside, ("file", "folder", "nothing")[number % 3]), planted)
    run = shop.export(cloud, destination)
    run.expect(0)
    equal(tree(outside), before, "what lies outside")
    for path in photos:
        check(not os.path.islink(os.path.join(destination, path)), f"{path} is still the link")
        stem, ending = os.path.splitext(path)
        os.unlink(os.path.join(destination, f"{stem}~found{ending}"))  # where docs/on-disk.md says that strangers go
    harness.expect_all_items(cloud, destination)


# --- modes --------------------------------------------------------------------------------------------------------------

def modes_under_any_umask(shop):
    cloud = shop.cloud(SMALL)
    for umask in (0o000, 0o022, 0o027, 0o077):
        destination = shop.fresh("out")
        former = os.umask(umask)
        try:
            shop.export(cloud, destination, events=shop.fresh("events")).expect(0)
            run = shop.start_export(cloud, destination)  # again: what is replaced keeps its mode too
            run.end().expect(0)
        finally:
            os.umask(former)
        for where, folders, names in os.walk(destination):
            for name in folders + names:
                path = os.path.relpath(os.path.join(where, name), destination)
                own = path.split("/")[0] == ".decamp"
                moved = path.startswith(".decamp/previous/")  # certificates, which were outside
                wanted = (0o600 if own and not moved else 0o644) if name in names else 0o700 if own else 0o755
                found = stat.S_IMODE(os.lstat(os.path.join(where, name)).st_mode)
                equal(oct(found), oct(wanted & ~umask), f"mode of {path} under umask {umask:03o}")


def a_kill_leaves_nothing_open_to_others(shop):
    """The catalogue's log and what is staged are there only while a run is, or after one that was killed."""
    cloud = shop.cloud({**SMALL, "faults": [{"kind": "stall", "items": [5], "times": 0}]})
    destination = shop.at("out")
    former = os.umask(0)
    try:
        run = shop.start_export(cloud, destination)
        wait_for(lambda: cloud.stats()["stalled"] or not run.running(), "a stalled download")
        run.kill()
    finally:
        os.umask(former)
    names = []
    for where, folders, files in os.walk(os.path.join(destination, ".decamp")):
        equal(oct(stat.S_IMODE(os.lstat(where).st_mode)), oct(0o700), f"mode of {where}")
        staged = os.path.basename(where) in ("staging", "draft")  # on their way out, with the mode they are to have there
        for name in files:
            names.append(name)
            found = stat.S_IMODE(os.lstat(os.path.join(where, name)).st_mode)
            equal(oct(found), oct(0o644 if staged else 0o600), f"mode of {name}")
    check({"catalogue.sqlite", "catalogue.sqlite-wal"} <= set(names), f"found only {names}")


# --- secrets ------------------------------------------------------------------------------------------------------------

def forms(secret):
    """A secret as it is, as a form or an address would carry it, and as JSON or a terminal might escape it."""
    json_form = secret.replace("/", "\\/")
    return {form.encode() for form in (secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret),
                                       urllib.parse.quote_plus(secret), json_form)} | {secret.encode("utf-16-le")}


def secrets_of(credentials):
    held = json.loads(credentials)
    return {name: held[name] for name in ("userId", "serviceToken", "passToken", "deviceId") if held.get(name)}


def expect_no_secret(shop, secrets, what):
    """In no output: the workshop's folder holds every stdout, stderr, events file and destination of this case."""
    looked_at = 0
    for where, folders, names in os.walk(shop.folder):
        folders[:] = [name for name in folders if name != "secret"]  # the credential files themselves
        for name in folders + names:
            path = os.path.join(where, name)
            text = os.path.relpath(path, shop.folder).encode()
            if name in names and not name.startswith("scenario"):
                with open(path, "rb") as stream:
                    text += b"\0" + stream.read()
                looked_at += 1
            check(not TOKEN.search(text), f"{what}: a token stands in {os.path.relpath(path, shop.folder)}")
            for kind, secret in secrets.items():
                for form in forms(secret):
                    check(form not in text, f"{what}: {kind} stands in {os.path.relpath(path, shop.folder)}")
    check(looked_at > 2, f"{what}: nothing was looked at")


def the_search_finds(shop, secrets):
    """Else its silence would say nothing."""
    for name, secret in secrets.items():
        for form in sorted(forms(secret)):
            with open(shop.at("planted"), "wb") as out:
                out.write(b"x" + form + b"y")
            found = True
            with contextlib.suppress(harness.Failed):
                expect_no_secret(shop, {name: secret}, "planted")
                found = False
            check(found, f"{form} was not found")
    os.unlink(shop.at("planted"))


# As the sample cloud makes them: the ones it hands out while a run is under way are told to nobody else.
TOKEN = re.compile(rb"\d+(/|%2F)[0-9a-f]{16}(\+|%2B| )[0-9a-f]{16}", re.I)


def signatures(cloud):
    """Who has a signed link has the photo."""
    return {f"signature {r['number']}": r["target"].split("sig=")[1].split("&")[0]
            for r in cloud.log() if "sig=" in r["target"]}


def secrets_after_success(shop):
    cloud = shop.cloud({**SMALL, "session": {"expire_after": 20, "rotate_every": 7}})
    destination, secrets = shop.at("out"), secrets_of(cloud.credentials())
    shop.export(cloud, destination, events=shop.at("events")).expect(0)
    check(TOKEN.search(secrets["serviceToken"].encode()), "tokens look different now")
    check(cloud.stats()["renewals"] > 0, "no other token was ever handed out")
    shop.verify(destination).expect(0)
    check(signatures(cloud), "no signed link was asked for")
    the_search_finds(shop, secrets)
    expect_no_secret(shop, {**secrets, **signatures(cloud)}, "after success")


def secrets_after_failures(shop):
    """Each way a login ends, and links that fail in every form, each with what it leaves behind."""
    dead = {"pass_token_dead": True}
    items = list(range(12))
    ways = {"refused": ({"session": {**dead, "untrusted": True}}, 6),
            "encrypted": ({"session": {"e2ee": "open"}}, 6),
            "dead after a while": ({"session": {**dead, "expire_after": 12}}, 6),
            "lists are redirected": ({"list_faults": [{"on": "any", "kind": "redirect", "times": 0}]}, 7),
            "counts are HTML": ({"list_faults": [{"on": "timeline", "kind": "html", "times": 0}]}, 4),
            "lists are HTML": ({"list_faults": [{"on": "lists", "kind": "html", "times": 0}]}, 7),
            "bytes are redirected": ({"faults": [{"kind": "redirect", "items": items, "times": 0}]}, 4),
            "links lead elsewhere": ({"faults": [{"kind": "ssrf_page", "items": items[:6], "times": 0},
                                                 {"kind": "ssrf_file", "items": items[6:], "times": 0}]}, 4),
            "deleted": ({"faults": [{"kind": "deleted", "items": items[:3], "times": 0},
                                    {"kind": "refused", "items": items[3:6], "times": 0}]}, 4)}
    for what, (switches, code) in ways.items():
        cloud = shop.cloud({**SMALL, **switches})
        destination = shop.fresh("out")
        shop.export(cloud, destination, events=shop.fresh("events")).expect(code, what)
        secrets = {**secrets_of(cloud.credentials()), **signatures(cloud)}
        expect_no_secret(shop, secrets, what)


def secrets_after_an_interruption(shop):
    for number, code in ((signal.SIGINT, 5), (signal.SIGKILL, -signal.SIGKILL)):
        cloud = shop.cloud({**SMALL, "faults": [{"kind": "stall", "items": [3, 4], "times": 0}]})
        credentials = cloud.credentials()
        run = shop.start_export(cloud, shop.fresh("out"), events=shop.fresh("events"))
        wait_for(lambda: cloud.stats()["stalled"] or not run.running(), "a stalled download")
        with open(f"/proc/{run.process.pid}/cmdline", "rb") as stream, open(shop.fresh("argv"), "wb") as kept:
            words = stream.read()
            check(b"export" in words, f"argv: {words}")
            kept.write(words)
        run.signal(number)
        run.end().expect(code, f"signal {number}")
        expect_no_secret(shop, {**secrets_of(credentials), **signatures(cloud)}, f"signal {number}")


def secrets_in_malformed_credentials(shop):
    """The planted words stand where each reader of credentials gives up: none of them is quoted."""
    secrets = {"userId": "PLANTED-user-77", "serviceToken": "PLANTED-service/+77==", "passToken": "PLANTED-pass:77"}
    user, service, password = secrets.values()
    jar = "i.mi.com\tTRUE\t/\tTRUE\t0\t"
    texts = {"cut JSON": f'{{"userId": "{user}", "serviceToken": "{service}", "passToken": "{password}',
             "JSON of the wrong kind": f'{{"userId": ["{user}"], "serviceToken": {{"a": "{service}"}}}}',
             "an array of words": json.dumps([user, service, password]),
             "control characters": json.dumps({"userId": user, "serviceToken": service + "\r\nX: " + password}),
             "a value that is no cookie": json.dumps({"userId": user, "serviceToken": service + " " + password}),
             "a header without a user": f"serviceToken={service}; passToken={password}; cUserId={user}",
             "a header with bad values": f"userId={user}; serviceToken={service} {password}",
             "cookies.txt without a token": f"# Netscape HTTP Cookie File\n{jar}userId\t{user}\n{jar}x\t{service}{password}\n",
             "prose": f"my password is {password}, user {user}, token {service}",
             "far too long": f"userId={user}; serviceToken={service * 60000}{password}"}
    os.mkdir(shop.at("secret"))
    for what, text in texts.items():
        path = os.path.join(shop.at("secret"), "credentials")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        words = ("export", "micloud:http://127.0.0.1:1", shop.fresh("out"), "--events", shop.fresh("events"))
        shop.run(*words, "--credentials", path).expect(2, f"{what}, from a file")
        if len(text) < 100_000:  # one variable of the environment has at most 128 KiB
            shop.run(*words, credentials=text).expect(2, f"{what}, from the environment")
        expect_no_secret(shop, secrets, what)


def secrets_that_a_server_repeats(shop):
    """A server that says what it was sent, wherever it can: reason, header, body, JSON, address to go to."""
    secrets = {"userId": "9988776655", "serviceToken": "PLANTED-service-77", "passToken": "PLANTED-pass-77"}
    with contextlib.ExitStack() as stack:
        under_way = []
        for way in Reflecting.WAYS:  # side by side, since each waits between its tries
            server = stack.enter_context(Reflecting(way, list(secrets.values())))
            run = shop.start("export", f"micloud:{server.url}", shop.fresh("out"), "--no-progress", "--events",
                             shop.fresh("events"), credentials=json.dumps(secrets))
            under_way.append((way, server, run))
        for way, server, run in under_way:
            run.end()
            check(run.code in (6, 7), f"{way}: answered {run.code}: {run.said}")
            check(server.sent, f"{way}: it was never sent a cookie, so it had nothing to repeat")
    expect_no_secret(shop, secrets, "repeated by a server")


# --- TLS ----------------------------------------------------------------------------------------------------------------

def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    equal(done.returncode, 0, f"openssl {words[0]}: {done.stderr}")


def authority(shop):
    stem = shop.fresh("authority")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=authority of a test", "-keyout", stem + ".key", "-out", stem + ".pem")
    return stem


def certificate_of(shop, issuer, name="IP:127.0.0.1", days="30"):
    stem = shop.fresh("certificate")
    extensions = ["-addext", f"subjectAltName={name}"]
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1", *extensions,
            "-keyout", stem + ".key", *(("-out", stem + ".csr") if issuer else ("-x509", "-out", stem + ".pem")))
    if issuer:
        openssl("x509", "-req", "-in", stem + ".csr", "-CA", issuer + ".pem", "-CAkey", issuer + ".key", "-CAcreateserial",
                "-days", days, "-copy_extensions", "copy", "-out", stem + ".pem")
    return stem


def bad_certificates(shop):
    """Nothing is said to a server that cannot show who it is; one that can is asked."""
    ours, strangers = authority(shop), authority(shop)
    secrets = {"userId": "9988776655", "serviceToken": "PLANTED-service-77", "passToken": "PLANTED-pass-77"}
    rows = {"sound": (certificate_of(shop, ours), True),
            "expired": (certificate_of(shop, ours, days="-1"), False),
            "wrong name": (certificate_of(shop, ours, name="IP:127.0.0.2"), False),
            "unknown root": (certificate_of(shop, strangers), False),
            "self-signed": (certificate_of(shop, None), False)}
    for what, (stem, sound) in rows.items():
        for ca_file in ((ours + ".pem"), None):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(stem + ".pem", stem + ".key")
            with Reflecting("body_of_404", list(secrets.values()), context) as server:
                trusted = ["--ca-file", ca_file] if ca_file else []
                run = shop.run("export", f"micloud:{server.url}", shop.fresh("out"), "--no-progress", *trusted,
                               credentials=json.dumps(secrets)).expect(7, what)
                asked = sound and ca_file is not None
                equal(bool(server.sent), asked, f"{what}, {ca_file}: was the server sent a cookie")
                equal(server.asked > 0, asked, f"{what}, {ca_file}: was the server asked anything")
                check(asked == ("certificate of" not in run.said), run.said)


harness.main(bad_certificates, links_in_a_finished_export, links_that_wait_for_the_first_run, a_link_in_a_photos_place, modes_under_any_umask,
             a_kill_leaves_nothing_open_to_others, secrets_after_success, secrets_after_failures,
             secrets_after_an_interruption, secrets_in_malformed_credentials, secrets_that_a_server_repeats)
