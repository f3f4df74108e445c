# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an execution waits for, as users are told: which step, which signals it takes, who may decide. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from . import gates, statuses
from .executions import APPROVE_ACTION, PAUSE_ACTION, Execution, Step
from .signals import APPROVE, REJECT, RESUME, START_STEP

# The timeoutSeconds of aws:approve and aws:pause where the runbook gives none (user guide, both actions).
DEFAULT_TIMEOUT = 604800

_SIGNALS = {APPROVE_ACTION: (APPROVE, REJECT), PAUSE_ACTION: (RESUME,)}


class Approvals(NamedTuple):
    """Who may decide at a gate, what has been decided, and how many approvals are missing."""

    approvers: Sequence[str]
    min_required_approvals: int
    approvals_missing: int
    decisions: Sequence[gates.Decision]
    message: str | None
    enhanced_approvers: Sequence[gates.EnhancedApprover] = ()


class WaitingFor(NamedTuple):
    """Something that an execution waits for; `step` is none where it waits as a whole.

    `execution_id` is the child execution that waits, empty where the execution itself does.

    `signals` are those that carry it on or end the wait. `approvals` is none where there is nothing to approve or
    the steps of the execution were not read. `times_out_at` is in ISO 8601, in UTC as the service gives times.
    """

    step: Step | None
    signals: Sequence[str]
    valid_next_steps: Sequence[str] = ()
    approvals: Approvals | None = None
    times_out_at: str | None = None
    execution_id: str = ""


def waiting_for(execution: Execution) -> list[WaitingFor]:
    """Return what an execution waits for now; nothing while it runs or when it has ended."""
    if execution.has_ended:
        return []
    return _own(execution) + [
        wait._replace(execution_id=wait.execution_id or child.id)
        for child in execution.children
        for wait in waiting_for(child)
    ]


def _own(execution: Execution) -> list[WaitingFor]:
    step = gates.waiting_step(execution)
    if step is not None:
        return [_at_step(execution, step)]
    if execution.status in statuses.AWAITING_DECISION:
        return [WaitingFor(None, (APPROVE, REJECT))]
    if execution.is_interactive and execution.status == statuses.WAITING and gates.live_step(execution) is None:
        return [WaitingFor(None, (START_STEP,), _valid_next_steps(execution))]
    return []


def awaits_decision(execution: Execution) -> bool:
    """Return whether an execution waits for Approve or Reject."""
    return any(APPROVE in wait.signals for wait in waiting_for(execution))


def _at_step(execution: Execution, step: Step) -> WaitingFor:
    # An action that AWS added later may take any signal; none is named rather than a wrong one.
    signals = _SIGNALS.get(step.action, ())
    approvals = approvals_at(step) if step.action == APPROVE_ACTION and execution.steps_complete else None
    return WaitingFor(step, signals, approvals=approvals, times_out_at=_times_out_at(step) if signals else None)


def approvals_at(gate: Step) -> Approvals:
    """Return what a gate says of its approvals."""
    needed, enhanced = gates.approvals_needed(gate), gates.enhanced_approvers(gate)
    # As long as such a gate waits, some approver's own approvals may be missing though there are enough in all.
    at_least = 1 if enhanced and gate.waits else 0
    return Approvals(
        approvers=[str(approver) for approver in _input(gate, "Approvers", [])] or [each.approver for each in enhanced],
        min_required_approvals=needed,
        approvals_missing=max(at_least, needed - gates.count(gate, gates.APPROVED)),
        decisions=gates.decisions_at(gate),
        message=_input(gate, "Message", None),
        enhanced_approvers=enhanced,
    )


def _input(step: Step, name: str, otherwise: Any) -> Any:
    """Return an input of a step, which the service encodes in JSON."""
    try:
        value = json.loads(step.inputs[name])
    except (KeyError, TypeError, ValueError):
        return otherwise
    return value if isinstance(value, type(otherwise)) or otherwise is None else otherwise


def _times_out_at(step: Step) -> str | None:
    if step.started_at is None:
        return None
    return (step.started_at + timedelta(seconds=step.timeout_seconds or DEFAULT_TIMEOUT)).isoformat()


def _valid_next_steps(execution: Execution) -> Sequence[str]:
    """Return what the step that began last says: steps listed ahead say what follows them, not what comes now."""
    begun = [step for step in execution.steps if not step.is_ahead]
    return sorted(begun, key=_start)[-1].valid_next_steps if begun else ()


def _start(step: Step) -> float:
    return step.started_at.timestamp() if step.started_at is not None else 0.0
