# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:assertAwsResourceProperty: call an operation once; the step fails if its response is not as desired."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..language.selectors import SelectorError, path, pick
from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Goes, InputProblem, Outcome, Succeeds, call_failed, needed_text
from .calls import needed_list, never
from .execute_aws_api import api_call
from .inputs import Inputs, each, lists, texts

# Of this action and of aws:waitForAwsResourceProperty [D].
TAKES = Inputs(
    texts("Service", "Api", "PropertySelector") | lists("DesiredValues"),
    needed=each("Service", "Api", "PropertySelector", "DesiredValues"),
    open=True,
)


class AssertAwsResourceProperty(Action):
    """One call, and one comparison [D]."""

    name = "aws:assertAwsResourceProperty"
    takes = TAKES

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the call."""
        return Goes(work=inspection(inputs))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Compare what came of it."""
        if answer.failed:
            return call_failed(answer)
        found = values(run.inputs, answer.value)
        if as_desired(run.inputs, found, moment.choices):
            return Succeeds(whole=answer.value)
        desired = json.dumps(run.inputs["DesiredValues"])
        return never(f"{run.inputs['PropertySelector']} is {json.dumps(found)}, none of the desired values {desired}.")

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the response is."""
        inspection(run.inputs)
        return self.answered(run, Answer(value), moment)


def inspection(inputs: Mapping[str, Any]) -> ApiCall:
    """The call that a step's inputs mean, if they also say what to make of its response."""
    needed_list(inputs, "DesiredValues", object)
    try:
        path(needed_text(inputs, "PropertySelector"))
    except SelectorError as problem:
        raise InputProblem(str(problem)) from problem
    return api_call(inputs)


def values(inputs: Mapping[str, Any], response: Any) -> list[Any]:
    """The property: everything that PropertySelector means, item by item if that is one list."""
    found = pick(inputs["PropertySelector"], response)
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def as_desired(inputs: Mapping[str, Any], found: list[Any], choices: Choices) -> bool:
    """Whether the property has a desired value; one that is not there has none [I]."""
    matches = [any(_equal(value, desired) for desired in inputs["DesiredValues"]) for value in found]
    return any(matches) if choices.several_values == "any" else bool(matches) and all(matches)


def _equal(value: Any, desired: Any) -> bool:
    """A map is compared with a map or its JSON, anything else by how it is written [I]."""
    if isinstance(value, (dict, list)) and isinstance(desired, str):
        return _text(value) == _text(_from_json(desired))
    return _text(value) == _text(desired)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    """How a value is written in DesiredValues: Booleans as True and False [D], numbers and strings as they are."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else str(value)
