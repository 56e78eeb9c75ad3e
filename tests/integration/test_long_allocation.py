#!/usr/bin/env python3
"""Each allocation of our own fails in turn in an export of three items, and every sixteenth of all there are."""
import allocating
import harness


def allocations_of_ours_fail(shop):
    allocating.fail_allocations(shop, allocating.OURS, range)


def any_allocations_fail(shop):
    allocating.fail_allocations(shop, "", lambda number: range(shop.random.randrange(16), number, 16))


harness.main(allocations_of_ours_fail, any_allocations_fail)
