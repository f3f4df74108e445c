# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals and the rules of their payloads (API reference, SendAutomationSignal)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

APPROVE = "Approve"
REJECT = "Reject"
START_STEP = "StartStep"
STOP_STEP = "StopStep"
RESUME = "Resume"
REVOKE = "Revoke"
SIGNAL_TYPES = (APPROVE, REJECT, START_STEP, STOP_STEP, RESUME, REVOKE)

COMMENT = "Comment"
STEP_NAME = "StepName"
STEP_EXECUTION_ID = "StepExecutionId"


# Signals whose step_name option is not sent: a guard (the API's Approve and Reject name no step), or a name that
# is looked up to give the step execution id.
GUARDED = frozenset({APPROVE, REJECT})


class Signal(NamedTuple):
    """A signal as the user means it.

    `payload` is what the API is sent. `step_name` is the step that the signal is for, whether or not it is part
    of the payload; `step_execution_id` is set for StopStep alone.
    """

    type: str
    payload: Mapping[str, list[str]] = MappingProxyType({})
    step_name: str | None = None
    step_execution_id: str | None = None

    @property
    def is_decision(self) -> bool:
        """Whether the signal is Approve or Reject."""
        return self.type in (APPROVE, REJECT)

    @property
    def is_guarded(self) -> bool:
        """Whether the signal may go only to the named gate, although it cannot name it to the service."""
        return self.type in GUARDED and self.step_name is not None

    @property
    def needs_look_up(self) -> bool:
        """Whether the step's execution id has to be found before the signal can be sent."""
        return self.type == STOP_STEP and self.step_execution_id is None

    @property
    def target(self) -> str:
        """The step as it is named to the user, or an empty string."""
        return self.step_name or self.step_execution_id or ""

    def for_step_execution(self, step_name: str, step_execution_id: str) -> Signal:
        """Return the StopStep signal for this run of the step."""
        payload = {STEP_EXECUTION_ID: [step_execution_id]}
        return self._replace(payload=payload, step_name=step_name, step_execution_id=step_execution_id)
