#!/usr/bin/env python3
"""The conformance suite on a bucket."""
import suite
from beds import S3Bed
from cases import CASES

suite.run(S3Bed, CASES)
