# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision: given an execution and a signal, whether to send it, and the sentence that says why or why not.

Pure: a table in functions, one per signal, over the rows "its step is ...". Signals that are not for a gate have theirs
in step_verdicts.py. What is unknown (a status, an action that AWS added later) is sent and left to the service: the
module is never stricter than AWS about what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from ..model import gates, statuses
from ..model.executions import APPROVE_ACTION, Execution, Step
from ..model.signals import Signal
from ..options.spelling import did_you_mean
from ..output.phrases import explain_state


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
    if signal.is_decision:
        return _decide_approval(execution, signal, caller_arn)
    # Every task loads its code anew, so what approvals do not need is not loaded for them.
    from .step_verdicts import decide_without_gate

    return decide_without_gate(execution, signal)


def caller_matters(execution: Execution, signal: Signal) -> bool:
    """Return whether the verdict depends on who asks: the gate waits and holds such a decision of somebody."""
    verdict = decide(execution, signal)
    if verdict.kind is not Kind.SEND or verdict.step is None or not signal.is_decision:
        return False
    return any(decision.decision == gates.decision_for(signal) for decision in gates.decisions_at(verdict.step))


def request_moved_on(execution: Execution, verdict: Verdict) -> Verdict:
    """Return the verdict on a request that does not wait for the same decision any more."""
    if verdict.kind is not Kind.SEND:
        return verdict
    return Verdict(Kind.NEVER, f"the request does not wait for this decision any more: {explain_state(execution)}")


def nothing_left_to_revoke(execution: Execution, verdict: Verdict) -> Verdict:
    """Return the verdict on a Revoke that went out before: a request that is over since then needs none any more."""
    is_over = execution.has_ended and verdict.kind is Kind.NEVER
    return verdict._replace(kind=Kind.DONE) if is_over else verdict


# Approve, Reject


def _decide_approval(execution: Execution, signal: Signal, caller_arn: str) -> Verdict:
    if signal.step_name is None:
        gate = None if execution.has_ended else gates.waiting_gate(execution)
        if gate is None:
            return _decide_without_open_gate(execution, signal)
        return _decide_at_gate(execution, gate, signal, caller_arn)
    step = execution.find_step(signal.step_name)
    if step is None:
        return unlisted(execution, signal)
    if not step.is_gate:
        return Verdict(Kind.NEVER, f"step `{step.name}` is an {step.action} step, not a gate{use_instead(step)}", step)
    return _decide_at_gate(execution, step, signal, caller_arn)


def _decide_at_gate(execution: Execution, gate: Step, signal: Signal, caller_arn: str) -> Verdict:
    decided = gates.decision_of(gate)
    if decided:
        return _decided(decided, signal, f"gate `{gate.name}` is", gate)
    if execution.has_ended or gate.has_ended or statuses.CANCELLING in (execution.status, gate.status):
        return _gate_is_past(execution, gate)
    if gate.waits:
        return _decide_at_open_gate(gate, signal, caller_arn)
    if was_passed(execution, gate):
        return passed(execution, gate)
    if statuses.is_known(gate.status):
        return Verdict(
            Kind.NOT_YET,
            f"gate `{gate.name}` is not reached yet: {explain_state(execution)}{_guarded(execution, signal)}",
            gate,
        )
    return Verdict(Kind.SEND, f"gate `{gate.name}` is {gate.status}", gate)


def _decide_at_open_gate(gate: Step, signal: Signal, caller_arn: str) -> Verdict:
    wanted = gates.decision_for(signal)
    own = gates.decision_by(gate, caller_arn, wanted)
    if own is not None:
        held = f"the caller has {wanted.lower()} at gate `{gate.name}` before (as {own.approver})"
        return Verdict(Kind.DONE, f"{held}; the gate has {gates.describe_approvals(gate)}", gate)
    return Verdict(Kind.SEND, f"gate `{gate.name}` waits for a decision and has {gates.describe_approvals(gate)}", gate)


def _decide_without_open_gate(execution: Execution, signal: Signal) -> Verdict:
    all_gates = gates.approval_steps(execution)
    if len(all_gates) == 1 and execution.steps_complete:
        return _decide_at_gate(execution, all_gates[0], signal, "")
    if any(not gate.is_ahead for gate in all_gates):
        ended = f"{explain_state(execution)}; " if execution.has_ended else ""
        several = f"{ended}it has several gates and none of them waits, name one with step_name"
        return Verdict(Kind.NEVER, f"{several}: {_list(all_gates)}")
    if execution.status in statuses.AWAITING_DECISION:
        return Verdict(Kind.SEND, f"the request is {execution.status}")
    if execution.status in statuses.DECISIONS:
        return _decided(statuses.DECISIONS[execution.status], signal, f"the request is {execution.status}, it was")
    if execution.has_ended:
        return Verdict(Kind.NEVER, explain_state(execution))
    if not statuses.is_known(execution.status):
        return Verdict(Kind.SEND, f"the execution is {execution.status}")
    return _no_gate_in_sight(execution, bool(all_gates))


