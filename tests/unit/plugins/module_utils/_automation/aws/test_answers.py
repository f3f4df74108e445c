# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which answers have the shape that the API reference gives them."""

from __future__ import annotations

import datetime

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import answers
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
STEP = {
    "StepName": "gate",
    "StepStatus": "Waiting",
    "StepExecutionId": "gate-1",
    "Action": "aws:approve",
    "OnFailure": "Abort",
    "Inputs": {"MinRequiredApprovals": "2"},
    "Outputs": {"ApprovalStatus": ["Approved"]},
    "ExecutionStartTime": NOON,
    "TimeoutSeconds": 60,
    "IsCritical": True,
    "ValidNextSteps": ["next"],
    "ParentStepDetails": {"StepName": "loop", "Iteration": 2},
}
EXECUTION = {
    "AutomationExecutionId": EXECUTION_ID,
    "AutomationExecutionStatus": "Waiting",
    "Parameters": {"Stage": ["live"]},
    "Outputs": {"gate.Output": []},
    "ExecutionStartTime": NOON,
    "StepExecutions": [STEP],
    "StepExecutionsTruncated": False,
}
LEAST = {"AutomationExecutionId": EXECUTION_ID, "AutomationExecutionStatus": "Waiting"}
UNSET = object()


def problem(**changes):
    raw = {key: value for key, value in {**EXECUTION, **changes}.items() if value is not UNSET}
    return answers.problem_with_execution(raw, EXECUTION_ID)


def problem_of_step(**changes):
    step = {key: value for key, value in {**STEP, **changes}.items() if value is not UNSET}
    (alone, within) = answers.problem_with_steps([step]), problem(StepExecutions=[STEP, step])
    assert within == (f"StepExecutions: {alone}" if alone else "")
    return alone


@pytest.mark.parametrize(
    "raw",
    [
        EXECUTION,
        LEAST,
        {**LEAST, "StepExecutions": None, "Outputs": None, "FailureMessage": None},
        {**LEAST, "StepExecutions": [{"StepName": "s", "StepStatus": "AddedLater"}]},
        {**LEAST, "AddedLater": [1, None, {}]},
        {**LEAST, "AutomationExecutionId": EXECUTION_ID.upper()},
    ],
    ids=["in full", "the least", "members that are null", "the least of a step", "members of the future", "case"],
)
def test_answers_of_the_service(raw):
    assert answers.problem_with_execution(raw, EXECUTION_ID) == ""


def test_every_member_that_is_checked_is_one_of_the_model():
    model = botocore.session.get_session().get_service_model("ssm")
    for shape, checks in [
        ("AutomationExecution", answers._EXECUTION),
        ("AutomationExecutionMetadata", answers._SUMMARY),
        ("StepExecution", answers._STEP),
        ("ParentStepDetails", answers._PARENT),
        ("DocumentDescription", answers._DOCUMENT),
    ]:
        assert set(checks) <= set(model.shape_for(shape).members)


NO_EXECUTION = {"null": None, "a list": [], "a text": "busy", "a number": 1, "nothing": {}}


@pytest.mark.parametrize("raw", NO_EXECUTION.values(), ids=NO_EXECUTION)
def test_what_is_no_execution(raw):
    assert answers.problem_with_execution(raw, EXECUTION_ID)


MALFORMED = {
    "no id": ({"AutomationExecutionId": UNSET}, "AutomationExecutionId: None is no text"),
    "an id that is null": ({"AutomationExecutionId": None}, "AutomationExecutionId: None is no text"),
    "an id that is a number": ({"AutomationExecutionId": 7}, "AutomationExecutionId: 7 is no text"),
    "an empty id": ({"AutomationExecutionId": ""}, "AutomationExecutionId: it is empty"),
    "no status": ({"AutomationExecutionStatus": UNSET}, "AutomationExecutionStatus: None is no text"),
    "an empty status": ({"AutomationExecutionStatus": ""}, "AutomationExecutionStatus: it is empty"),
    "a status that is a list": ({"AutomationExecutionStatus": ["Waiting"]}, "['Waiting'] is no text"),
    "another execution": ({"AutomationExecutionId": "other"}, f"about execution other, asked for was {EXECUTION_ID}"),
    "steps that are a map": ({"StepExecutions": {}}, "StepExecutions: {} is no list"),
    "a step that is null": ({"StepExecutions": [None]}, "StepExecutions: None is no map"),
    "a step that is a text": ({"StepExecutions": ["s"]}, "StepExecutions: 's' is no map"),
    "cut short, by a text": ({"StepExecutionsTruncated": "true"}, "'true' is neither true nor false"),
    "outputs that are a list": ({"Outputs": []}, "Outputs: [] is no map"),
    "an output that is a text": ({"Outputs": {"o": "v"}}, "Outputs: 'v' is no list"),
    "an output of numbers": ({"Outputs": {"o": [1]}}, "Outputs: 1 is no text"),
    "parameters that are a text": ({"Parameters": "p"}, "Parameters: 'p' is no map"),
    "a time that is a text": ({"ExecutionStartTime": "noon"}, "ExecutionStartTime: 'noon' is no time"),
    "a name that is a number": ({"CurrentStepName": 5}, "CurrentStepName: 5 is no text"),
    "a mode that is a map": ({"Mode": {}}, "Mode: {} is no text"),
    "a reason that is a list": ({"FailureMessage": ["no"]}, "FailureMessage: ['no'] is no text"),
}


@pytest.mark.parametrize(("changes", "words"), MALFORMED.values(), ids=MALFORMED)
def test_an_execution_of_another_shape(changes, words):
    assert words in problem(**changes)


