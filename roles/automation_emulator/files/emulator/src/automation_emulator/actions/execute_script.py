# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeScript: call a function of a script that stands in the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..language.substitution import references
from ..state.model import Failure, Runbook, Step, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, Script
from .base import OUTPUT_PAYLOAD, Action, Fails, Goes, InputProblem, Outcome, Succeeds, needed_text
from .inputs import Inputs, each, maps, texts

# Every Python runtime is the emulator's own Python [I].
_PYTHON = re.compile(r"python3\.\d+")
# The output that holds what the function returns.
PAYLOAD = "Payload"
# What a function may return [D].
MOST_BYTES = 100 * 1024
MOST_ITEMS = 100


class ExecuteScript(Action):
    """The function gets InputPayload and a context; what it returns is Payload [D]. It takes no emulated time."""

    name = "aws:executeScript"
    takes = Inputs(
        texts("Runtime", "Handler", "Script", "Attachment") | maps("InputPayload"),
        needed=each("Runtime"),
    )
    # Runbooks of the guide declare Payload, too: whether that is refused is a choice.
    puts_out = frozenset({OUTPUT_PAYLOAD})

    def problems(self, step: Step, runbook: Runbook) -> Iterator[str]:
        """Python needs a Handler, PowerShell has none [D]."""
        if _PYTHON.fullmatch(str(step.inputs["Runtime"])) and "Handler" not in step.inputs:
            yield "Missing required input names: Handler"

    def unsupported(self, step: Step) -> Iterator[str]:
        """Runtimes other than Python, and scripts that are attached to the document."""
        runtime = step.inputs.get("Runtime")
        if isinstance(runtime, str) and not list(references(runtime)) and not _PYTHON.fullmatch(runtime):
            yield f"{self.name} with Runtime {runtime} (step {step.name})"
        if step.inputs.get("Attachment") is not None:
            yield f"{self.name} with an Attachment (step {step.name})"

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the call."""
        runtime = needed_text(inputs, "Runtime")
        if not _PYTHON.fullmatch(runtime):
            raise InputProblem(f"the emulator does not run Runtime {runtime} (AWS may)")
        payload = inputs.get("InputPayload") or {}
        if not isinstance(payload, Mapping):
            raise InputProblem("InputPayload must be a map")
        choices = moment.choices
        script, handler = needed_text(inputs, "Script"), needed_text(inputs, "Handler")
        return Goes(work=Script(script, handler, payload, choices.script_seconds, choices.scripts_need_assume_role))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Take the outputs out of what the function returned; an exception fails the step [D]."""
        if answer.failed:
            return Fails(_failure(answer.message))
        payload = answer.value
        if isinstance(payload, list) and len(payload) > MOST_ITEMS:
            if moment.choices.long_payload_list == "fail":
                return Fails(_failure(f"Payload is a list of more than {MOST_ITEMS} items"))
            payload = payload[:MOST_ITEMS]
        if len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")) > MOST_BYTES:
            return Fails(_failure(f"Payload has more than {MOST_BYTES} bytes"))
        return Succeeds({PAYLOAD: payload})

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the function returns."""
        return self.answered(run, Answer(value), moment)


def _failure(reason: str) -> Failure:
    """The failure in the words around a reason that clients know to take off [O]."""
    return Failure(
        f"Step fails when it is Poll action status for completion. {reason}. "
        "Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
    )
