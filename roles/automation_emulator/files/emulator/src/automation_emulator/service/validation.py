# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking a request against botocore's model of its operation, as the service does before anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from ..language.patterns import compiled
from ..state.choices import Choices
from ..state.errors import AutomationError

# Values of parameters are longer than the model says; those of a signal's payload, of the same shape, are not [O].
_VALUE, _PAYLOAD = "AutomationParameterValue", ".payload."
# What a value of a shape's type is in JSON.
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
    "timestamp": (int, float, str),
}


@cache
def service_model() -> ServiceModel:
    """botocore's model of Systems Manager."""
    return botocore.session.get_session().get_service_model("ssm")


def read(body: str) -> Any:
    """The parameters in the body of a request."""
    try:
        return json.loads(body or "{}")
    except (ValueError, RecursionError) as problem:
        raise AutomationError("SerializationException", "The request is not JSON.") from problem


def checked(operation: str, parameters: Any, choices: Choices) -> dict[str, Any]:
    """The parameters of a request; ValidationException names everything that is wrong with them."""
    shape = service_model().operation_model(operation).input_shape
    if shape is None:
        return {}
    found = list(problems(shape, parameters, "", choices))
    if found:
        raise invalid(found)
    return dict(parameters)


def invalid(found: Sequence[str]) -> AutomationError:
    """The error for what is wrong with a request: the form of AWS's own messages, in the emulator's words [I]."""
    errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
    return AutomationError("ValidationException", f"{errors} detected: {'; '.join(found)}")


def violation(path: str, value: Any, constraint: str) -> str:
    """One thing that is wrong: which value, where, and what it has to be."""
    shown = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    where = path.lstrip(".") or "the request"
    return f"Value {shown} at '{where}' failed to satisfy constraint: Member {constraint}"


def problems(shape: Shape, value: Any, path: str, choices: Choices) -> Iterator[str]:
    """Everything about a value that its shape does not allow; members that the model does not know are ignored."""
    if not _is_a(shape, value):
        yield violation(path, value, f"must be of type {shape.type_name}")
    elif isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path, choices)
    elif isinstance(shape, ListShape):
        yield from _size_problems(shape, value, path)
        for place, item in enumerate(value, start=1):
            yield from problems(shape.member, item, f"{path}.{place}.member", choices)
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, path, choices)
    elif isinstance(shape, StringShape):
        yield from _string_problems(shape, value, path, choices)
    elif shape.type_name in ("integer", "long"):
        yield from _range_problems(shape, value, path)


def _is_a(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return shape.type_name == "boolean"
    wanted = _PYTHON_TYPES.get(shape.type_name)
    return wanted is None or isinstance(value, wanted)


def _structure_problems(shape: StructureShape, value: Mapping[str, Any], path: str, choices: Choices) -> Iterator[str]:
    for name, member in shape.members.items():
        place = f"{path}.{name[0].lower()}{name[1:]}"
        if value.get(name) is not None:
            yield from problems(member, value[name], place, choices)
        elif name in shape.required_members:
            yield violation(place, None, "must not be null")


def _map_problems(shape: MapShape, value: Mapping[str, Any], path: str, choices: Choices) -> Iterator[str]:
    if value or choices.empty_map_refused:
        yield from _size_problems(shape, value, path)
    for key, item in value.items():
        yield from problems(shape.key, key, f"{path}.key", choices)
        yield from problems(shape.value, item, f"{path}.{key}.member", choices)


def _size_problems(shape: Shape, value: Sized, path: str) -> Iterator[str]:
    size = len(value)
    least, most = shape.metadata.get("min", size), shape.metadata.get("max", size)
    if shape.name == _VALUE and not path.startswith(_PAYLOAD):
        most = size
    if size < least:
        yield violation(path, value, f"must have length greater than or equal to {least}")
    if size > most:
        yield violation(path, value, f"must have length less than or equal to {most}")


def _range_problems(shape: Shape, value: int, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min", value), shape.metadata.get("max", value)
    if value < least:
        yield violation(path, value, f"must have value greater than or equal to {least}")
    if value > most:
        yield violation(path, value, f"must have value less than or equal to {most}")


def _string_problems(shape: StringShape, value: str, path: str, choices: Choices) -> Iterator[str]:
    yield from _size_problems(shape, value, path)
    if shape.enum and value not in shape.enum:
        yield violation(path, value, f"must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not compiled(pattern).fullmatch(value):
        yield violation(path, value, f"must satisfy regular expression pattern: {pattern}")
