# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen on the wire, and the truth about each request that changes something. Values only.

A step is named by its step execution id, the whole of a change or access request by the execution id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .direct import GET, SEND, STEPS, WRITES

Content = dict[str, Any]


@dataclass(frozen=True)
class Arrival:
    """A copy of a request that reached the service: the service's answer, and what it hit if it was taken."""

    request: int
    operation: str
    caller: str
    execution_id: str
    status: int
    code: str
    hit: str | None = None
    signal_type: str = ""

    @property
    def taken(self) -> bool:
        """Whether the service took it."""
        return self.status == 200


@dataclass(frozen=True)
class Shown:
    """What a client was shown of an execution: the step that was open when the service wrote the answer."""

    request: int
    execution_id: str
    open_step: str | None


@dataclass
class Seen:
    """A request of the module, and whether it got the service's own answer to it, unaltered and in time.

    `throttled` is set where the answer said that calls come too fast, `at` is when it came, on the module's clock.
    """

    number: int
    operation: str
    execution_id: str
    undisturbed: bool = False
    throttled: bool = False
    at: float = 0.0


@dataclass
class Log:
    """Everything on the wire, in order."""

    seen: list[Seen] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)

    def requests(self, operation: str) -> list[Seen]:
        """Return the requests for an operation."""
        return [each for each in self.seen if each.operation == operation]

    def taken(self, execution_id: str | None = None, operation: str = SEND) -> list[Arrival]:
        """Return the copies that the service took, in all or for one execution."""
        return [
            each
            for each in self.arrivals
            if each.taken and each.operation == operation and execution_id in (None, each.execution_id)
        ]


def open_step(execution: Content) -> str | None:
    """Return the step that takes signals now: the innermost that has begun and not ended; the execution, if a request.

    None where nothing is open.
    """
    status = execution["AutomationExecutionStatus"]
    if status in ("PendingApproval", "PendingChangeCalendarOverride", "Approved"):
        return str(execution["AutomationExecutionId"])
    ongoing = [each for each in execution["StepExecutions"] if each["StepStatus"] in ("Waiting", "InProgress")]
    return str(ongoing[-1]["StepExecutionId"]) if ongoing else None


def hit_of(signal_type: str, payload: Content, before: Content, after: Content) -> str | None:
    """Return the step that a signal hit which the service took, by the states before and after it."""
    if signal_type == "StopStep":
        return str(payload["StepExecutionId"][0])
    if signal_type == "StartStep":
        known = {each["StepExecutionId"] for each in before["StepExecutions"]}
        began = [each for each in after["StepExecutions"] if each["StepExecutionId"] not in known]
        name = payload["StepName"][0]
        return next((str(each["StepExecutionId"]) for each in began if each["StepName"] == name), None)
    return open_step(before)


def is_write(operation: str) -> bool:
    """Return whether the operation changes something."""
    return operation in WRITES


def shows_steps(operation: str) -> bool:
    """Return whether an answer shows step execution ids."""
    return operation in (GET, STEPS)
