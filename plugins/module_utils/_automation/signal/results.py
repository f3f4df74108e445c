# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get to see of a signal to one execution. Pure."""

from __future__ import annotations

from typing import Any

from ..model.signals import Signal
from ..output.diffs import State
from ..output.results import console_url, execution_summary, unstarted_execution
from ..output.returning import returns_execution
from . import messages
from .outcome import Outcome
from .verdicts import Kind


def signal_result(outcome: Outcome, region: str, partition: str, return_execution: str) -> dict[str, Any]:
    """Return what ssm_automation_signal returns about one execution, but for the service's error."""
    is_full = returns_execution(return_execution, outcome.failed)
    result = {
        "changed": outcome.changed,
        "msg": outcome.msg,
        "verdict": outcome.kind.value if outcome.kind else None,
        "signal": signal_summary(outcome),
        **execution_summary(outcome.after, outcome.execution_id, is_full, region, partition),
        "diff": diff_result(*outcome.diff) if outcome.diff else None,
        "console_url": console_url(outcome.execution_id, region, partition),
    }
    return {key: value for key, value in result.items() if value is not None}


def unstarted_result(signal: Signal, return_execution: str) -> dict[str, Any]:
    """Return what check mode returns about an execution that a start before would have made."""
    is_full = returns_execution(return_execution, failed=False)
    return {
        "changed": True,
        "msg": messages.would_send_once_started(signal),
        "verdict": Kind.SEND.value,
        "signal": signal_summary(Outcome(signal=signal)),
        "automation_execution_id": None,
        "automation_execution_status": None,
        **({"automation_execution": unstarted_execution()} if is_full else {}),
    }


def signal_summary(outcome: Outcome) -> dict[str, Any]:
    """Return the signal, and whether it was sent, as users see it."""
    return {
        "type": outcome.signal.type,
        "payload": dict(outcome.signal.payload),
        "step_name": outcome.signal.step_name,
        "step_execution_id": outcome.signal.step_execution_id,
        "sent": outcome.delivery.sent,
        "attempts": outcome.delivery.attempts,
    }


def diff_result(before: State, after: State) -> dict[str, Any]:
    """Return the two states as Ansible's diff."""
    return {"before": _diff_side(before), "after": _diff_side(after)}


def _diff_side(state: State) -> dict[str, str]:
    aspects = {
        "automation_execution_status": state.status,
        "step_name": state.step_name,
        "step_status": state.step_status,
        "approvals": state.approvals,
    }
    return {name: value for name, value in aspects.items() if value}
