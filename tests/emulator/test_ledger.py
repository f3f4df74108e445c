# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/fidelity.md: its rows name tests that exist, and every open question has tests that switch to its answers.

The tests are read, not run: that a test fails without the behaviour of its row cannot be told from here.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from automation_emulator.state.choices import Choices

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "fidelity.md"
BEHAVIOURS = ["behaviour", "", "source", "tests"]
QUESTIONS = ["question", "choice", "answers and their tests", "tests of the modules"]
SOURCES = ["short", "what it is"]
TEST = re.compile(r"`([^`]+\.py::[^`]+)`")
ANSWER = re.compile(r"(?:\*\*)?`([^`]+)`(?:\*\*)?(, or another number)?: ")
# A choice and a value that a test switches it to.
Switch = tuple[str, Any]


def tables() -> Iterator[tuple[list[str], list[list[str]]]]:
    """The tables of the page: the cells of the header, and those of the rows."""
    table: list[list[str]] = []
    for line in [*PAGE.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line[1:-1].split("|")])
        elif table:
            yield table[0], table[2:]
            table = []


def rows(header: list[str]) -> list[list[str]]:
    """The rows of all tables with this header."""
    return [row for found, body in tables() if found == header for row in body]


def named_in(cell: str) -> list[str]:
    """The tests that a cell names."""
    return TEST.findall(cell)


class Question(typing.NamedTuple):
    """A row of the open questions; an answer that is any other number is None."""

    choice: str
    default: Any
    answers: dict[Any, list[str]]


def question(row: list[str]) -> Question:
    """A row, read."""
    choice, answers = row[1].strip("`"), {}
    default = None
    for part in row[2].split("<br>"):
        found = ANSWER.match(part)
        assert found is not None, part
        if part.startswith("**"):
            default = read(found[1])
        answers[None if found[2] else read(found[1])] = named_in(part[found.end() :])
    return Question(choice, default, answers)


def read(shown: str) -> Any:
    """A value as the page shows it: JSON, but for the quotes of a string."""
    return json.loads(shown) if re.fullmatch(r"true|false|[0-9.]+", shown) else shown


@cache
def functions(file: str) -> Mapping[str, tuple[ast.FunctionDef, ast.Module]]:
    """The tests of a file by name, with the class they are in; and what surrounds them."""
    near = TESTS / "emulator" / file
    path = near if near.is_file() else TESTS / file
    if not path.is_file():
        return {}
    module = ast.parse(path.read_text(encoding="utf-8"))
    found = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    for group in (one for one in module.body if isinstance(one, ast.ClassDef)):
        found |= {f"{group.name}::{one.name}": one for one in group.body if isinstance(one, ast.FunctionDef)}
    return {name: (one, module) for name, one in found.items() if one.name.startswith("test_")}


def function(test: str) -> tuple[ast.FunctionDef, ast.Module] | None:
    """The function that a name on the page means."""
    file, _colons, name = test.partition("::")
    return functions(file).get(name)


def switches(test: str) -> set[Switch]:
    """What a test switches: keyword arguments and keys of dictionaries, wherever it says so."""
    found = function(test)
    assert found is not None, test
    body, module = found
    known = constants(module)
    known |= parameters(body, known)
    pairs = [pair for node in ast.walk(body) for pair in named_values(node)]
    return {(name, value) for name, node in pairs for value in values(node, known)}


def named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call):
        yield from ((one.arg, one.value) for one in node.keywords if one.arg is not None)
    elif isinstance(node, ast.Dict):
        yield from (
            (str(key.value), value)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        )


def constants(module: ast.Module) -> dict[str, list[Any]]:
    """Names that a module gives to constants."""
    found: dict[str, list[Any]] = {}
    for one in module.body:
        if isinstance(one, ast.Assign):
            found |= paired(one.targets[0], one.value)
    return found


