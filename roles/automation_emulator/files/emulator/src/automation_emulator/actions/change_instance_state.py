# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:changeInstanceState: start, stop or terminate instances, and wait until they are what they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import ApiCall
from .base import InputProblem, Outcome, Succeeds, needed_text
from .calls import Watching, flag, needed_list, never
from .inputs import Inputs, each, lists, texts

RUNNING, STOPPED, TERMINATED = "running", "stopped", "terminated"
_CALLS = {RUNNING: "StartInstances", STOPPED: "StopInstances", TERMINATED: "TerminateInstances"}
# States that an instance never leaves [S].
_GONE = ("shutting-down", TERMINATED)


class ChangeInstanceState(Watching):
    """It takes an hour at most unless timeoutSeconds is set [D]."""

    name = "aws:changeInstanceState"
    takes = Inputs(
        lists("InstanceIds")
        | texts("DesiredState", "CheckStateOnly", "Force", "FailOnUnexpectedStopped", "AdditionalInfo"),
        needed=each("InstanceIds", "DesiredState"),
    )
    puts_out = frozenset({"InstanceStates"})
    default_timeout = 3600.0

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Start, stop or terminate, unless the state is only to be checked [D]."""
        ids, desired, force = needed_list(inputs, "InstanceIds"), _desired(inputs), flag(inputs, "Force")
        if flag(inputs, "CheckStateOnly"):
            return None
        parameters: dict[str, Any] = {"InstanceIds": ids}
        if desired == STOPPED and force:
            parameters["Force"] = True
        if desired == RUNNING and inputs.get("AdditionalInfo"):
            parameters["AdditionalInfo"] = inputs["AdditionalInfo"]
        return ApiCall("ec2", _CALLS[desired], parameters)

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """State and checks of all the instances."""
        return status_of(inputs["InstanceIds"])

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when all instances are in the desired state."""
        return instances_are(_desired(run.inputs), run.inputs["InstanceIds"], response)


def _desired(inputs: Mapping[str, Any]) -> str:
    desired = needed_text(inputs, "DesiredState")
    if desired not in _CALLS:
        raise InputProblem(f"DesiredState must be one of {', '.join(_CALLS)}")
    return desired


def status_of(ids: Sequence[str]) -> ApiCall:
    """The call that shows state and checks of instances in any state."""
    return ApiCall("ec2", "DescribeInstanceStatus", {"InstanceIds": ids, "IncludeAllInstances": True})


def instances_are(
    desired: str, ids: Sequence[str], response: Any, outputs: Mapping[str, Any] | None = None
) -> Outcome | None:
    """Done when every instance is in the desired state, and has passed both checks if that is running [D]."""
    found = {one["InstanceId"]: one for one in response["InstanceStatuses"]}
    states = {name: one["InstanceState"]["Name"] for name, one in found.items()}
    for name, state in states.items():
        if state in _GONE and desired != TERMINATED:
            return never(f"Instance {name} entered unexpected state: {state}.", outputs)
    if all(states.get(name) == desired and (desired != RUNNING or _passed(found[name])) for name in ids):
        return Succeeds({**(outputs or {}), "InstanceStates": [states[name] for name in ids]})
    return None


def _passed(status: Mapping[str, Any]) -> bool:
    """Whether an instance has passed its checks."""
    return all(status[check]["Status"] == "ok" for check in ("InstanceStatus", "SystemStatus"))
