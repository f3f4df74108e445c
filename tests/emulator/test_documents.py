# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be registered as a runbook, and what else its text decides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}


@pytest.mark.ledger("flow-17")
@pytest.mark.parametrize(
    "content",
    [
        {"schemaVersion": "2.2", "mainSteps": [PAUSE]},
        {"mainSteps": [PAUSE]},
        {"schemaVersion": "0.3"},
        {"schemaVersion": "0.3", "mainSteps": {"pause": PAUSE}},
        [PAUSE],
    ],
)
def test_what_is_no_automation_document(runs: Any, content: Any) -> None:
    with pytest.raises(ClientError) as caught:
        runs.ssm.create_document(Name="None", DocumentType="Automation", Content=json.dumps(content))
    assert caught.value.response["Error"]["Code"] == "InvalidDocumentContent"


@pytest.mark.ledger("flow-20")
def test_a_choice_is_followed_in_spite_of_is_end(runs: Any) -> None:
    choice = {"Variable": "x", "StringEquals": "x", "NextStep": "pause"}
    branch = {"name": "branch", "action": "aws:branch", "inputs": {"Choices": [choice]}, "isEnd": True}
    execution = runs.start(branch, NAP, PAUSE)
    assert runs.get(execution)["CurrentStepName"] == "pause"


@pytest.mark.ledger("continue_follows_next_step=false", "continue_follows_next_step=true")
def test_continue_with_and_without_next_step(runs: Any, control: Any) -> None:
    broken = {
        "name": "broken",
        "action": "aws:sleep",
        "inputs": {"Duration": "soon"},
        "onFailure": "Continue",
        "nextStep": "pause",
    }
    for number, (follows, current) in enumerate([(False, "nap"), (True, "pause")]):
        control.choose(continue_follows_next_step=follows)
        execution = runs.start(broken, NAP, PAUSE, members={"name": f"Continued{number}"})
        assert runs.get(execution)["CurrentStepName"] == current


@pytest.mark.ledger("flow-25", "most_step_executions")
@pytest.mark.parametrize("most", [3, 5])
def test_circles_are_broken(runs: Any, control: Any, most: int) -> None:
    control.choose(most_step_executions=most)
    circle = {"name": "a", "action": "aws:sleep", "inputs": {"Duration": "soon"}, "onFailure": "step:a"}
    found = runs.get(runs.start(circle))
    assert (found["AutomationExecutionStatus"], len(found["StepExecutions"])) == ("Failed", most)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("aws:puase", "aws:pause"),
        ("aws:Approve", "aws:approve"),
        ("sleep", "aws:sleep"),
        ("aws:executeAwsAPI", "aws:executeAwsApi"),
        ("aws:invokeWebHook", "aws:invokeWebhook"),
    ],
)
def test_a_misspelt_action_is_refused_with_what_was_meant(runs: Any, written: str, meant: str) -> None:
    content = {"schemaVersion": "0.3", "mainSteps": [{"name": "wait", "action": written, "inputs": {}}]}
    with pytest.raises(ClientError, match=f"Step wait: there is no action {written}; did you mean {meant}[?]"):
        runs.ssm.create_document(Name="Misspelt", DocumentType="Automation", Content=json.dumps(content))


@pytest.mark.parametrize("action", ["aws:invokeWebhook", "aws:addedLater"])
def test_an_action_that_only_aws_may_have_can_be_registered(runs: Any, action: str) -> None:
    step = {"name": "call", "action": action, "inputs": {"IntegrationName": "chat"}}
    content = {"schemaVersion": "0.3", "mainSteps": [step]}
    runs.ssm.create_document(Name="Foreign", DocumentType="Automation", Content=json.dumps(content))
    with pytest.raises(ClientError, match=f"The emulator does not run .*{action} [(]AWS may[)]"):
        runs.ssm.start_automation_execution(DocumentName="Foreign")
