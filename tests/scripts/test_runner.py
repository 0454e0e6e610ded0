# SPDX-License-Identifier: MIT
"""The closing line counts what ran, and an empty run is no success."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from checks_lib.tally import Tally  # noqa: E402

CTEST = """<testsuite>
<testcase name="good" status="run"><system-out>
[==========] 3 test(s) run.
[  PASSED  ] 3 test(s).
</system-out></testcase>
<testcase name="bad" status="fail"><failure message=""/><system-out>
[  PASSED  ] 1 test(s).
[  FAILED  ] 2 test(s), listed below:
[  FAILED  ] first
[  FAILED  ] second
</system-out></testcase>
<testcase name="crashed" status="fail"><failure message="SEGFAULT"/>
<system-out>[ RUN      ] third</system-out></testcase>
<testcase name="other" status="run"><system-out>fine</system-out></testcase>
<testcase name="gone" status="notrun"/>
</testsuite>"""
PYTEST = """<testsuites><testsuite>
<testcase name="a"/><testcase classname="tests.x" name="b">
<failure message="the first line&#10;the second"/></testcase>
<testcase classname="tests.x" name="c"><error/></testcase><testcase name="d"><skipped/></testcase>
</testsuite></testsuites>"""


def counts(tally):
    return tally.passed, tally.failed, tally.skipped


def test_cmocka_programs_count_their_tests(tmp_path):
    (tmp_path / "r.xml").write_text(CTEST)
    tally = Tally()
    tally.add_ctest(tmp_path / "r.xml")
    assert counts(tally) == (5, 3, 1)
    assert tally.line() == "5 passed, 3 failed"


def test_pytest_counts_errors_as_failures(tmp_path):
    (tmp_path / "r.xml").write_text(PYTEST)
    tally = Tally()
    tally.add_pytest(tmp_path / "r.xml")
    assert counts(tally) == (1, 2, 1)


@pytest.mark.parametrize(
    "passed,failed,good", [(1, 0, True), (1, 1, False), (0, 0, False)]
)
def test_only_passes_and_at_least_one_are_good(passed, failed, good):
    tally = Tally()
    tally.add(passed, failed)
    assert tally.is_good() is good


def test_the_names_of_what_failed_are_told_at_the_end(tmp_path):
    (tmp_path / "c.xml").write_text(CTEST)
    (tmp_path / "p.xml").write_text(PYTEST)
    tally = Tally()
    tally.add_ctest(tmp_path / "c.xml")
    tally.add_pytest(tmp_path / "p.xml")
    assert tally.told().splitlines() == [
        "failed: bad: first",
        "failed: bad: second",
        "failed: crashed: it crashed?",
        "failed: tests/x.py::b: the first line",
        "failed: tests/x.py::c: ",
    ]


def test_a_missing_report_counts_nothing(tmp_path):
    tally = Tally()
    tally.add_ctest(tmp_path / "none.xml")
    assert counts(tally) == (0, 0, 0)
