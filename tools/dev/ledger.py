# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test columns of docs/fidelity.md, made from the marks on tests: `@pytest.mark.ledger("approve-1")`.

A mark names a row by its id, or an open question by its choice: `choice=answer`, or the choice alone if any number
answers it. As a plugin of pytest this module writes down what the collected tests are marked with.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .counts import Counts
from .project import CACHE, ROOT
from .shell import Failed, Log, environment, executable, read

PAGE = ROOT / "docs" / "fidelity.md"
SUITES = ("tests/emulator", "tests/functional", "tests/unit")
BEHAVIOURS = ["id", "behaviour", "", "source", "tests"]
QUESTIONS = ["question", "choice", "answers", "tests", "tests of the modules"]
# Where the plugin writes, in a variable of its process.
TARGET = "LEDGER_MARKS"
_ANSWER = re.compile(r"`([^`]+)`")
_TEST = re.compile(r"`([^`]+\.py::[^`]+)`")
# The marks of every test, by the name that the page has for it.
Marks = Mapping[str, list[str]]


def pytest_collection_finish(session: Any) -> None:
    """Write down the marks of all collected tests; those of one function's cases are one list."""
    marks: dict[str, list[str]] = {}
    for item in session.items:
        name = item.nodeid.partition("[")[0].removeprefix("tests/").removeprefix("emulator/")
        ids = [one for mark in item.iter_markers("ledger") for one in mark.args]
        marks[name] = list(dict.fromkeys([*marks.get(name, []), *ids]))
    Path(os.environ[TARGET]).write_text(json.dumps(marks), encoding="utf-8")


def write() -> int:
    """Bring the page up to date."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), collected()), encoding="utf-8")
    return 0


def check(log: Log) -> Counts:
    """The page is the one that the marks give now."""
    page = PAGE.read_text(encoding="utf-8")
    if filled(page, collected()) != page:
        raise Failed("The test columns of docs/fidelity.md do not fit the marks on the tests: run `make ledger`.")
    log.write(f"{PAGE.relative_to(ROOT)} fits the marks.")
    return Counts(passed=1)


def collected() -> Marks:
    """The marks of all tests, as pytest collects them."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=CACHE, prefix="ledger-", suffix=".json") as file:
        command = (executable("python"), "-m", "pytest", "--collect-only", "-qq", "-p", "tools.dev.ledger")
        read(*command, *SUITES, env=environment({TARGET: file.name}))
        marks: dict[str, list[str]] = json.loads(file.read())
    return marks


def filled(page: str, marks: Marks) -> str:
    """The page with the tests of every row; raise if a mark has no row, or a test that the page names is missing."""
    lines, used = [], set()
    for line, header in rows_of(page):
        cells, wanted = cells_of(line), []
        if header == BEHAVIOURS:
            wanted = [cells[0]]
            cells[-1] = _named(cells[0], marks)
        elif header == QUESTIONS:
            choice, answers = cells[1].strip("`"), _ANSWER.findall(cells[2])
            numeric = "another number" in cells[2]
            wanted = [choice] if numeric else [f"{choice}={answer}" for answer in answers]
            pairs = zip(answers, wanted, strict=False)
            shown = [f"`{answer}`: {_named(one, marks, ', ')}" for answer, one in pairs]
            cells[3] = _named(choice, marks) if numeric else "<br>".join(shown)
        lines.append(f"| {' | '.join(cells)} |" if wanted else line)
        used.update(wanted)
    _refuse("marks without a row", {one for ids in marks.values() for one in ids} - used)
    _refuse("tests that do not exist", {name for line in lines for name in _TEST.findall(line)} - set(marks))
    return "\n".join(lines)


def rows_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """Every line; with those of a table's body the cells of its header."""
    header: list[str] = []
    for line in page.split("\n"):
        if not line.startswith("|"):
            header = []
        yield line, [] if line.startswith("|---") else header
        if line.startswith("|") and not header:
            header = cells_of(line)


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line[1:-1].split("|")]


def _named(row: str, marks: Marks, between: str = "<br>") -> str:
    """The tests with a mark."""
    return between.join(f"`{name}`" for name, ids in sorted(marks.items()) if row in ids)


def _refuse(what: str, found: set[str]) -> None:
    if found:
        raise Failed(f"docs/fidelity.md: there are {what}: {', '.join(sorted(found))}")
