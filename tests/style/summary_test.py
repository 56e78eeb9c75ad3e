#!/usr/bin/env python3
"""The joined summary of tools/check loses no failure and calls nothing passed that did not run."""
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib"))
import summary  # noqa: E402

PASSED = """1/2 Test #1: a ...   Passed    0.01 sec

100% tests passed, 0 tests failed out of 2

Total Test time (real) =   1.50 sec
"""
FAILED = """
67% tests passed, 1 tests failed out of 3

Label Time Summary:
unit    =   0.01 sec*proc (3 tests)

Total Test time (real) =   2.25 sec

The following tests did not run:
\t  3 - drive (Skipped)

The following tests FAILED:
\t  2 - bad one (Timeout)
Errors while running CTest
"""
SKIPS = """<?xml version="1.0"?><testsuite><testcase name="drive"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>starting\nno loop devices here\n</system-out></testcase></testsuite>"""


class Summary(unittest.TestCase):
    def joined(self, results, **files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "results.tsv").write_text("".join("\t".join(line) + "\n" for line in results))
            for name, text in files.items():
                (root / name.replace("_", ".")).write_text(text)
            out = io.StringIO()
            code = summary.report(summary.read_all(root), out)
            return code, out.getvalue()

    def test_runs_and_steps_are_added_up(self):
        code, out = self.joined([("step", "build", "0"), ("ctest", "dev", "0"), ("ctest", "gcc", "0")], dev_log=PASSED, gcc_log=PASSED)
        self.assertEqual(code, 0)
        self.assertTrue(out.endswith("\n100% tests passed, 0 tests failed out of 5\n\nTotal Test time (real) = 3.00 sec\n"), out)

    def test_failures_and_skips_are_named(self):
        code, out = self.joined([("ctest", "dev", "8"), ("ctest", "gcc", "0")], dev_log=FAILED, dev_xml=SKIPS, gcc_log=PASSED)
        self.assertEqual(code, 1)
        self.assertIn("80% tests passed, 1 tests failed out of 5\n", out)
        self.assertIn("dev: bad one (Timeout)", out)
        self.assertIn("dev: drive: no loop devices here", out)

    def test_many_passes_do_not_round_a_failure_away(self):
        log = FAILED.replace("out of 3", "out of 3000")
        self.assertIn("99% tests passed, 1 tests failed out of 3000", self.joined([("ctest", "dev", "8")], dev_log=log)[1])

    def test_a_ctest_that_ended_early_is_a_failure(self):
        for files in ({}, {"dev_log": "1/2 Test #1: a ... Passed\n"}):
            code, out = self.joined([("ctest", "dev", "137")], **files)
            self.assertEqual(code, 1)
            self.assertIn("0% tests passed, 1 tests failed out of 1", out)

    def test_an_exit_code_counts_against_the_words(self):
        self.assertEqual(self.joined([("ctest", "dev", "1")], dev_log=PASSED)[0], 1)

    def test_failures_without_names_count(self):
        log = FAILED.partition("The following tests FAILED")[0]
        self.assertIn("1 tests failed out of 3", self.joined([("ctest", "dev", "8")], dev_log=log)[1])

    def test_a_failed_build_is_a_failure(self):
        self.assertEqual(self.joined([("step", "build gcc", "1")])[0], 1)

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.joined([])[0], 1)

    def test_an_unreadable_junit_file_costs_only_the_reason(self):
        code, out = self.joined([("ctest", "dev", "8")], dev_log=FAILED, dev_xml="<testsuite")
        self.assertIn("dev: drive: no reason found", out)


if __name__ == "__main__":
    unittest.main()
