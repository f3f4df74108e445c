# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gates: approvers, their decisions, and whether the gate is approved or rejected. Pure."""

from __future__ import annotations

import datetime
import json
import math
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
    """What one approver decided, and when (seconds since the epoch); `approver` is the entry that means the caller."""

    approver: str
    caller: Principal
    verb: str
    decided_at: float
    comment: str | None = None


@dataclass(frozen=True)
class Line:
    """An approver of EnhancedApprovals: its type, its name or id, and how many approvals have to come from it [D]."""

    kind: str
    name: str
    required: int = 0

    @property
    def members(self) -> float:
        """How many principals it can stand for: nobody counts the members of groups and roles [D]."""
        return 1 if self.kind in ("IamUser", "SSOUser") else math.inf


@dataclass(frozen=True)
class Gate:
    """Approvers, how many of them have to approve, and their decisions so far; one decision per approver [I].

    `lines` are the approvers as EnhancedApprovals have them, of whom several principals of one line may decide [D].
    """

    approvers: Sequence[str]
    required: int = 1
    decisions: tuple[Decision, ...] = ()
    lines: tuple[Line, ...] = ()

    def entry_of(self, caller: Principal) -> str | None:
        """The entry of the approvers that matches this principal; of several the first that misses approvals [I]."""
        if not self.lines:
            return next((entry for entry in self.approvers if caller.is_meant_by(entry)), None)
        meant = [line for line in self.lines if caller.is_of(line.kind, line.name)]
        meant.sort(key=lambda line: not self._misses(line))
        return meant[0].name if meant else None

    def _misses(self, line: Line) -> bool:
        """Whether a line has fewer approvals than it needs."""
        return sum(one.verb == APPROVE and one.approver == line.name for one in self.decisions) < line.required

    def earlier(self, decision: Decision) -> Decision | None:
        """The decision that the same approver has made before."""
        by_caller = bool(self.lines)
        return next((one for one in self.decisions if _voice(one, by_caller) == _voice(decision, by_caller)), None)

    def count(self, verb: str) -> int:
        """How many approvers decided this."""
        return sum(decision.verb == verb for decision in self.decisions)

    @property
    def approved(self) -> bool:
        """Whether enough approvers approved, of every line and in all [D]."""
        return self.count(APPROVE) >= self.required and not any(map(self._misses, self.lines))

    def rejected(self, choices: Choices) -> bool:
        """Whether it can no longer be approved."""
        if choices.one_rejection_ends_gate:
            return self.count(REJECT) > 0
        most = sum(line.members for line in self.lines) if self.lines else len(self.approvers)
        return most - self.count(REJECT) < self.required


def _voice(decision: Decision, by_caller: bool) -> str:
    """Whose decision it is: that of an entry, or that of a principal where several share an entry."""
    return decision.caller.arn if by_caller else decision.approver


def decide(gate: Gate, decision: Decision, choices: Choices) -> Gate:
    """The gate with a decision added, unless its approver has decided before."""
    earlier = gate.earlier(decision)
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
