# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeStateMachine: start a Step Functions state machine, and wait until its execution has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..language.substitution import text
from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import ApiCall
from .base import Outcome, Succeeds, needed_text
from .calls import Watching, never, parameters
from .inputs import Inputs, Kind, each

# Members of a DescribeExecution response that are outputs of the step [D].
OUTPUTS = ("executionArn", "input", "name", "output", "startDate", "stateMachineArn", "status", "stopDate")


class ExecuteStateMachine(Watching):
    """The step succeeds with the execution [I]."""

    name = "aws:executeStateMachine"
    takes = Inputs({"input": Kind.ANY}, needed=each("stateMachineArn"), operation=("stepfunctions", "StartExecution"))
    puts_out = frozenset(OUTPUTS)

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Start the execution; an input that is a map is written as JSON [I]."""
        needed_text(inputs, "stateMachineArn")
        request = parameters(inputs)
        return ApiCall("stepfunctions", "StartExecution", {name: text(value) for name, value in request.items()})

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which execution it is."""
        return {"executionArn": response["executionArn"]}

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The state of the execution."""
        return ApiCall("stepfunctions", "DescribeExecution", {"executionArn": outputs["executionArn"]})

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when the execution has ended."""
        if response["status"] == "RUNNING":
            return None
        outputs = {name: response[name] for name in OUTPUTS if name in response}
        if response["status"] == "SUCCEEDED":
            return Succeeds(outputs)
        reason = ": ".join(response[name] for name in ("error", "cause") if response.get(name))
        message = f"Execution {response['executionArn']} ended {response['status']}"
        return never(f"{message}: {reason}." if reason else f"{message}.", outputs)
