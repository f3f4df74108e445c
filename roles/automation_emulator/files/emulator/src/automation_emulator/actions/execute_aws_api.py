# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeAwsApi: call an operation of any service; outputs are picked out of its response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Goes, Outcome, Succeeds, call_failed, needed_text
from .calls import parameters
from .inputs import Inputs, each, texts


class ExecuteAwsApi(Action):
    """One call; it takes 25 seconds at most [D], which here it never does."""

    name = "aws:executeAwsApi"
    takes = Inputs(texts("Service", "Api"), needed=each("Service", "Api"), open=True)
    drops_empty_outputs = True

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the call."""
        return Goes(work=api_call(inputs))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Outputs are picked out of the response."""
        if answer.failed:
            return call_failed(answer)
        return Succeeds(whole=answer.value)

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the response is."""
        return self.answered(run, Answer(value), moment)


# What the action itself takes; every other input is a parameter of the operation [D].
OWN_INPUTS = ("Service", "Api", "PropertySelector", "DesiredValues")


def api_call(inputs: Mapping[str, Any]) -> ApiCall:
    """The call that a step's inputs mean; one without a value is as if it were not there [O]."""
    given = {name: value for name, value in inputs.items() if name not in OWN_INPUTS}
    return ApiCall(needed_text(inputs, "Service"), needed_text(inputs, "Api"), parameters(given))
