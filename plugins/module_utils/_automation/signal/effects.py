# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as the visible effect of a signal: the evidence, in a later state, that the service took it. Pure.

It is asked only when the answer to a signal got lost. Where the service keeps who decided, the evidence is our own
decision; elsewhere it is that the step did what the signal is for.
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import gates, statuses
from ..model.executions import Execution, Step
from ..model.gates import APPROVED, REJECTED
from ..model.signals import APPROVE, RESUME, REVOKE, START_STEP, STOP_STEP, Signal


def is_visible(before: Execution, now: Execution, signal: Signal, step: Step | None, caller_arn: str) -> bool:
    """Return whether the state C(now) shows the effect of a signal that was sent in the state C(before).

    C(step) is the step that the signal was for as it was before, or none; C(caller_arn) is the sender as STS names
    it, or empty where that is not known.
    """
    if signal.is_decision:
        verdict = APPROVED if signal.type == APPROVE else REJECTED
        return _decision_shows(before, now, step, verdict, caller_arn)
    if signal.type == START_STEP:
        return _has_started(now, step, signal.step_name or "")
    if signal.type == REVOKE:
        return now.status != before.status
    return step is not None and _STEP_SHOWS[signal.type](_later(now, step))


def may_have_hit_other_gate(before: Execution, now: Execution, gate: Step) -> bool:
    """Return whether another gate than the one that a decision was for has got a decision meanwhile.

    The API's Approve and Reject name no step: when somebody else passes the gate between the look and the signal, the
    signal hits a gate that follows at once.
    """
    return any(gates.decisions_at(each) for each in _other_gates(now, gate) if not _had_decisions(before, each))


def other_gate_hit(before: Execution, now: Execution, signal: Signal, gate: Step, caller_arn: str) -> Step | None:
    """Return the gate that a decision hit instead of the one that it was for, if it did."""
    verdict = APPROVED if signal.type == APPROVE else REJECTED
    if gates.decision_by(_later(now, gate), caller_arn, verdict):
        return None
    others = (each for each in _other_gates(now, gate) if not _had_decisions(before, each))
    return next((each for each in others if gates.decision_by(each, caller_arn, verdict)), None)


def _other_gates(execution: Execution, gate: Step) -> list[Step]:
    return [each for each in gates.approval_steps(execution) if each.execution_id != gate.execution_id]


def _had_decisions(before: Execution, gate: Step) -> bool:
    then = before.find_step_execution(gate.execution_id)
    return then is not None and bool(gates.decisions_at(then))


def may_repeat(signal: Signal, execution: Execution, step: Step | None) -> bool:
    """Return whether sending the signal again is harmless, should the first one have an effect that shows late.

    A second StartStep runs the step again. A second Approve or Reject names no step, so it could hit the next gate.
    A second Resume or StopStep meets a step that has moved on, and is refused.
    """
    if signal.type == START_STEP:
        return False
    if not signal.is_decision:
        return True
    open_gates = [gate.execution_id for gate in gates.approval_steps(execution) if not gate.has_ended]
    return execution.lists_every_step and step is not None and open_gates == [step.execution_id]


def _decision_shows(before: Execution, now: Execution, gate: Step | None, verdict: str, caller_arn: str) -> bool:
    if gate is None:
        return _request_shows(before, now, verdict)
    later = _later(now, gate)
    if caller_arn and gates.decisions_at(later):
        held_before = gates.decision_by(gate, caller_arn, verdict) is not None
        return not held_before and gates.decision_by(later, caller_arn, verdict) is not None
    return gates.decision_of(later) == verdict or gates.count(later, verdict) > gates.count(gate, verdict)


def _request_shows(before: Execution, now: Execution, verdict: str) -> bool:
    if now.status == before.status:
        return False
    decided = statuses.DECISIONS.get(now.status)
    return decided == verdict if decided else verdict == APPROVED and now.status not in statuses.UNSUCCESSFUL


def _has_started(now: Execution, earlier: Step | None, name: str) -> bool:
    later = now.find_step(name)
    if later is None or later.is_ahead:
        return False
    return earlier is None or (later.execution_id, later.started_at) != (earlier.execution_id, earlier.started_at)


def _has_resumed(later: Step) -> bool:
    return later.status in (statuses.IN_PROGRESS, statuses.SUCCESS)


def _is_stopped(later: Step) -> bool:
    return later.status in (statuses.CANCELLING, statuses.CANCELLED)


_STEP_SHOWS: dict[str, Callable[[Step], bool]] = {RESUME: _has_resumed, STOP_STEP: _is_stopped}


def _later(now: Execution, step: Step) -> Step:
    """Return the same run of the step in the later state; the step itself where it is not listed any more."""
    return now.find_step_execution(step.execution_id) or now.find_step(step.name) or step
