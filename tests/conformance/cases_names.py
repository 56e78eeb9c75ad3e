"""Names that hurt. Which are possible depends on the source; what arrives is safe everywhere, and the bytes are all there."""
import os

from harness import check

from contents import drawn
from judging import expect_whole

ODD = [
    "with space.bin", " leading.bin", "trailing .bin", "trailing dot.", "two  spaces.bin", "100%.bin", "%41.bin", "%2F.bin",
    "%", "a+b.bin", "a&b.bin", "a#b.bin", "a?b.bin", "a=b;c.bin", "q\"uo'te.bin", "<angle>.bin", "star*.bin", "pipe|.bin",
    "colon:x.bin", "back\\slash.bin", "\U0001f600\U0001f468\u200d\U0001f469.bin", "caf\u00e9.bin", "cafe\u0301 2.bin",
    "\u7167\u7247.bin", "-rf.bin", "--help", ".hidden", "...", "~.bin", "tilde~1.bin", "$HOME.bin", "`x`.bin", "@at.bin", "[x].bin",
    "{x}.bin", "^.bin", "!x.bin", "CON", "con.bin", "NUL.tar.gz", "COM1", "LPT9.bin", "aux", "n" * 251 + ".bin",
    "\u7167" * 83 + ".bin", "\u202egnp.exe", "zero\u200bwidth.bin", "tab\there.bin", "line\nbreak.bin", "bell\x07.bin",
    "del\x7f.bin", ".DS_Store", "Thumbs.db", "manifest-sha256.txt", ".decamp", "no extension", "a" * 60 + "." + "b" * 60,
    "<a href=\"x\">&amp;.bin", "&lt;.bin", "]]>.bin", "\u0130.bin", "\ufb01.bin", "\u2028.bin", "q=%2B&r=+.bin",
]
COLLIDING = [
    ("a:b.bin", "a?b.bin", "a*b.bin", "a_b.bin"),
    ("Case.bin", "case.bin", "CASE.BIN"),
    ("caf\u00e9.bin", "cafe\u0301.bin"),
    ("dot", "dot.", "dot "),
    ("stra\u00dfe.bin", "STRASSE.bin"),
    ("con.bin", "_con.bin"),
    ("\u212b.bin", "\u00c5.bin"),
]


def holds(bed, names):
    """Those of the names that the source can hold as they are."""
    if "control_names" not in bed.cannot:
        return names
    return [name for name in names if name.isprintable() or ord(min(name)) >= 32 and "\x7f" not in name and "\u2028" not in name]


def export_whole(bed):
    destination = bed.shop.fresh("out")
    bed.export(destination).expect(0)
    expect_whole(bed, destination)
    again = bed.export(destination)
    again.expect(0, "again")
    expect_whole(bed, destination)
    return destination


def odd_names(make):
    bed = make()
    for number, name in enumerate(holds(bed, ODD)):
        bed.put(f"names/{name}", drawn(1300 + number, number))
    export_whole(bed)


def odd_folders(make):
    make.needs("folders")
    bed = make()
    for number, name in enumerate(holds(bed, ODD)):
        bed.put(f"{name}/in it.bin", drawn(300 + number, number))
    export_whole(bed)


def names_that_collide_when_safe(make):
    bed = make()
    number = 0
    for names in COLLIDING:
        for name in names:
            bed.put(f"files/{name}", drawn(1300 + number, number))
            number += 1
    export_whole(bed)


def folders_that_collide_when_safe(make):
    make.needs("folders")
    bed = make()
    number = 0
    for names in COLLIDING:
        for name in names:
            bed.put(f"{name}/same.bin", drawn(300 + number, number))
            bed.put(f"deeper/{name}/more/same.bin", drawn(300 + number, -number - 1))
            number += 1
    export_whole(bed)


def a_file_in_a_folders_place(make):
    """"a" beside "a/b", and "c:" beside "c?/d", which want one name when they are safe."""
    make.needs("file_and_folder")
    bed = make()
    for number, path in enumerate(["a", "a/b", "a/b/c", "c:", "c?/d", "e/f", "e"]):
        bed.put(path, drawn(500 + number, number))
    export_whole(bed)


def paths_that_climb(make):
    make.needs("dots")
    bed = make()
    for number, path in enumerate(["../up one.bin", "../../up two.bin", "a/../../up three.bin", "./here.bin", "b/./there.bin",
                                   "c//doubled.bin", "/absolute.bin", "d/..", "..", "e/.../dots.bin"]):
        if "ends_in_dots" in bed.cannot and path.endswith(".."):
            continue
        bed.put(path, drawn(400 + number, number))
    destination = export_whole(bed)
    around = os.listdir(os.path.dirname(destination))
    check(not any("up" in name for name in around), f"outside of the destination: {around}")


def names_that_are_no_text(make):
    make.needs("bytes_names")
    bed = make()
    for number, raw in enumerate([b"bad\xff.bin", b"bad\xfe.bin", b"cut\xc3", b"\x80\x81.bin", b"latin\xe9.bin", b"over\xc0\xaf.bin",
                                  b"surrogate\xed\xa0\x80.bin"]):
        bed.put("raw/" + os.fsdecode(raw), drawn(600 + number, number))
    bed.put("raw/bad\ufffd.bin", drawn(650, "replaced"))
    export_whole(bed)


CASES = [odd_names, odd_folders, names_that_collide_when_safe, folders_that_collide_when_safe, a_file_in_a_folders_place,
         paths_that_climb, names_that_are_no_text]
