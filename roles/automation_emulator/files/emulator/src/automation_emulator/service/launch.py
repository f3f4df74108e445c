# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a start request to an execution that has not begun."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..actions.execute_automation import EXECUTE_AUTOMATION
from ..engine import flow
from ..language.parameters import ParameterError, StoreLookup, bind
from ..language.substitution import resolve, text
from ..runbooks.parser import unsupported
from ..state.choices import Choices
from ..state.errors import start_refused
from ..state.model import Child, Execution, Location, Mode, Runbook, Step
from ..state.moment import Moment
from ..state.principals import Principal
from . import targets, validation

Request = Mapping[str, Any]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
# Members of a start request that are shown again as they came.
ECHOED = (
    "MaxConcurrency",
    "MaxErrors",
    "AlarmConfiguration",
    "TargetParameterName",
    "Targets",
    "TargetMaps",
    "TargetLocations",
)


@dataclass(frozen=True)
class Sources:
    """What a start reads from the account and Region: runbooks by name and version, Parameter Store, resources."""

    runbook: Callable[[str, str | None], Runbook]
    store: StoreLookup
    # The ids of the resources that a target's Key and Values mean for a runbook of that target type.
    find: Callable[[str, str, Sequence[str]], Sequence[str]]


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
    # The role that a run in several accounts and Regions has chosen there.
    location_role: str = ""


def launch(request: Request, start: Start, sources: Sources, choices: Choices) -> Execution:
    """The execution that a request starts; raise AutomationError if it is refused."""
    _check_tags(request, choices)
    runbook = sources.runbook(request["DocumentName"], request.get("DocumentVersion"))
    _refuse_unsupported(runbook, choices)
    locations = targets.locations(request, start.account, start.region)
    on_targets = {} if locations else targets.assignments(request, partial(sources.find, runbook.target_type))
    given = request.get("Parameters") or {}
    given_to_first = {**given, **next(iter(on_targets.values()), {})}
    run = Execution(
        execution_id=start.execution_id or str(uuid.uuid4()),
        runbook=runbook,
        account=start.account,
        region=start.region,
        executed_by=start.caller,
        access_key=start.access_key,
        location_role=start.location_role,
        requested_at=start.at,
        begins_at=start.begins_at,
        mode=Mode(request.get("Mode", Mode.AUTO)),
        given=given,
        echo={name: request[name] for name in ECHOED if name in request},
        tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", [])},
    )
    moment = Moment(start.at, choices)
    if locations and (request.get("TargetParameterName") or request.get("TargetMaps")):
        # What its children are given besides is not known before they start.
        return _in_locations(run, request, locations, choices)
    run = replace(run, parameters=_bound(run, given_to_first, moment, sources.store))
    run = flow.with_defaults(run, moment)
    run = replace(run, assumed_role=run.location_role or _assumed_role(run, moment))
    if locations:
        return _in_locations(run, request, locations, choices)
    return _on_targets(run, request, on_targets, choices) if on_targets else run


def launch_child(
    parent: Execution, child: Child, moment: Moment, sources_of: Callable[[str, str], Sources]
) -> Execution:
    """The execution that a parent's step asks for; the parent's starter has started it, too [D]."""
    choices = moment.choices
    if parent.generation >= choices.most_generations:
        raise start_refused(f"The emulator runs {choices.most_generations} generations of executions, no more.")
    _check_child(child.request, choices)
    begins_at = moment.time + choices.start_delay_seconds
    start = replace(_start_of(parent, child.location), at=moment.time, begins_at=begins_at)
    start = replace(start, execution_id=child.execution_id)
    # The runbook is the one of the account and Region that started it all: it is shared with the others [D].
    home = parent.shared_by or (parent.account, parent.region)
    sources = replace(sources_of(start.account, start.region), runbook=sources_of(*home).runbook)
    return replace(
        launch(child.request, start, sources, choices),
        parent_id=parent.execution_id,
        target=child.target,
        shared_by=None if home == (start.account, start.region) else home,
        generation=parent.generation + 1,
    )


def _start_of(parent: Execution, location: Location | None) -> Start:
    """Who starts a child, and where: in another account and Region it is the session of a role there [D]."""
    here = Start(parent.executed_by, parent.access_key, parent.account, parent.region, 0.0, 0.0)
    if location is None:
        return replace(here, location_role=parent.location_role)
    partition = parent.executed_by.partition
    session = f"arn:{partition}:sts::{location.account}:assumed-role/{location.role_name}/{parent.execution_id}"
    return replace(
        here,
        caller=Principal(session),
        account=location.account,
        region=location.region,
        location_role=location.role(partition),
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


def _in_locations(
    run: Execution, request: Request, locations: Sequence[tuple[Location, Mapping[str, Any]]], choices: Choices
) -> Execution:
    """The run with a step for each account and Region, in which its child runs the runbook."""
    if run.mode == Mode.INTERACTIVE:
        raise start_refused("The emulator runs locations in Auto mode only.")
    steps = tuple(
        replace(_step(run, f"{where.account}/{where.region}", {}, targets.of_location(request, entry)), location=where)
        for where, entry in locations
    )
    names = [step.name for step in steps]
    control = targets.location_control([entry for _where, entry in locations], names, choices)
    return replace(run, runbook=replace(run.runbook, steps=steps, outputs=()), rate_control=control)


def _step(run: Execution, target: str, assigned: targets.Assignment, more: Mapping[str, Any] | None = None) -> Step:
    inputs = {
        "DocumentName": run.runbook.name,
        "DocumentVersion": run.runbook.version,
        "RuntimeParameters": {**run.given, **assigned},
        **(more or {}),
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


def _bound(run: Execution, given: Mapping[str, Sequence[str]], moment: Moment, store: StoreLookup) -> dict[str, Any]:
    try:
        return bind(run.runbook.parameters, given, flow.system_values(run, moment.time), store)
    except ParameterError as problem:
        raise start_refused(str(problem)) from problem


def _assumed_role(run: Execution, moment: Moment) -> str:
    """The role in whose name steps call; one that is no ARN is refused at the start, in the service's words [D]."""
    values = flow.values_of(run, moment.time)
    role = text(resolve(run.runbook.assume_role, values.__getitem__))
    if role and not _ROLE.fullmatch(role):
        raise start_refused(f"The format of the supplied assume role ARN isn't valid: {role}")
    return role


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
