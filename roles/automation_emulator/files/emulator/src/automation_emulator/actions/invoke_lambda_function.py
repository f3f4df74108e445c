# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:invokeLambdaFunction: invoke a function, and wait for what it returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..state.model import Failure, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Fails, Goes, InputProblem, Outcome, Succeeds, call_failed, needed_text, text_input
from .inputs import Inputs, each, maps

# What the inputs may be [D].
_KINDS = ("RequestResponse", "Event", "DryRun")
_LOGS = ("Tail", "None")
# How much of what a function returns is kept [D].
MOST_BYTES = 200 * 1024


class InvokeLambdaFunction(Action):
    """Outputs StatusCode, FunctionError, LogResult and Payload [D]; selectors start at what is returned [D]."""

    name = "aws:invokeLambdaFunction"
    takes = Inputs(maps("InputPayload"), needed=each("FunctionName"), operation=("lambda", "Invoke"))
    puts_out = frozenset({"StatusCode", "FunctionError", "LogResult", "Payload", "OutputPayload"})

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the call."""
        kind, logs = _one_of(inputs, "InvocationType", _KINDS), _one_of(inputs, "LogType", _LOGS)
        request = {"FunctionName": _function(inputs), "InvocationType": kind, **_payload(inputs)}
        if text_input(inputs, "ClientContext"):
            request["ClientContext"] = inputs["ClientContext"]
        # Only who waits for the function can have its log [D].
        if kind == "RequestResponse":
            request["LogType"] = logs
        return Goes(work=ApiCall("lambda", "Invoke", request))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Take the outputs out of the response."""
        if answer.failed:
            return call_failed(answer)
        response = answer.value
        if len(response["Payload"].encode()) > MOST_BYTES:
            return Fails(Failure(f"The function returned more than {MOST_BYTES} bytes."))
        returned = json.loads(response["Payload"] or "null")
        outputs = {key: response[key] for key in ("StatusCode", "FunctionError", "LogResult") if key in response}
        # A string is shown as it is, anything else as JSON [S].
        outputs["Payload"] = returned if isinstance(returned, str) else response["Payload"]
        if "FunctionError" in response and moment.choices.function_error_fails_step:
            return Fails(Failure(f"Function error {response['FunctionError']}: {response['Payload']}"), outputs=outputs)
        return Succeeds(outputs, whole=returned)

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the function returns."""
        return self.answered(run, Answer({"StatusCode": 200, "Payload": json.dumps(value)}), moment)


def _function(inputs: Mapping[str, Any]) -> str:
    """The function, with its version or alias: Invoke takes it either way [D], but moto only like this."""
    name, qualifier = needed_text(inputs, "FunctionName"), text_input(inputs, "Qualifier")
    return f"{name}:{qualifier}" if qualifier else name


def _one_of(inputs: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """An input that takes one of some values, the first by default."""
    value = text_input(inputs, key) or allowed[0]
    if value not in allowed:
        raise InputProblem(f"{key} must be one of {', '.join(allowed)}")
    return value


def _payload(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The event: InputPayload, a map, before Payload, which is JSON already [D]."""
    given = inputs.get("InputPayload")
    if given is None:
        payload = text_input(inputs, "Payload")
        return {"Payload": payload} if payload else {}
    if not isinstance(given, Mapping):
        raise InputProblem("InputPayload must be a map")
    return {"Payload": json.dumps(given)}
