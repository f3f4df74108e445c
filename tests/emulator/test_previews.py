# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""StartExecutionPreview and GetExecutionPreview: what a start would change, without starting anything."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}


def call(name: str, api: str) -> dict[str, Any]:
    return {"name": name, "action": "aws:executeAwsApi", "inputs": {"Service": "ec2", "Api": api}}


def step(name: str, action: str, **inputs: Any) -> dict[str, Any]:
    return {"name": name, "action": f"aws:{action}", "inputs": inputs}


STEPS = [
    PAUSE,
    call("look", "DescribeInstances"),
    call("list", "list_images"),
    step("check", "changeInstanceState", InstanceIds=["i-1"], DesiredState="running", CheckStateOnly=True),
    call("change", "StopInstances"),
    step("start", "changeInstanceState", InstanceIds=["i-1"], DesiredState="running"),
    step("tag", "createTags", ResourceIds=["i-1"], Tags=[{"Key": "a", "Value": "b"}]),
    step("command", "runCommand", DocumentName="AWS-RunShellScript", InstanceIds=["i-1"]),
    step("function", "invokeLambdaFunction", FunctionName="f"),
]


def preview(runs: Any, **inputs: Any) -> dict[str, Any]:
    more = {"ExecutionInputs": {"Automation": inputs}} if inputs else {}
    asked = runs.ssm.start_execution_preview(DocumentName="Gated", **more)["ExecutionPreviewId"]
    found = runs.ssm.get_execution_preview(ExecutionPreviewId=asked)
    assert (found["Status"], found["ExecutionPreviewId"], "EndedAt" in found) == ("Success", asked, True)
    shown: dict[str, Any] = found["ExecutionPreview"]["Automation"]
    return shown


@pytest.mark.ledger("previews-1", "previews-4", "previews-2")
def test_which_steps_change_anything(runs: Any) -> None:
    runs.document(*STEPS)
    assert preview(runs) == {
        "StepPreviews": {"NonMutating": 4, "Mutating": 3, "Undetermined": 2},
        "Regions": ["eu-central-1"],
        "TotalAccounts": 1,
    }
    assert runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []


@pytest.mark.ledger("previews-2")
def test_on_targets_and_in_several_places(runs: Any) -> None:
    runs.document(PAUSE, parameters={"Host": {"type": "String"}})
    on = [{"Key": "ParameterValues", "Values": ["a", "b", "c"]}]
    assert preview(runs, TargetParameterName="Host", Targets=on)["TargetPreviews"] == [{"Count": 3}]
    places = [{"Accounts": ["123456789012", "999988887777"], "Regions": ["eu-west-1", "us-east-1"]}]
    shown = preview(runs, Parameters={"Host": ["a"]}, TargetLocations=places)
    assert (shown["Regions"], shown["TotalAccounts"]) == (["eu-west-1", "us-east-1"], 2)


@pytest.mark.ledger("previews-3")
def test_what_could_not_be_started_has_no_preview(runs: Any) -> None:
    runs.document(PAUSE, parameters={"Host": {"type": "String"}})
    for request in ({"DocumentName": "Missing"}, {"DocumentName": "Gated"}):
        with pytest.raises(ClientError) as caught:
            runs.ssm.start_execution_preview(**request)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as caught:
        runs.ssm.get_execution_preview(ExecutionPreviewId="2f27d6e5-9676-4708-b8bd-aef0a0000000")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
