# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:approve: wait until enough of the approvers have approved, or one has rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state import gates
from ..state.choices import Choices
from ..state.model import Failure, Signal, Status, StepExecution
from ..state.moment import Moment
from . import approvals
from .base import Action, Fails, Goes, InputProblem, Outcome, Succeeds, text_input
from .inputs import Inputs, Kind, lists, texts

LONGEST_MESSAGE = 4096
DAY = 86400


class Approve(Action):
    """A gate: it waits 7 days unless timeoutSeconds is set, 30 at most [D]."""

    name = "aws:approve"
    takes = Inputs(
        texts("NotificationArn", "Message", "MinRequiredApprovals")
        | lists("Approvers")
        | {"EnhancedApprovals": Kind.ANY},
        needed=(("Approvers", "EnhancedApprovals"),),
    )
    puts_out = frozenset({"ApprovalStatus", "ApproverDecisions"})
    default_timeout = 7.0 * DAY
    longest_timeout = 30.0 * DAY

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Open the gate."""
        message = text_input(inputs, "Message")
        if message is not None and len(message) > LONGEST_MESSAGE:
            raise InputProblem(f"Message has more than {LONGEST_MESSAGE} characters")
        return _waits(approvals.gate(inputs), moment.choices)

    def receive(self, run: StepExecution, signal: Signal, moment: Moment) -> Outcome:
        """Count an approval; a rejection fails the step [O]."""
        if run.gate is None or signal.type not in (gates.APPROVE, gates.REJECT):
            return super().receive(run, signal, moment)
        gate = gates.vote(run.gate, signal.type, signal.caller, moment.time, signal.comment, moment.choices)
        if gate.rejected(moment.choices):
            failure = Failure(f"Rejected by {gate.decisions[-1].approver}.")
            outputs = gates.outputs(gate, "Rejected", moment.choices)
            return Fails(failure, outputs=outputs, retried=moment.choices.rejection_is_retried)
        if gate.approved:
            return Succeeds(gates.outputs(gate, "Approved", moment.choices))
        return _waits(gate, moment.choices)


def _waits(gate: gates.Gate, choices: Choices) -> Goes:
    return Goes(Status.WAITING, gate=gate, outputs=gates.outputs(gate, "Waiting", choices))
