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


RUNS = [
    step("s", status="Success", execution_id="s-1"),
    step("s", status="InProgress", execution_id="s-2"),
    step("s", status="Pending", execution_id="s-3"),
]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([], None),
        ([step("t")], None),
        (RUNS[:1], "s-1"),
        (RUNS, "s-2"),
        ([*RUNS, step("s", status="Waiting", execution_id="s-4")], "s-4"),
        ([step("s", status="Failed", execution_id="s-0"), RUNS[0]], "s-1"),
    ],
    ids=["no steps", "another name", "one", "a live one", "one that waits", "the last"],
)
def test_of_several_runs_of_a_step_the_most_current_one_is_found(steps, found):
    execution = run("InProgress", *steps)
    assert getattr(execution.find_step("s"), "execution_id", None) == found


def test_a_run_of_a_step_is_found_by_its_id():
    execution = run("InProgress", *RUNS)
    assert execution.find_step_execution("s-3") is RUNS[2]
    assert execution.find_step_execution("s-4") is None


def test_the_first_step_that_ended_badly_is_the_failed_one():
    steps = [step("a", status="Success"), step("b", status="TimedOut"), step("c", status="Failed")]
    assert run("Failed", *steps).failed_step() is steps[1]
    assert run("Failed", steps[0]).failed_step() is None


@pytest.mark.parametrize(
    ("action", "is_gate", "is_pause"),
    [
        ("aws:approve", True, False),
        ("aws:pause", False, True),
        ("aws:sleep", False, False),
        ("aws:addedLater", True, True),
    ],
)
def test_an_action_of_the_future_may_take_any_signal(action, is_gate, is_pause):
    assert step("s", action).is_gate is is_gate
    assert step("s", action).is_pause is is_pause


@pytest.mark.parametrize(
    ("status", "has_ended", "waits", "is_ahead", "is_live"),
    [
        ("Pending", False, False, True, False),
        ("InProgress", False, False, False, True),
        ("Waiting", False, True, False, True),
        ("Cancelling", False, False, False, True),
        ("Success", True, False, False, False),
        ("Simmering", False, False, False, True),
    ],
)
def test_where_a_step_stands(status, has_ended, waits, is_ahead, is_live):
    found = step("s", status=status)
    assert (found.has_ended, found.waits, found.is_ahead, found.is_live) == (has_ended, waits, is_ahead, is_live)


def test_a_slim_execution_is_the_same_without_most_of_the_answer():
    execution = Execution.from_api({**CURRENT, "Outputs": {"Log": ["long"]}, "ExecutionEndTime": NOON})
    assert execution.slim == execution
    assert execution.slim.raw.items() >= {"CurrentStepName": "now", "ExecutionEndTime": NOON}.items()
    assert not {"StepExecutions", "Outputs"} & set(execution.slim.raw)
