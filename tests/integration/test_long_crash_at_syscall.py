#!/usr/bin/env python3
"""Killed at, and failed by, every system call in turn, by strace: more than a thousand runs."""
import crashing
import harness


def killed_at_a_call(shop):
    harness.check(crashing.kill_at_each(shop, None) > 0, "no run was killed with something committed")


def failed_at_a_call(shop):
    crashing.fail_each(shop, None)


def interrupted_at_a_call(shop):
    crashing.interrupt_each(shop, None)


harness.main(killed_at_a_call, failed_at_a_call, interrupted_at_a_call)
