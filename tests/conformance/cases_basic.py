"""What every source holds in the ordinary run of things."""
import os

from harness import certificate, check, equal, expect_equal_exports, payload

from contents import Plain, Sparse, drawn
from judging import expect_no_secret, expect_whole

PAGE = 5
LONG = os.environ.get("DECAMP_LONG") == "1"


def fill(bed, count, size=2000):
    for number in range(count):
        bed.put(f"folder {number % 3}/item {number:03}.bin", drawn(size + number, number))


def whole(bed, *words):
    destination = bed.shop.fresh("out")
    run = bed.export(destination, *words).expect(0)
    expect_whole(bed, destination)
    return destination, run


def an_empty_source(make):
    bed = make()
    destination, _ = whole(bed)
    equal(payload(destination), {}, "files")
    bed.export(destination).expect(0, "again")
    expect_whole(bed, destination)


def one_item(make):
    bed = make()
    bed.put("one.bin", drawn(3000, 1))
    destination, run = whole(bed)
    expect_no_secret(bed, destination, run)
    again = bed.export(destination, "--quiet").expect(0, "again")
    equal(again.said, "", "said with --quiet")


def edges_of_pages(make):
    make.needs("paging")
    for count in (0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 2):
        bed = make()
        bed.page(PAGE)
        fill(bed, count)
        whole(bed)


def several_hundred_items(make):
    bed = make()
    fill(bed, 700, 100)
    whole(bed)


def items_of_no_bytes(make):
    bed = make()
    for path in ("a/empty one.bin", "b/empty two.bin", "empty three.bin"):
        bed.put(path, Plain(b""))
    bed.put("a/full.bin", drawn(1500, 1))
    whole(bed)


def a_large_item(make):
    """Of hundreds of MiB, or above 4 GiB, where a length no longer fits 32 bits; on the drive and in memory it takes little."""
    make.needs("large")
    bed = make()
    bed.put("large.bin", Sparse((5 << 30) if LONG else (300 << 20) + 1))
    bed.put("small.bin", drawn(100, 1))
    _, run = whole(bed)
    if os.environ.get("DECAMP_SANITIZE", "") in ("", "OFF"):
        check(run.most_memory < 200 << 20, f"{run.most_memory >> 20} MiB of memory")


def twins(make):
    """The same bytes under several names, beside each other and apart: each name is there."""
    make.needs("same_bytes")
    bed = make()
    for path in ("a/one.bin", "a/two.bin", "b/one.bin", "three.bin"):
        bed.put(path, drawn(70_000, 1))
    bed.put("b/other.bin", drawn(70_000, 2))
    destination, _ = whole(bed)
    fetching = bed.shop.fresh("out")
    bed.export(fetching, "--twins", "fetch").expect(0)
    expect_whole(bed, fetching)
    expect_equal_exports(fetching, destination, "twins fetched and not")


def folders_within_folders(make):
    make.needs("folders")
    bed = make()
    deep = "/".join(f"d{number}" for number in range(30))
    bed.put(deep + "/deep.bin", drawn(1000, 1))
    bed.put("/".join(["a long name of a folder " * 3 + str(n) for n in range(9)]) + "/below.bin", drawn(1001, 2))
    bed.put("d0/beside.bin", drawn(1002, 3))
    bed.put("top.bin", drawn(1003, 4))
    whole(bed)


def again_fetches_nothing(make):
    """A run with nothing new asks for no bytes; what is new is fetched, what is gone from the source stays on the drive."""
    bed = make()
    fill(bed, 12)
    destination, _ = whole(bed)
    before = payload(destination)
    bed.forget()
    bed.export(destination).expect(0, "again")
    equal(sorted(map(str, bed.fetched())), [], "fetched again")
    equal(payload(destination), before, "files after a run with nothing new")
    expect_whole(bed, destination)
    make.needs("growing")
    bed.put("folder 1/new.bin", drawn(999, 99))
    bed.remove("folder 0/item 000.bin")
    bed.forget()
    bed.export(destination).expect(0, "with one new and one gone")
    equal(len(bed.gets()), 1 if bed.server else 0, "requests for bytes")
    after = payload(destination)
    equal({path: after.get(path) for path in before}, before, "files of the first run")
    equal(certificate(destination)["verdict"], "complete", "verdict")
    bed.shop.expect_sound(destination, "the bag")
    bed.shop.verify(destination).expect(0)


def changed_between_two_runs(make):
    """A changed item gets a second file; the first stays as it was."""
    make.needs("change")
    bed = make()
    fill(bed, 4)
    destination, _ = whole(bed)
    before = payload(destination)
    path, new = "folder 1/item 001.bin", drawn(4321, "new")
    bed.put(path, new, modified=1_710_000_000)
    bed.export(destination).expect(0)
    after = payload(destination)
    equal({name: after.get(name) for name in before}, before, "files of the first run")
    added = sorted(set(after) - set(before))
    equal(len(added), 1, f"new files: {added}")
    check(new.is_in(os.path.join(destination, added[0])), f"{added[0]} holds other bytes")
    bed.shop.expect_sound(destination, "the bag")
    bed.shop.verify(destination).expect(0)


CASES = [an_empty_source, one_item, edges_of_pages, several_hundred_items, items_of_no_bytes, a_large_item, twins,
         folders_within_folders, again_fetches_nothing, changed_between_two_runs]
