# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences with which the modules refuse, read from the code: their constant parts, in order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "plugins" / "module_utils" / "_automation"
# A clause that is shorter than that, in letters, is a part of a sentence and none of its own.
LEAST_LETTERS = 20
# The same for what may be a part of a sentence.
LEAST_TELLING = 4


@dataclass(frozen=True)
class Sentence:
    """A sentence of the code: where it is, and its constant parts between which values are filled in."""

    place: str
    parts: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        """Return whether a text has these parts in this order."""
        return re.search(".*?".join(map(re.escape, self.parts)), text) is not None

    def spans_in(self, text: str) -> Iterator[tuple[int, int]]:
        """The places of these parts in a text, wherever they are in it in this order."""
        if not all(part in text for part in self.parts):
            return
        groups = re.compile(".*?".join(f"({re.escape(part)})" for part in self.parts))
        start = 0
        while found := groups.search(text, start):
            yield from (found.span(number + 1) for number in range(len(self.parts)))
            start = found.start() + 1

    def __str__(self) -> str:
        return f"{self.place}: {'…'.join(self.parts)}"


def verdicts() -> list[Sentence]:
    """The reasons of verdicts by which a signal is refused or is not needed."""
    names = ("verdicts.py", "gate_verdicts.py", "step_verdicts.py", "effects.py")
    return [each for name in names for each in _calls(PACKAGE / "signal" / name, "Verdict", without="SEND")]


def invalid_options() -> list[Sentence]:
    """What is wrong with options, of all modules."""
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "plugins" / "modules").glob("*.py")]
    return [sentence for file in sorted(files) for sentence in _calls(file, "InvalidOption")]


def returned(file: str, *functions: str) -> list[Sentence]:
    """What some functions of a file of the package return, and the values of its tables of advice."""
    path = PACKAGE / file
    tree = _tree(path)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in functions]
    assert {node.name for node in found} == set(functions), f"{file} has other functions"
    return [
        each
        for function in found
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is not None
        for each in _sentences(path, node.value)
    ]


def table(file: str, name: str) -> list[Sentence]:
    """The sentences in a table of a file of the package: a dictionary with a name."""
    path = PACKAGE / file
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Dict):
            return [each for value in node.value.values for each in _sentences(path, value)]
    raise AssertionError(f"{file} has no table {name}")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(path: Path, name: str, without: str = "") -> Iterator[Sentence]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            if without and ast.unparse(node.args[0]).endswith(without):
                continue
            for argument in node.args:
                yield from _sentences(path, argument)


def _sentences(path: Path, node: ast.expr, least: int = LEAST_LETTERS) -> Iterator[Sentence]:
    """The sentences of an expression: strings, also those on both sides of an `or`, an `if` or a `+`, and in a list."""
    for part in _strings(node):
        parts = tuple(filter(None, map(str.strip, part)))
        if sum(map(len, parts)) >= least:
            yield Sentence(path.relative_to(ROOT / "plugins").as_posix(), parts)


def _strings(node: ast.expr) -> Iterator[list[str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield [node.value]
    elif isinstance(node, ast.JoinedStr):
        yield [each.value for each in node.values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    elif isinstance(node, (ast.IfExp, ast.BoolOp, ast.BinOp, ast.List)):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _strings(child)


@cache
def all_sentences() -> list[Sentence]:
    """Every string of the code that may be a sentence or a part of one."""
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "plugins" / "modules").glob("*.py")]
    return [
        each
        for path in files
        for node in ast.walk(_tree(path))
        if isinstance(node, (ast.JoinedStr, ast.Constant))
        for each in _sentences(path, node, LEAST_TELLING)
    ]


def refusals() -> list[Sentence]:
    """All sentences by which a task fails, or says that there was nothing to do."""
    return [
        *verdicts(),
        *invalid_options(),
        *returned(
            "signal/problems.py",
            "not_delivered",
            "_why_refused",
            "_who_else",
            "hit_other_gate",
            "hit_another_gate_too",
            "happened_again",
            "_unknown",
            "interrupted",
            "called_off",
            "failed_call",
            "refused",
        ),
        *table("signal/problems.py", "_EVIDENCE"),
        *returned("signal/messages.py", "nothing_to_send"),
        *returned("output/failures.py", "advice"),
        *returned("output/endings.py", "after_waiting", "at_fault"),
        *returned("output/self_approval.py", "why_forbidden", "_objection", "_who"),
        *returned("batch/summary.py", "nothing_matched"),
        *returned("batch/signaller.py", "_why_hopeless", "_finish"),
        *returned(
            "run/messages.py",
            "cannot_start",
            "failed_start",
            "interrupted_start",
            "_unknown_start",
            "_advice_on_start",
            "_reused_token",
            "_named_in",
            "nothing_to_stop",
            "failed_stop",
            "interrupted_stop",
            "_unknown_stop",
            "_only_the_starter",
        ),
        *table("run/messages.py", "_ADVICE_ON_START"),
        *returned("run/documents.py", "objections", "_about_unknown", "_about_missing", "_about_value"),
    ]


def unsaid(text: str) -> list[str]:
    """The words of a text that no string of the code accounts for; those with capitals stand for values."""
    said = [False] * len(text)
    for sentence in all_sentences():
        for start, end in sentence.spans_in(text):
            said[start:end] = [True] * (end - start)
    words = re.finditer(r"\b[a-z_]{4,}\b", text)
    return [word[0] for word in words if not all(said[word.start() : word.end()])]
