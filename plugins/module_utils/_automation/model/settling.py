# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an execution has come to rest, and whether it went well. Pure.

The service takes signals in asynchronously: a read right after one may show the execution as it was before, resting
at the very step that the signal was for.
"""

from __future__ import annotations

from . import statuses
from .executions import LOOP_ACTION, Execution, Step
from .signals import APPROVE, RESUME, REVOKE, START_STEP, Signal

# Signals after which a run is expected to go on well; after the others an unsuccessful end is the purpose.
MEANT_TO_SUCCEED = frozenset({APPROVE, RESUME, START_STEP})


def has_settled(execution: Execution, before: Execution, signal: Signal, step: Step | None, sent: bool) -> bool:
    """Return whether the execution rests, and not merely still at the step that the signal was for.

    `before` is the execution as it was when the signal was decided on, `step` its step then.
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
    return failure_of(execution)


def failure_of(execution: Execution) -> str:
    """Return why an execution ended badly, as a clause, or an empty string where it did not."""
    if execution.status not in statuses.UNSUCCESSFUL:
        return ""
    failed = failed_step(execution)
    blame = _blame(failed) if failed else execution.failure_message.rstrip(".") or "no step says why"
    return f"the execution ended {execution.status}: {blame}"


def failed_step(execution: Execution) -> Step | None:
    """Return the step that ended the execution badly: the last one that did not do well and was not forgiven.

    There is none before the execution has ended, and where it has ended well.

    A failure that the runbook goes on after (onFailure step:x) is still that of the execution, so of several
    the one with the execution's own status comes first.
    """
    if execution.status not in statuses.UNSUCCESSFUL:
        return None
    failed = [step for step in execution.steps if step.status in statuses.UNSUCCESSFUL]
    to_blame = [step for step in failed if not step.is_forgiven] or failed
    candidates = [step for step in to_blame if step.status == execution.status] or to_blame
    # A loop fails because a step within it does, which tells more.
    within = [step for step in candidates if step.action != LOOP_ACTION] or candidates
    # Of several that ended at the same time, or at one that is not told, the last one listed.
    return max(reversed(within), key=lambda step: step.ended_at.timestamp() if step.ended_at else 0.0, default=None)


def forgiven_after(before: Execution, now: Execution, signal: Signal) -> str:
    """Return the steps that have failed since a signal without ending the run, where the signal was to carry it on."""
    return forgiven_since(before, now) if signal.type in MEANT_TO_SUCCEED else ""


def forgiven_since(before: Execution | None, now: Execution) -> str:
    """Return the steps that have failed since and that the runbook went on after, as a clause, or an empty string."""
    if now.status in statuses.UNSUCCESSFUL:
        return ""
    over = {step.execution_id for step in before.steps if step.has_ended} if before else set()
    failed = [step for step in now.steps if step.status in statuses.UNSUCCESSFUL and step.execution_id not in over]
    return "; ".join(map(_blame, failed))


def _blame(step: Step) -> str:
    reason = step.failure_message.rstrip(".") or "it gives no reason"
    return f"step `{step.name}` ({step.action}) is {step.status}: {reason}"
