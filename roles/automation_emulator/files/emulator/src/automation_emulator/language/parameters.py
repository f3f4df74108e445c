# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runbook's parameters: what they accept, and their values for one execution."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .patterns import compiled
from .substitution import as_reference, inside_text, lone_reference, references, resolve, text

# How a reference to Parameter Store begins.
STORED = "ssm:"
# Reads a parameter of Parameter Store; ParameterError if it is one that Automation does not read.
StoreLookup = Callable[[str], str | None]


class ParameterError(ValueError):
    """One or more parameters do not fit the runbook; the message lists every one."""


@dataclass(frozen=True)
class Parameter:
    """One parameter as the runbook declares it."""

    name: str
    type: str = "String"
    default: Any = None
    allowed_values: Sequence[Any] = ()
    allowed_pattern: str | None = None
    # Limits by the runbook's own key: minItems, maxItems, minChars, maxChars.
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """A parameter without a default has to be given [D]."""
        return self.default is None

    @property
    def is_list(self) -> bool:
        """StringList, MapList, and lists of an AWS type such as List<AWS::EC2::Instance::Id>."""
        return self.type in ("StringList", "MapList") or self.type.startswith("List<")

    def value_of(self, given: Sequence[str]) -> Any:
        """The typed value of the strings given at the start; values always arrive as lists of strings [D]."""
        if not self.is_list and len(given) != 1:
            raise ParameterError(f'Parameter "{self.name}" takes one value, {len(given)} were given.')
        items = [self._item(text) for text in given]
        value = items if self.is_list else items[0]
        self._check(value, items)
        return value

    def typed_default(self) -> Any:
        """The default; a number, Boolean or map may be written as a string [I].

        Defaults of AWS's own runbooks do not keep to allowedValues, allowedPattern and limits [O].
        """
        value = self.default
        wrong_number = isinstance(value, bool) and self.type == "Integer"
        if wrong_number or not isinstance(value, _KINDS.get(self.type, list if self.is_list else str)):
            raise ParameterError(f'Parameter "{self.name}" of type {self.type} cannot be {json.dumps(value)}.')
        return self._item(value) if isinstance(value, str) else value

    def _item(self, text: str) -> Any:
        try:
            return _READERS.get(self.type, str)(text)
        except ValueError as problem:
            raise ParameterError(f'Parameter "{self.name}" of type {self.type} cannot be "{text}".') from problem

    def _check(self, value: Any, items: Sequence[Any]) -> None:
        for item in items:
            self._check_item(item)
        count = len(value) if isinstance(value, (list, dict)) else None
        if count is not None and not self._within(count, "minItems", "maxItems"):
            raise ParameterError(f'Parameter "{self.name}" has {count} items, which its limits do not allow.')

    def _check_item(self, item: Any) -> None:
        if self.allowed_values and text(item) not in map(text, self.allowed_values):
            # Worded as the service words it [O].
            allowed = ", ".join(str(value) for value in self.allowed_values)
            raise ParameterError(f'Parameter "{self.name}" has value "{item}" not found in [{allowed}].')
        if not isinstance(item, str):
            return
        if self.allowed_pattern is not None and not compiled(self.allowed_pattern).search(item):
            raise ParameterError(f'Parameter "{self.name}" has value "{item}", not like {self.allowed_pattern}.')
        if not self._within(len(item), "minChars", "maxChars"):
            raise ParameterError(f'Parameter "{self.name}" has {len(item)} characters, which its limits do not allow.')

    def _within(self, number: int, least: str, most: str) -> bool:
        return self.limits.get(least, 0) <= number <= self.limits.get(most, number)


def _integer(text: str) -> int:
    """A number in plain digits; AWS's own reading is not documented [I]."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ValueError(text)
    return int(text)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "Integer": _integer,
    "Boolean": _boolean,
    "MapList": _mapping,
    "StringMap": _mapping,
}


# What a default is in the runbook's text; of other types a list or a string.
_KINDS: dict[str, tuple[type, ...]] = {
    "Integer": (int, str),
    "Boolean": (bool, str),
    "StringMap": (dict, str),
}


def read(name: str, entry: Mapping[str, Any]) -> Parameter:
    """A parameter as the text of a runbook declares it."""
    limits = {key: int(entry[key]) for key in ("minItems", "maxItems", "minChars", "maxChars") if key in entry}
    return Parameter(
        name=name,
        type=entry["type"],
        default=entry.get("default"),
        allowed_values=tuple(entry.get("allowedValues") or ()),
        allowed_pattern=entry.get("allowedPattern"),
        limits=limits,
    )


def bind(
    declared: Mapping[str, Parameter], given: Mapping[str, Sequence[str]], system: Mapping[str, str], store: StoreLookup
) -> dict[str, Any]:
    """The value of every declared parameter; names are case sensitive [D]. All problems are reported at once.

    References in the given values are replaced: to the system's own, to Parameter Store, and to other parameters [O].
    """
    known = {**{name: _as_given(one) for name, one in declared.items()}, **given, **system}
    problems = [f'Parameter "{name}" is not defined in the runbook.' for name in given if name not in declared]
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        try:
            values[name] = _value(parameter, given.get(name), known, store)
        except ParameterError as problem:
            problems.append(str(problem))
    if problems:
        raise ParameterError(" ".join(problems))
    return values


def _as_given(parameter: Parameter) -> Any:
    """A default as it would be given; without one a reference to it stays as it is."""
    return as_reference(parameter.name) if parameter.default is None else parameter.default


def _value(parameter: Parameter, given: Sequence[str] | None, known: Mapping[str, Any], store: StoreLookup) -> Any:
    if given is not None:
        return parameter.value_of(_resolved(parameter, given, known, store))
    if parameter.required:
        # Worded as the service words it [O].
        raise ParameterError(f"Missing required parameter: {parameter.name} in user inputs.")
    return _default(parameter, store)


def _default(parameter: Parameter, store: StoreLookup) -> Any:
    """The default, read from Parameter Store if it is `{{ssm:name}}` [D]."""
    if not any(references(parameter.default)):
        return parameter.typed_default()
    stored = lone_reference(parameter.default)
    if stored is None or not stored.startswith(STORED):
        return parameter.default
    return parameter.value_of(_stored(parameter, stored, store))


def _resolved(
    parameter: Parameter, given: Sequence[str], known: Mapping[str, Any], store: StoreLookup
) -> Sequence[str]:
    """The values given for a parameter with their references replaced; what nobody knows stays as it is."""

    def look_up(name: str) -> Any:
        if name.startswith(STORED):
            return _stored(parameter, name, store)
        return known.get(name, as_reference(name))

    return [text(value) for value in resolve(list(given), look_up, inside_text("commas"))]


def _stored(parameter: Parameter, reference: str, store: StoreLookup) -> list[str]:
    """What Parameter Store holds under the name in `ssm:name`; a list is written with commas there [D]."""
    name = reference.removeprefix(STORED)
    value = store(name)
    if value is None:
        raise ParameterError(f'Parameter "{parameter.name}" refers to {name}, which is not in Parameter Store.')
    return value.split(",") if parameter.is_list else [value]
