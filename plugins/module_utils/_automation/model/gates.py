# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an execution waits for, read off its steps; and what a gate says of the decisions that it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import statuses
from .executions import APPROVE_ACTION, Execution, Step
from .signals import APPROVE, Signal

APPROVED = "Approved"
REJECTED = "Rejected"

# The step-level status has one word for a decision, the list of decisions may have another (the list's
# form is not documented), so both are understood.
_DECISION_WORDS = {"Approve": APPROVED, "Approved": APPROVED, "Reject": REJECTED, "Rejected": REJECTED}


class Decision(NamedTuple):
    """What one approver decided at a gate, `Approved` or `Rejected`."""

    approver: str
    decision: str


class EnhancedApprover(NamedTuple):
    """An approver of EnhancedApprovals: a user, or a group or role for whose members it stands."""

    approver: str
    type: str
    min_required_approvals: int


def approval_steps(execution: Execution) -> list[Step]:
    """Return the aws:approve steps of an execution in its order."""
    return [step for step in execution.steps if step.action == APPROVE_ACTION]


def waiting_step(execution: Execution) -> Step | None:
    """Return the step that waits for a signal, if one does. A run has at most one."""
    return next((step for step in execution.steps if step.waits), None)


def waiting_gate(execution: Execution) -> Step | None:
    """Return the gate that an Approve or Reject would hit now."""
    step = waiting_step(execution)
    return step if step is not None and step.is_gate else None


def live_step(execution: Execution) -> Step | None:
    """Return the step that runs or waits now."""
    return next((step for step in execution.steps if step.is_live), None)


def decision_of(gate: Step) -> str:
    """Return what a gate came to: `Approved`, `Rejected`, or an empty string while it is open or ended otherwise."""
    for status in gate.outputs.get("ApprovalStatus", ()):
        if status in _DECISION_WORDS:
            return _DECISION_WORDS[status]
    return APPROVED if gate.status == statuses.SUCCESS else ""


def decision_for(signal: Signal) -> str:
    """Return what a gate comes to by Approve or Reject."""
    return APPROVED if signal.type == APPROVE else REJECTED


def decisions_at(gate: Step) -> list[Decision]:
    """Return the decisions that a gate holds so far.

    The output `ApproverDecisions` is documented as a map list without an example: each of its strings may hold
    one map or a list of maps. What cannot be read is left out.
    """
    found = [_decision(entry) for text in gate.outputs.get("ApproverDecisions", ()) for entry in _entries(text)]
    return [decision for decision in found if decision is not None]


def approvals_needed(gate: Step) -> int:
    """Return how many approvals a gate asks for; 1 where its inputs do not say (user guide, aws:approve).

    With EnhancedApprovals the gate may ask for approvals in all and for some of each approver: what needs more counts
    (user guide, approval-type-samples).
    """
    of_each = sum(approver.min_required_approvals for approver in enhanced_approvers(gate))
    return max(1, of_each, _number(decoded_input(gate, "MinRequiredApprovals")))


def enhanced_approvers(gate: Step) -> list[EnhancedApprover]:
    """Return the approvers of EnhancedApprovals, which access requests have instead of Approvers."""
    enhanced = decoded_input(gate, "EnhancedApprovals")
    listed = enhanced.get("Approvers") if isinstance(enhanced, Mapping) else None
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    return [
        EnhancedApprover(
            str(entry.get("approver", "")),
            str(entry.get("type", "")),
            max(0, _number(entry.get("minRequiredApprovals"))),
        )
        for entry in entries
    ]


def decoded_input(gate: Step, name: str) -> Any:
    """Return an input of a gate, which the service encodes in JSON; none where it cannot be read."""
    try:
        return json.loads(gate.inputs[name])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def count(gate: Step, verdict: str) -> int:
    """Return how many decisions of this verdict a gate holds."""
    return sum(decision.decision == verdict for decision in decisions_at(gate))


def decision_by(gate: Step, caller_arn: str, verdict: str | None = None) -> Decision | None:
    """Return the decision of the caller that a gate holds, of this verdict or of any, if it holds one."""
    if not caller_arn:
        return None
    # Loaded here as it is seldom needed, and every task loads its code anew.
    from .approvers import is_approver

    decisions = (each for each in decisions_at(gate) if verdict in (None, each.decision))
    return next((each for each in decisions if is_approver(each.approver, caller_arn)), None)


def describe_approvals(gate: Step) -> str:
    """Return a phrase such as "1 of 2 approvals"."""
    return count_approvals(count(gate, APPROVED), approvals_needed(gate))


def count_approvals(held: int, needed: int) -> str:
    """Return a phrase such as "1 of 2 approvals"."""
    return f"{held} of {needed} approval{'s' if needed > 1 else ''}"


def _entries(text: str) -> Iterable[Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return ()
    return value if isinstance(value, list) else (value,)


def _decision(entry: Any) -> Decision | None:
    if not isinstance(entry, Mapping):
        return None
    verdict = _DECISION_WORDS.get(str(entry.get("ApprovalStatus", "")))
    return Decision(str(entry.get("Approver", "")), verdict) if verdict else None
