# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Previews of executions: which steps of a runbook would change anything, and on how many targets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..actions.impact import impact
from ..state.errors import AutomationError
from ..state.model import Execution
from ..state.moment import Moment
from .launch import Sources, Start, launch


@dataclass(frozen=True)
class Preview:
    """What an execution would be: how many of its steps have which impact, where, and on how many targets."""

    ended_at: float
    impacts: Mapping[str, int]
    regions: list[str]
    accounts: int
    targets: int
    target_type: str = ""


def made(parameters: Mapping[str, Any], start: Start, sources: Sources, moment: Moment) -> Preview:
    """The preview of a start with these inputs; what could not be started is a ValidationException [D]."""
    inputs = (parameters.get("ExecutionInputs") or {}).get("Automation") or {}
    request = {name: parameters[name] for name in ("DocumentName", "DocumentVersion") if parameters.get(name)}
    try:
        run = launch({**request, **inputs}, start, sources, moment.choices)
        runbook = sources.runbook(request["DocumentName"], request.get("DocumentVersion"))
    except AutomationError as problem:
        raise AutomationError("ValidationException", problem.message) from problem
    impacts = Counter(impact(step) for step in runbook.all_steps)
    regions, accounts = _where(run)
    return Preview(moment.time, impacts, regions, accounts, _targets(run), runbook.target_type)


def _where(run: Execution) -> tuple[list[str], int]:
    """The Regions, and the number of accounts."""
    locations = [step.location for step in run.runbook.steps if step.location is not None]
    regions = list(dict.fromkeys(one.region for one in locations)) or [run.region]
    return regions, len({one.account for one in locations}) or 1


def _targets(run: Execution) -> int:
    control = run.rate_control
    return 0 if control is None or control.by_location else len(control.targets)


def shown(preview: Preview) -> dict[str, Any]:
    """The members of a GetExecutionPreview response."""
    automation: dict[str, Any] = {
        "StepPreviews": dict(preview.impacts),
        "Regions": preview.regions,
        "TotalAccounts": preview.accounts,
    }
    if preview.targets:
        kind = {"TargetType": preview.target_type} if preview.target_type else {}
        automation["TargetPreviews"] = [{"Count": preview.targets, **kind}]
    return {"EndedAt": preview.ended_at, "Status": "Success", "ExecutionPreview": {"Automation": automation}}
