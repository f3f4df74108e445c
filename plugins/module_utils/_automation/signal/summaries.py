# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a look without steps is enough: what DescribeAutomationExecutions lists of ten executions in one call. Pure."""

from __future__ import annotations

from ..model import gates, statuses
from ..model.executions import Execution, Step
from ..model.signals import Signal

_POSITION = ("CurrentStepName", "CurrentAction")


def goes_on(listed: Execution, known: Execution | None) -> bool:
    """Return whether the run moves by itself, so that it cannot have come to rest."""
    return listed.status in statuses.MOVING


def is_where_it_was(listed: Execution, known: Execution | None) -> bool:
    """Return whether the run moves by itself, at the same step as when it was last read in full.

    Then it takes no signal that it did not take before, and nothing has become impossible.
    """
    return known is not None and goes_on(listed, known) and _position(listed) == _position(known)


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
