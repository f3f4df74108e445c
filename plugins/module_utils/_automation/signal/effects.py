# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a later state of an execution says of a signal that was sent before. Pure.

Evidence counts only if nothing but this signal explains it. That is so for the caller's own decision, which gates
list by name. Resume, StartStep, StopStep and Revoke leave no trace of who sent them.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import gates, statuses
from ..model.executions import Execution, Step
from ..model.signals import APPROVE, RESUME, REVOKE, STOP_STEP, Signal
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


def shows_new_decisions(before: Execution, now: Execution) -> bool:
    """Return whether a gate lists more decisions than before, so that it matters who the caller is."""
    return any(_more_decisions(before, gate) for gate in gates.approval_steps(now))


def shows_new_decisions_elsewhere(before: Execution, now: Execution, gate: Step | None) -> bool:
    """Return whether another gate than the one that a decision was for lists more decisions than before.

    The API's Approve and Reject name no step: when somebody else passes the gate between the look and the signal, the
    signal hits a gate that follows at once.
    """
    return any(_more_decisions(before, each) for each in gates.approval_steps(now) if not _is(each, gate))


def elsewhere(decided: list[Step], gate: Step | None) -> list[Step]:
    """Return those gates that are not the one that a decision was for."""
    return [each for each in decided if not _is(each, gate)]


def runs_since(before: Execution, now: Execution, step_name: str) -> int:
    """Return how many runs of a step have begun since."""
    return sum(
        step.name == step_name and not step.is_ahead and bool(step.execution_id) and _has_begun(before, step)
        for step in now.steps
    )


def resumptions_since(before: Execution, now: Execution, step_name: str) -> int:
    """Return how many runs of a step have left their pause since."""
    return sum(
        step.name == step_name and step.status == statuses.SUCCESS and _waited(before, step) for step in now.steps
    )


def _waited(before: Execution, step: Step) -> bool:
    then = before.same_run(step)
    return then is None or then.waits


def _has_begun(before: Execution, step: Step) -> bool:
    then = before.same_run(step)
    return then is None or then.is_ahead


def only_this_run(execution: Execution, step: Step | None) -> Execution:
    """Return the execution without other runs of the step: a signal is for the run that the first look found."""
    if step is None or not step.execution_id:
        return execution
    others = [each for each in execution.steps if each.name == step.name and not _is(each, step)]
    return replace(execution, steps=tuple(each for each in execution.steps if each not in others))


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


def has_changed(before: Execution, now: Execution) -> bool:
    """Return whether the execution or a step of it has come to another status, or a step has begun."""
    return _statuses(before) != _statuses(now)


def _statuses(execution: Execution) -> list[tuple[str, str]]:
    steps = [(step.execution_id, step.status) for step in execution.steps]
    return [(execution.id, execution.status), *steps]


def is_harmless_to_repeat(signal: Signal) -> bool:
    """Return whether a repetition is safe whatever the runbook is.

    A second StopStep names the very run that the first has stopped, a second Revoke meets a request that is over.
    A second StartStep runs the step again.
    """
    return signal.type == REVOKE or (signal.type == STOP_STEP and signal.step_execution_id is not None)


def _more_decisions(before: Execution, gate: Step) -> bool:
    then = before.same_run(gate)
    return len(gates.decisions_at(gate)) > (len(gates.decisions_at(then)) if then else 0)


def _is(step: Step, other: Step | None) -> bool:
    return other is not None and step.is_same_run(other)
