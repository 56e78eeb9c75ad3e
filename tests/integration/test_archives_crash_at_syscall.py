#!/usr/bin/env python3
"""Exports into volumes, killed at and failed by system calls taken at random, by strace: in every format."""
import copy
import os

import crashing
import harness
from volumes import FORMATS

LONG = bool(os.environ.get("DECAMP_LONG"))
TWINS = {"tar": "link", "tar.zst": "copy", "zip": "list"}


def archive(kind):
    return ("--format", kind, "--volume-size", "1MiB", "--twins-in-archive", TWINS[kind])


def killed_at_a_call(shop):
    committed = 0
    for kind in FORMATS:
        print(kind, end=": ")
        committed += crashing.kill_at_each(shop_in(shop, kind), 40 if LONG else 8, archive(kind), crashing.ARCHIVED)
    harness.check(committed > 0, "no run was killed with something committed")


def killed_where_memory_is_little(shop):
    """Items that are staged before they are put into a volume."""
    kind = shop.random.choice(FORMATS)
    print(kind, end=": ")
    crashing.kill_at_each(shop, 40 if LONG else 6, (*archive(kind), "--memory", "32MiB"), crashing.STAGED)


def failed_at_a_call(shop):
    for kind in FORMATS:
        print(kind, end=": ")
        crashing.fail_each(shop_in(shop, kind), 40 if LONG else 8, archive(kind), crashing.ARCHIVED)


def interrupted_at_a_call(shop):
    kind = shop.random.choice(FORMATS)
    crashing.interrupt_each(shop, 20 if LONG else 4, archive(kind), crashing.ARCHIVED)


def shop_in(shop, name):
    """The same workshop, with a folder of its own for what several cases call by the same name."""
    sub = copy.copy(shop)
    sub.folder = os.path.join(shop.folder, name)
    os.makedirs(sub.folder)
    return sub


harness.main(killed_at_a_call, killed_where_memory_is_little, failed_at_a_call, interrupted_at_a_call)
