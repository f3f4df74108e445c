# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work that steps ask others to do: calls of other services, and scripts. Pure values.

A step asks for work as part of its state; whoever takes executions forward has it done and hands the answer back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ApiCall:
    """A call of another service: its boto3 name, the API's name of the operation, and the operation's parameters."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """A handler of a script, called with `payload`, and the seconds of real time that it may take.

    `needs_role` says that without a role of the execution it has no keys to call AWS with.
    """

    source: str
    handler: str
    payload: Mapping[str, Any]
    seconds: float
    needs_role: bool = False


Work = ApiCall | Script


@dataclass(frozen=True)
class Answer:
    """The result of the work: a value (the response of a call, what a handler returned), or an error."""

    value: Any = None
    error_code: str | None = None
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is an error instead of a value."""
        return self.error_code is not None
