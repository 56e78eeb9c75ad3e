#!/usr/bin/env python3
"""Apache's WebDAV, filled with curl: Basic and Digest, plain and over TLS with an authority of its own, ranges, refusals.
Debian: apache2-bin."""
import hashlib
import os
import shutil
import urllib.parse

import harness
from harness import check
from real import (Servers, certificates, client, export_whole, free_ports, own_environment, program, refused, skip, timed, tree)

MODULES = "/usr/lib/apache2/modules"
USER, PASSWORD, REALM = "user", "pass:w\u00f6rd \"q\"", "a place"
SETTINGS = """
ServerRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ServerName localhost
ErrorLog {folder}/error.log
Listen 127.0.0.1:{plain}
Listen 127.0.0.1:{secure}
{modules}
{user}
DavLockDB {folder}/locks/db
DocumentRoot {folder}/files
DavMinTimeout 1
AllowEncodedSlashes On
<Directory {folder}/files>
  Dav On
  Options Indexes
  <RequireAll>
    Require valid-user
  </RequireAll>
</Directory>
<Location /basic>
  AuthType Basic
  AuthName "{realm}"
  AuthBasicProvider file
  AuthUserFile {folder}/basic.passwords
</Location>
<Location /digest>
  AuthType Digest
  AuthName "{realm}"
  AuthDigestProvider file
  AuthUserFile {folder}/digest.passwords
  AuthDigestNonceLifetime 2
</Location>
<VirtualHost 127.0.0.1:{secure}>
  SSLEngine on
  SSLCertificateFile {folder}/server.pem
  SSLCertificateKeyFile {folder}/server.key
</VirtualHost>
"""
WANTED = ["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest", "dav", "dav_fs", "ssl",
          "socache_shmcb", "dir"]


class Apache:
    def __init__(self, servers, folder):
        self.folder = folder
        apache = program("apache2")
        present = [name for name in WANTED if os.path.exists(f"{MODULES}/mod_{name}.so")]
        if "dav_fs" not in present:
            skip("apache2 has no mod_dav_fs here")
        for part in ("files/basic", "files/digest", "locks"):
            os.makedirs(os.path.join(folder, part))
        certificates(folder)
        self.plain, self.secure = free_ports(2)
        hashed = client(program("openssl"), "passwd", "-apr1", PASSWORD).stdout.strip()
        self.write("basic.passwords", f"{USER}:{hashed}\n")
        secret = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        self.write("digest.passwords", f"{USER}:{REALM}:{secret}\n")
        self.write("apache.conf", SETTINGS.format(
            folder=folder, plain=self.plain, secure=self.secure, realm=REALM,
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in present),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else ""))
        if os.geteuid() == 0:  # it does not serve as root
            os.chmod(os.path.dirname(folder), 0o755)
            for where, folders, names in os.walk(folder):
                for name in [where, *(os.path.join(where, one) for one in folders + names)]:
                    shutil.chown(name, "www-data", "www-data")
        servers.start(apache, "-f", os.path.join(folder, "apache.conf"), "-DFOREGROUND")
        servers.await_ports(self.plain, self.secure)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
            out.write(text)


def put(shop, url, things, *words):
    """Every folder and file with one run of curl, whose settings stand in a file."""
    folders = sorted({"/".join(path.split("/")[:depth]) for path in things for depth in range(1, path.count("/") + 1)})
    settings, entries = shop.fresh("curl"), []
    for path in folders:
        entries.append(f'url = "{url}/{urllib.parse.quote(path)}"\nrequest = "MKCOL"\n')
    stored = shop.fresh("tree")
    os.mkdir(stored)
    for number, (path, content) in enumerate(things.items()):
        content.write_to(f"{stored}/{number}")
        entries.append(f'url = "{url}/{urllib.parse.quote(path)}"\nupload-file = "{stored}/{number}"\n')
    common = f'user = "{quoted(USER)}:{quoted(PASSWORD)}"\nfail\nsilent\nshow-error\noutput = "/dev/null"\n' + "".join(
        f"{word}\n" for word in words)
    with open(settings, "w", encoding="utf-8") as out:
        out.write("\nnext\n".join(common + entry for entry in entries))
    client(program("curl"), "--noproxy", "*", "--fail-early", "-K", settings, env=own_environment())


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def everything(shop):
    things = tree(many=200)
    few = {path: content for path, content in things.items() if not path.startswith("many/")}
    login = f"{USER}:{PASSWORD}\n"
    with Servers(shop) as servers:
        apache = Apache(servers, shop.at("apache"))
        authority = os.path.join(apache.folder, "ca.pem")
        basic, digest = f"webdav://127.0.0.1:{apache.plain}/basic", f"webdav://127.0.0.1:{apache.plain}/digest"
        secure = f"webdavs://localhost:{apache.secure}/basic"

        def fill():
            put(shop, f"http://127.0.0.1:{apache.plain}/basic", things)
            put(shop, f"http://127.0.0.1:{apache.plain}/digest", few, "digest")

        def over_tls():
            first = export_whole(shop, things, secure, "--ca-file", authority, credentials=login)
            second = export_whole(shop, things, basic, credentials=login)
            harness.expect_equal_exports(first, second, "over TLS and without")
            log = shop.fresh("events")
            shop.run("export", basic, second, "--no-progress", "--events", log, credentials=login).expect(0, "again")
            check(not harness.stored_ids(log), "something was stored again")

        def refusals():
            for source in (basic, digest):
                refused(shop, 6, source, credentials=f"{USER}:not it\n", secret="not it")
            refused(shop, 7, secure, credentials=login, secret=PASSWORD)
            refused(shop, 7, f"webdavs://127.0.0.2:{apache.secure}/basic", "--ca-file", authority, credentials=login)
            refused(shop, 7, basic + "/nothing there", credentials=login, secret=PASSWORD)
            client(program("curl"), "-sf", "--noproxy", "*", "-u", login.strip(), "-X", "MKCOL",
                   f"http://127.0.0.1:{apache.plain}/basic/empty", env=own_environment())
            export_whole(shop, {}, basic + "/empty", credentials=login)

        for _ in timed(("fill with curl", fill), ("export over TLS and plainly, again", over_tls),
                       ("export with Digest", lambda: export_whole(shop, few, digest, credentials=login)),
                       ("what is refused", refusals)):
            pass


if __name__ == "__main__":
    harness.main(everything)
