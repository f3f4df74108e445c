# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clauses and sentences about the state of an execution, for messages about signals, starts and stops. Pure."""

from __future__ import annotations

import traceback
from pathlib import Path

from ..model import gates
from ..model.executions import APPROVE_ACTION, Execution

# Completes "the execution that ...", where check mode gets a blank id.
EARLIER_START = "an earlier task would have started; in check mode there is none yet"


def explain_state(execution: Execution) -> str:
    """Return where an execution stands, as a clause."""
    step = gates.live_step(execution)
    if execution.has_ended or step is None:
        return f"the execution {_status(execution)}"
    verb = "waits" if step.waits else f"is {step.status}"
    return f"the execution {verb} at step `{step.name}` ({step.action}){_children(execution)}"


def _children(execution: Execution) -> str:
    """Return which child executions wait for a signal, as a clause that goes on, or an empty string."""
    waiting = [(child, gates.waiting_step(child)) for child in execution.children]
    named = [f"{child.id} waits at step `{step.name}` ({step.action})" for child, step in waiting if step]
    return f"; its child execution {' and '.join(named)}: send the signal there" if named else ""


def after_waiting(last: Execution | None, in_time: bool, failure: str, waited: float, forgiven: str = "") -> str:
    """Tell how the wait for the execution to come to rest ended; `waited` is in seconds.

    `forgiven` tells of steps that failed without ending the run, as a clause.
    """
    where = f"{explain_state(last)}{approvals_at_gate(last)}" if last else "its state could not be read"
    if not in_time:
        return f"It did not come to rest within {waited:g} s (wait_timeout): {where}."
    if failure:
        return f"The run went wrong: {failure}."
    although = f", although {forgiven}" if forgiven else ""
    return f"{where[0].upper()}{where[1:]}{although}."


def at_fault(fault: Exception, message: str) -> str:
    """Tell of a fault of this program; `message` is the sentence about how far the task had got."""
    *_callers, place = traceback.extract_tb(fault.__traceback__)
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return (
        f"The module itself is at fault: {fault!r} in {where}. {message}"
        " Please report it to the collection's maintainers."
    )


def was_interrupted(signal_name: str) -> str:
    """Return why the work ended early, as a clause."""
    return f"the task was interrupted ({signal_name})"


def _status(execution: Execution) -> str:
    if not execution.has_ended:
        return f"is {execution.status}"
    ended_at = execution.raw.get("ExecutionEndTime")
    return f"ended {execution.status}" + (f" at {ended_at.isoformat()}" if ended_at else "")


def approvals_at_gate(execution: Execution | None) -> str:
    """Return how many approvals the gate has that waits, as a clause that goes on, or an empty string."""
    gate = gates.waiting_gate(execution) if execution and not execution.has_ended else None
    # Of a step without an id nothing but the name was read.
    is_read = gate is not None and gate.action == APPROVE_ACTION and bool(gate.execution_id)
    return f" and has {gates.describe_approvals(gate)}" if gate and is_read else ""
