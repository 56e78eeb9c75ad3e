#!/usr/bin/env python3
"""Killed at, and failed by, system calls taken at random, by strace: each kind of call, and some more."""
import crashing
import harness


def killed_at_a_call(shop):
    harness.check(crashing.kill_at_each(shop, 18) > 0, "no run was killed with something committed")


def failed_at_a_call(shop):
    crashing.fail_each(shop, 18)


def interrupted_at_a_call(shop):
    crashing.interrupt_each(shop, 5)


harness.main(killed_at_a_call, failed_at_a_call, interrupted_at_a_call)
