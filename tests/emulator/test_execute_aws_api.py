# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeAwsApi: calls of moto's services, and what becomes of their responses."""

from __future__ import annotations

import json
from typing import Any

import pytest


def call(service: str, api: str, *outputs: tuple[str, str, str], **parameters: Any) -> dict[str, Any]:
    listed = [{"Name": name, "Selector": selector, "Type": kind} for name, selector, kind in outputs]
    inputs = {"Service": service, "Api": api, **parameters}
    return {"name": "call", "action": "aws:executeAwsApi", "inputs": inputs, "outputs": listed}


def test_outputs_are_picked_out_of_the_response(runs: Any, account: Any) -> None:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    asked = call(
        "ec2", "DescribeVpcs", ("Id", "$.Vpcs[0].VpcId", "String"), ("Ids", "$.Vpcs[*].VpcId", "StringList"),
        VpcIds=[vpc],
    )  # fmt: skip
    execution = runs.start(asked)
    assert runs.step(execution, "call")["Outputs"] == {"Id": [vpc], "Ids": [vpc]}
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("calls-1")
def test_it_changes_what_it_is_told_to(runs: Any, account: Any) -> None:
    runs.start(
        call("s3", "CreateBucket", Bucket="made-here", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    )
    assert [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]] == ["made-here"]


@pytest.mark.ledger("calls-34")
def test_an_input_without_a_value_is_as_good_as_none(runs: Any) -> None:
    execution = runs.start(call("ec2", "DescribeVpcs", VpcIds=None, Nothing=None))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("results-8")
def test_an_error_of_the_service_fails_the_step(runs: Any) -> None:
    execution = runs.start(call("ec2", "DescribeVpcs", VpcIds=["vpc-none"]))
    step = runs.step(execution, "call")
    assert (step["StepStatus"], runs.status(execution)) == ("Failed", "Failed")
    assert "InvalidVpcID.NotFound" in step["FailureMessage"]
    assert step["FailureDetails"]["FailureStage"] == "Invocation"


@pytest.mark.parametrize(("service", "api"), [("ec2", "DescribeNothing"), ("nowhere", "GetIt")])
def test_what_does_not_exist_cannot_be_called(runs: Any, service: str, api: str) -> None:
    execution = runs.start(call(service, api))
    assert runs.step(execution, "call")["StepStatus"] == "Failed"


def test_it_may_call_systems_manager_itself(runs: Any) -> None:
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
    gated = runs.start(gate)
    assert runs.status(gated) == "Waiting"
    approve = call("ssm", "SendAutomationSignal", AutomationExecutionId=gated, SignalType="Approve")
    execution = runs.start(approve, members={"name": "Approving"})
    assert (runs.status(execution), runs.status(gated)) == ("Success", "Success")


def test_its_requests_are_neither_logged_nor_befallen_by_faults(runs: Any, control: Any) -> None:
    execution = runs.start(call("ssm", "GetParameters", Names=["none"]))
    control("POST", "faults", {"kind": "error", "operation": "GetParameters"})
    assert runs.status(execution) == "Success"
    assert control("GET", "requests?operation=GetParameters")["requests"] == []


@pytest.mark.ledger("calls-4", "principals-4")
def test_it_calls_in_the_name_of_the_starter(runs: Any, account: Any) -> None:
    who = call("sts", "GetCallerIdentity", ("Arn", "$.Arn", "String"))
    name = runs.document(who)
    alice = account.user("alice")
    execution = alice.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
    assert runs.step(execution, "call")["Outputs"]["Arn"] == ["arn:aws:iam::123456789012:user/alice"]


@pytest.mark.ledger("calls-4")
def test_it_calls_in_the_name_of_the_assumed_role(runs: Any) -> None:
    who = call("sts", "GetCallerIdentity", ("Arn", "$.Arn", "String"))
    role = {"type": "String", "default": "arn:aws:iam::123456789012:role/Operator"}
    execution = runs.start(who, members={"parameters": {"Role": role}, "assumeRole": "{{ Role }}"})
    [arn] = runs.step(execution, "call")["Outputs"]["Arn"]
    assert arn.startswith("arn:aws:sts::123456789012:assumed-role/Operator/")


def test_numbers_and_booleans_may_be_written_as_strings(runs: Any) -> None:
    execution = runs.start(call("ec2", "DescribeVpcs", DryRun="false", MaxResults="5"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("outputs-6")
def test_an_output_of_another_type_fails_the_step(runs: Any) -> None:
    execution = runs.start(call("ec2", "DescribeRegions", ("Count", "$.Regions[0].RegionName", "Integer")))
    assert runs.step(execution, "call")["FailureDetails"]["FailureStage"] == "PostVerification"


def test_what_a_response_has_that_json_has_not_is_shown_as_text(runs: Any, account: Any) -> None:
    account.client("iam").create_user(UserName="alice")
    execution = runs.start(call("iam", "GetUser", ("Made", "$.User.CreateDate", "String"), UserName="alice"))
    assert runs.step(execution, "call")["Outputs"]["Made"][0].startswith("20")
    assert json.loads(runs.step(execution, "call")["Inputs"]["UserName"]) == "alice"
