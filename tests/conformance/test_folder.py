#!/usr/bin/env python3
"""The conformance suite on folders."""
import suite
from beds import FolderBed
from cases import CASES

suite.run(FolderBed, CASES)