def _no_gate_in_sight(execution: Execution, has_gates: bool) -> Verdict:
    if has_gates or not execution.lists_every_step:
        return Verdict(Kind.NOT_YET, f"no gate is reached yet: {explain_state(execution)}")
    waiting = gates.waiting_step(execution)
    hint = use_instead(waiting) if waiting else ""
    return Verdict(Kind.NEVER, f"the execution has no aws:approve step; {explain_state(execution)}{hint}", waiting)


def _decided(decided: str, signal: Signal, subject: str, gate: Step | None = None) -> Verdict:
    if decided == gates.decision_for(signal):
        return Verdict(Kind.DONE, f"{subject} already {decided}", gate)
    return Verdict(Kind.NEVER, f"{subject} {decided} already, which {signal.type} cannot undo", gate)


def _gate_is_past(execution: Execution, gate: Step) -> Verdict:
    if gate.is_live or gate.is_ahead:
        return Verdict(Kind.NEVER, f"gate `{gate.name}` got no decision before {explain_state(execution)}", gate)
    return Verdict(Kind.NEVER, f"gate `{gate.name}` {how_it_ended(gate)} without a decision", gate)


def _guarded(execution: Execution, signal: Signal) -> str:
    another_waits = gates.waiting_gate(execution) is not None
    return f", you named `{signal.step_name}`" if another_waits and signal.step_name else ""


# Shared by several signals


def was_passed(execution: Execution, step: Step) -> bool:
    """Return whether a step has not begun and can certainly not come any more."""
    if not step.is_ahead:
        return False
    # Loaded here as it is seldom needed, and every task loads its code anew.
    from ..model.reachable import is_passed

    return is_passed(execution, step.name)


def passed(execution: Execution, step: Step) -> Verdict:
    """Return the verdict on a signal for such a step."""
    way = "no way leads there any more from where the run is"
    return Verdict(Kind.NEVER, f"step `{step.name}` was passed over, {way}: {explain_state(execution)}", step)


def unlisted(execution: Execution, signal: Signal) -> Verdict:
    """Return the verdict on a signal for a step that the execution does not list."""
    if execution.lists_every_step:
        known = list(dict.fromkeys(step.name for step in execution.steps))
        meant = did_you_mean(signal.step_name or "", known)
        names = ", ".join(f"`{name}`" for name in known)
        return Verdict(Kind.NEVER, f"the execution has no step `{signal.step_name}`{meant}, its steps are {names}")
    if execution.has_ended:
        return Verdict(Kind.NEVER, f"step `{signal.step_name}` never began: {explain_state(execution)}")
    if signal.is_decision and not execution.steps and execution.status in statuses.AWAITING_DECISION:
        return Verdict(Kind.NEVER, f"{explain_state(execution)} as a whole and has no steps: leave out step_name")
    if not execution.steps_complete:
        return Verdict(Kind.NOT_YET, f"step `{signal.step_name}` is not among the steps that the caller may read")
    return Verdict(
        Kind.NOT_YET,
        f"step `{signal.step_name}` has not begun: {explain_state(execution)}{_if_by_hand(execution)}",
    )


def _if_by_hand(execution: Execution) -> str:
    if not execution.is_interactive:
        return ""
    return "; it is Interactive, so the step shows only once StartStep has run it, if the runbook has it"


def use_instead(step: Step | None) -> str:
    """Return which signal the step takes, as a clause that goes on, or an empty string."""
    if step is None or step.has_ended:
        return ""
    if step.action == APPROVE_ACTION:
        return ": use Approve or Reject"
    return ": use Resume" if step.is_pause else ""


def how_it_ended(step: Step) -> str:
    """Return the status of a step with its reason, as a clause without a subject."""
    reason = f" ({step.failure_message.rstrip('.')})" if step.failure_message else ""
    return f"is {step.status}{reason}"


def _list(steps: Iterable[Step]) -> str:
    return ", ".join(f"`{step.name}` ({gates.decision_of(step) or step.status})" for step in steps)
