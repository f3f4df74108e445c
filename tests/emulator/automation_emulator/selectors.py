# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs that a step's author names: picked out of what the action got by JSONPath, and typed. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.parser import parse
from jsonpath_ng.jsonpath import JSONPath


class SelectorError(ValueError):
    """A selector is no JSONPath, or what it picks is not of the type that the output has."""


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
    """The outputs by name; one whose selector finds nothing is left out [I]."""
    found = {output: pick(output.selector, value) for output in outputs}
    return {output.name: _typed(output, items) for output, items in found.items() if items}


def _typed(output: Output, items: list[Any]) -> Any:
    """One value, or for a list type all of them."""
    if output.type in ("StringList", "MapList"):
        flat = items[0] if len(items) == 1 and isinstance(items[0], list) else items
        return [_READERS[output.type](output, item) for item in flat]
    return _READERS[output.type](output, items[0])


def _string(output: Output, value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _integer(output: Output, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as problem:
        raise SelectorError(f"output {output.name} is no Integer: {json.dumps(value)}") from problem


def _boolean(output: Output, value: Any) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise SelectorError(f"output {output.name} is no Boolean: {json.dumps(value)}")
    return str(value).lower() == "true"


def _mapping(output: Output, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SelectorError(f"output {output.name} is no {output.type}: {json.dumps(value)}")
    return value


_READERS: dict[str, Callable[[Output, Any], Any]] = {
    "String": _string,
    "StringList": _string,
    "Integer": _integer,
    "Boolean": _boolean,
    "StringMap": _mapping,
    "MapList": _mapping,
}
TYPES = tuple(_READERS)
