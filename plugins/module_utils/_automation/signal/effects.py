# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a later state of an execution says of a signal that was sent before. Pure.

Evidence counts only if nothing but this signal explains it. That is so for the caller's own decision, which gates
list by name. Resume, StartStep, StopStep and Revoke leave no trace of who sent them.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import gates
from ..model.executions import Execution, Step
from ..model.signals import APPROVE, RESUME, REVOKE, STOP_STEP, Signal
from ..output.phrases import explain_state
from .verdicts import Kind, Verdict


def own_new_decisions(before: Execution, now: Execution, signal: Signal, caller_arn: str) -> list[Step]:
    """Return the gates of the state `now` that list a decision such as the signal's of the caller, new since `before`.

    `caller_arn` is the sender as STS names it; where it is empty, nobody's decision is known to be the caller's.
    """
    wanted = gates.decision_for(signal)
    holding = [gate for gate in gates.approval_steps(now) if gates.decision_by(gate, caller_arn, wanted)]
    return [gate for gate in holding if not _held_before(before, gate, caller_arn, wanted)]


def _held_before(before: Execution, gate: Step, caller_arn: str, wanted: str) -> bool:
    then = before.same_run(gate)
    return then is not None and gates.decision_by(then, caller_arn, wanted) is not None


def elsewhere(decided: list[Step], gate: Step | None) -> list[Step]:
    """Return those gates that are not the one that a decision was for."""
    return [each for each in decided if not _is(each, gate)]


def only_this_run(execution: Execution, step: Step | None) -> Execution:
    """Return the execution without other runs of the step: a signal is for the run that the first look found."""
    if step is None or not step.execution_id:
        return execution
    others = [each for each in execution.steps if each.name == step.name and not _is(each, step)]
    return replace(execution, steps=tuple(each for each in execution.steps if each not in others))


def request_moved_on(execution: Execution, verdict: Verdict) -> Verdict:
    """Return the verdict on a request that does not wait for the same decision any more."""
    if verdict.kind is not Kind.SEND:
        return verdict
    return Verdict(Kind.NEVER, f"the request does not wait for this decision any more: {explain_state(execution)}")


def nothing_left_to_revoke(execution: Execution, verdict: Verdict) -> Verdict:
    """Return the verdict on a Revoke that went out before: a request that is over since then needs none any more."""
    is_over = execution.has_ended and verdict.kind is Kind.NEVER
    return verdict._replace(kind=Kind.DONE) if is_over else verdict


def needs_runbook_to_repeat(signal: Signal, step: Step | None) -> bool:
    """Return whether a repetition is safe only if the runbook lets no other step run that it could hit.

    A second Resume could hit the next run of its step; a second Approve or Reject, which names no step, any gate.
    """
    return (signal.is_decision or signal.type == RESUME) and step is not None and bool(step.execution_id)


def may_hold_unlisted_approval(now: Execution, signal: Signal, step: Step | None) -> Step | None:
    """Return the gate that an Approve was for, where it may hold that approval although it lists none.

    Whether a gate that waits for more approvals lists those that it has is not documented.
    """
    gate = now.same_run(step) if step is not None and signal.type == APPROVE else None
    if gate is None or not gate.waits or gates.approvals_needed(gate) < 2 or gates.decisions_at(gate):
        return None
    return gate


def may_be_ours(now: Execution, signal: Signal, verdict: Verdict) -> bool:
    """Return whether a signal that was refused may have been taken all the same, where nobody looked before it.

    `verdict` is the one on the state `now`. Something on the way may have repeated the request, and shown the refusal
    of the copy.
    """
    return verdict.kind is Kind.DONE or may_hold_unlisted_approval(now, signal, verdict.step) is not None


def hides(now: Execution, step: Step | None) -> bool:
    """Return whether a state does not list the run of a step, although that run is known by its id."""
    return step is not None and bool(step.execution_id) and now.same_run(step) is None


def is_harmless_to_repeat(signal: Signal) -> bool:
    """Return whether a repetition is safe whatever the runbook is.

    A second StopStep names the very run that the first has stopped, a second Revoke meets a request that is over.
    A second StartStep runs the step again.
    """
    return signal.type == REVOKE or (signal.type == STOP_STEP and signal.step_execution_id is not None)


def _is(step: Step, other: Step | None) -> bool:
    return other is not None and step.is_same_run(other)
