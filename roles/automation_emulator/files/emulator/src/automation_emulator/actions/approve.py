# Copyright: Contributors to the ssmops.automation project
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
from .base import Action, Fails, Goes, InputProblem, Outcome, Succeeds, text_input
from .inputs import Inputs, Kind, lists, texts

MOST_APPROVERS = 10
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
        approvers = _approvers(inputs)
        gate = gates.Gate(approvers, _required(inputs, len(approvers)))
        return _waits(gate, moment.choices)

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


def _approvers(inputs: Mapping[str, Any]) -> list[str]:
    """Approvers: required, at most 10 [D]."""
    approvers = inputs.get("Approvers")
    if not isinstance(approvers, list) or not all(isinstance(entry, str) for entry in approvers):
        raise InputProblem("Approvers must be a list of strings")
    if not 1 <= len(approvers) <= MOST_APPROVERS:
        raise InputProblem(f"Approvers must have 1 to {MOST_APPROVERS} entries")
    return approvers


def _required(inputs: Mapping[str, Any], approvers: int) -> int:
    """MinRequiredApprovals: 1 unless given, never more than there are approvers [D]."""
    given = inputs.get("MinRequiredApprovals", 1)
    try:
        required = int(given)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InputProblem("MinRequiredApprovals must be a number") from problem
    if not 1 <= required <= approvers:
        raise InputProblem(f"MinRequiredApprovals must be from 1 to {approvers}, the number of Approvers")
    return required
