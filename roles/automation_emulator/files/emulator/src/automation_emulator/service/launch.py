# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a start request to an execution that has not begun."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..actions.execute_automation import EXECUTE_AUTOMATION
from ..engine import flow
from ..language.parameters import ParameterError, StoreLookup, bind
from ..language.substitution import resolve, text
from ..runbooks.parser import unsupported
from ..state.choices import Choices
from ..state.errors import start_refused
from ..state.model import Child, Execution, Mode, Runbook, Step
from ..state.moment import Moment
from ..state.principals import Principal
from . import targets, validation

Request = Mapping[str, Any]

# Members of a start request that are shown again as they came.
ECHOED = ("MaxConcurrency", "MaxErrors", "AlarmConfiguration", "TargetParameterName", "Targets", "TargetMaps")


@dataclass(frozen=True)
class Sources:
    """What a start reads from the account and Region: runbooks by name and version, and Parameter Store."""

    runbook: Callable[[str, str | None], Runbook]
    store: StoreLookup


@dataclass(frozen=True)
class Start:
    """Who starts an execution, where and when; for a child also the id that its parent chose."""

    caller: Principal
    access_key: str
    account: str
    region: str
    at: float
    begins_at: float
    execution_id: str | None = None


def launch(request: Request, start: Start, sources: Sources, choices: Choices) -> Execution:
    """The execution that a request starts; raise AutomationError if it is refused."""
    _check_tags(request, choices)
    on_targets = targets.assignments(request)
    runbook = sources.runbook(request["DocumentName"], request.get("DocumentVersion"))
    _refuse_unsupported(runbook, choices)
    given = request.get("Parameters") or {}
    given_to_first = {**given, **next(iter(on_targets.values()), {})}
    run = Execution(
        execution_id=start.execution_id or str(uuid.uuid4()),
        runbook=runbook,
        account=start.account,
        region=start.region,
        executed_by=start.caller,
        access_key=start.access_key,
        requested_at=start.at,
        begins_at=start.begins_at,
        mode=Mode(request.get("Mode", Mode.AUTO)),
        parameters=_bound(runbook, given_to_first, sources.store),
        given=given,
        echo={name: request[name] for name in ECHOED if name in request},
        tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", [])},
    )
    run = flow.with_defaults(run, start.at)
    run = replace(run, assumed_role=text(resolve(runbook.assume_role, run.parameters.__getitem__)))
    return _on_targets(run, request, on_targets, choices) if on_targets else run


def launch_child(parent: Execution, child: Child, moment: Moment, sources: Sources) -> Execution:
    """The execution that a parent's step asks for; the parent's starter has started it, too [D]."""
    choices = moment.choices
    if parent.generation >= choices.most_generations:
        raise start_refused(f"The emulator runs {choices.most_generations} generations of executions, no more.")
    _check_child(child.request, choices)
    begins_at = moment.time + choices.start_delay_seconds
    who = (parent.executed_by, parent.access_key, parent.account, parent.region)
    start = Start(*who, moment.time, begins_at, child.execution_id)
    return replace(
        launch(child.request, start, sources, choices),
        parent_id=parent.execution_id,
        target=child.target,
        generation=parent.generation + 1,
    )


def _check_child(request: Request, choices: Choices) -> None:
    """A runbook's request is held against the service's model, too, but may hand on empty strings [O]."""
    given = request.get("Parameters")
    if given is not None:
        request = {**request, "Parameters": {name: [one for one in values if one] for name, values in given.items()}}
    validation.checked("StartAutomationExecution", request, choices)


def _on_targets(
    run: Execution, request: Request, on_targets: Mapping[str, targets.Assignment], choices: Choices
) -> Execution:
    """The run with a step for each target, in which its child runs the runbook."""
    if run.mode == Mode.INTERACTIVE:
        raise start_refused("The emulator runs targets in Auto mode only.")
    steps = tuple(_step(run, name, assigned) for name, assigned in on_targets.items())
    control = targets.rate_control(request, tuple(on_targets), choices)
    return replace(run, runbook=replace(run.runbook, steps=steps, outputs=()), rate_control=control)


def _step(run: Execution, target: str, assigned: targets.Assignment) -> Step:
    inputs = {
        "DocumentName": run.runbook.name,
        "DocumentVersion": run.runbook.version,
        "RuntimeParameters": {**run.given, **assigned},
    }
    return Step(target, EXECUTE_AUTOMATION, inputs, on_failure="Continue")


def _refuse_unsupported(runbook: Runbook, choices: Choices) -> None:
    """Refuse a runbook of which the emulator does not run something, naming all of that."""
    missing = [*unsupported(runbook), *_nested_loops(runbook, choices)]
    if missing:
        raise start_refused(f"The emulator does not run {', '.join(missing)} (AWS may).")


def _nested_loops(runbook: Runbook, choices: Choices) -> list[str]:
    loops = [] if choices.nested_loops else [step for step in runbook.all_steps if step.steps and step.loop]
    return [f"{step.action} inside {step.action} (step {step.name})" for step in loops]


def _bound(runbook: Runbook, given: Mapping[str, Sequence[str]], store: StoreLookup) -> dict[str, Any]:
    try:
        return bind(runbook.parameters, given, store)
    except ParameterError as problem:
        raise start_refused(str(problem)) from problem


def _check_tags(request: Request, choices: Choices) -> None:
    tags = request.get("Tags", [])
    if len(tags) > choices.most_start_tags:
        constraint = f"must have length less than or equal to {choices.most_start_tags}"
        raise validation.invalid([validation.violation("tags", tags, constraint)])
    check_keys(tags)


def check_keys(tags: Sequence[Mapping[str, str]]) -> None:
    """Refuse tags of which two have the same key; which error AWS has for that is not known [I]."""
    if len({tag["Key"] for tag in tags}) < len(tags):
        raise validation.invalid([validation.violation("tags", tags, "must have keys that differ")])
