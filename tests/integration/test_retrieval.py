#!/usr/bin/env python3
"""`list`, `cat` and `extract` on trees and archives: with a catalogue, with the lists alone, damaged, and made by an enemy."""
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile

import harness
import retrieving
from harness import check, equal
from retrieving import FORMS, errors, extracted, files_below, listed, output, without_catalogue


def expect_as_tree(tree, taken_out, what):
    """All that the tree has, under the same names, with the same times but where twins share one."""
    wanted = files_below(os.path.join(tree, "data"))
    found = files_below(taken_out)
    for path, (digest, _) in wanted.items():
        check(path in found, f"{what}: {path} is missing")
        equal(found[path][0], digest, f"{what}: {path}")
    twins = [digest for digest, _ in wanted.values()]
    for path, (digest, time) in wanted.items():
        if twins.count(digest) == 1:
            equal(found[path][1], time, f"{what}: time of {path}")


def same_from_every_form(shop):
    made = retrieving.exports(shop)
    names = [line["path"] for line in listed(shop, made["tree"])]
    check(len(names) > 94, "what several albums show is listed in each")
    equal(len(set(names)), len(names), "names that are listed twice")
    for form, export in made.items():
        for how, place in (("catalogue", export), ("lists", without_catalogue(shop, export))):
            what = f"{form} by {how}"
            found = sorted(line["path"] for line in listed(shop, place))
            equal(found, sorted(names), f"{what}: names")
            taken_out = extracted(shop, place)
            equal(sorted(files_below(taken_out)), sorted(names), f"{what}: files")
            expect_as_tree(made["tree"], taken_out, what)
            retrieving.expect_whole_albums(place, taken_out, what)
            # Again: all is there already.
            run = shop.run("extract", place, taken_out, "--no-progress").expect(0, what)
            check(f"({len(names)} of them" in run.said, f"{what}: {run.said}")
    before = {form: files_below(export) for form, export in made.items()}
    for export in made.values():
        check(not os.path.exists(os.path.join(export, ".decamp/catalogue.sqlite-wal")), "a -wal file was left")
        check(not os.path.exists(os.path.join(export, ".decamp/catalogue.sqlite-shm")), "a -shm file was left")
        shop.expect_sound(export, export)
    equal({form: files_below(export) for form, export in made.items()}, before, "an export was changed")


def twins_as_links_and_copies(shop):
    for form in ("tar", "tar.zst"):
        for twins in ("link", "copy"):
            made = retrieving.exports(shop, ("tree",))
            archive = retrieving.exports(shop, (form,), "--twins-in-archive", twins, volume="64MiB")[form]
            for place in (archive, without_catalogue(shop, archive)):
                expect_as_tree(made["tree"], extracted(shop, place), f"{form}, {twins}")
            some = listed(shop, archive)[::7]
            for place in (archive, without_catalogue(shop, archive)):
                one = extracted(shop, place, *[line["path"] for line in some])
                equal(sorted(files_below(one)), sorted(line["path"] for line in some), f"{form}, {twins}: a part")


def cat_gives_each(shop):
    made = retrieving.exports(shop)
    for form, export in made.items():
        for place in (export, without_catalogue(shop, export)):
            for line in listed(shop, place)[::9]:
                for name in (line["path"], "data/" + line["path"]):
                    run = shop.run("cat", place, name).expect(0, name)
                    equal(harness.hashlib.sha256(output(run)).hexdigest(), line["sha256"], f"{form}: {name}")
                    equal(errors(run), "", f"{form}: {name}")
        names = [os.path.basename(line["path"]) for line in listed(shop, export)]
        only = next(line for line in listed(shop, export) if names.count(os.path.basename(line["path"])) == 1 and
                    [x["name"] for x in listed(shop, export)].count(line["name"]) == 1)
        equal(harness.hashlib.sha256(output(shop.run("cat", export, os.path.basename(only["path"])).expect(0))).hexdigest(),
              only["sha256"], "by the name alone")
        for wrong in ("nothing.jpg", "albums/Camera/../x", "/etc/passwd", "albums/nowhere/x.jpg", "data/volumes"):
            run = shop.run("cat", export, wrong).expect(2, wrong)
            equal((output(run), len(errors(run).splitlines())), (b"", 1), wrong)


def ambiguous_names(shop):
    export = retrieving.exports(shop, ("tree",))["tree"]
    by_name = {}
    for line in listed(shop, export):
        by_name.setdefault(line["name"], set()).add(line["file"])
    several = next(name for name, files in by_name.items() if len(files) > 1)
    equal(output(shop.run("cat", export, several).expect(2)), b"", several)


