# SPDX-License-Identifier: MIT
"""Count tests: in JUnit files of ctest and pytest, and in cmocka's output.

The names of those that failed are kept, to be told again at the end.
"""

import re
import xml.etree.ElementTree as xml
from pathlib import Path

_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.M)
_FAILED = re.compile(r"^\[  FAILED  \] (\d+) test\(s\), listed", re.M)
_NAME = re.compile(r"^\[  FAILED  \] (?!\d+ test\(s\))(\S+)$", re.M)
_CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, passed, failed, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def add_ctest(self, path):
        """Add a JUnit file of ctest, whose cases are cmocka programs."""
        for case in _cases(path):
            out = "".join(e.text or "" for e in case.findall("system-out"))
            passed = sum(map(int, _PASSED.findall(out)))
            failed = sum(map(int, _FAILED.findall(out)))
            good = case.get("status") == "run"
            if case.get("status") in ("notrun", "disabled"):
                self.add(0, 0, 1)
            elif good:
                # A program that is not cmocka's counts as one test.
                self.add(passed or 1, failed)
            else:
                # Crashed or timed out programs list no failure.
                self.add(passed, failed or 1)
                names = dict.fromkeys(_NAME.findall(out)) or ["it crashed?"]
                self.failures += [f"{case.get('name')}: {n}" for n in names]

    def add_pytest(self, path):
        for case in _cases(path):
            bad = [e for e in case if e.tag in ("failure", "error")]
            if bad:
                self.add(0, 1)
                file = (case.get("classname") or "").replace(".", "/")
                why = (bad[0].get("message") or "").strip().partition("\n")[0]
                self.failures.append(
                    f"{file}.py::{case.get('name')}: {why[:200]}"
                )
            elif case.find("skipped") is not None:
                self.add(0, 0, 1)
            else:
                self.add(1, 0)

    def add_closing_line(self, text):
        """Add the last closing line of another runner's output."""
        found = _CLOSING.findall(text)
        if not found:
            return False
        self.add(int(found[-1][0]), int(found[-1][1]))
        return True

    def told(self):
        """A line for each failed test, for who reads only the end."""
        return "".join(f"failed: {name}\n" for name in self.failures)

    def line(self):
        return f"{self.passed} passed, {self.failed} failed"

    def is_good(self):
        """No failure, and not an empty run that proves nothing."""
        return self.failed == 0 and self.passed > 0


def _cases(path):
    if not Path(path).is_file():
        return []
    return list(xml.parse(path).getroot().iter("testcase"))
