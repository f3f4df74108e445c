# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of all checks, and the commands that run them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from . import ansible_test, artifact, ledger, report
from .copy import clean_copy
from .project import CACHE, OUTPUT, ROOT, environment, executable
from .report import Counts, Step, from_junit, judged
from .setup import set_up_importer
from .shell import Log

DOCS_LINT = ("lint-collection-docs", ".", "--plugin-docs", "--validate-collection-refs=all")


def tool(name: str, *arguments: str) -> Callable[[Log], Counts]:
    """A check that is one command; its exit code decides."""

    def action(log: Log) -> Counts:
        return Counts(passed=1) if log.call(executable(name), *arguments) == 0 else Counts(failed=1)

    return action


def licenses(log: Log) -> Counts:
    """Every file says under which license it comes; looked at in a copy, where nothing is that git ignores."""
    with clean_copy() as copy:
        log.check(executable("reuse"), "lint", cwd=copy)
    return Counts(passed=1)


def suite(folder: str, marked: str = "") -> Callable[[Log], Counts]:
    """A check that is a folder of tests for pytest, or those of them whose marks fit an expression."""

    def action(log: Log) -> Counts:
        results = OUTPUT / "junit" / (f"{folder} {marked}".strip().replace("/", "-").replace(" ", "-") + ".xml")
        results.unlink(missing_ok=True)
        # The profile for CI draws the same examples every time, and sets no deadline that a busy machine would miss.
        # Each test is named as it begins, so that the log tells which one ended the process, should one do that.
        options = ("--verbose", "--hypothesis-profile=ci", f"--junit-xml={results}", "-m", marked)
        code = log.call(*pytest(folder), *options, env=pytest_environment())
        return judged(from_junit(filter(Path.is_file, [results])), code)

    return action


def pytest(folder: str) -> tuple[str, ...]:
    """The command that tests a folder."""
    return (executable("python"), "-m", "pytest", folder)


def pytest_environment() -> dict[str, str]:
    """Hypothesis keeps the examples that failed; they are a cache, too."""
    return environment({"HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis")})


LINT = (
    Step("ruff check", tool("ruff", "check")),
    Step("ruff format", tool("ruff", "format", "--check", "--diff")),
    Step("mypy", tool("mypy")),
    Step("shellcheck", tool("shellcheck", ".ci/run")),
    Step("reuse", licenses),
    Step("ansible-lint", tool("ansible-lint", "--offline", "--nocolor")),
    Step("changelog", tool("antsibull-changelog", "lint")),
    Step("ledger", ledger.is_current),
)
TESTS = (
    Step("unit tests", suite("tests/unit")),
    Step("emulator tests", suite("tests/emulator")),
    Step("functional tests", suite("tests/functional", "not plays")),
)
PLAYS = (Step("tests that play", suite("tests/functional", "plays")),)
PACKAGE = (
    Step("documentation", tool("antsibull-docs", *DOCS_LINT)),
    Step("artifact", artifact.installs),
    Step("galaxy-importer", artifact.imports),
)
# These share the environments that ansible-test makes, so they must not run beside each other.
ANSIBLE_TEST = (
    Step("ansible-test sanity", ansible_test.sanity),
    Step("ansible-test units", ansible_test.units),
    Step("ansible-test integration", ansible_test.integration),
)


def test() -> int:
    """Run everything, two steps at a time."""
    set_up_importer()
    return report.run([[*LINT, *TESTS, *PACKAGE], [*ANSIBLE_TEST, *PLAYS]])


def lint() -> int:
    """Run what is quick and needs no test to run."""
    return report.run([LINT])


def unit() -> int:
    """Run the unit tests, seen as they run."""
    return subprocess.run(pytest("tests/unit"), cwd=ROOT, env=pytest_environment(), check=False).returncode


def format_code() -> int:
    """Put the Python code into shape."""
    for arguments in (("check", "--fix"), ("format",)):
        if code := subprocess.run(
            [executable("ruff"), *arguments], cwd=ROOT, env=environment(), check=False
        ).returncode:
            return code
    return 0
