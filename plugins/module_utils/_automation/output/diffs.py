# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state that a diff shows, and how far the state after a signal can be predicted. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model import executions, gates, statuses
from ..model.executions import Execution, Step
from ..model.signals import APPROVE, REJECT, RESUME, START_STEP, STOP_STEP, Signal


class State(NamedTuple):
    """The aspects of an execution that a signal changes; a step's are empty where it is about no step."""

    status: str
    step_name: str = ""
    step_status: str = ""
    approvals: str = ""


def state_of(execution: Execution, step: Step | None) -> State:
    """Return the state of an execution and of one of its steps."""
    if step is None:
        return State(execution.status)
    # A step without an id is one of which nothing but the name was read.
    is_read = step.action == executions.APPROVE_ACTION and bool(step.execution_id)
    approvals = gates.describe_approvals(step) if is_read else ""
    return State(execution.status, step.name, step.status, approvals)


def states_of(before: Execution, after: Execution, signal: Signal, step: Step | None) -> tuple[State, State]:
    """Return the states before and after a signal, of the same run of its step; StartStep makes a new run of it."""
    name = step.name if step else signal.step_name or ""
    run_id = step.execution_id if step and signal.type != START_STEP else ""
    return _state_of_run(before, run_id, name), _state_of_run(after, run_id, name)


def _state_of_run(execution: Execution, run_id: str, name: str) -> State:
    # A summary lists no steps: how this one ended is not known.
    if execution.is_summary:
        return State(execution.status, name)
    return state_of(execution, _run_of(execution, run_id, name))


def _run_of(execution: Execution, run_id: str, name: str) -> Step | None:
    return (execution.find_step_execution(run_id) if run_id else None) or execution.find_step(name)


def predict(execution: Execution, signal: Signal, step: Step | None) -> State:
    """Return the state that a signal is expected to lead to.

    As far as AWS documents it: what becomes of a request as a whole, and what StopStep and Revoke make of the
    execution's status, is not documented, and is predicted as unchanged.
    """
    now = state_of(execution, step)
    if signal.type == START_STEP:
        return State(statuses.IN_PROGRESS, signal.step_name or "", statuses.IN_PROGRESS)
    if step is None or signal.type not in _PREDICTED:
        return now
    return _PREDICTED[signal.type](now, step)


def _predict_approve(now: State, gate: Step) -> State:
    held, needed = gates.count(gate, gates.APPROVED) + 1, gates.approvals_needed(gate)
    approvals = gates.count_approvals(held, needed)
    if held < needed:
        return State(now.status, gate.name, gate.status, approvals)
    return State(statuses.IN_PROGRESS, gate.name, statuses.SUCCESS, approvals)


def _predict_reject(now: State, gate: Step) -> State:
    status = statuses.FAILED if gate.on_failure == "Abort" else statuses.IN_PROGRESS
    return State(status, gate.name, statuses.FAILED, now.approvals)


def _predict_resume(now: State, step: Step) -> State:
    return State(statuses.IN_PROGRESS, step.name, statuses.SUCCESS)


def _predict_stop(now: State, step: Step) -> State:
    return State(now.status, step.name, statuses.CANCELLED, now.approvals)


_PREDICTED: dict[str, Callable[[State, Step], State]] = {
    APPROVE: _predict_approve,
    REJECT: _predict_reject,
    RESUME: _predict_resume,
    STOP_STEP: _predict_stop,
}
