# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:deleteStack: delete a CloudFormation stack, and wait until it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import Answer, ApiCall
from .base import Outcome, Succeeds, needed_text
from .calls import Watching, never, parameters
from .create_stack import stack, unwanted
from .inputs import Inputs, each

# The query form of a list, in which AWS documents this input: RetainResources.member.1 and so on [D].
_RETAINED = "RetainResources.member."


class DeleteStack(Watching):
    """A stack that is not there counts as deleted, as it does for CloudFormation [D]."""

    name = "aws:deleteStack"
    takes = Inputs(needed=each("StackName"), operation=("cloudformation", "DeleteStack"), numbered=_RETAINED)

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Delete the stack."""
        needed_text(inputs, "StackName")
        retained = sorted((name for name in inputs if name.startswith(_RETAINED)), key=lambda name: (len(name), name))
        request = parameters({name: value for name, value in inputs.items() if name not in retained})
        if retained:
            request["RetainResources"] = [inputs[name] for name in retained]
        return ApiCall("cloudformation", "DeleteStack", request)

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The state of the stack."""
        return stack(inputs["StackName"])

    def looked(self, run: StepExecution, answer: Answer, choices: Choices) -> Outcome | None:
        """Done when CloudFormation does not know the stack any more."""
        if answer.error_code == "ValidationError" and "does not exist" in answer.message:
            return Succeeds()
        return super().looked(run, answer, choices)

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when the stack is shown as deleted."""
        shown = response["Stacks"][0]
        if shown["StackStatus"] == "DELETE_COMPLETE":
            return Succeeds()
        return never(unwanted(shown)) if shown["StackStatus"] == "DELETE_FAILED" else None
