# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape in which users see an execution."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.results import (
    approval_url,
    console_url,
    execution_result,
    execution_summary,
    unstarted_execution,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    EXECUTION_ID,
    gate,
    interactive,
    pause,
    run,
    step,
)

PLACE = ("eu-central-1", "aws")
AT_PLACE = {"region": "eu-central-1", "partition": "aws"}
CHILD = "1b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
APPROVAL = f"systems-manager/automation/execution/{EXECUTION_ID}/approval"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
ANSWER = {
    "AutomationExecutionId": EXECUTION_ID,
    "AutomationExecutionStatus": "Failed",
    "ExecutionStartTime": NOON,
    "Parameters": {"InstanceId": ["i-0123456789abcdef0"]},
    "Outputs": {"CheckHealth.ExitCode": ["1"]},
    "Variables": {"RetryCount": ["2"]},
    "Targets": [{"Key": "tag:Role", "Values": ["Web"]}],
    "StepExecutions": [
        {
            "StepName": "CheckHealth",
            "ExecutionStartTime": NOON,
            "Inputs": {"InstanceIds": '["i-0123456789abcdef0"]'},
            "Outputs": {"ExitCode": ["1"]},
            "OverriddenParameters": {"TimeOut": ["5"]},
            "FailureDetails": {"FailureStage": "Invocation", "Details": {"ErrorCode": ["1"]}},
            "ValidNextSteps": ["Repair"],
        }
    ],
}


def test_names_of_the_api_are_in_snake_case_and_names_of_the_runbook_are_kept():
    assert execution_result(Execution.from_api(ANSWER), *PLACE) == {
        "automation_execution_id": EXECUTION_ID,
        "automation_execution_status": "Failed",
        "execution_start_time": "2026-05-04T12:00:00+00:00",
        "parameters": {"InstanceId": ["i-0123456789abcdef0"]},
        "outputs": {"CheckHealth.ExitCode": ["1"]},
        "variables": {"RetryCount": ["2"]},
        "targets": [{"key": "tag:Role", "values": ["Web"]}],
        "step_executions": [
            {
                "step_name": "CheckHealth",
                "execution_start_time": "2026-05-04T12:00:00+00:00",
                "inputs": {"InstanceIds": '["i-0123456789abcdef0"]'},
                "outputs": {"ExitCode": ["1"]},
                "overridden_parameters": {"TimeOut": ["5"]},
                "failure_details": {"failure_stage": "Invocation", "details": {"ErrorCode": ["1"]}},
                "valid_next_steps": ["Repair"],
            }
        ],
        "waiting_for": [],
        "failed_step": None,
    }


@pytest.mark.parametrize(
    ("region", "partition", "start"),
    [
        ("eu-central-1", "aws", "https://eu-central-1.console.aws.amazon.com/systems-manager/automation/execution/"),
        ("cn-north-1", "aws-cn", "https://cn-north-1.console.amazonaws.cn/systems-manager/automation/execution/"),
        ("us-gov-west-1", "aws-us-gov", "https://us-gov-west-1.console.amazonaws-us-gov.com/systems-manager/"),
    ],
)
def test_console_url(region, partition, start):
    url = console_url(EXECUTION_ID, region, partition)
    assert url.startswith(start)
    assert url.endswith(f"{EXECUTION_ID}?region={region}")


def test_no_console_url_where_the_console_is_not_known():
    assert console_url(EXECUTION_ID, "eu-isoe-west-1", "aws-iso-e") is None


@pytest.mark.parametrize(
    ("region", "partition", "url"),
    [
        ("eu-central-1", "aws", f"https://eu-central-1.console.aws.amazon.com/{APPROVAL}"),
        ("cn-north-1", "aws-cn", f"https://cn-north-1.console.amazonaws.cn/{APPROVAL}"),
        ("eu-isoe-west-1", "aws-iso-e", None),
    ],
)
def test_where_approvers_decide(region, partition, url):
    assert approval_url(EXECUTION_ID, region, partition) == url


@pytest.mark.parametrize("subtype", ["ChangeRequest", "AccessRequest"])
def test_requests_are_decided_about_elsewhere(subtype):
    request = run("PendingApproval", gate("g", "Waiting"), subtype=subtype)
    assert execution_result(request, *PLACE)["waiting_for"][0]["console_url"] is None


