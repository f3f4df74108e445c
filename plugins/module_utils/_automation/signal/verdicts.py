# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision: given an execution and a signal, whether to send it, and the sentence that says why or why not.

Pure: a table in functions, one per signal, over the rows "its step is ...". Here is the row that most tasks meet, a
gate that waits; gate_verdicts.py has the others for gates, step_verdicts.py has those of the signals that are not for
a gate. What is unknown (a status, an action that AWS added later) is sent and left to the service: the module is never
stricter than AWS about what it does not know.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..model import gates, statuses
from ..model.executions import Execution, Step
from ..model.signals import Signal


class Kind(Enum):
    """The four verdicts; the values are what users see as RV(verdict)."""

    SEND = "send"
    DONE = "already_done"
    NOT_YET = "not_yet"
    NEVER = "never"


class Verdict(NamedTuple):
    """A verdict, its sentence without the final full stop, and the step that it is about, if it is about one."""

    kind: Kind
    reason: str
    step: Step | None = None


def decide(execution: Execution, signal: Signal, caller_arn: str = "") -> Verdict:
    """Return what to do about a signal to an execution in this state.

    `caller_arn` is the caller as STS names it, needed only where `caller_matters` says so.
    """
    gate = _open_gate(execution, signal) if signal.is_decision else None
    if gate is not None:
        return decide_at_open_gate(gate, signal, caller_arn)
    # Every task loads its code anew, so what a decision at a gate that waits does not need is not loaded for it.
    if signal.is_decision:
        from .gate_verdicts import decide_without_open_gate

        return decide_without_open_gate(execution, signal)
    from .step_verdicts import decide_without_gate

    return decide_without_gate(execution, signal)


def caller_matters(execution: Execution, signal: Signal) -> bool:
    """Return whether the verdict depends on who asks: the gate waits and holds such a decision of somebody."""
    gate = _open_gate(execution, signal) if signal.is_decision else None
    wanted = gates.decision_for(signal)
    return gate is not None and any(each.decision == wanted for each in gates.decisions_at(gate))


def _open_gate(execution: Execution, signal: Signal) -> Step | None:
    """Return the gate that waits for the decision and has come to none so far, if there is one."""
    gate = gates.waiting_gate(execution) if signal.step_name is None else execution.find_step(signal.step_name)
    if gate is None or not gate.is_gate or not gate.waits or gates.decision_of(gate):
        return None
    return None if execution.has_ended or execution.status == statuses.CANCELLING else gate


def decide_at_open_gate(gate: Step, signal: Signal, caller_arn: str) -> Verdict:
    """Return what to do about Approve or Reject at a gate that waits."""
    wanted = gates.decision_for(signal)
    own = gates.decision_by(gate, caller_arn, wanted)
    if own is not None:
        held = f"the caller has {wanted.lower()} at gate `{gate.name}` before (as {own.approver})"
        return Verdict(Kind.DONE, f"{held}; the gate has {gates.describe_approvals(gate)}", gate)
    return Verdict(Kind.SEND, f"gate `{gate.name}` waits for a decision and has {gates.describe_approvals(gate)}", gate)
