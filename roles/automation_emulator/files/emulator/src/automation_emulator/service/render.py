# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing an execution as the API does: members of the service model's shapes, absent where they have no value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..language.substitution import text
from ..runbooks.parser import successors
from ..state.choices import Choices
from ..state.model import Execution, Iteration, Location, Mode, Status, Step, StepExecution

Shown = dict[str, Any]


def execution(run: Execution, choices: Choices) -> Shown:
    """An AutomationExecution."""
    listed = list(steps(run, choices))
    truncated = len(listed) > choices.truncate_steps_over
    return {
        **_summary(run),
        "StepExecutions": listed[: choices.truncate_steps_over],
        "StepExecutionsTruncated": truncated,
        "Parameters": {name: list(values) for name, values in run.given.items()},
        **_progress(run),
        "Variables": {name: strings(value) for name, value in run.variables.items()},
    }


def metadata(run: Execution) -> Shown:
    """An AutomationExecutionMetadata."""
    shown = {**_summary(run), "LogFile": "", "AutomationType": run.automation_type}
    # The model has these for a single execution alone.
    return {name: value for name, value in shown.items() if name != "TargetLocations"}


def _summary(run: Execution) -> Shown:
    """What both shapes have in common."""
    open_step = run.open_step
    return present(
        AutomationExecutionId=run.execution_id,
        DocumentName=run.runbook.name,
        DocumentVersion=run.runbook.version,
        ExecutionStartTime=moment(run.requested_at),
        ExecutionEndTime=moment(run.ended_at),
        AutomationExecutionStatus=str(run.status),
        Mode=str(run.mode),
        ExecutedBy=run.executed_by.arn,
        CurrentStepName=open_step.step.name if open_step else None,
        CurrentAction=open_step.step.action if open_step else None,
        FailureMessage=None if run.final in (None, Status.SUCCESS) else run.failure_message,
        Outputs={name: strings(value) for name, value in run.outputs.items()},
        ParentAutomationExecutionId=run.parent_id,
        Target=run.target,
        **{"Targets": [], "ResolvedTargets": _resolved(run), **run.echo, **_request(run)},
    )


def _resolved(run: Execution) -> Shown:
    targets = run.rate_control.targets if run.rate_control is not None and not run.by_location else ()
    return {"ParameterValues": list(targets), "Truncated": False}


def _progress(run: Execution) -> Shown:
    """How the children have ended so far: TargetsSummary on targets, ProgressCounters in several places [D]."""
    if run.rate_control is None:
        return {}
    total, ended = len(run.runbook.steps), Counter(one.status for one in run.history if one.ended_at is not None)
    if run.by_location:
        counted = {f"{name}Steps": ended[status] for name, status in _COUNTED.items()}
        return {"ProgressCounters": {"TotalSteps": total, **counted}}
    summary = {"TotalCount": total, "StartedCount": len(run.history), "CompletedCount": ended.total()}
    successful = ended[Status.SUCCESS]
    failed = ended.total() - successful
    return {"TargetsSummary": {**summary, "SuccessfulCount": successful, "FailedCount": failed}}


_COUNTED = {
    "Success": Status.SUCCESS,
    "Failed": Status.FAILED,
    "Cancelled": Status.CANCELLED,
    "TimedOut": Status.TIMED_OUT,
}


def _request(run: Execution) -> Shown:
    """The members that only change requests and access requests have."""
    if run.request is None:
        return {}
    return present(
        AutomationSubtype=run.request.subtype,
        ChangeRequestName=run.request.name,
        ScheduledTime=moment(run.request.scheduled_at),
        OpsItemId=run.request.access.ops_item_id if run.request.access is not None else None,
    )


def steps(run: Execution, choices: Choices) -> Iterator[Shown]:
    """The step executions: in order of the runbook with those not begun as Pending, or in order of their start.

    Auto mode lists the steps ahead [O]; what Interactive mode lists is a choice. Steps inside a loop follow it, those
    of a step that ran again come last [I].
    """
    if run.mode == Mode.INTERACTIVE and not choices.interactive_lists_pending_steps:
        yield from (step_execution(run, one) for one in run.history)
        return
    inner = _by_loop(run)
    outside = inner.pop(None, [])
    first = {one.step.name: one for one in reversed(outside)}
    for step in run.runbook.steps:
        yield from _run_of(run, first[step.name], inner) if step.name in first else _ahead(run, step, choices)
    for one in outside:
        if one is not first[one.step.name]:
            yield from _run_of(run, one, inner)


