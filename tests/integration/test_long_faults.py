#!/usr/bin/env python3
"""Hostile and broken clouds that a run is patient with for minutes before it gives up or gets through."""
import faults
import harness

harness.main(faults.endless_page, faults.list_is_html, faults.faults_that_stay, faults.faults_that_heal)
