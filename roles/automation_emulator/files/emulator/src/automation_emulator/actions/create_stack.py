# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:createStack: make a CloudFormation stack, and wait until it is complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import ApiCall
from .base import InputProblem, Outcome, Succeeds, needed_text, text_input
from .calls import Watching, exclude_each_other, never, parameters
from .inputs import Inputs, each

# What CreateStack takes only one of, and how many items or bytes it takes [D].
_ALTERNATIVES = (
    ("TemplateBody", "TemplateURL"),
    ("OnFailure", "DisableRollback"),
    ("StackPolicyBody", "StackPolicyURL"),
)
_MOST = {"Tags": 10, "NotificationARNs": 5}
LONGEST_TEMPLATE = 51200


class CreateStack(Watching):
    """The step succeeds with the stack; one that is rolled back or deleted has failed."""

    name = "aws:createStack"
    takes = Inputs(needed=each("StackName"), operation=("cloudformation", "CreateStack"))
    puts_out = frozenset({"StackId", "StackStatus", "StackStatusReason"})

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Make the stack."""
        needed_text(inputs, "StackName")
        _check_template(inputs)
        for keys in _ALTERNATIVES:
            exclude_each_other(inputs, keys)
        for key, most in _MOST.items():
            if isinstance(inputs.get(key), list) and len(inputs[key]) > most:
                raise InputProblem(f"{key} has at most {most} items")
        return ApiCall("cloudformation", "CreateStack", parameters(inputs))

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which stack it is."""
        return {"StackId": response["StackId"]}

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The state of the stack; by its id it shows even if it was deleted."""
        return stack(outputs["StackId"])

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when nothing is in progress any more."""
        shown = response["Stacks"][0]
        status, reason = shown["StackStatus"], shown.get("StackStatusReason")
        if in_progress(shown):
            return None
        outputs = {**run.outputs, "StackStatus": status, **({"StackStatusReason": reason} if reason else {})}
        return Succeeds(outputs) if status == "CREATE_COMPLETE" else never(unwanted(shown), outputs)


def _check_template(inputs: Mapping[str, Any]) -> None:
    body, url = text_input(inputs, "TemplateBody"), text_input(inputs, "TemplateURL")
    if not body and not url:
        raise InputProblem("either TemplateBody or TemplateURL is needed")
    if body and len(body.encode()) > LONGEST_TEMPLATE:
        raise InputProblem(f"TemplateBody has more than {LONGEST_TEMPLATE} bytes")


def stack(name: str) -> ApiCall:
    """The call that shows a stack."""
    return ApiCall("cloudformation", "DescribeStacks", {"StackName": name})


def in_progress(shown: Mapping[str, Any]) -> bool:
    """Whether something is being done with a stack."""
    return str(shown["StackStatus"]).endswith("_IN_PROGRESS")


def unwanted(shown: Mapping[str, Any]) -> str:
    """The message for a stack that did not complete."""
    reason = f" ({shown['StackStatusReason']})" if shown.get("StackStatusReason") else ""
    return f"Stack {shown['StackName']} entered unexpected state: {shown['StackStatus']}{reason}."
