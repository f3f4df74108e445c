# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the service takes of one account in one Region: calls a second, and executions at a time. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Calls a second of each operation [D quotas].
RATES = {
    "SendAutomationSignal": 3.0,
    "GetAutomationExecution": 3.0,
    "DescribeAutomationExecutions": 3.0,
    "DescribeAutomationStepExecutions": 3.0,
    "StartAutomationExecution": 1.0,
    "StopAutomationExecution": 1.0,
    "StartExecutionPreview": 1.0,
    "GetExecutionPreview": 1.0,
}
# Executions that run, those beside them that stand at a blocking action, and those that wait for a place [D quotas].
SIZES = {"running": 100, "blocked": 400, "queued": 5000}


class QuotaError(ValueError):
    """Quotas that cannot be understood; the message says what is possible."""


@dataclass(frozen=True)
class Quotas:
    """What is limited, and to how much; what is not named has no limit."""

    written: Any = "none"
    rates: Mapping[str, float] = field(default_factory=dict)
    running: int | None = None
    blocked: int = 0
    queued: int | None = None


def read(written: Any) -> Quotas:
    """Quotas from `documented`, `none`, or a map of names to numbers."""
    if written == "none":
        return Quotas()
    if written == "documented":
        return Quotas(written, RATES, **SIZES)
    if not isinstance(written, Mapping):
        raise QuotaError("quotas takes documented, none, or a map of names to numbers.")
    for name, value in written.items():
        _check(name, value)
    sizes = {name: int(value) for name, value in written.items() if name in SIZES}
    return Quotas(dict(written), {name: value for name, value in written.items() if name in RATES}, **sizes)


def parse(text: str) -> Quotas:
    """The same from a command line, with numbers as `NAME=NUMBER,NAME=NUMBER`."""
    if "=" not in text:
        return read(text)
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        return read({name.strip(): float(number) for name, _equals, number in pairs})
    except ValueError as problem:
        raise QuotaError(str(problem)) from problem


def _check(name: Any, value: Any) -> None:
    if name not in (*RATES, *SIZES):
        raise QuotaError(f"There is no quota {name}; there are {', '.join([*RATES, *SIZES])}.")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise QuotaError(f"{name} takes a number from 0 on.")
    if name in SIZES and value != int(value):
        raise QuotaError(f"{name} takes a whole number.")
