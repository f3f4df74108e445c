# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is lifted out of the API's answers."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, interactive, run, step

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)


def test_a_step_in_full():
    raw = {
        "StepName": "s",
        "Action": "aws:approve",
        "StepStatus": "Failed",
        "StepExecutionId": "s-1",
        "Inputs": {"MinRequiredApprovals": "2"},
        "Outputs": {"ApprovalStatus": ["Rejected"]},
        "FailureMessage": "no",
        "OnFailure": "Continue",
        "ExecutionStartTime": NOON,
        "TimeoutSeconds": 60,
        "ValidNextSteps": ["t"],
    }
    assert Step.from_api(raw) == Step(
        "s",
        "aws:approve",
        "Failed",
        "s-1",
        {"MinRequiredApprovals": "2"},
        {"ApprovalStatus": ["Rejected"]},
        "no",
        "Continue",
        NOON,
        60,
        ["t"],
    )


def test_a_step_of_which_the_service_says_little():
    assert Step.from_api({"StepName": "s", "StepStatus": "Pending", "Inputs": None}) == Step("s")


CURRENT = {
    "AutomationExecutionId": EXECUTION_ID,
    "AutomationExecutionStatus": "Waiting",
    "CurrentStepName": "now",
    "CurrentAction": "aws:pause",
    "StepExecutions": [{"StepName": "before", "StepStatus": "Success"}],
    "StepExecutionsTruncated": True,
}


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, ["before", "now"]),
        ({"StepExecutionsTruncated": False}, ["before"]),
        ({"AutomationExecutionStatus": "InProgress"}, ["before"]),
        ({"CurrentStepName": None}, ["before"]),
        ({"CurrentStepName": "before"}, ["before"]),
    ],
)
def test_the_current_step_stands_in_where_the_list_was_cut_short_while_it_waits(changes, steps):
    assert [each.name for each in Execution.from_api({**CURRENT, **changes}).steps] == steps


def test_a_summary_lists_the_current_step_and_is_shown_as_it_is():
    summary = {key: value for key, value in CURRENT.items() if not key.startswith("StepExecutions")}
    execution = Execution.from_summary(summary)
    assert [each.name for each in execution.steps] == ["now"]
    assert not execution.steps_complete
    assert execution.raw == summary


@pytest.mark.parametrize(
    ("execution", "rests"),
    [
        (run("Success"), True),
        (run("Waiting"), True),
        (run("PendingApproval"), True),
        (run("Approved", subtype="AccessRequest"), True),
        (run("Approved", subtype="ChangeRequest"), False),
        (run("InProgress"), False),
        (run("Pending"), False),
        (run("Cancelling"), False),
        (run("Simmering"), False),
    ],
    ids=lambda value: getattr(value, "status", None),
)
def test_rests(execution, rests):
    assert execution.rests is rests


@pytest.mark.parametrize(
    ("execution", "every"),
    [
        (run("InProgress", step("s")), True),
        (run("Pending"), False),
        (run("InProgress", step("s"), steps_complete=False), False),
        (run("InProgress", step("l", "aws:loop", "InProgress")), False),
        (run("InProgress", step("l", "aws:loop", "Success")), True),
        (interactive("Waiting", step("s", status="Success")), False),
        (interactive("Waiting", step("s", status="Success"), step("t")), True),
    ],
)
def test_lists_every_step(execution, every):
    assert execution.lists_every_step is every
