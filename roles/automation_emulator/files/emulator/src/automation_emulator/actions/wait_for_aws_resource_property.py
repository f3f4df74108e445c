# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:waitForAwsResourceProperty: call an operation until its response is as desired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .assert_aws_resource_property import TAKES, as_desired, inspection, values
from .base import Goes, Outcome, Succeeds
from .calls import Watching


class WaitForAwsResourceProperty(Watching):
    """The call is repeated until the property has a desired value, for an hour unless timeoutSeconds is set [D]."""

    name = "aws:waitForAwsResourceProperty"
    takes = TAKES
    default_timeout = 3600.0

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Nothing is changed."""
        return None

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The call that the inputs mean."""
        return inspection(inputs)

    def looked(self, run: StepExecution, answer: Answer, choices: Choices) -> Outcome | None:
        """A call that fails fails the step, or is repeated like one that shows another value."""
        if answer.failed and choices.wait_survives_errors:
            return None
        return super().looked(run, answer, choices)

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Compare what came of the call."""
        desired = as_desired(run.inputs, values(run.inputs, response), choices)
        return Succeeds(whole=response) if desired else None

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what every response is: one that is not as desired is waited for until the time runs out."""
        inspection(run.inputs)
        return self.judge(run, value, moment.choices) or Goes()