def test_a_gate_of_a_child_is_decided_about_at_the_child():
    child = run("Waiting", gate("g", "Waiting"), id=CHILD)
    parent = run("InProgress", step("s", "aws:executeAutomation", "InProgress"), children=(child,))
    (wait,) = execution_result(parent, *PLACE)["waiting_for"]
    assert wait["console_url"].endswith(f"/{CHILD}/approval")


@pytest.mark.parametrize(
    ("steps", "failed"),
    [
        (
            [step("a", "aws:runCommand", "Failed", failure_message="It broke"), step("b", status="Success")],
            {"step_name": "a", "action": "aws:runCommand", "step_status": "Failed", "failure_message": "It broke"},
        ),
        (
            [step("a", "aws:sleep", "TimedOut")],
            {"step_name": "a", "action": "aws:sleep", "step_status": "TimedOut", "failure_message": None},
        ),
    ],
)
def test_the_step_that_failed(steps, failed):
    told = execution_result(run("Failed", *steps), *PLACE)["failed_step"]
    assert told == {**failed, "step_execution_id": steps[0].execution_id}


@pytest.mark.parametrize("status", ["Success", "InProgress", "Waiting"])
def test_no_step_has_failed_an_execution_that_has_not_failed(status):
    assert execution_result(run(status, step("a", status="Failed")), *PLACE)["failed_step"] is None


def test_an_execution_in_short_and_in_full():
    execution = run("Failed", step("a", "aws:runCommand", "Failed"))
    short = {
        "automation_execution_id": EXECUTION_ID,
        "automation_execution_status": "Failed",
        "failed_step": execution_result(execution, *PLACE)["failed_step"],
    }
    assert execution_summary(execution, EXECUTION_ID, is_full=False, **AT_PLACE) == short
    assert execution_summary(execution, EXECUTION_ID, is_full=True, **AT_PLACE) == {
        **short,
        "automation_execution": execution_result(execution, *PLACE),
    }


def test_an_execution_of_which_the_id_alone_is_known_has_no_status():
    known = Execution.from_api({"AutomationExecutionId": EXECUTION_ID})
    for execution in (None, known):
        summary = execution_summary(execution, EXECUTION_ID, is_full=False, **AT_PLACE)
        assert summary == {"automation_execution_id": EXECUTION_ID}


def test_what_check_mode_did_not_start_has_the_shape_of_an_execution():
    unstarted = unstarted_execution(mode="Interactive")
    assert unstarted["mode"] == "Interactive"
    assert unstarted["automation_execution_id"] is None
    assert unstarted["waiting_for"] == []
    assert {"automation_execution_status", "document_name", "parameters", "step_executions"} <= set(unstarted)


NOTHING = {
    "step_name": None,
    "step_execution_id": None,
    "action": None,
    "valid_next_steps": [],
    "approvers": None,
    "enhanced_approvers": None,
    "min_required_approvals": None,
    "approvals_missing": None,
    "decisions": None,
    "message": None,
    "times_out_at": None,
    "console_url": None,
}
AT_PAUSE = {"step_name": "p", "step_execution_id": "p-1", "action": "aws:pause"}
WAITS = {
    "a gate": (
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2, started_at=NOON, timeout_seconds=60)),
        {
            "step_name": "g",
            "step_execution_id": "g-1",
            "action": "aws:approve",
            "signals": ["Approve", "Reject"],
            "approvers": [],
            "enhanced_approvers": [],
            "min_required_approvals": 2,
            "approvals_missing": 1,
            "decisions": [{"approver": ALICE, "decision": "Approved"}],
            "times_out_at": "2026-05-04T12:01:00+00:00",
            "console_url": f"https://eu-central-1.console.aws.amazon.com/{APPROVAL}",
        },
    ),
    "a pause": (run("Waiting", pause("p", "Waiting")), {**AT_PAUSE, "signals": ["Resume"]}),
    "a step of which only the name was read": (
        run("Waiting", pause("p", "Waiting", execution_id="")),
        {**AT_PAUSE, "step_execution_id": None, "signals": ["Resume"]},
    ),
    "a request": (run("PendingApproval"), {"signals": ["Approve", "Reject"]}),
    "StartStep": (
        interactive("Waiting", step("s", status="Success", valid_next_steps=("t",))),
        {"signals": ["StartStep"], "valid_next_steps": ["t"]},
    ),
}


@pytest.mark.parametrize(("execution", "wait"), WAITS.values(), ids=WAITS)
def test_every_wait_has_every_key(execution, wait):
    (waits,) = execution_result(execution, *PLACE)["waiting_for"]
    assert waits == {**NOTHING, "automation_execution_id": execution.id, **wait}