def _by_loop(run: Execution) -> dict[str | None, list[StepExecution]]:
    """The step executions by the loop execution that they are in."""
    found: dict[str | None, list[StepExecution]] = {}
    for one in run.history:
        found.setdefault(one.iteration.loop_id if one.iteration else None, []).append(one)
    return found


def _run_of(run: Execution, one: StepExecution, inner: Mapping[str | None, list[StepExecution]]) -> Iterator[Shown]:
    """A step execution, and those inside it in order of their start."""
    yield step_execution(run, one)
    for inside in inner.get(one.step_execution_id, []):
        yield from _run_of(run, inside, inner)


def _ahead(run: Execution, step: Step, choices: Choices) -> Iterator[Shown]:
    """A step that has not begun, with those inside it."""
    yield _pending(run, step, choices)
    if choices.lists_pending_steps_inside_loops:
        for inside in step.steps:
            yield from _ahead(run, inside, choices)


def step_execution(run: Execution, one: StepExecution) -> Shown:
    """A StepExecution that has begun; its members are there if they were written, as in AWS's samples [D]."""
    shown = _step_execution(run, one)
    return {**shown, **_on_target(run, one)} if run.rate_control is not None and not run.by_location else shown


def _on_target(run: Execution, one: StepExecution) -> Shown:
    """What a step for a target shows otherwise: what its child is given, as it is, and no outputs [D]."""
    given = one.inputs["RuntimeParameters"]
    assigned = {name: values for name, values in given.items() if run.given.get(name) != values}
    return {"Inputs": {name: ",".join(map(str, values)) for name, values in assigned.items()}, "Outputs": {}}


def _step_execution(run: Execution, one: StepExecution) -> Shown:
    return present(
        **_definition(run, one.step),
        StepExecutionId=one.step_execution_id,
        StepStatus=str(one.status),
        ExecutionStartTime=moment(one.started_at),
        ExecutionEndTime=moment(one.ended_at),
        TimeoutSeconds=int(one.timeout_seconds or 0) if "timeoutSeconds" in one.step.written else None,
        MaxAttempts=one.max_attempts if "maxAttempts" in one.step.written else None,
        Inputs={name: json.dumps(value) for name, value in one.inputs.items()},
        Outputs={name: strings(value) for name, value in one.outputs.items()},
        ResponseCode="0" if one.status == Status.SUCCESS else None,
        ParentStepDetails=_parent(one.iteration),
        **_failure(one),
    )


def _parent(iteration: Iteration | None) -> Shown | None:
    """Which round of which loop a step execution belongs to [D]."""
    if iteration is None:
        return None
    return present(
        StepExecutionId=iteration.loop_id,
        StepName=iteration.loop.name,
        Action=iteration.loop.action,
        Iteration=iteration.number,
        IteratorValue=None if iteration.value is None else text(iteration.value),
    )


def _failure(one: StepExecution) -> Shown:
    if one.failure is None:
        return {}
    details = {
        "FailureStage": one.failure.stage,
        "FailureType": one.failure.type,
        "Details": {"Message": [one.failure.message]},
    }
    return {"FailureMessage": one.failure.message, "FailureDetails": details}


def _pending(run: Execution, step: Step, choices: Choices) -> Shown:
    """A StepExecution that has not begun, and never will if a branch passed it by [D]."""
    if not choices.pending_steps_in_full:
        return {"StepName": step.name, "Action": step.action, "StepStatus": str(Status.PENDING)}
    return present(
        **_definition(run, step),
        StepExecutionId=run.step_execution_id(step.name),
        StepStatus=str(Status.PENDING),
        Inputs={},
        Outputs={},
    )


def _definition(run: Execution, step: Step) -> Shown:
    return present(
        StepName=step.name,
        Action=step.action,
        OnFailure=step.on_failure if "onFailure" in step.written else None,
        IsEnd=step.is_end or None,
        NextStep=step.next_step,
        IsCritical=step.is_critical,
        ValidNextSteps=successors(run.runbook, step) if run.mode == Mode.INTERACTIVE else None,
        OverriddenParameters={} if run.rate_control is None else None,
        TargetLocation=_location(step.location),
    )


def _location(location: Location | None) -> Shown | None:
    """Where a step's child runs."""
    if location is None:
        return None
    return {
        "Accounts": [location.account],
        "Regions": [location.region],
        "ExecutionRoleName": location.role_name,
    }


def present(**members: Any) -> Shown:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def strings(value: Any) -> list[str]:
    """A value as the API shows outputs: a list of strings, each JSON if it is not a string itself [I]."""
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else json.dumps(_plain(item)) for item in items]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def moment(seconds: float | None) -> float | None:
    """Seconds since the epoch as the protocol writes them, to the millisecond."""
    return None if seconds is None else round(seconds, 3)
