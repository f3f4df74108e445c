# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outputs that a step declares: selected from the action's result by JSONPath, and typed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.parser import parse
from jsonpath_ng.jsonpath import JSONPath

from .substitution import text


class SelectorError(ValueError):
    """A selector is no JSONPath, or the selected value does not have the output's type."""


@dataclass(frozen=True)
class Output:
    """One entry of a step's outputs [D]."""

    name: str
    selector: str
    type: str = "String"


@lru_cache(maxsize=512)
def path(selector: str) -> JSONPath:
    """A selector, ready to be used."""
    try:
        return parse(selector)
    except (JSONPathError, TypeError, ValueError) as problem:
        raise SelectorError(f"{selector} is not a JSONPath: {problem}") from problem


def pick(selector: str, value: Any) -> list[Any]:
    """Everything in a value that a selector means."""
    return [found.value for found in path(selector).find(value)]


def selected(outputs: Iterable[Output], value: Any) -> dict[str, Any]:
    """The outputs by name; one whose selector finds nothing, or null, is left out [O]."""
    found = {output: _found(output.selector, value) for output in outputs}
    return {output.name: _typed(output, item) for output, item in found.items() if item is not None}


def _found(selector: str, value: Any) -> Any:
    """What a selector means: a list if it finds several [D], else one value; None if nothing is there.

    A list of one is that one for every type that is no list [D], so one found by a deep scan need not be a list here.
    """
    items = pick(selector, value)
    return items if len(items) > 1 else next(iter(items), None)


def _typed(output: Output, value: Any) -> Any:
    try:
        return convert(output.type, value)
    except ValueError as problem:
        raise SelectorError(f"output {output.name} is no {output.type}: {json.dumps(value)}") from problem


def convert(kind: str, value: Any) -> Any:
    """A value as one of the types of the runbook schema, if it can be made one [D]."""
    if kind in _ITEMS:
        return [_READERS[_ITEMS[kind]](item) for item in _flat(value)]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _READERS[kind](value)


def _flat(value: Any) -> list[Any]:
    """A list as it is, its lists taken apart [I]; a single value as a list of one [D]."""
    items = value if isinstance(value, list) else [value]
    return [one for item in items for one in (item if isinstance(item, list) else [item])]


def _integer(value: Any) -> int:
    """A whole number, or a string of its digits [D]."""
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+", str(value)):
        raise ValueError(value)
    return int(value)


def _boolean(value: Any) -> bool:
    """true or false, or a string that says so [D]."""
    if not isinstance(value, (bool, str)) or str(value).lower() not in ("true", "false"):
        raise ValueError(value)
    return str(value).lower() == "true"


def _mapping(value: Any) -> Mapping[str, Any]:
    """A map, or the JSON of one [I]."""
    value = json.loads(value) if isinstance(value, str) else value
    if not isinstance(value, dict):
        raise ValueError(value)
    return value


# Anything can be a string, as JSON if it is nothing else [I].
_READERS: dict[str, Callable[[Any], Any]] = {
    "String": text,
    "Integer": _integer,
    "Boolean": _boolean,
    "StringMap": _mapping,
}
_ITEMS = {"StringList": "String", "MapList": "StringMap"}
TYPES = (*_READERS, *_ITEMS)
