# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:runCommand: send a command to instances, and wait until it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..language.substitution import text
from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import ApiCall
from .base import InputProblem, Outcome, Succeeds, needed_text, stubbed_outputs
from .calls import Watching, exclude_each_other, needed_list, never, parameters
from .inputs import Inputs, each

MOST_INSTANCES = 50
# Until it has one of the other statuses a command goes on [D].
_GOES_ON = ("Pending", "InProgress", "Delayed", "Cancelling")


class RunCommand(Watching):
    """The step succeeds with the command [D]. A single instance is asked for its output, too."""

    name = "aws:runCommand"
    takes = Inputs(needed=each("DocumentName"), operation=("ssm", "SendCommand"))
    puts_out = frozenset({"CommandId", "Status", "ResponseCode", "Output"})

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Send the command."""
        needed_text(inputs, "DocumentName")
        exclude_each_other(inputs, ("InstanceIds", "Targets"))
        named = _instances(inputs)
        request = {key: value for key, value in parameters(inputs).items() if named is None or key != "Targets"}
        if named is not None:
            request["InstanceIds"] = named
        if "Parameters" in request:
            request["Parameters"] = _lists(request["Parameters"])
        return ApiCall("ssm", "SendCommand", request)

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which command it is."""
        return {"CommandId": response["Command"]["CommandId"]}

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The state of the command, on the instance if there is one."""
        named = _instances(inputs)
        if named is None or len(named) > 1:
            return ApiCall("ssm", "ListCommands", {"CommandId": outputs["CommandId"]})
        return ApiCall("ssm", "GetCommandInvocation", {"CommandId": outputs["CommandId"], "InstanceId": named[0]})

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when the command has ended; ResponseCode and Output are those of a single instance [D]."""
        shown = response["Commands"][0] if "Commands" in response else response
        if shown["Status"] in _GOES_ON:
            return None
        outputs = {**run.outputs, "Status": shown["Status"]}
        if "Commands" not in response:
            outputs |= {"ResponseCode": shown["ResponseCode"], "Output": shown["StandardOutputContent"]}
        if shown["Status"] == "Success":
            return Succeeds(outputs)
        return never(f"Command {outputs['CommandId']} ended {shown['Status']}.", outputs)

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the instance answers: without a Status, one with a ResponseCode above 0 has failed."""
        given = stubbed_outputs(self.name, value)
        failed = given.get("ResponseCode", 0) not in (0, "0")
        shown = {"Status": "Failed" if failed else "Success", "ResponseCode": 0, "Output": "", **given}
        outputs = {"CommandId": run.step_execution_id, **shown}
        if outputs["Status"] == "Success":
            return Succeeds(outputs)
        return never(f"Command {outputs['CommandId']} ended {outputs['Status']}.", outputs)


def _instances(inputs: Mapping[str, Any]) -> list[str] | None:
    """The instances, if they are named; targets of Key InstanceIds name them, too."""
    targets = inputs.get("Targets")
    if targets is None:
        named = needed_list(inputs, "InstanceIds")
    elif all(one.get("Key") == "InstanceIds" for one in needed_list(inputs, "Targets", Mapping)):
        named = [name for one in targets for name in needed_list(one, "Values")]
    else:
        return None
    if len(named) > MOST_INSTANCES:
        raise InputProblem(f"InstanceIds has at most {MOST_INSTANCES} items")
    return named


def _lists(given: Any) -> dict[str, list[str]]:
    """The document's parameters as SendCommand has them; a single value may stand without its list [I]."""
    if not isinstance(given, Mapping):
        raise InputProblem("Parameters must be a map")
    return {
        name: [text(item) for item in (value if isinstance(value, list) else [value])] for name, value in given.items()
    }
