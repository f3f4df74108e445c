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
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "plugins" / "module_utils" / "_automation"
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
# Where the messages are that Ansible, amazon.aws and botocore say.
OF_OTHERS = (
    "ansible.module_utils.basic",
    "ansible.module_utils.common.arg_spec",
    "ansible.module_utils.common.parameters",
    "ansible.module_utils.common.validation",
    "ansible.parsing.mod_args",
    "ansible_collections.amazon.aws.plugins.module_utils.botocore",
    "botocore.exceptions",
)
# What is filled in, in a string that is formatted later.
_PLACEHOLDER = re.compile(r"%s|\{\w*(?::\w*)?\}")
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
    files = [*PACKAGE.rglob("*.py"), *MODULES]
    return [sentence for file in sorted(files) for sentence in _calls(file, "InvalidOption")]


def nulls() -> list[Sentence]:
    """What to do about options that are null, of all modules."""
    values = [
        (file, value)
        for file in MODULES
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_NOT_NULL"
        for value in ast.walk(node.value)
        if isinstance(value, ast.Constant)
    ]
    return [each for file, value in values for each in _sentences(file, value)]


def failed_calls() -> list[Sentence]:
    """What is said of a call that failed and for which there is no advice."""
    handled = _calls(PACKAGE / "aws" / "api.py", "AutomationErrorHandler.common_error_handler", least=LEAST_TELLING)
    # The handler of amazon.aws puts two words before what was to be done.
    return [Sentence(each.place, (f"Failed to {each.parts[0]}",)) for each in handled]


def answers_that_are_none() -> list[Sentence]:
    """What is said of answers that do not come or cannot be read."""
    path = PACKAGE / "aws" / "errors.py"
    named = [
        node.value
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.keyword) and node.arg == "message")
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "fmt")
    ]
    return [each for value in named for each in _sentences(path, value)]


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


def _path_of(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise AssertionError(f"there is no {module}")
    return Path(spec.origin)


def _calls(path: Path, name: str, without: str = "", least: int = LEAST_LETTERS) -> Iterator[Sentence]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            if without and ast.unparse(node.args[0]).endswith(without):
                continue
            for argument in node.args:
                yield from _sentences(path, argument, least)


def _sentences(path: Path, node: ast.expr, least: int = LEAST_LETTERS) -> Iterator[Sentence]:
    """The sentences of an expression: strings, also those beside an `or`, an `if` or a `+`, and in a list or a map."""
    for part in _strings(node):
        parts = tuple(filter(None, map(str.strip, part)))
        if sum(map(len, parts)) >= least:
            yield Sentence(_place(path), parts)


def _place(path: Path) -> str:
    plugins = ROOT / "plugins"
    return path.relative_to(plugins).as_posix() if path.is_relative_to(plugins) else path.name


def _strings(node: ast.expr) -> Iterator[list[str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield _PLACEHOLDER.split(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield [each.value for each in node.values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    elif isinstance(node, (ast.IfExp, ast.BoolOp, ast.BinOp, ast.List, ast.Dict)):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _strings(child)


@cache
def all_sentences() -> list[Sentence]:
    """Every string of the code that may be a sentence or a part of one."""
    files = [*PACKAGE.rglob("*.py"), *MODULES]
    return [each for path in files for each in _all_of(path)]


@cache
def sentences_of_others() -> list[Sentence]:
    """The same of what the collection is built on."""
    return [each for module in OF_OTHERS for each in _all_of(_path_of(module))]


def _all_of(path: Path) -> list[Sentence]:
    return [
        each
        for node in ast.walk(_tree(path))
        if isinstance(node, (ast.JoinedStr, ast.Constant))
        for each in _sentences(path, node, LEAST_TELLING)
    ]


def refusals() -> list[Sentence]:
    """All sentences by which a task fails, or says that there was nothing to do."""
    return [
        *verdicts(),
        *invalid_options(),
        *nulls(),
        *failed_calls(),
        *answers_that_are_none(),
        *returned("output/python.py", "refusal"),
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


def unsaid(text: str, by_others: bool = False) -> list[str]:
    """The words of a text that no string of the code accounts for; those with capitals stand for values.

    The code is that of the collection, and where a text is said `by_others` that of what it is built on, too.
    """
    said = [False] * len(text)
    for sentence in [*all_sentences(), *(sentences_of_others() if by_others else ())]:
        for start, end in sentence.spans_in(text):
            said[start:end] = [True] * (end - start)
    words = re.finditer(r"\b[a-z_]{4,}\b", text)
    return [word[0] for word in words if not all(said[word.start() : word.end()])]
