# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service to test with: a client that answers as it is told, and a clock that moves by sleeping alone.

Coroutines are run on it by the real scheduler.
"""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE

TAKEN = {"ResponseMetadata": {"RequestId": "0b3f7c1e"}}


class TurnedClock:
    """A clock on which time passes by sleeping alone."""

    def __init__(self):
        self.now, self.slept = 1000.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class FakeClient:
    """Gives the answers that are listed for an operation, the last one for ever, and notes the requests.

    An exception is raised, a function is asked for the answer to the request.
    """

    meta = SimpleNamespace(region_name="us-east-1", partition="aws")

    def __init__(self, **answers):
        self.requests = []
        for operation, listed in answers.items():
            self.answer(operation, *listed)

    def answer(self, operation, *listed):
        left = list(listed)

        def call(**request):
            self.requests.append((operation, request))
            answer = left.pop(0) if len(left) > 1 else left[0]
            answer = answer(request) if callable(answer) else answer
            if isinstance(answer, BaseException):
                raise answer
            return {**TAKEN, **answer}

        call.__name__ = operation
        setattr(self, operation, call)

    def count(self, operation):
        return sum(name == operation for name, _request in self.requests)


def service_of(client, clock=None, caller=ALICE, is_batch=False):
    """Return a service whose caller is Alice."""
    return Service(client, lambda: caller, clock or TurnedClock(), is_batch)


def run_one(work, service, interruptions=None):
    """Run a coroutine to its end."""
    return scheduler.run_one(work, service, interruptions or Interruptions())


def answer_of(execution):
    """Return the service's answer to a look at this execution."""
    return {
        "AutomationExecution": {**summary_of(execution), "StepExecutions": [raw_step(step) for step in execution.steps]}
    }


def summary_of(execution):
    """Return what DescribeAutomationExecutions lists of this execution."""
    current = next((step for step in execution.steps if step.is_live), None)
    raw = {
        "AutomationExecutionId": execution.id,
        "AutomationExecutionStatus": execution.status,
        "DocumentName": "Deploy",
        "DocumentVersion": "1",
        "Mode": execution.mode,
        **({"AutomationSubtype": execution.subtype} if execution.subtype else {}),
        **({"CurrentStepName": current.name, "CurrentAction": current.action} if current else {}),
    }
    return {**raw, **execution.raw}


def raw_step(step):
    """Return a StepExecution of the API."""
    raw = {
        "StepName": step.name,
        "Action": step.action,
        "StepStatus": step.status,
        "StepExecutionId": step.execution_id,
        "Inputs": step.inputs,
        "Outputs": step.outputs,
        "OnFailure": step.on_failure,
        "FailureMessage": step.failure_message,
    }
    return {key: value for key, value in raw.items() if value}
