# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is lifted out of the API's answers."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, interactive, run, step

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
LATER = NOON + datetime.timedelta(minutes=1)


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
        "ExecutionEndTime": LATER,
        "IsCritical": False,
        "TimeoutSeconds": 60,
        "ValidNextSteps": ["t"],
    }
    assert Step.from_api(raw) == Step(
        name="s",
        action="aws:approve",
        status="Failed",
        execution_id="s-1",
        inputs={"MinRequiredApprovals": "2"},
        outputs={"ApprovalStatus": ["Rejected"]},
        failure_message="no",
        on_failure="Continue",
        is_critical=False,
        started_at=NOON,
        ended_at=LATER,
        timeout_seconds=60,
        valid_next_steps=["t"],
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


@pytest.mark.parametrize(
    ("is_critical", "on_failure", "forgiven"),
    [
        (None, "Abort", False),
        (None, "step:x", False),
        (None, "Continue", True),
        (True, "Continue", False),
        (False, "Abort", True),
    ],
)
def test_what_the_runbook_forgives(is_critical, on_failure, forgiven):
    assert step("s", is_critical=is_critical, on_failure=on_failure).is_forgiven is forgiven


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("s", "s-1"), ("s", "s-1"), True),
        (("s", "s-1"), ("s", "s-2"), False),
        (("s", "s-1"), ("t", "s-1"), True),
        (("s", ""), ("s", "s-1"), True),
        (("s", ""), ("t", "s-1"), False),
        (("s", ""), ("s", ""), True),
    ],
)
def test_a_run_of_a_step_is_known_by_its_id_or_where_there_is_none_by_its_name(one, other, same):
    first, second = (step(name, execution_id=id_) for name, id_ in (one, other))
    assert first.is_same_run(second) is second.is_same_run(first) is same
    assert (run("InProgress", first).same_run(second) is first) is same


def test_a_step_without_an_id_is_no_step_of_that_id():
    assert run("InProgress", step("s", execution_id="")).find_step_execution("") is None


def test_of_two_runs_the_one_with_the_id_is_the_same():
    first, second = step("s", execution_id="s-1"), step("s", execution_id="s-2")
    assert run("InProgress", first, second).same_run(second) is second
    assert run("InProgress", first).same_run(second) is None


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


def test_where_an_execution_comes_from():
    known = {"ExecutedBy": "arn", "ParentAutomationExecutionId": "parent", "OpsItemId": "oi-1"}
    execution = Execution.from_api({**CURRENT, **known})
    for seen in (execution, execution.slim):
        assert (seen.executed_by, seen.parent_id, seen.ops_item_id) == ("arn", "parent", "oi-1")
    unknown = Execution.from_api(CURRENT)
    assert (unknown.executed_by, unknown.parent_id, unknown.ops_item_id) == ("", "", "")


def test_a_slim_execution_is_the_same_without_most_of_the_answer():
    execution = Execution.from_api({**CURRENT, "Outputs": {"Log": ["long"]}, "ExecutionEndTime": NOON})
    assert execution.slim == execution
    assert execution.slim.raw.items() >= {"CurrentStepName": "now", "ExecutionEndTime": NOON}.items()
    assert not {"StepExecutions", "Outputs"} & set(execution.slim.raw)