MALFORMED_STEPS = {
    "no name": ({"StepName": UNSET}, "StepName: None is no text"),
    "an empty name": ({"StepName": ""}, "StepName: it is empty"),
    "no status": ({"StepStatus": UNSET}, "StepStatus: None is no text"),
    "an id that is a number": ({"StepExecutionId": 1}, "StepExecutionId: 1 is no text"),
    "inputs that are a list": ({"Inputs": []}, "Inputs: [] is no map"),
    "approvers that are a number": ({"Inputs": {"Approvers": 5}}, "Inputs: 5 is no text"),
    "approvals that are infinite": ({"Inputs": {"MinRequiredApprovals": float("inf")}}, "Inputs: inf is no text"),
    "a decision that is a number": ({"Outputs": {"ApprovalStatus": 1}}, "Outputs: 1 is no list"),
    "outputs that are a text": ({"Outputs": "o"}, "Outputs: 'o' is no map"),
    "an end that is a number": ({"ExecutionEndTime": 0}, "ExecutionEndTime: 0 is no time"),
    "a time limit that is a text": ({"TimeoutSeconds": "60"}, "TimeoutSeconds: '60' is no whole number"),
    "a time limit that is a flag": ({"TimeoutSeconds": True}, "TimeoutSeconds: True is no whole number"),
    "attempts with a fraction": ({"MaxAttempts": 1.5}, "MaxAttempts: 1.5 is no whole number"),
    "critical by a number": ({"IsCritical": 1}, "IsCritical: 1 is neither true nor false"),
    "the end by a text": ({"IsEnd": "true"}, "IsEnd: 'true' is neither true nor false"),
    "next steps that are a text": ({"ValidNextSteps": "next"}, "ValidNextSteps: 'next' is no list"),
    "next steps that are null": ({"ValidNextSteps": [None]}, "ValidNextSteps: None is no text"),
    "a parent that is a text": ({"ParentStepDetails": "loop"}, "ParentStepDetails: 'loop' is no map"),
    "a parent in no round": (
        {"ParentStepDetails": {"StepName": "loop", "Iteration": "2"}},
        "Iteration: '2' is no whole number",
    ),
}


@pytest.mark.parametrize(("changes", "words"), MALFORMED_STEPS.values(), ids=MALFORMED_STEPS)
def test_a_step_of_another_shape(changes, words):
    assert words in problem_of_step(**changes)


@pytest.mark.parametrize("check", [answers.problem_with_summaries, answers.problem_with_steps])
@pytest.mark.parametrize("entries", [None, {}, "busy", [None], [[]], ["e"], [{}]])
def test_what_is_no_list_of_entries(check, entries):
    assert check(entries)


def test_one_entry_of_another_shape_is_enough():
    assert answers.problem_with_summaries([LEAST, LEAST]) == ""
    assert "it is empty" in answers.problem_with_summaries([LEAST, {**LEAST, "AutomationExecutionId": ""}])
    assert answers.problem_with_steps([]) == answers.problem_with_summaries([]) == ""


DOCUMENT = {"Name": "Deploy", "DocumentType": "Automation", "Parameters": [{"Name": "Stage"}]}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (DOCUMENT, ""),
        ({"Name": "Deploy", "DocumentType": "Command"}, ""),
        (None, "None is no map"),
        ({}, "Name: None is no text"),
        ({"Name": "Deploy"}, "DocumentType: None is no text"),
        ({**DOCUMENT, "Parameters": {}}, "Parameters: {} is no list"),
        ({**DOCUMENT, "Parameters": [{}]}, "Parameters: Name: None is no text"),
        ({**DOCUMENT, "DocumentVersion": 3}, "DocumentVersion: 3 is no text"),
    ],
)
def test_a_document(raw, words):
    assert answers.problem_with_document(raw) == words


OPS_ITEM = {"OpsItemId": "oi-1", "OperationalData": {"/aws/accessrequest": {"Value": "{}"}}}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (OPS_ITEM, ""),
        ({"OpsItemId": "oi-1"}, ""),
        (None, "None is no map"),
        ({}, "OpsItemId: None is no text"),
        ({**OPS_ITEM, "OperationalData": []}, "OperationalData: [] is no map"),
        ({**OPS_ITEM, "OperationalData": {"a": "b"}}, "OperationalData: 'b' is no map"),
        ({**OPS_ITEM, "OperationalData": {"a": {"Value": 5}}}, "OperationalData: Value: 5 is no text"),
    ],
)
def test_an_ops_item(raw, words):
    assert answers.problem_with_ops_item(raw) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"{}", ""),
        (b' {"a": [1]} ', ""),
        (b"null", "it is no JSON object"),
        (b"[]", "it is no JSON object"),
        (b'"busy"', "it is no JSON object"),
        (b"<html>", "it is no JSON"),
        (b'{"a": ', "it is no JSON"),
        (b'{"a": "\xff\xfe"}', "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
    ],
    ids=["nothing", "empty", "an object", "null", "a list", "a text", "a page", "cut short", "no UTF-8", "too deep"],
)
def test_a_body(body, words):
    assert answers.problem_with_body(body) == words


def test_what_was_found_is_told_in_short():
    assert len(problem(FailureMessage=["x" * 10_000])) < 120


@pytest.mark.parametrize(("value", "text", "with_content"), [("a", "", ""), ("", "", "it is empty")])
def test_a_text(value, text, with_content):
    assert (answers.is_text(value), answers.is_text_with_content(value)) == (text, with_content)


@pytest.mark.parametrize("value", [None, 0, b"a", ["a"], {}])
def test_what_is_no_text(value):
    assert answers.is_text(value) == answers.is_text_with_content(value) == f"{value!r} is no text"
