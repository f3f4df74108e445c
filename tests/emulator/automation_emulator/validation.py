# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking a request against botocore's model of its operation, as the service does before anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from .choices import Choices
from .errors import AutomationError

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
# Character classes of the model's patterns that Python's `re` does not know.
_CHARACTER_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


@cache
def service_model() -> ServiceModel:
    """botocore's model of Systems Manager."""
    return botocore.session.get_session().get_service_model("ssm")


def checked(operation: str, body: str, choices: Choices) -> dict[str, Any]:
    """The parameters of a request; ValidationException names everything that is wrong with them."""
    try:
        parameters = json.loads(body or "{}")
    except ValueError as problem:
        raise AutomationError("SerializationException", "The request is not JSON.") from problem
    shape = service_model().operation_model(operation).input_shape
    if shape is None:
        return {}
    found = list(problems(shape, parameters, "", choices))
    if found:
        text = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"
        raise AutomationError("ValidationException", text)
    return dict(parameters)


def problems(shape: Shape, value: Any, path: str, choices: Choices) -> Iterator[str]:
    """Everything about a value that its shape does not allow; members that the model does not know are ignored."""
    if not _is_a(shape, value):
        yield f"{_name(path)} must be a {shape.type_name}"
    elif isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path, choices)
    elif isinstance(shape, ListShape):
        yield from _size_problems(shape, len(value), path, "items", choices)
        for place, item in enumerate(value, start=1):
            yield from problems(shape.member, item, f"{path}.{place}", choices)
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, path, choices)
    elif isinstance(shape, StringShape):
        yield from _string_problems(shape, value, path, choices)
    elif shape.type_name in ("integer", "long"):
        yield from _size_problems(shape, value, path, "", choices)


def _is_a(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return shape.type_name == "boolean"
    wanted = _PYTHON_TYPES.get(shape.type_name)
    return wanted is None or isinstance(value, wanted)


def _structure_problems(shape: StructureShape, value: Mapping[str, Any], path: str, choices: Choices) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{_name(f'{path}.{name}')} is required"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from problems(member, value[name], f"{path}.{name}", choices)


def _map_problems(shape: MapShape, value: Mapping[str, Any], path: str, choices: Choices) -> Iterator[str]:
    yield from _size_problems(shape, len(value), path, "entries", choices)
    for key, item in value.items():
        yield from problems(shape.key, key, f"{path}.key", choices)
        yield from problems(shape.value, item, f"{path}.{key}", choices)


def _size_problems(shape: Shape, size: int, path: str, unit: str, choices: Choices) -> Iterator[str]:
    least, most = shape.metadata.get("min", size), shape.metadata.get("max", size)
    if size < least and not (shape.type_name == "map" and size == 0 and not choices.empty_map_refused):
        yield f"{_name(path)} must have at least {least} {unit}".rstrip()
    if size > most:
        yield f"{_name(path)} must have at most {most} {unit}".rstrip()


def _string_problems(shape: StringShape, value: str, path: str, choices: Choices) -> Iterator[str]:
    yield from _size_problems(shape, len(value), path, "characters", choices)
    if shape.enum and value not in shape.enum:
        yield f"{_name(path)} must be one of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _compiled(pattern).fullmatch(value):
        yield f"{_name(path)} must match {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model for Python; letters, digits and blanks of any script are near enough to their classes."""
    for theirs, ours in _CHARACTER_CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern)


def _name(path: str) -> str:
    return path.lstrip(".") or "The request"
