# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statuses of executions and steps."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.service.validation import service_model
from automation_emulator.state.model import ENDED, Status

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}


@pytest.mark.ledger("statuses-1")
def test_the_names_are_the_models() -> None:
    assert [str(status) for status in Status] == service_model().shape_for("AutomationExecutionStatus").enum


@pytest.mark.ledger("statuses-8", "statuses-10")
def test_which_statuses_are_ends() -> None:
    ends = "Success Failed TimedOut Cancelled Rejected CompletedWithSuccess CompletedWithFailure"
    # That a freeze that is not overridden is an end, too, is inferred.
    assert {*ends.split(), "ChangeCalendarOverrideRejected"} == ENDED


@pytest.mark.ledger("statuses-4")
@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}, "Waiting"),
        (PAUSE, "Waiting"),
        (NAP, "InProgress"),
    ],
)
def test_while_a_step_is_on_both_have_its_status(runs: Any, step: dict[str, Any], status: str) -> None:
    execution = runs.start(step)
    assert (runs.status(execution), runs.step(execution, str(step["name"]))["StepStatus"]) == (status, status)


@pytest.mark.ledger("statuses-5", "statuses-9")
def test_steps_that_are_never_reached_stay_pending(runs: Any, control: Any) -> None:
    choice = {"Variable": "x", "StringEquals": "x", "NextStep": "nap"}
    branch = {"name": "branch", "action": "aws:branch", "inputs": {"Choices": [choice]}}
    execution = runs.start(branch, PAUSE, {**NAP, "isEnd": True}, {**PAUSE, "name": "after"})
    control.pass_time(10)
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Success"
    assert [step["StepStatus"] for step in found["StepExecutions"]] == ["Success", "Pending", "Success", "Pending"]


@pytest.mark.parametrize("end", ["Success", "Failed", "TimedOut", "Cancelled"])
def test_what_has_ended_stays_as_it_is(runs: Any, control: Any, end: str) -> None:
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}, "timeoutSeconds": 60}
    execution = runs.start(gate)
    if end == "Cancelled":
        runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    elif end == "TimedOut":
        control.pass_time(60)
    else:
        runs.signal(execution, {"Success": "Approve", "Failed": "Reject"}[end])
    assert runs.status(execution) == end
    with pytest.raises(ClientError):
        runs.signal(execution, "Approve")
    with pytest.raises(ClientError):
        runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    control.pass_time(86400)
    assert runs.status(execution) == end
