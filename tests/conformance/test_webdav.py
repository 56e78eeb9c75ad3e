#!/usr/bin/env python3
"""The conformance suite on WebDAV."""
import suite
from beds import DavBed
from cases import CASES

suite.run(DavBed, CASES)
