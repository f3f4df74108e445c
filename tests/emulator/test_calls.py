# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of other services: how runbooks name operations and write parameters, and what cannot be called."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from automation_emulator.language.coercion import as_shape


def call(service: str, api: str, **parameters: Any) -> dict[str, Any]:
    inputs = {"Service": service, "Api": api, **parameters}
    return {"name": "call", "action": "aws:executeAwsApi", "inputs": inputs}


def reason(runs: Any, asked: dict[str, Any]) -> str:
    """Why the call failed."""
    step = runs.step(runs.start(asked), "call")
    assert step["StepStatus"] == "Failed"
    return str(step["FailureMessage"])


@pytest.mark.ledger("calls-2")
@pytest.mark.parametrize(
    ("service", "api"),
    [
        ("ec2", "DescribeVpcs"),
        ("ec2", "describeVpcs"),
        ("ec2", "describe_vpcs"),
        ("ec2", "describe-vpcs"),
        ("EC2", "DescribeVpcs"),
        ("CloudFormation", "describe-stacks"),
        ("Cognito-Idp", "list_user_pools"),
    ],
)
def test_names_are_found_however_they_are_written(runs: Any, service: str, api: str) -> None:
    needed = {"MaxResults": 1} if api == "list_user_pools" else {}
    assert runs.status(runs.start(call(service, api, **needed))) == "Success"


@pytest.mark.parametrize("api", ["DescribeVpc", "Describe", "describe vpcs", "get_paginator"])
def test_an_operation_that_does_not_exist_is_named(runs: Any, api: str) -> None:
    assert f"ec2 has no operation {api}" in reason(runs, call("ec2", api))


def test_a_service_that_does_not_exist_is_named(runs: Any) -> None:
    assert "Nowhere" in reason(runs, call("Nowhere", "GetIt")).title()


@pytest.mark.ledger("calls-3")
@pytest.mark.parametrize(
    ("service", "api", "parameters"),
    [
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}),
        ("s3", "get-object", {"Bucket": "b", "Key": "k"}),
        ("kinesis", "SubscribeToShard", {"ConsumerARN": "c", "ShardId": "s", "StartingPosition": {"Type": "LATEST"}}),
    ],
)
def test_operations_that_stream_are_refused(runs: Any, service: str, api: str, parameters: Any) -> None:
    assert "streams its response" in reason(runs, call(service, api, **parameters))


def test_a_response_that_is_only_bytes_is_none_that_streams(runs: Any) -> None:
    failed = reason(runs, call("lambda", "Invoke", FunctionName="none"))
    assert "ResourceNotFoundException" in failed


@pytest.mark.parametrize("parameters", [{"Vpcs": ["vpc-1"]}, {"VpcIds": "vpc-1"}, {"VpcIds": {"a": "vpc-1"}}])
def test_parameters_that_the_operation_does_not_take_fail_the_step(runs: Any, parameters: Any) -> None:
    assert next(iter(parameters)) in reason(runs, call("ec2", "DescribeVpcs", **parameters))


def test_parameters_are_named_by_strings(runs: Any) -> None:
    content = """
        schemaVersion: "0.3"
        mainSteps:
          - {name: call, action: "aws:executeAwsApi", inputs: {Service: ec2, Api: DescribeVpcs, 1: one}}
    """
    runs.ssm.create_document(Name="Odd", DocumentType="Automation", DocumentFormat="YAML", Content=content)
    execution = runs.ssm.start_automation_execution(DocumentName="Odd")["AutomationExecutionId"]
    assert runs.status(execution) == "Failed"


def test_operations_with_a_host_of_their_own_stay_here(runs: Any) -> None:
    """In AWS, DiscoverInstances has a host whose name begins with data-."""
    discover = call("servicediscovery", "DiscoverInstances", NamespaceName="none", ServiceName="none")
    assert "NamespaceNotFound" in reason(runs, discover)


def shape(service: str, operation: str) -> Any:
    return botocore.session.Session().get_service_model(service).operation_model(operation).input_shape


@pytest.mark.parametrize(
    ("service", "operation", "given", "taken"),
    [
        ("ec2", "RunInstances", {"MinCount": "2", "DryRun": "True"}, {"MinCount": 2, "DryRun": True}),
        ("ec2", "RunInstances", {"MinCount": "two", "DryRun": "no"}, {"MinCount": "two", "DryRun": "no"}),
        ("ec2", "RunInstances", {"MinCount": 2, "DryRun": False}, {"MinCount": 2, "DryRun": False}),
        ("ec2", "RunInstances", {"MinCount": None, "Nothing": "5"}, {"MinCount": None, "Nothing": "5"}),
        ("ec2", "RunInstances", {"Placement": {"PartitionNumber": "3"}}, {"Placement": {"PartitionNumber": 3}}),
        ("ec2", "RunInstances", {"Placement": "there"}, {"Placement": "there"}),
        ("ec2", "DescribeVpcs", {"VpcIds": [1, "vpc-2"]}, {"VpcIds": ["1", "vpc-2"]}),
        ("ec2", "DescribeVpcs", {"VpcIds": "vpc-1"}, {"VpcIds": "vpc-1"}),
        ("ec2", "DescribeVpcs", {"VpcIds": {"a": 1}}, {"VpcIds": {"a": 1}}),
        ("ssm", "PutParameter", {"Name": ["one", 2], "Value": "true"}, {"Name": ["one", 2], "Value": "true"}),
        ("ssm", "PutParameter", {"Value": True, "Name": 1.5}, {"Value": "true", "Name": "1.5"}),
        ("ssm", "SendCommand", {"Parameters": {"commands": [1]}}, {"Parameters": {"commands": ["1"]}}),
        ("ssm", "SendCommand", {"Parameters": "none"}, {"Parameters": "none"}),
        ("cloudwatch", "PutMetricAlarm", {"Threshold": "0.5"}, {"Threshold": 0.5}),
        ("rekognition", "DetectLabels", {"MinConfidence": "55.5"}, {"MinConfidence": 55.5}),
        ("iot", "DeleteThing", {"expectedVersion": "7"}, {"expectedVersion": 7}),
        ("dynamodb", "GetItem", {"Key": {"id": {"BOOL": "false"}}}, {"Key": {"id": {"BOOL": False}}}),
        ("sts", "GetCallerIdentity", {"Any": "5"}, {"Any": "5"}),
    ],
)
def test_parameters_take_the_types_of_the_operation(service: str, operation: str, given: Any, taken: Any) -> None:
    read = as_shape(shape(service, operation), given)
    assert read == taken
    assert repr(read) == repr(taken)
