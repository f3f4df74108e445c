# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading stubs: of a control request, or of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..state.stubs import Fault, Returned, Stub
from . import fields
from .fields import Body, FieldError

MEANT = ("runbook", "step", "action", "attempt", "iteration")
SAID = ("returns", "fails", "seconds")


def read_file(path: Path) -> list[Stub]:
    """The stubs in a file, a list in YAML or JSON."""
    try:
        return read_all(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (FieldError, yaml.YAMLError) as problem:
        raise FieldError(f"{path}: {problem}") from problem


def read_all(written: Any) -> list[Stub]:
    """A list of stubs; what is wrong names the stub by its number, from 1."""
    if not isinstance(written, list):
        raise FieldError("Stubs are a list.")
    return [_numbered(number, one) for number, one in enumerate(written, 1)]


def _numbered(number: int, written: Any) -> Stub:
    if not isinstance(written, dict):
        raise FieldError(f"Stub {number} is not a map.")
    try:
        return read(written)
    except FieldError as problem:
        raise FieldError(f"Stub {number}: {problem}") from problem


def read(body: Body) -> Stub:
    """One stub: what it is for, and what is said of that."""
    fields.only(body, *MEANT, *SAID)
    if not any(name in body for name in ("runbook", "step", "action")):
        raise FieldError("A stub names a runbook, a step or an action.")
    if not any(name in body for name in SAID):
        raise FieldError(f"A stub has at least one of {', '.join(SAID)}.")
    return Stub(
        runbook=_name(body, "runbook"),
        step=_name(body, "step"),
        action=_name(body, "action"),
        attempt=fields.count(body, "attempt", 1, 1) if "attempt" in body else None,
        iteration=fields.count(body, "iteration", 1, 1) if "iteration" in body else None,
        returned=Returned(body["returns"]) if "returns" in body else None,
        fault=_fault(body["fails"]) if "fails" in body else None,
        seconds=fields.number(body, "seconds") or 0.0,
        written=dict(body),
    )


def _name(body: Body, key: str) -> str | None:
    return fields.text(body, key, "") if key in body else None


def _fault(written: Any) -> Fault:
    """A message, or a map with the code of the service's error and its message."""
    if isinstance(written, str) and written:
        return Fault(written)
    if not isinstance(written, Mapping):
        raise FieldError("fails takes a message, or a map with code and message.")
    fields.only(written, "code", "message")
    return Fault(fields.text(written, "message", ""), fields.text(written, "code", ""))
