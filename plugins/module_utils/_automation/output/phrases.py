# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clauses and sentences about the state of an execution, for messages about signals, starts and stops. Pure."""

from __future__ import annotations

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
