# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeAutomation: run another runbook and wait until that execution ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..language.substitution import text
from ..state.model import Execution, Failure, Status, StepExecution
from ..state.moment import Moment
from .base import Action, Fails, Goes, InputProblem, Outcome, Succeeds, stubbed_outputs
from .inputs import Inputs, each, lists, maps, texts

EXECUTE_AUTOMATION = "aws:executeAutomation"
# Inputs that are members of the child's start request under the same name [D].
_TEXTS = ("DocumentName", "DocumentVersion", "MaxConcurrency", "MaxErrors", "TargetParameterName")
_LISTS = ("Tags", "TargetLocations", "TargetMaps", "Targets")


class ExecuteAutomation(Action):
    """The step is InProgress while its child runs, also while the child waits for a signal [I]."""

    name = EXECUTE_AUTOMATION
    takes = Inputs(
        texts(*_TEXTS) | lists(*_LISTS) | maps("RuntimeParameters"),
        needed=each("DocumentName"),
    )
    puts_out = frozenset({"ExecutionId", "Status", "Output"})

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the child."""
        return Goes(Status.IN_PROGRESS, child=start_request(inputs))

    def child_ended(self, run: StepExecution, child: Execution, moment: Moment) -> Outcome:
        """Succeed as the child did; a child that was cancelled has failed its parent [I]."""
        if child.final == Status.SUCCESS:
            return Succeeds(outputs(child))
        timed_out = child.final == Status.TIMED_OUT and moment.choices.timed_out_child == "TimedOut"
        return Fails(failure(child), Status.TIMED_OUT if timed_out else Status.FAILED, outputs(child))

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says how the child ends: well, without a Status that says otherwise."""
        given = {"ExecutionId": run.step_execution_id, "Status": "Success", **stubbed_outputs(self.name, value)}
        if given["Status"] == "Success":
            return Succeeds(given)
        return Fails(Failure(f"Execution {given['ExecutionId']} ended {given['Status']}."), outputs=given)


def start_request(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The StartAutomationExecution request that a step's inputs mean."""
    if not isinstance(inputs.get("DocumentName"), str):
        raise InputProblem("DocumentName is required and is a string")
    given = inputs.get("RuntimeParameters") or {}
    if not isinstance(given, Mapping):
        raise InputProblem("RuntimeParameters must be a map")
    request: dict[str, Any] = {name: text(inputs[name]) for name in _TEXTS if inputs.get(name) is not None}
    request |= {name: inputs[name] for name in _LISTS if inputs.get(name)}
    if given:
        request["Parameters"] = {name: _strings(value) for name, value in given.items()}
    return request


def _strings(value: Any) -> list[str]:
    """A parameter as a start request has it: a list of strings, whatever the runbook's author wrote [I]."""
    return [text(item) for item in (value if isinstance(value, list) else [value])]


def outputs(child: Execution) -> dict[str, Any]:
    """ExecutionId, Status and Output: the values of the child's own outputs, in one list [D names, I content]."""
    values = [item for value in child.outputs.values() for item in _strings(value)]
    return {"ExecutionId": child.execution_id, "Status": str(child.status), "Output": values}


def failure(child: Execution) -> Failure:
    """Why the child did not succeed."""
    reason = f": {child.failure_message}" if child.failure_message else "."
    return Failure(f"Execution {child.execution_id} ended {child.final}{reason}")
