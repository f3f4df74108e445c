# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:updateVariable: give a variable of the runbook another value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..state.model import Runbook, Step
from ..state.moment import Moment
from .base import Action, InputProblem, Outcome, Succeeds
from .inputs import Inputs, Kind, each, texts

PREFIX = "variable:"


class UpdateVariable(Action):
    """Done at once, without outputs [D]; the variable itself says which values it takes."""

    name = "aws:updateVariable"
    takes = Inputs(texts("Name") | {"Value": Kind.ANY}, needed=each("Name", "Value"))
    takes_on_cancel = False

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Change the variable."""
        if inputs.get("Value") is None:
            raise InputProblem("Value is required")
        return Succeeds(variables={_variable(inputs): inputs["Value"]})

    def problems(self, step: Step, runbook: Runbook) -> Iterator[str]:
        """The variable has to be one of the runbook's."""
        try:
            name = _variable(step.inputs)
        except InputProblem as problem:
            yield str(problem)
            return
        if name not in runbook.variables:
            yield f"{PREFIX}{name} is not a variable of the runbook"
        if "Value" not in step.inputs:
            yield "Value is required"


def _variable(inputs: Mapping[str, Any]) -> str:
    """The name, which is written with what it is in front [D]."""
    name = inputs.get("Name")
    if not isinstance(name, str) or not name.startswith(PREFIX):
        raise InputProblem(f"Name is {PREFIX} and the name of a variable")
    return name.removeprefix(PREFIX)
