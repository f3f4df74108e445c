# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:runInstances: launch instances, and wait until they can be used."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import ApiCall
from .base import InputProblem, Outcome, needed_text, text_input
from .calls import Watching, flag, parameters
from .change_instance_state import RUNNING, instances_are, status_of
from .inputs import Inputs, each, texts

# Inputs that RunInstances calls otherwise, or does not have [D].
_COUNTS = {"MinInstanceCount": "MinCount", "MaxInstanceCount": "MaxCount"}
_PROFILE = {"IamInstanceProfileArn": "Arn", "IamInstanceProfileName": "Name"}


class RunInstances(Watching):
    """The step is done when the instances run and have passed their checks [D]."""

    name = "aws:runInstances"
    takes = Inputs(
        texts(*_COUNTS, *_PROFILE, "Monitoring"),
        needed=each("ImageId"),
        operation=("ec2", "RunInstances"),
    )
    puts_out = frozenset({"InstanceIds", "InstanceStates"})

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Launch them."""
        return ApiCall("ec2", "RunInstances", _launch(inputs))

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which instances these are."""
        return {"InstanceIds": [one["InstanceId"] for one in response["Instances"]]}

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """State and checks of all the instances."""
        return status_of(outputs["InstanceIds"])

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when all are ready."""
        return instances_are(RUNNING, run.outputs["InstanceIds"], response, run.outputs)


def _launch(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of RunInstances: one instance of type m1.small, unless told otherwise [D type, S count]."""
    needed_text(inputs, "ImageId")
    launch = {"InstanceType": "m1.small", "MinCount": 1, "MaxCount": 1}
    launch |= parameters({name: value for name, value in inputs.items() if name not in _PROFILE}, _COUNTS)
    _check_counts(launch)
    profile = {short: inputs[name] for name, short in _PROFILE.items() if inputs.get(name)}
    if profile:
        launch["IamInstanceProfile"] = profile
    if "Monitoring" in launch:
        launch["Monitoring"] = {"Enabled": flag(inputs, "Monitoring")}
    if "UserData" in launch:
        launch["UserData"] = _user_data(inputs)
    return launch


def _check_counts(launch: Mapping[str, Any]) -> None:
    """Refuse counts that are no whole numbers from 1 on; a string may hold one [D]."""
    for name, count in _COUNTS.items():
        if not str(launch[count]).isdecimal() or int(launch[count]) < 1:
            raise InputProblem(f"{name} must be a whole number from 1 on")
    if int(launch["MinCount"]) > int(launch["MaxCount"]):
        raise InputProblem("MinInstanceCount must not be above MaxInstanceCount")


def _user_data(inputs: Mapping[str, Any]) -> bytes:
    """UserData, which comes in Base64 [D]; clients of the API encode it themselves."""
    try:
        return base64.b64decode(text_input(inputs, "UserData") or "", validate=True)
    except ValueError as problem:
        raise InputProblem("UserData must be encoded in Base64") from problem
