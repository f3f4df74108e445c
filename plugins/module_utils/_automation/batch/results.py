# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get to see of a signal to several executions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.errors import AnsibleAutomationError
from ..model.signals import Signal
from ..output.failures import failure_details, with_cause
from ..output.results import console_url, failed_step_result
from ..signal.messages import would_send_once_started
from ..signal.outcome import Outcome
from ..signal.results import diff_result, signal_summary
from ..signal.verdicts import Kind


def outcome_result(outcome: Outcome, region: str, partition: str) -> dict[str, Any]:
    """Return what ssm_automation_signal returns about one of several executions: all but the execution itself."""
    result = {
        "automation_execution_id": outcome.execution_id,
        "changed": outcome.changed,
        "failed": outcome.failed,
        "tried": outcome.tried,
        "msg": with_cause(outcome.msg, outcome.error) if outcome.error else outcome.msg,
        "verdict": outcome.kind.value if outcome.kind else None,
        "signal": signal_summary(outcome),
        **_whereabouts(outcome),
        "status_before": outcome.before.status if outcome.before else None,
        "status_after": outcome.after.status if outcome.after else None,
        "failed_step": failed_step_result(outcome.after) if outcome.after else None,
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


def unstarted_outcome(signal: Signal) -> dict[str, Any]:
    """Return what check mode returns about one of several executions that a start before would have made."""
    return {
        "automation_execution_id": None,
        "changed": True,
        "failed": False,
        "tried": True,
        "msg": would_send_once_started(signal),
        "verdict": Kind.SEND.value,
        "signal": signal_summary(Outcome(signal=signal)),
    }
