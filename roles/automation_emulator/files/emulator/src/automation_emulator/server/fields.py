# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the members of control requests, check their types, and say what is wrong. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]


class FieldError(ValueError):
    """A member of a control request is missing or wrong; the message says what is expected."""


def number(body: Body, name: str, default: float | None = 0.0) -> float | None:
    """A number from 0 on."""
    value = body.get(name)
    if value is None and (name not in body or default is None):
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise FieldError(f"{name} takes a number of seconds from 0 on.")
    return value


def count(body: Body, name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        raise FieldError(f"{name} takes a whole number from {least} {'on' if most is None else f'to {most}'}.")
    return value


def flag(body: Body, name: str, default: bool = False) -> bool:
    """True or false."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise FieldError(f"{name} takes true or false.")
    return value


def text(body: Body, name: str, default: str) -> str:
    """A string that is not empty."""
    value = body.get(name, default)
    if not isinstance(value, str) or not value:
        raise FieldError(f"{name} takes a string that is not empty.")
    return value


def texts(body: Body, name: str) -> list[str]:
    """A list of strings, at least one."""
    value = body.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise FieldError(f"{name} takes a list of strings, at least one.")
    return value


def only(body: Body, *known: str) -> None:
    """Refuse unknown members."""
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise FieldError(f"Unknown: {', '.join(unknown)}; known: {', '.join(known)}.")
