#!/usr/bin/env python3
"""The conformance suite on lists of links."""
import suite
from beds import LinksBed
from cases import CASES

suite.run(LinksBed, CASES)
