# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps: how their results are counted and reported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.dev.counts import Counts, of_junit, of_run
from tools.dev.shell import Failed, Log
from tools.dev.steps import LINES, Action, Step, run


def passes(log: Log) -> Counts:
    log.write("all is well")
    return Counts(passed=2)


def fails(log: Log) -> Counts:
    log.run(sys.executable, "-c", "print('the reason'); raise SystemExit(3)")
    return Counts(passed=1)


def is_killed(log: Log) -> Counts:
    return Counts(failed=log.call(sys.executable, "-c", "import os; os.kill(os.getpid(), 9)") != 0)


def finds_something_wrong(log: Log) -> Counts:
    raise Failed("Something is wrong.")


def has_a_bug(log: Log) -> Counts:
    raise KeyError("a bug")


def test_a_step_that_passes_takes_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([Step("good", passes)], logs=tmp_path) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("ok    good")
    assert "all is well" not in printed
    assert printed.endswith("\n2 passed, 0 failed\n")
    assert (tmp_path / "good.log").read_text(encoding="utf-8") == "all is well\n"


@pytest.mark.parametrize(
    "action, reason",
    [
        (fails, "the reason\npython ended with exit code 3."),
        (is_killed, "was ended by SIGKILL."),
        (finds_something_wrong, "Something is wrong."),
        (has_a_bug, "KeyError: 'a bug'"),
    ],
)
def test_a_step_that_fails_prints_the_end_of_its_log(
    action: Action, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([Step("bad", action), Step("good", passes)], logs=tmp_path) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("FAIL  bad")
    assert f"{reason}\n----- end of bad\n" in printed
    assert "\nok    good" in printed
    assert "Failed: bad." in printed
    assert printed.endswith("\n2 passed, 1 failed\n")


def test_only_the_end_of_a_long_log_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def talks(log: Log) -> Counts:
        for number in range(LINES + 1):
            log.write(f"line {number}.")
        return Counts(failed=1)

    run([Step("long", talks)], logs=tmp_path)
    printed = capsys.readouterr().out
    assert f"the last {LINES} of {LINES + 1} lines\nline 1.\n" in printed
    assert f"line {LINES}.\n----- end of long\n" in printed


@pytest.mark.parametrize(
    "counts, exit_code, expected",
    [
        (Counts(passed=1), 0, Counts(passed=1)),
        (Counts(passed=1), 2, Counts(passed=1, failed=1)),
        (Counts(passed=1, failed=1), 1, Counts(passed=1, failed=1)),
        (Counts(), 0, Counts(failed=1)),
        (Counts(skipped=1), 0, Counts(failed=1, skipped=1)),
    ],
)
def test_a_run_that_fails_or_tests_nothing_counts_as_a_failure(
    counts: Counts, exit_code: int, expected: Counts
) -> None:
    assert of_run(counts, exit_code) == expected


def test_junit_files_are_added_up(tmp_path: Path) -> None:
    cases = ("<testcase/>", "<testcase><failure/></testcase>", "<testcase><error/></testcase>")
    for name, content in {"one": "".join(cases), "two": "<testcase><skipped/></testcase><testcase/>"}.items():
        (tmp_path / name).write_text(f"<testsuites><testsuite>{content}</testsuite></testsuites>", encoding="utf-8")
    assert of_junit(tmp_path.iterdir(), 1) == Counts(passed=2, failed=2, skipped=1)
