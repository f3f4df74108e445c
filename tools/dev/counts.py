# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many tests passed and failed, and how that is read from the results of a test run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        """The sums."""
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        """The counts in words; skipped tests only if there are any."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def of_junit(files: Iterable[Path], exit_code: int) -> Counts:
    """The counts of a test run that wrote JUnit files and ended with an exit code."""
    cases = (case for file in files for case in ElementTree.parse(file).iter("testcase"))
    return of_run(sum(map(_of_case, cases), Counts()), exit_code)


def _of_case(case: ElementTree.Element) -> Counts:
    if case.find("failure") is not None or case.find("error") is not None:
        return Counts(failed=1)
    return Counts(passed=1) if case.find("skipped") is None else Counts(skipped=1)


def of_run(counts: Counts, exit_code: int) -> Counts:
    """The counts of a test run, with one failure more if the run itself failed.

    A run has failed if its exit code says so although no test failed, or if no test passed or failed at all: a suite
    that is not found must not look like one that passes.
    """
    run_failed = counts.failed == 0 and (exit_code != 0 or counts.passed == 0)
    return counts + Counts(failed=1) if run_failed else counts
