#!/usr/bin/env python3
"""Allocations taken at random fail in an export of three items."""
import allocating
import harness


def some(shop, most):
    return lambda number: sorted(shop.random.sample(range(number), min(most, number)))


def allocations_of_ours_fail(shop):
    allocating.fail_allocations(shop, allocating.OURS, some(shop, 40))


def any_allocations_fail(shop):
    allocating.fail_allocations(shop, "", some(shop, 20))


harness.main(allocations_of_ours_fail, any_allocations_fail)
