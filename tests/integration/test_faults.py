#!/usr/bin/env python3
"""Hostile and broken clouds, as far as a run's own patience with them is short."""
import faults
import harness

harness.main(faults.names_that_hurt, faults.service_token_alone_dies, faults.login_killed_in_the_middle,
             faults.login_renewed_in_the_middle, faults.wrong_login, faults.end_to_end_encryption, faults.region_has_ended,
             faults.counts_disagree_for_good, faults.counts_disagree_once, faults.deleted_meanwhile,
             faults.refused_item_by_item, faults.wrong_digest_for_good, faults.wrong_bytes_once,
             faults.same_digest_other_bytes, faults.list_cut_in_half, faults.api_redirects_elsewhere,
             faults.storage_redirects_elsewhere, faults.no_http_at_the_endpoint)
