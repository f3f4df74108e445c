# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/fidelity.md: what every row needs, and that the open questions are those of `Choices`.

The tests in the rows come from marks: `make ledger` writes them into the page, `make lint` checks that they are there.
"""

from __future__ import annotations

import dataclasses
import re
import typing

import pytest

from automation_emulator.state.choices import Choices
from tools.dev import ledger

ROWS = [
    (header, ledger.cells_of(line))
    for line, header in ledger.rows_of(ledger.PAGE.read_text(encoding="utf-8"))
    if header
]
BEHAVIOURS = [cells for header, cells in ROWS if header == ledger.BEHAVIOURS]
QUESTIONS = {cells[1].strip("`"): cells for header, cells in ROWS if header == ledger.QUESTIONS}
SOURCES = {cells[0] for header, cells in ROWS if header == ["short", "what it is"]}
DEFAULTS = {field.name: field.default for field in dataclasses.fields(Choices)}
KINDS = typing.get_type_hints(Choices)


def shown(value: object) -> str:
    """A value of a choice as the page has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def answers(choice: str) -> list[str]:
    """The answers that a choice takes; of a number its default stands for all."""
    kind = KINDS[choice]
    values = typing.get_args(kind) or ((True, False) if kind is bool else (DEFAULTS[choice],))
    return [shown(value) for value in values]


def test_every_behaviour_has_an_id_of_its_own_and_is_told_once() -> None:
    assert len(BEHAVIOURS) > 200
    for column in (0, 1):
        told = [cells[column] for cells in BEHAVIOURS]
        assert sorted(set(told)) == sorted(told)


@pytest.mark.parametrize("cells", BEHAVIOURS, ids=[cells[0] for cells in BEHAVIOURS])
def test_a_behaviour_has_a_confidence_and_what_it_needs(cells: list[str]) -> None:
    _id, _text, confidence, source, tests = cells
    assert confidence in ("D", "O", "S", "I")
    assert {one.split(":")[0].strip().rstrip("0123456789 ") for one in source.split(";") if one} <= SOURCES
    assert source or confidence == "I"
    assert tests or confidence in ("S", "I")


def test_every_choice_has_its_row() -> None:
    assert sorted(QUESTIONS) == sorted(DEFAULTS)


@pytest.mark.parametrize("choice", DEFAULTS)
def test_the_page_has_every_answer_and_the_default_in_bold(choice: str) -> None:
    cell = QUESTIONS[choice][2]
    assert sorted(re.findall(r"`([^`]+)`", cell)) == sorted(answers(choice))
    assert re.findall(r"\*\*`([^`]+)`\*\*", cell) == [shown(DEFAULTS[choice])]


@pytest.mark.parametrize("choice", DEFAULTS)
def test_every_answer_has_tests(choice: str) -> None:
    parts = QUESTIONS[choice][3].split("<br>")
    assert all(".py::" in part for part in parts)
    numeric = KINDS[choice] in (int, float)
    assert numeric or len(parts) == len(answers(choice))
