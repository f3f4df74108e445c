# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CreateDocument says of a step's inputs and outputs: names, those that are missing, JSON types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.actions.registry import ACTIONS

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
TRUE = {"Variable": "{{ global:REGION }}", "StringEquals": "x"}


def step(action: str, **inputs: Any) -> dict[str, Any]:
    return {"name": "act", "action": f"aws:{action}", "inputs": inputs}


def refusal(runs: Any, *steps: Any, **members: Any) -> str:
    with pytest.raises(ClientError) as caught:
        runs.document(*steps, **members)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidDocumentContent"
    return str(error["Message"])


@pytest.mark.ledger("documents-1", "calls-38")
@pytest.mark.parametrize(
    ("action", "missing"),
    [
        ("approve", "Approvers or EnhancedApprovals"),
        ("sleep", "Duration or Timestamp"),
        ("executeAwsApi", "Service, Api"),
        ("assertAwsResourceProperty", "Service, Api, PropertySelector, DesiredValues"),
        ("waitForAwsResourceProperty", "Service, Api, PropertySelector, DesiredValues"),
        ("executeAutomation", "DocumentName"),
        ("runCommand", "DocumentName"),
        ("executeScript", "Runtime"),
        ("changeInstanceState", "InstanceIds, DesiredState"),
        ("branch", "Choices"),
        ("runInstances", "ImageId"),
        ("createImage", "InstanceId, ImageName"),
        ("copyImage", "SourceRegion, SourceImageId, ImageName"),
        ("deleteImage", "ImageId"),
        ("createStack", "StackName"),
        ("deleteStack", "StackName"),
        ("createTags", "ResourceIds, Tags"),
        ("invokeLambdaFunction", "FunctionName"),
        ("executeStateMachine", "stateMachineArn"),
        ("invokeWebhook", "IntegrationName"),
        ("updateVariable", "Name, Value"),
    ],
)
def test_inputs_that_are_missing(runs: Any, action: str, missing: str) -> None:
    assert refusal(runs, step(action)) == f"Step act: Missing required input names: {missing}."


@pytest.mark.ledger("documents-1")
def test_a_python_script_needs_a_handler_and_powershell_none(runs: Any) -> None:
    runs.document(step("executeScript", Runtime="PowerShell 7.4", Script="1"), name="Shell")
    assert "Handler" in refusal(runs, step("executeScript", Runtime="python3.11", Script="1"))


@pytest.mark.ledger("documents-2", "calls-38")
@pytest.mark.parametrize(
    ("action", "inputs"),
    [
        ("sleep", {"Duration": "PT1S"}),
        ("approve", {"Approvers": ["alice"]}),
        ("runCommand", {"DocumentName": "AWS-RunShellScript"}),
        ("runInstances", {"ImageId": "ami-1"}),
        ("createStack", {"StackName": "app"}),
        ("executeAutomation", {"DocumentName": "Child"}),
        ("invokeLambdaFunction", {"FunctionName": "f"}),
        ("invokeWebhook", {"IntegrationName": "chat", "Body": "hello"}),
    ],
)
def test_inputs_that_the_action_does_not_have(runs: Any, action: str, inputs: Any) -> None:
    message = refusal(runs, step(action, **inputs, Colour="red", Size=1))
    assert message == "Step act: Unknown input names provided: Colour, Size."


@pytest.mark.ledger("documents-2")
@pytest.mark.parametrize(
    ("action", "inputs"),
    [
        ("pause", {"Message": "ignored"}),
        ("executeAwsApi", {"Service": "ec2", "Api": "DescribeVpcs", "VpcIds": ["vpc-1"], "MaxResults": 5}),
        ("runCommand", {"DocumentName": "AWS-RunShellScript", "OutputS3BucketName": "b", "TimeoutSeconds": 60}),
        ("runInstances", {"ImageId": "ami-1", "MetadataOptions": {"HttpTokens": "required"}, "SubnetId": "s"}),
        ("deleteStack", {"StackName": "app", "RetainResources.member.1": "R"}),
        ("approve", {"EnhancedApprovals": {"Approvers": [{"approver": "group", "type": "SSOGroup"}]}}),
        ("changeInstanceState", {"InstanceIds": ["i-1"], "DesiredState": "running", "FailOnUnexpectedStopped": True}),
    ],
)
def test_inputs_that_it_has(runs: Any, action: str, inputs: Any) -> None:
    assert runs.document(step(action, **inputs)) == "Gated"


SCRIPT = {"Runtime": "python3.11", "Handler": "f", "Script": "x"}


@pytest.mark.ledger("documents-3")
@pytest.mark.parametrize(
    ("action", "inputs", "message"),
    [
        ("executeScript", {**SCRIPT, "Script": ["a", "b"]}, "Script must be a string"),
        ("executeScript", {**SCRIPT, "Script": {"a": "b"}}, "Script must be a string"),
        ("executeScript", {**SCRIPT, "InputPayload": ["a"]}, "InputPayload must be a map"),
        ("invokeLambdaFunction", {"FunctionName": "f", "Payload": {"a": 1}}, "Payload must be a string"),
        ("invokeLambdaFunction", {"FunctionName": "f", "Payload": ["a"]}, "Payload must be a string"),
        ("approve", {"Approvers": {"a": "b"}}, "Approvers must be a list"),
        ("executeAutomation", {"DocumentName": "Child", "RuntimeParameters": ["a"]}, "RuntimeParameters must be a map"),
        ("createStack", {"StackName": "app", "TemplateBody": {"a": 1}}, "TemplateBody must be a string"),
        ("runCommand", {"DocumentName": "d", "Parameters": ["date"]}, "Parameters must be a map"),
    ],
)
def test_inputs_of_another_json_type(runs: Any, action: str, inputs: Any, message: str) -> None:
    assert refusal(runs, step(action, **inputs)) == f"Step act: {message}."


