#!/usr/bin/env python3
"""The conformance suite on the sample cloud."""
import suite
from bed_micloud import MicloudBed
from cases import CASES

suite.run(MicloudBed, CASES)