def paired(target: ast.expr, value: ast.expr) -> dict[str, list[Any]]:
    """What an assignment gives to each name."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return {name: given for one, item in pairs for name, given in paired(one, item).items()}
    return {target.id: [value.value]} if isinstance(target, ast.Name) and isinstance(value, ast.Constant) else {}


def parameters(body: ast.FunctionDef, known: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The values that a test's own parameters take, and those of names that a loop goes through."""
    found: dict[str, list[Any]] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize":
            found |= taken(names_of(ast.literal_eval(node.args[0])), node.args[1], known)
        elif isinstance(node, ast.For):
            literals = [one.value for one in ast.walk(node.iter) if isinstance(one, ast.Constant)]
            found |= {one.id: literals for one in ast.walk(node.target) if isinstance(one, ast.Name)}
    return found


def names_of(given: str | tuple[str, ...] | list[str]) -> list[str]:
    return [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)


def taken(names: list[str], listed: ast.expr, known: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Of the values that pytest is told, those of each name; what is neither a constant nor named so is left out."""
    cases = listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else []
    found: dict[str, list[Any]] = {name: [] for name in names}
    for case in cases:
        items = case.elts if len(names) > 1 and isinstance(case, ast.Tuple) else [case]
        for name, item in zip(names, items, strict=False):
            found[name] += values(item, known)
    return found


def values(node: ast.expr, known: Mapping[str, list[Any]]) -> list[Any]:
    """What an expression may come to."""
    if isinstance(node, ast.Constant):
        return [node.value]
    return known.get(node.id, []) if isinstance(node, ast.Name) else []


FIELDS = {field.name: field.default for field in dataclasses.fields(Choices)}
KINDS = typing.get_type_hints(Choices)
ROWS = [question(row) for row in rows(QUESTIONS)]
by_row = pytest.mark.parametrize("row", ROWS, ids=[row.choice for row in ROWS])


def test_every_behaviour_has_a_confidence_and_what_it_needs() -> None:
    found = rows(BEHAVIOURS)
    assert len(found) > 200
    known = {row[0] for row in rows(SOURCES)}
    for text, tag, source, tests in found:
        assert tag in ("D", "O", "S", "I"), text
        named = [one.split(":")[0].strip() for one in source.split(";")] if source else []
        assert all(one.rstrip("0123456789 ") in known for one in named), (text, source)
        assert named or tag == "I", text
        assert named_in(tests) or tag in ("S", "I"), text


def test_no_behaviour_is_told_twice() -> None:
    told = [row[0] for row in rows(BEHAVIOURS)]
    assert sorted(set(told)) == sorted(told)


def test_every_test_that_is_named_exists() -> None:
    named = {test for row in [*rows(BEHAVIOURS), *rows(QUESTIONS)] for cell in row for test in named_in(cell)}
    assert sorted(test for test in named if function(test) is None) == []


def test_every_choice_has_its_row() -> None:
    assert sorted(row.choice for row in ROWS) == sorted(FIELDS)


@by_row
def test_the_page_has_the_default(row: Question) -> None:
    assert (row.default, type(row.default)) == (FIELDS[row.choice], type(FIELDS[row.choice]))


@by_row
def test_every_answer_has_its_tests(row: Question) -> None:
    kind = KINDS[row.choice]
    answers = set(typing.get_args(kind)) or ({True, False} if kind is bool else {None})
    assert (set(row.answers), all(row.answers.values())) == (answers, True)


@by_row
def test_the_tests_switch_to_their_answer(row: Question) -> None:
    for answer, tests in row.answers.items():
        seen = [{value for name, value in switches(test) if name == row.choice} for test in tests]
        if answer is None:
            assert any(switched - {row.default} for switched in seen), tests
        elif answer != row.default:
            assert all(answer in switched for switched in seen), (answer, tests)


def test_the_modules_are_tested_with_every_answer() -> None:
    for row in rows(QUESTIONS):
        asked, tests = question(row), [test for test in named_in(row[3]) if "test_open_questions.py" in test]
        seen = {value for test in tests for name, value in switches(test) if name == asked.choice}
        wanted = set(asked.answers) - {None}
        assert not tests or seen >= wanted, (asked.choice, seen)
        assert not tests or wanted or len(seen) > 1, asked.choice