def selections(shop):
    made = retrieving.exports(shop, ("tar.zst", "tree"))
    everything = listed(shop, made["tree"])
    album = everything[0]["path"].split("/")[1]
    days = sorted({line["taken"][:10] for line in everything})
    since, until = days[len(days) // 3], days[2 * len(days) // 3]
    for export in made.values():
        for words, holds in (
                (["--album", album], lambda line: line["path"].split("/")[1] == album),
                (["--since", since], None), (["--until", until], None),
                ([album + "/*"], lambda line: line["path"].split("/")[1] == album),
                (["*.mp4", "*.MP4"], lambda line: line["name"].lower().endswith(".mp4")),
                (["--album", album, "*.jpg"], lambda line: line["path"].split("/")[1] == album and ".jpg" in line["name"])):
            run = shop.run("list", export, "--json", *words)
            found = [json.loads(line) for line in output(run).decode().splitlines()]
            if holds:
                equal(found, [line for line in listed(shop, export) if holds(line)], f"{words}")
            run.expect(0 if found else 11, f"{words}")
            if found:
                equal(sorted(files_below(extracted(shop, export, *words))), sorted(x["path"] for x in found), f"{words}")
        both = [x["path"] for x in listed(shop, export, "--since", since, "--until", until)]
        first, second = (set(x["path"] for x in listed(shop, export, *words))
                         for words in (["--since", since], ["--until", until]))
        equal(set(both), first & second, "both days")
    run = shop.run("list", made["tree"]).expect(0)
    equal(len(output(run).splitlines()), len(everything), "a line an item")
    shop.run("list", made["tree"], "--album", "no such album").expect(11)
    shop.run("list", made["tree"], "--since", "yesterday").expect(2)
    shop.run("extract", made["tree"]).expect(2)
    shop.run("extract", made["tree"], os.path.join(made["tree"], "data/albums")).expect(2)
    shop.run("extract", made["tree"], made["tar.zst"]).expect(2)
    shop.run("list", shop.folder).expect(2)


def what_is_there_stays(shop):
    export = retrieving.exports(shop, ("zip",))["zip"]
    names = [line["path"] for line in listed(shop, export)]
    to = shop.fresh("taken-out")
    outside = shop.fresh("outside")
    os.makedirs(outside)
    mine = os.path.join(to, names[0])
    os.makedirs(os.path.dirname(mine))
    with open(mine, "w", encoding="utf-8") as stream:
        stream.write("mine")
    album = next(name.split("/")[1] for name in names if name.split("/")[1] != names[0].split("/")[1])
    os.symlink(outside, os.path.join(to, "albums", album))  # leads out
    run = shop.run("extract", export, to, "--no-progress").expect(4)
    with open(mine, encoding="utf-8") as stream:
        equal(stream.read(), "mine", "a file that was there")
    check(names[0] in run.said, "it is not named")
    equal(os.listdir(outside), [], "what a link leads to")
    os.remove(os.path.join(to, "albums", album))
    os.remove(mine)
    shop.run("extract", export, to, "--no-progress").expect(0)
    equal(sorted(files_below(to)), sorted(names), "the rest")


def damaged_volumes(shop):
    """A damaged place costs what lies there; all else comes, and the loss is named."""
    made = retrieving.exports(shop, ("tar", "tar.zst", "zip"))
    for form, export in made.items():
        for how in ("catalogue", "lists"):
            place = shop.fresh("damaged")
            shutil.copytree(export, place)
            if how == "lists":
                shutil.rmtree(os.path.join(place, ".decamp"))
            volume = retrieving.volumes(place)[0]
            size = os.path.getsize(volume)
            with open(volume, "r+b") as stream:
                stream.seek(size // 2)
                stream.write(b"\xa5" * 600)
            names = [line["path"] for line in listed(shop, place)]
            to = extracted(shop, place, code=9)
            found = files_below(to)
            lost = set(names) - set(found)
            # Of a compressed tar what lies in the MiB of one frame.
            check(0 < len(lost) <= (70 if form == "tar.zst" else 3), f"{form} by {how}: {len(lost)} of {len(names)} are lost")
            digests = {line["path"]: line["sha256"] for line in listed(shop, place)}
            for path, (digest, _) in found.items():
                equal(digest, digests[path], path)
            for path in lost:
                shop.run("cat", place, path).expect(9, f"{form} by {how}: {path}")
    # A volume that is gone, or cut.
    place = without_catalogue(shop, made["zip"])
    os.remove(retrieving.volumes(place)[0])
    extracted(shop, place, code=9)
    place = shop.fresh("cut")
    shutil.copytree(made["tar"], place)
    volume = retrieving.volumes(place)[0]
    os.truncate(volume, os.path.getsize(volume) * 2 // 3)
    check(len(files_below(extracted(shop, place, code=9))) > 5, "what lies before the cut")


def bad_file_in_a_tree(shop):
    export = retrieving.exports(shop, ("tree",))["tree"]
    line = listed(shop, export)[3]
    with open(os.path.join(export, line["file"]), "r+b") as stream:
        stream.write(b"other")
    shop.run("cat", export, line["path"]).expect(9)
    to = extracted(shop, export, code=9)
    check(line["path"] not in files_below(to), "a changed file was taken out")


def manifests_alone(shop):
    """Neither lists nor catalogue: names and digests of the manifests are enough."""
    for form, export in retrieving.exports(shop).items():
        place = without_catalogue(shop, export)
        shutil.rmtree(os.path.join(place, "lists"))
        wanted = {line["file"].removeprefix("data/"): line["sha256"] for line in listed(shop, export)}
        found = {path: digest for path, (digest, _) in files_below(extracted(shop, place)).items()}
        if form == "tree":
            found = {path: digest for path, digest in found.items() if path in wanted}
        equal(found, wanted, form)


def an_export_at_work(shop):
    """Beside a -wal file the catalogue is not asked; nothing is changed."""
    export = retrieving.exports(shop, ("tar",))["tar"]
    wal = os.path.join(export, ".decamp/catalogue.sqlite-wal")
    with open(wal, "wb"):
        pass
    line = listed(shop, export)[5]
    equal(harness.hashlib.sha256(output(shop.run("cat", export, line["path"]).expect(0))).hexdigest(), line["sha256"], "cat")
    extracted(shop, export)
    equal(os.path.getsize(wal), 0, "the -wal file")


def cat_reads_little(shop):
    if shutil.which("strace") is None:
        print("        (strace is missing: not measured)")
        return
    cloud = shop.cloud({"library": {"items": 300, "albums": 4, "size_min": 90000, "size_max": 120000}})
    for form in ("tar", "tar.zst", "zip"):
        export = shop.fresh("export")
        shop.export(cloud, export, "--format", form, "--connections", "8").expect(0)
        size = sum(os.path.getsize(v) for v in retrieving.volumes(export))
        line = listed(shop, export)[-20]
        read = retrieving.bytes_read([shop.decamp_program, "cat", export, line["path"]])
        # A frame or two, the table, some pages of the catalogue, the program's own libraries.
        check(read < 6 << 20 and read < size // 4, f"{form}: {read} bytes read of {size}")


# --- made by an enemy

GOOD = b"good bytes"


def sha256(data):
    return harness.hashlib.sha256(data).hexdigest()


def hostile(shop, lines, volume=None):
    """An export of lists alone, made by hand; `volume`: (name, bytes)."""
    export = shop.fresh("hostile")
    os.makedirs(os.path.join(export, "lists/albums"))
    os.makedirs(os.path.join(export, "data/volumes"))
    if volume:
        with open(os.path.join(export, "data/volumes", volume[0]), "wb") as out:
            out.write(volume[1])
    with open(os.path.join(export, "lists/albums/A.jsonl"), "w", encoding="utf-8") as out:
        for line in lines:
            out.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
    return export


def member(name, data=GOOD, volume="volume-0001.tar", **more):
    return {"file": name, "volume": "data/volumes/" + volume, "name": os.path.basename(name), "id": name,
            "size": len(data), "sha256": sha256(data), **more}


def tar_of(*entries):
    """Entries are (name, bytes) or TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def hostile_names_in_lists(shop):
    bad = ["../../escape", "/etc/escape", "albums/../../escape", "albums//x", "albums/A/./x", "C:/x", "a\\..\\b", "~/x", ""]
    lines = [member(name) for name in bad if name] + [member("albums/A/good.jpg")]
    lines += ["", "not json", "[1]", '{"file": 5}', '{"file": "data/albums/A/x", "sha256": "zz"}', '{"file": "lists/albums/A.jsonl"}',
              '{"file": ".decamp/x", "name": "x"}', '{"file": "data/../x"}', '{"file":' + '[' * 5000,
              '{"file": "albums/A/y", "volume": "../volume-0001.tar"}', '{"file": "albums/A/y", "volume": "data/albums/x.tar"}',
              '{"file": "albums/A/y", "volume": "data/volumes/x.exe"}', "x" * (3 << 20), '{"name": "never stored", "file": null}']
    archive = tar_of(*[(name, GOOD) for name in bad if name], ("albums/A/good.jpg", GOOD))
    export = hostile(shop, lines, ("volume-0001.tar", archive))
    to = extracted(shop, export, code=9)
    equal({path: digest for path, (digest, _) in files_below(to).items()}, {"albums/A/good.jpg": sha256(GOOD)}, "names")
    for place in (shop.folder, os.path.dirname(to), "/etc"):
        check(not os.path.exists(os.path.join(place, "escape")), f"{place}/escape was written")
    shop.run("list", export).expect(9)


def hostile_entries(shop):
    passwd = special("albums/A/b.jpg", tarfile.SYMTYPE, "/etc/passwd")
    out = special("albums/A/c.jpg", tarfile.LNKTYPE, "../../../../etc/passwd")
    itself = special("albums/A/d.jpg", tarfile.LNKTYPE, "albums/A/d.jpg")
    pipe = special("albums/A/e.jpg", tarfile.FIFOTYPE)
    device = special("albums/A/f.jpg", tarfile.CHRTYPE)
    folder = special("albums/A", tarfile.SYMTYPE, "/tmp")
    linked = special("albums/A/g.jpg", tarfile.LNKTYPE, "albums/A/a.jpg")
    archive = tar_of(folder, passwd, out, itself, pipe, device, linked, ("albums/A/a.jpg", b"first, and wrong"),
                     ("albums/A/a.jpg", GOOD), ("albums/A/a.jpg", b"third"), ("albums/A/stranger.jpg", b"not in the lists"))
    export = hostile(shop, [member(f"albums/A/{n}.jpg") for n in "abcdefg"], ("volume-0001.tar", archive))
    to = extracted(shop, export, code=9)
    # Of several of one name the one with the right bytes; a hard link to it gives its bytes.
    equal({path: digest for path, (digest, _) in files_below(to).items()},
          {"albums/A/a.jpg": sha256(GOOD), "albums/A/g.jpg": sha256(GOOD)}, "entries")
    for name in "bcdef":
        shop.run("cat", export, f"albums/A/{name}.jpg").expect(9)


def bombs(shop):
    """No more is written than was declared, whatever the archive would give."""
    zeros = bytes(64 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("albums/A/bomb.jpg", zeros * 4)
        archive.writestr("albums/A/good.jpg", GOOD)
    lines = [member("albums/A/bomb.jpg", volume="volume-0001.zip"), member("albums/A/good.jpg", volume="volume-0001.zip")]
    export = hostile(shop, lines, ("volume-0001.zip", packed.getvalue()))
    to = shop.fresh("taken-out")
    run = shop.start("extract", export, to, "--no-progress", under=["prlimit", f"--fsize={80 << 20}"]).end().expect(9)
    equal(list(files_below(to)), ["albums/A/good.jpg"], f"a zip bomb: {run.said}")
    # A size that is told and is not there.
    huge = tarfile.TarInfo("albums/A/huge.jpg")
    huge.size = 1 << 60
    archive = huge.tobuf(tarfile.GNU_FORMAT) + GOOD + bytes(502) + tar_of(("albums/A/good.jpg", GOOD))
    export = hostile(shop, [member("albums/A/huge.jpg"), member("albums/A/good.jpg")], ("volume-0001.tar", archive))
    equal(list(files_below(extracted(shop, export, code=9))), ["albums/A/good.jpg"], "a size that is not there")
    # zstd of another program, without a table.
    if shutil.which("zstd"):
        data = subprocess.run(["zstd", "-q", "-19", "-c"], input=tar_of(("albums/A/bomb.jpg", zeros), ("albums/A/good.jpg", GOOD)),
                              capture_output=True, check=True).stdout
        name = "volume-0001.tar.zst"
        export = hostile(shop, [member("albums/A/bomb.jpg", volume=name), member("albums/A/good.jpg", volume=name)], (name, data))
        equal(list(files_below(extracted(shop, export, code=9))), ["albums/A/good.jpg"], "a zstd bomb")


def archives_of_others(shop):
    """What GNU tar, zip and zstd make of the same names is read as well."""
    names = {"albums/A/ümlaut 照片.jpg": b"one", "albums/A/" + "long" * 40 + ".jpg": b"two" * 5000, "albums/A/plain.jpg": b""}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    made = {"volume-0001.tar": tar_of(*names.items()), "volume-0001.zip": packed.getvalue()}
    if shutil.which("zstd"):
        made["volume-0001.tar.zst"] = subprocess.run(["zstd", "-q", "-c"], input=made["volume-0001.tar"],
                                                     capture_output=True, check=True).stdout
    for volume, data in made.items():
        export = hostile(shop, [member(name, bytes_, volume) for name, bytes_ in names.items()], (volume, data))
        found = {path: digest for path, (digest, _) in files_below(extracted(shop, export)).items()}
        equal(found, {name: sha256(bytes_) for name, bytes_ in names.items()}, volume)


if __name__ == "__main__":
    harness.main(same_from_every_form, twins_as_links_and_copies, cat_gives_each, ambiguous_names, selections, what_is_there_stays,
                 damaged_volumes, bad_file_in_a_tree, manifests_alone, an_export_at_work, cat_reads_little,
                 hostile_names_in_lists, hostile_entries, bombs, archives_of_others)
