# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gates: approvers, their decisions, and whether the gate is approved or rejected. Pure."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .choices import Choices
from .errors import AutomationError, signal_refused
from .principals import Principal

APPROVE = "Approve"
REJECT = "Reject"


@dataclass(frozen=True)
class Decision:
    """What one approver decided, and when (seconds since the epoch)."""

    approver: str
    caller: Principal
    verb: str
    decided_at: float
    comment: str | None = None


@dataclass(frozen=True)
class Gate:
    """Approvers, how many of them have to approve, and their decisions so far; one decision per approver [I]."""

    approvers: Sequence[str]
    required: int = 1
    decisions: tuple[Decision, ...] = ()

    def entry_of(self, caller: Principal) -> str | None:
        """The entry of the approvers that matches this principal."""
        return next((entry for entry in self.approvers if caller.is_meant_by(entry)), None)

    def count(self, verb: str) -> int:
        """How many approvers decided this."""
        return sum(decision.verb == verb for decision in self.decisions)

    @property
    def approved(self) -> bool:
        """Whether enough approvers approved [D]."""
        return self.count(APPROVE) >= self.required

    def rejected(self, choices: Choices) -> bool:
        """Whether it can no longer be approved."""
        if choices.one_rejection_ends_gate:
            return self.count(REJECT) > 0
        return len(self.approvers) - self.count(REJECT) < self.required


def decide(gate: Gate, decision: Decision, choices: Choices) -> Gate:
    """The gate with a decision added, unless its approver has decided before."""
    earlier = next((one for one in gate.decisions if one.approver == decision.approver), None)
    if earlier is None:
        return replace(gate, decisions=(*gate.decisions, decision))
    answer = choices.repeated_decision if earlier.verb == decision.verb else choices.changed_decision
    if answer == "error":
        raise signal_refused(f"{decision.approver} has already decided: {earlier.verb}.")
    if answer == "ignore":
        return gate
    others = tuple(one for one in gate.decisions if one is not earlier)
    return replace(gate, decisions=(*others, decision))


def vote(gate: Gate, verb: str, caller: Principal, at: float, comment: str | None, choices: Choices) -> Gate:
    """The gate after a caller's Approve or Reject; a caller who matches no entry is refused."""
    entry = gate.entry_of(caller)
    if entry is None:
        raise unlisted(caller, choices)
    return decide(gate, Decision(entry, caller, verb, at, comment), choices)


def unlisted(caller: Principal, choices: Choices) -> AutomationError:
    """The answer to a caller who is not among the approvers."""
    return AutomationError(choices.unlisted_approver_error, f"{caller.arn} is not one of the approvers.")


def outputs(gate: Gate, status: str, choices: Choices) -> dict[str, Any]:
    """ApprovalStatus and ApproverDecisions; the status is Waiting, Approved or Rejected [D]."""
    shown = gate.decisions if status != "Waiting" or choices.decisions_while_waiting else ()
    decisions: list[Any] = [_decision_shown(decision, choices) for decision in shown]
    if choices.decisions_encoding == "one_item":
        return {"ApprovalStatus": status, "ApproverDecisions": json.dumps(decisions)}
    return {"ApprovalStatus": status, "ApproverDecisions": decisions}


def _decision_shown(decision: Decision, choices: Choices) -> Mapping[str, str]:
    """One element of ApproverDecisions, with the keys and the verb form of AWS's own simulator [S]."""
    decided_at = datetime.datetime.fromtimestamp(decision.decided_at, datetime.UTC)
    shown = {
        "Approver": decision.approver if choices.decision_approver == "listed" else decision.caller.arn,
        "ApprovalStatus": decision.verb,
        "ApprovalDecisionTime": decided_at.isoformat(timespec="milliseconds"),
    }
    if choices.decisions_with_comment and decision.comment is not None:
        shown["Comment"] = decision.comment
    return shown
