"""The smallest Ceph that answers S3: a monitor, an object store in memory, and the gateway; nothing on disk but their settings.
Debian: radosgw, ceph-mon, ceph-osd, ceph-common, ceph-base."""
import os
import subprocess
import time
import uuid

from harness import skip
from real import START_S, answers, free_ports, own_environment, program

SETTINGS = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor}
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms bind msgr2 = false
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 4096
mon data = {folder}/mon
mon data avail crit = 1
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd memory target = 939524096
run dir = {folder}/run
log file = {folder}/run/$name.log
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
keyring = {folder}/keyring
[client.gateway]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw dns name = localhost
"""


class Radosgw:
    """Started; `url`, `key_id` and `secret` are what clients need."""

    key_id, secret = "GATEWAYKEY", "gateway/secret+of=tests"

    def __init__(self, servers, folder):
        self.servers, self.folder = servers, folder
        self.programs = {name: program(name) for name in
                         ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")}
        for part in ("mon", "osd", "run"):
            os.makedirs(os.path.join(folder, part))
        monitor, gateway = free_ports(2)
        self.url = f"http://127.0.0.1:{gateway}"
        fsid = str(uuid.uuid4())
        with open(self.at("ceph.conf"), "w", encoding="utf-8") as out:
            out.write(SETTINGS.format(fsid=fsid, monitor=monitor, gateway=gateway, folder=folder))
        open(self.at("keyring"), "w", encoding="utf-8").close()
        self.env = own_environment(CEPH_CONF=self.at("ceph.conf"))
        self.ask("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", f"[v1:127.0.0.1:{monitor}]",
                 self.at("monmap"))
        self.ask("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.at("monmap"), "--keyring", self.at("keyring"))
        self.begin("ceph-mon", "-i", "a", "-f")
        store = str(uuid.uuid4())
        self.ask("ceph", "--connect-timeout", str(START_S), "osd", "new", store, "0")
        self.ask("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self.begin("ceph-osd", "-i", "0", "-f")
        self.until(lambda: b"1 up" in self.ask("ceph", "--connect-timeout", "10", "osd", "stat"), "the object store")
        self.ask("radosgw-admin", "user", "create", "--uid=tester", "--display-name=Tester", f"--access-key={self.key_id}",
                 f"--secret={self.secret}")
        self.begin("radosgw", "-n", "client.gateway", "-f")
        self.until(lambda: answers(self.url) == 200, "the gateway")

    def at(self, name):
        return os.path.join(self.folder, name)

    def begin(self, name, *words):
        self.servers.start(self.programs[name], *words, env=self.env, cwd=self.folder)

    def ask(self, name, *words):
        try:
            done = subprocess.run([self.programs[name], *words], env=self.env, cwd=self.folder, capture_output=True,
                                  timeout=2 * START_S, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return self.give_up(f"{name} {words[0]} did not end")
        if done.returncode:
            self.give_up(f"{name} {words[0]}: {done.stderr.decode(errors='replace')[-300:]}")
        return done.stdout

    def until(self, ready, what):
        end = time.monotonic() + START_S
        while not ready():
            if time.monotonic() > end or any(process.poll() is not None for process, _ in self.servers.running):
                self.give_up(f"{what} did not start")
            time.sleep(0.1)

    def give_up(self, why):
        self.servers.stop()
        skip(f"Ceph does not run here: {why}; {self.servers.last_words()}".replace("\n", " | "))
