#!/usr/bin/env python3
"""Hostile and broken clouds that a run is patient with for minutes before it gives up or gets through."""
import faults
import harness

harness.main(faults.endless_page, faults.list_cut_in_half, faults.list_is_html, faults.api_redirects_elsewhere,
             faults.storage_redirects_elsewhere, faults.no_http_at_the_endpoint, faults.faults_that_stay,
             faults.faults_that_heal)
