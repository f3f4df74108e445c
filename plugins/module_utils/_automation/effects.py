# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a signal does to an execution: how far it can be foretold, and when it has come to rest afterwards.

Pure. The service takes signals in asynchronously: a read right after one may show the execution as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import executions, gates, statuses
from .executions import Execution, Step
from .signals import APPROVE, REJECT, RESUME, REVOKE, START_STEP, STOP_STEP, Signal

# Signals after which a run is expected to go on well; after the others an unsuccessful end is the purpose.
MEANT_TO_SUCCEED = frozenset({APPROVE, RESUME, START_STEP})


@dataclass(frozen=True)
class State:
    """The aspects of an execution that a signal changes; a step's are empty where it is about no step."""

    status: str
    step_name: str = ""
    step_status: str = ""
    approvals: str = ""


def state_of(execution: Execution, step: Step | None) -> State:
    """Return the state of an execution and of one of its steps."""
    if step is None:
        return State(execution.status)
    approvals = gates.describe_approvals(step) if step.action == executions.APPROVE else ""
    return State(execution.status, step.name, step.status, approvals)


def foretell(execution: Execution, signal: Signal, step: Step | None) -> State:
    """Return the state that a signal is expected to lead to.

    As far as AWS documents it: what becomes of a request as a whole, and what StopStep and Revoke make of the
    execution's status, is not documented, and is foretold as unchanged.
    """
    now = state_of(execution, step)
    if signal.type == START_STEP:
        return State(statuses.IN_PROGRESS, signal.step_name or "", statuses.IN_PROGRESS)
    if step is None or signal.type not in _FORETOLD:
        return now
    return _FORETOLD[signal.type](now, step)


def _foretell_approve(now: State, gate: Step) -> State:
    held, needed = gates.approvals_held(gate) + 1, gates.approvals_needed(gate)
    approvals = gates.count_approvals(held, needed)
    if held < needed:
        return State(now.status, gate.name, gate.status, approvals)
    return State(statuses.IN_PROGRESS, gate.name, statuses.SUCCESS, approvals)


def _foretell_reject(now: State, gate: Step) -> State:
    status = statuses.FAILED if gate.on_failure == "Abort" else statuses.IN_PROGRESS
    return State(status, gate.name, statuses.FAILED, now.approvals)


def _foretell_resume(now: State, step: Step) -> State:
    return State(statuses.IN_PROGRESS, step.name, statuses.SUCCESS)


def _foretell_stop(now: State, step: Step) -> State:
    return State(now.status, step.name, statuses.CANCELLED, now.approvals)


_FORETOLD: dict[str, Callable[[State, Step], State]] = {
    APPROVE: _foretell_approve,
    REJECT: _foretell_reject,
    RESUME: _foretell_resume,
    STOP_STEP: _foretell_stop,
}


def has_settled(execution: Execution, before: Execution, signal: Signal, step: Step | None, sent: bool) -> bool:
    """Return whether the execution rests, and not merely still at the step that the signal was for.

    C(before) is the execution as it was when the signal was decided on, C(step) its step then.
    """
    if execution.has_ended:
        return True
    if signal.type == START_STEP:
        return execution.rests and _has_run(execution, signal, step if sent else None)
    if signal.type == REVOKE or (signal.is_decision and step is None):
        return execution.rests and (execution.status != before.status or not sent)
    return execution.rests and not _still_there(execution, step)


def _still_there(execution: Execution, step: Step | None) -> bool:
    if step is None:
        return False
    now = execution.find_step_execution(step.execution_id) or execution.find_step(step.name)
    return now is not None and not now.has_ended


def _has_run(execution: Execution, signal: Signal, earlier: Step | None) -> bool:
    now = execution.find_step(signal.step_name or "")
    if now is None or not (now.has_ended or now.waits):
        return False
    return earlier is None or (now.execution_id, now.started_at) != (earlier.execution_id, earlier.started_at)


def failure_after(execution: Execution, signal: Signal) -> str:
    """Return why the run that the signal was to carry on went wrong, or an empty string where it did not.

    After StartStep a step that failed counts, too, although an Interactive execution may wait on.
    """
    if signal.type not in MEANT_TO_SUCCEED:
        return ""
    started = execution.find_step(signal.step_name or "") if signal.type == START_STEP else None
    if started is not None and started.status in statuses.UNSUCCESSFUL:
        return _blame(started)
    if execution.status not in statuses.UNSUCCESSFUL:
        return ""
    failed = execution.failed_step()
    blame = _blame(failed) if failed else execution.failure_message or "no step says why"
    return f"the execution ended {execution.status}: {blame}"


def _blame(step: Step) -> str:
    return f"step `{step.name}` ({step.action}) is {step.status}: {step.failure_message or 'it gives no reason'}"
