# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts a step's inputs to the types of an API: runbooks may write numbers and Booleans as strings. Pure."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import Shape

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def as_shape(shape: Shape | None, value: Any) -> Any:
    """The value with strings read as the numbers, Booleans and strings that the shape has at their place [I]."""
    if shape is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {name: as_shape(shape.members.get(name), item) for name, item in value.items()}
    if kind == "map" and isinstance(value, dict):
        return {name: as_shape(shape.value, item) for name, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [as_shape(shape.member, item) for item in value]
    return _scalar(kind, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    if kind == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return _NUMBERS[kind](value) if kind in _NUMBERS else value
    except ValueError:
        return value
