# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get to see of a signal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.errors import AnsibleAutomationError
from ..model.signals import Signal
from ..output.failures import failure_details, with_cause
from ..output.results import console_url, execution_summary, unstarted_execution
from ..output.returning import returns_execution
from . import messages
from .outcome import Outcome
from .predictions import State
from .verdicts import Kind


def signal_result(outcome: Outcome, region: str, partition: str, return_execution: str) -> dict[str, Any]:
    """Return what ssm_automation_signal returns about one execution, but for the service's error."""
    is_full = returns_execution(return_execution, outcome.failed)
    result = {
        "changed": outcome.changed,
        "msg": outcome.msg,
        "verdict": outcome.kind.value if outcome.kind else None,
        "signal": _signal_summary(outcome),
        **execution_summary(outcome.after, outcome.execution_id, is_full),
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
        "signal": _signal_summary(Outcome(signal=signal)),
        "automation_execution_id": None,
        "automation_execution_status": None,
        **({"automation_execution": unstarted_execution()} if is_full else {}),
    }


def unstarted_outcome(signal: Signal) -> dict[str, Any]:
    """Return the same for one of several executions."""
    return {
        "automation_execution_id": None,
        "changed": True,
        "failed": False,
        "tried": True,
        "msg": messages.would_send_once_started(signal),
        "verdict": Kind.SEND.value,
        "signal": _signal_summary(Outcome(signal=signal)),
    }


def outcome_result(outcome: Outcome, region: str, partition: str) -> dict[str, Any]:
    """Return what ssm_automation_signal returns about one of several executions: all but the execution itself."""
    result = {
        "automation_execution_id": outcome.execution_id,
        "changed": outcome.changed,
        "failed": outcome.failed,
        "tried": outcome.tried,
        "msg": with_cause(outcome.msg, outcome.error) if outcome.error else outcome.msg,
        "verdict": outcome.kind.value if outcome.kind else None,
        "signal": _signal_summary(outcome),
        **_whereabouts(outcome),
        "status_before": outcome.before.status if outcome.before else None,
        "status_after": outcome.after.status if outcome.after else None,
        "diff": diff_result(*outcome.diff) if outcome.diff else None,
        "console_url": console_url(outcome.execution_id, region, partition),
        "error": _service_error(outcome.error),
    }
    return {key: value for key, value in result.items() if value is not None}


def _whereabouts(outcome: Outcome) -> dict[str, Any]:
    """Return what tells one execution of a fleet from another: the runbook, the target and the parameters."""
    # A summary lists no parameters, so what was read in full goes before what was read last.
    seen = [execution.raw for execution in (outcome.before, outcome.after) if execution is not None]
    aspects = {"document_name": "DocumentName", "target": "Target", "parameters": "Parameters"}
    return {name: next((raw[key] for raw in seen if raw.get(key)), None) for name, key in aspects.items()}


def _service_error(error: AnsibleAutomationError | None) -> dict[str, Any] | None:
    return failure_details(error).get("error") if error is not None else None


def combined_diff(outcomes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return Ansible's diff of all executions that changed, each on a line by its id."""
    changed = {one["automation_execution_id"]: one["diff"] for one in outcomes if one["changed"] and "diff" in one}
    return {
        side: {execution_id: ", ".join(diff[side].values()) for execution_id, diff in changed.items()}
        for side in ("before", "after")
    }


def _signal_summary(outcome: Outcome) -> dict[str, Any]:
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
