# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of all checks, and the commands that run them."""

from __future__ import annotations

from pathlib import Path

from . import ansible_test, architecture, artifact, docs, ledger, steps
from .counts import Counts, of_junit
from .project import CACHE, OUTPUT
from .setup import set_up_docs, set_up_events, set_up_importer
from .shell import Log, call, environment, executable
from .steps import Action, Step
from .tree import clean_copy


def tool(name: str, *arguments: str) -> Action:
    """A check that is one program; its exit code is the result."""

    def action(log: Log) -> Counts:
        log.run(executable(name), *arguments)
        return Counts(passed=1)

    return action


def licenses(log: Log) -> Counts:
    """Every file names its license. Checked in a copy, which has no files that git ignores."""
    with clean_copy() as copy:
        log.run(executable("reuse"), "lint", cwd=copy)
    return Counts(passed=1)


def suite(folder: str, marked: str = "") -> Action:
    """A check that is a folder of tests for pytest, or those of them that a marker expression selects."""

    def action(log: Log) -> Counts:
        results = OUTPUT / "junit" / (f"{folder} {marked}".strip().replace("/", "-").replace(" ", "-") + ".xml")
        results.unlink(missing_ok=True)
        # The profile for CI draws the same examples each time and sets no deadline that a busy machine would miss.
        # The name of each test is printed before it runs: if one ends the process, the log shows which.
        options = ("--verbose", "--hypothesis-profile=ci", f"--junit-xml={results}", "-m", marked)
        code = log.call(*pytest(folder), *options, env=pytest_environment())
        return of_junit(filter(Path.is_file, [results]), code)

    return action


def pytest(folder: str) -> tuple[str, ...]:
    """The command that tests a folder."""
    return (executable("python"), "-m", "pytest", folder)


def pytest_environment() -> dict[str, str]:
    """The environment for pytest; Hypothesis keeps the examples that failed in the cache folder."""
    return environment({"HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis")})


LINT = (
    Step("ruff check", tool("ruff", "check")),
    Step("ruff format", tool("ruff", "format", "--check", "--diff")),
    Step("mypy", tool("mypy")),
    Step("architecture", architecture.check),
    Step("ledger", ledger.check),
    Step("shellcheck", tool("shellcheck", ".ci/run")),
    Step("reuse", licenses),
    Step("ansible-lint", tool("ansible-lint", "--offline", "--nocolor")),
    Step("changelog", tool("antsibull-changelog", "lint")),
)
TESTS = (
    Step("unit tests", suite("tests/unit")),
    Step("emulator tests", suite("tests/emulator")),
    Step("functional tests", suite("tests/functional", "not plays")),
    Step("adversary", suite("tests/adversary")),
    Step("tests of the rulebook", suite("tests/events")),
)
PACKAGE = (
    Step(
        "documentation",
        tool("antsibull-docs", "lint-collection-docs", ".", "--plugin-docs", "--validate-collection-refs=all"),
    ),
    Step("documentation site", docs.check),
    Step("artifact", artifact.installs),
    Step("galaxy-importer", artifact.imports),
    Step("tests of the documentation", suite("tests/docs")),
    Step("tests of the tools", suite("tests/tools")),
)
# These share the virtual environments that ansible-test makes, so they must not run at the same time.
ANSIBLE_TEST = (
    Step("ansible-test sanity", ansible_test.sanity),
    Step("ansible-test units", ansible_test.units),
    Step("ansible-test integration", ansible_test.integration),
)
PLAYS = (Step("tests that play", suite("tests/functional", "plays")),)


def test() -> int:
    """Run all checks and tests, two steps at a time."""
    set_up_importer()
    set_up_docs()
    set_up_events()
    return steps.run([*LINT, *TESTS, *PACKAGE], [*ANSIBLE_TEST, *PLAYS])


def lint() -> int:
    """Run the quick checks, which run no tests."""
    return steps.run(LINT)


def unit() -> int:
    """Run the unit tests on the terminal."""
    return call(*pytest("tests/unit"), env=pytest_environment())


def coverage() -> int:
    """Measure what the tests that run modules in this process reach; fail below the floor in pyproject.toml."""
    tests = ("tests/unit", "tests/functional", "-m", "not plays", "--quiet", "--hypothesis-profile=ci")
    return call(executable("python"), "-m", "pytest", *tests, "--cov", env=pytest_environment())


def format_code() -> int:
    """Format the Python code, and fix what can be fixed."""
    return call(executable("ruff"), "check", "--fix") or call(executable("ruff"), "format")
