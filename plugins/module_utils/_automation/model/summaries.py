# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a look without steps is enough: what DescribeAutomationExecutions lists of ten executions in one call. Pure."""

from __future__ import annotations

from . import gates, statuses
from .executions import Execution, Step
from .signals import START_STEP, Signal

_POSITION = ("CurrentStepName", "CurrentAction")


def has_become_ready(listed: Execution, known: Execution | None) -> bool | None:
    """Return false where the run moves by itself, at the same step as when it was last read in full; none elsewhere.

    Then it takes no signal that it did not take before, and nothing has become impossible.
    """
    is_where_it_was = known is not None and _moves(listed) and _position(listed) == _position(known)
    return False if is_where_it_was else None


def has_come_to_rest(listed: Execution, signal: Signal, before: Execution | None, step: Step | None) -> bool | None:
    """Return whether the run rests after a signal: false where it moves, true where it ended well; none elsewhere.

    A run that ended badly is read for the reason, one that waits for the step at which it does. After StartStep a step
    may have failed although the run ended well.
    """
    if _moves(listed):
        return False
    needs_steps = signal.type == START_STEP or not tells_enough_afterwards(signal, before, step)
    return True if listed.status in statuses.SUCCESSFUL and not needs_steps else None


def _moves(listed: Execution) -> bool:
    return listed.status in statuses.MOVING


def _position(execution: Execution) -> tuple[object, ...]:
    return (execution.status, *(execution.raw.get(key) for key in _POSITION))


def tells_enough_afterwards(signal: Signal, before: Execution | None, step: Step | None) -> bool:
    """Return whether nobody has to read the steps after a signal that the service accepted.

    With several gates ahead an Approve or Reject may have hit another one than it was for, and in a loop a Resume
    another round.
    """
    if before is None:
        return True
    if not signal.is_decision:
        return step is None or not step.is_in_a_loop
    return before.lists_every_step and len(gates.approval_steps(before)) < 2
