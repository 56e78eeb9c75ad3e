"""All cases, the longest first, so that they lie side by side with the others."""
import cases_basic
import cases_disturbed
import cases_faults
import cases_names

CASES = [*cases_disturbed.CASES, *cases_faults.CASES, *cases_basic.CASES, *cases_names.CASES]
