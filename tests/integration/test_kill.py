#!/usr/bin/env python3
"""kill -9 at six random moments, and three times in the same export."""
import os

import harness
import killing


def killed_at_random_moments(shop):
    killing.kill_often(shop, 20 if os.environ.get("DECAMP_LONG") else 6)


def killed_again_and_again(shop):
    killing.kill_the_same_run_often(shop, 3)


harness.main(killed_at_random_moments, killed_again_and_again)
