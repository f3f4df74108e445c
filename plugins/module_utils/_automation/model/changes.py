# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has happened between two states of an execution: decisions, runs of a step, ends of a pause. Pure."""

from __future__ import annotations

from . import gates, statuses
from .executions import Execution, Step


def shows_new_decisions(before: Execution, now: Execution, but_at: Step | None = None) -> bool:
    """Return whether a gate lists more decisions than before, so that it matters who the caller is.

    A gate `but_at` does not count. The API's Approve and Reject name no step: when somebody else passes the gate
    between the look and the signal, the signal hits a gate that follows at once.
    """
    others = [each for each in gates.approval_steps(now) if but_at is None or not each.is_same_run(but_at)]
    return any(_more_decisions(before, each) for each in others)


def _more_decisions(before: Execution, gate: Step) -> bool:
    then = before.same_run(gate)
    return len(gates.decisions_at(gate)) > (len(gates.decisions_at(then)) if then else 0)


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


def has_changed(before: Execution, now: Execution) -> bool:
    """Return whether the execution or a step of it has come to another status, or a step has begun."""
    return _statuses(before) != _statuses(now)


def _statuses(execution: Execution) -> list[tuple[str, str]]:
    steps = [(step.execution_id, step.status) for step in execution.steps]
    return [(execution.id, execution.status), *steps]
