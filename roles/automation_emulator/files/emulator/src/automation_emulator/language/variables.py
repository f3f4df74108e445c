# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runbook's variables: values that steps may change, but not the type of [D]. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .selectors import convert
from .substitution import references

# What a value may measure [D].
LONGEST_TEXT, LONGEST_KEY, LONGEST_LIST, LONGEST_MAP_LIST = 512, 50, 50, 200


class VariableError(ValueError):
    """A value is not what the variable takes."""


@dataclass(frozen=True)
class Variable:
    """One variable as the runbook declares it; without a default it has no value until a step gives it one [O]."""

    name: str
    type: str
    default: Any = None

    def check(self, value: Any, shortest_text: int) -> None:
        """Refuse a value of another type: nothing is converted [D]. So is one beyond the limits [D]."""
        self.check_type(value)
        for problem in _excesses(value, shortest_text):
            raise VariableError(f"variable {self.name} has {problem}")

    def made_of(self, value: Any) -> Any:
        """A value that has no type of its own as the variable's type, if it can be made that."""
        try:
            return convert(self.type, value)
        except ValueError:
            return value

    def check_type(self, value: Any) -> None:
        """Refuse a value of another type."""
        if not TYPES[self.type](value):
            raise VariableError(f"variable {self.name} of type {self.type} cannot be {json.dumps(value)}")


def read(name: str, entry: Mapping[str, Any]) -> Variable:
    """A variable as the text of a runbook declares it; a map or a list may be written as JSON, as AWS does [D]."""
    kind, default = entry["type"], entry.get("default")
    if kind in _WRITTEN_AS_JSON and isinstance(default, str) and not any(references(default)):
        try:
            default = json.loads(default)
        except ValueError as problem:
            raise VariableError(f"variable {name} of type {kind} cannot be {json.dumps(default)}") from problem
    return Variable(name, kind, default)


def check_default(variable: Variable) -> None:
    """Refuse a default of another type; the limits are those of aws:updateVariable alone [I]."""
    if variable.default is not None and not any(references(variable.default)):
        variable.check_type(variable.default)


def _excesses(value: Any, shortest_text: int) -> Iterator[str]:
    """Which parts of a value are longer or shorter than allowed."""
    if isinstance(value, str) and not shortest_text <= len(value) <= LONGEST_TEXT:
        yield f"a string of {len(value)} characters, not {shortest_text} to {LONGEST_TEXT}"
    if isinstance(value, Mapping):
        yield from (f"a key of {len(key)} characters" for key in value if not 1 <= len(key) <= LONGEST_KEY)
    if isinstance(value, list):
        longest = LONGEST_LIST if all(isinstance(item, str) for item in value) else LONGEST_MAP_LIST
        if len(value) > longest:
            yield f"{len(value)} items, not {longest} at most"
        for item in value:
            yield from _excesses(item, shortest_text)


def _is_list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(item, kind) for item in value)


TYPES: dict[str, Callable[[Any], bool]] = {
    "Boolean": lambda value: isinstance(value, bool),
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "MapList": _is_list_of(dict),
    "String": lambda value: isinstance(value, str),
    "StringList": _is_list_of(str),
    "StringMap": lambda value: isinstance(value, dict),
}
_WRITTEN_AS_JSON = ("MapList", "StringList", "StringMap")
