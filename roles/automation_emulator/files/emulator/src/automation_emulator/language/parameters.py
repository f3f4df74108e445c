# Copyright: Contributors to the ssmops.automation project
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
from .substitution import REFERENCE, references, text

# Reads a parameter of Parameter Store, for a default like {{ssm:name}} [D].
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


def bind(declared: Mapping[str, Parameter], given: Mapping[str, Sequence[str]], store: StoreLookup) -> dict[str, Any]:
    """The value of every declared parameter; names are case sensitive [D]. All problems are reported at once."""
    problems = [f'Parameter "{name}" is not defined in the runbook.' for name in given if name not in declared]
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        try:
            values[name] = _value(parameter, given.get(name), store)
        except ParameterError as problem:
            problems.append(str(problem))
    if problems:
        raise ParameterError(" ".join(problems))
    return values


def _value(parameter: Parameter, given: Sequence[str] | None, store: StoreLookup) -> Any:
    if given is not None:
        return parameter.value_of(given)
    if parameter.required:
        # Worded as the service words it [O].
        raise ParameterError(f"Missing required parameter: {parameter.name} in user inputs.")
    return _default(parameter, store)


def _default(parameter: Parameter, store: StoreLookup) -> Any:
    """The default, read from Parameter Store if it is `{{ssm:name}}` [D]."""
    if not any(references(parameter.default)):
        return parameter.typed_default()
    stored = REFERENCE.fullmatch(parameter.default) if isinstance(parameter.default, str) else None
    if stored is None or not stored[1].startswith("ssm:"):
        return parameter.default
    name = stored[1].removeprefix("ssm:")
    value = store(name)
    if value is None:
        raise ParameterError(f'The default of parameter "{parameter.name}" names {name}, not in Parameter Store.')
    return parameter.value_of(value.split(",") if parameter.is_list else [value])
