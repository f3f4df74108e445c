# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a start or a stop. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output.phrases import EARLIER_START
from ..output.results import console_url, execution_summary, unstarted_execution
from ..output.returning import returns_execution
from .outcome import RunOutcome
from .stop_rules import predict

if TYPE_CHECKING:
    from ..options.start import StartRequest


def run_result(outcome: RunOutcome, region: str, partition: str, return_execution: str) -> dict[str, Any]:
    """Return what ssm_automation_execution returns, but for the service's error."""
    is_full = returns_execution(return_execution, outcome.failed)
    summary = execution_summary(outcome.after, outcome.execution_id, is_full, region, partition)
    result = {
        "changed": outcome.changed,
        "msg": outcome.msg,
        "client_token": outcome.client_token,
        **(summary if outcome.predicted is None else {}),
        "diff": {"before": outcome.diff[0], "after": outcome.diff[1]} if outcome.diff else None,
        "console_url": console_url(outcome.execution_id, region, partition) if outcome.execution_id else None,
    }
    known = {key: value for key, value in result.items() if value is not None}
    return known if outcome.predicted is None else {**known, **_predicted(outcome.predicted, is_full)}


def unstarted_stop_result(stop_type: str, return_execution: str) -> dict[str, Any]:
    """Return what check mode returns about a stop of an execution that a start before would have made."""
    return {
        "changed": True,
        "msg": f"Would send {stop_type} to the execution that {EARLIER_START}.",
        **_predicted({}, returns_execution(return_execution, failed=False)),
        "diff": {"before": {}, "after": predict(stop_type)},
    }


def diff_side(request: StartRequest, status: str) -> dict[str, str]:
    """Return what a diff shows of an execution that there is; an unknown status is left out."""
    aspects = {"document_name": request.document_name, "automation_execution_status": status}
    return {name: value for name, value in aspects.items() if value}


def _predicted(known: Mapping[str, Any], is_full: bool) -> dict[str, Any]:
    execution = unstarted_execution(**known)
    summary = {key: execution[key] for key in ("automation_execution_id", "automation_execution_status")}
    return {**summary, **({"automation_execution": execution} if is_full else {})}