@pytest.mark.ledger("documents-3")
def test_a_string_may_stand_for_anything(runs: Any) -> None:
    parameters = {"Who": {"type": "StringList"}, "Given": {"type": "StringMap"}}
    payload = {**SCRIPT, "InputPayload": "{{ Given }}"}
    runs.document(step("executeScript", **payload), parameters=parameters, name="Payload")
    runs.document(step("approve", Approvers="{{ Who }}", MinRequiredApprovals="1"), parameters=parameters)


@pytest.mark.ledger("documents-4")
@pytest.mark.parametrize("name", ["And", "Or"])
def test_and_and_or_combine_two_at_least(runs: Any, name: str) -> None:
    words = f"Expect at least two expressions for operator: {name}. Provided: 1"
    assert words in refusal(runs, step("branch", Choices=[{name: [TRUE], "NextStep": "pause"}]), PAUSE)
    loop = step("loop", LoopCondition={name: [TRUE]}, Steps=[{**PAUSE, "name": "inner"}])
    assert words in refusal(runs, loop)
    runs.document(step("branch", Choices=[{name: [TRUE, TRUE], "NextStep": "pause"}]), PAUSE)


OWN = {
    "approve": "ApprovalStatus ApproverDecisions",
    "executeScript": "OutputPayload",
    "invokeWebhook": "Response ResponseCode",
    "invokeLambdaFunction": "StatusCode Payload LogResult FunctionError OutputPayload",
    "runCommand": "CommandId Status ResponseCode Output",
    "executeAutomation": "ExecutionId Status Output",
}
INPUTS: dict[str, Any] = {
    "approve": {"Approvers": ["a"]},
    "executeScript": SCRIPT,
    "invokeLambdaFunction": {"FunctionName": "f"},
    "invokeWebhook": {"IntegrationName": "chat"},
    "runCommand": {"DocumentName": "d"},
    "executeAutomation": {"DocumentName": "d"},
    "executeAwsApi": {"Service": "ec2", "Api": "DescribeVpcs"},
}


def declares(action: str, name: str) -> dict[str, Any]:
    return {**step(action, **INPUTS[action]), "outputs": [{"Name": name, "Selector": "$.x", "Type": "String"}]}


@pytest.mark.ledger("documents-5", "calls-38")
@pytest.mark.parametrize(("action", "name"), [(action, name) for action in OWN for name in OWN[action].split()])
def test_an_output_of_the_actions_own_cannot_be_declared(runs: Any, action: str, name: str) -> None:
    assert f"has an output {name} by itself" in refusal(runs, declares(action, name))


@pytest.mark.ledger("scripts_may_declare_payload=true")
def test_a_script_may_declare_its_payload_to_give_it_a_type(runs: Any) -> None:
    says = {"Runtime": "python3.11", "Handler": "f", "Script": "def f(events, context):\n    return {'n': 1}"}
    whole = {"Name": "Payload", "Selector": "$.Payload", "Type": "StringMap"}
    part = {"Name": "n", "Selector": "$.Payload.n", "Type": "Integer"}
    execution = runs.start({**step("executeScript", **says), "outputs": [whole, part]})
    assert runs.step(execution, "act")["Outputs"] == {
        "Payload": ['{"n": 1}'],
        "n": ["1"],
        "OutputPayload": ['{"Payload": {"n": 1}}'],
    }


@pytest.mark.ledger("scripts_may_declare_payload=false")
def test_a_script_may_be_refused_that_declares_its_payload(runs: Any, control: Any) -> None:
    control.choose(scripts_may_declare_payload=False)
    assert "has an output Payload by itself" in refusal(runs, declares("executeScript", "Payload"))
    assert runs.document(declares("executeScript", "Whole")) == "Gated"


@pytest.mark.ledger("documents-5")
def test_a_call_has_no_output_of_its_own(runs: Any) -> None:
    assert ACTIONS["aws:executeAwsApi"].puts_out == frozenset()
    for name in ("OutputPayload", "Output", "Status"):
        assert runs.document(declares("executeAwsApi", name), name=f"Call{name}")


@pytest.mark.ledger("documents-6")
@pytest.mark.parametrize("version", [0.3, 3])
def test_the_schema_version_is_a_string(runs: Any, version: float) -> None:
    content = {"schemaVersion": version, "mainSteps": [PAUSE]}
    with pytest.raises(ClientError) as caught:
        runs.ssm.create_document(Name="Number", DocumentType="Automation", Content=json.dumps(content))
    assert caught.value.response["Error"]["Code"] == "InvalidDocumentContent"
    text = "schemaVersion: 0.3\nmainSteps: [{name: pause, action: aws:pause, inputs: {}}]\n"
    request = {"Name": "Plain", "DocumentType": "Automation", "DocumentFormat": "YAML"}
    with pytest.raises(ClientError, match="a string"):
        runs.ssm.create_document(**request, Content=text)
