"""Drives on loop images and tmpfs, which may lose their power. Only root can have them: elsewhere the test is skipped."""
import os
import shutil
import subprocess

from harness import Failed, check, equal, skip

MIB = 1 << 20


def command(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


class Mounted:
    """A file system on a folder, for the time of a `with`."""

    def __init__(self, folder, *words):
        self.folder = folder
        self.words = words

    def __enter__(self):
        os.makedirs(self.folder)
        done = command("mount", *self.words, self.folder)
        if done.returncode != 0:
            skip(f"cannot mount here: {done.stderr.strip()}")
        return self.folder

    def __exit__(self, *_):
        if command("umount", self.folder).returncode != 0:
            command("umount", "-l", self.folder)


class PowerCutDrive:
    """A file system of a kernel on a loop image. A cut stops it at once; what it had not flushed is gone."""

    SIZES = {"ext4": 96 * MIB, "xfs": 320 * MIB}  # mkfs.xfs wants 300 MiB; the images are sparse

    def __init__(self, shop, kind):
        self.kind, self.folder, self.image = kind, shop.fresh(kind), shop.fresh("image")
        os.makedirs(self.folder)
        for program in (f"mkfs.{kind}", "xfs_io"):
            if shutil.which(program) is None:
                skip(f"{program} is not there")
        with open(self.image, "wb") as out:
            out.truncate(self.SIZES[kind])
        made = command(f"mkfs.{kind}", self.image)
        if made.returncode != 0:
            skip(f"mkfs.{kind}: {made.stderr.strip()}")
        self.mount(skip)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if os.path.ismount(self.folder):
            self.unmount()
        os.remove(self.image)

    def mount(self, otherwise):
        done = command("mount", "-o", "loop", self.image, self.folder)
        if done.returncode != 0:
            otherwise(f"cannot mount {self.kind} here: {done.stderr.strip()}")

    def unmount(self):
        if command("umount", self.folder).returncode != 0:
            command("umount", "-l", self.folder)

    def cut(self):
        done = command("xfs_io", "-x", "-c", "shutdown", self.folder)
        check(done.returncode == 0 and not done.stderr, f"shutdown of {self.kind}: {done.stderr}")

    def power_on(self):
        equal(command("umount", self.folder).returncode, 0, "umount")
        self.mount(fail)


class ExfatDrive(PowerCutDrive):
    """exFAT by FUSE, on a loop device. The cut is a copy of the image as it lies there, without what was never flushed to
    it; a file system in a process has nothing that would stop it at once."""

    SIZES = {"exfat": 96 * MIB}

    def __init__(self, shop):
        self.device = None
        if shutil.which("mount.exfat-fuse") is None:
            skip("exfat-fuse is not there")
        super().__init__(shop, "exfat")

    def mount(self, otherwise):
        found = command("losetup", "-f", "--show", self.image)
        if found.returncode != 0:
            otherwise(f"no loop device: {found.stderr.strip()}")
        self.device = found.stdout.strip()
        done = command("mount.exfat-fuse", self.device, self.folder)
        if done.returncode != 0:
            command("losetup", "-d", self.device)
            otherwise(f"cannot mount exFAT here: {done.stderr.strip()}")

    def unmount(self):
        super().unmount()
        command("losetup", "-d", self.device)

    def cut(self):
        shutil.copyfile(self.image, self.image + ".cut")

    def power_on(self):
        self.unmount()
        os.replace(self.image + ".cut", self.image)
        self.mount(fail)


def fail(why):
    raise Failed(why)
