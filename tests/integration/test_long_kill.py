#!/usr/bin/env python3
"""kill -9 at twenty random moments, and ten times in the same export."""
import harness
import killing


def killed_at_random_moments(shop):
    killing.kill_often(shop, 20)


def killed_again_and_again(shop):
    killing.kill_the_same_run_often(shop, 10)


harness.main(killed_at_random_moments, killed_again_and_again)
