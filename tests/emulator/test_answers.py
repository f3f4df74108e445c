# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers where moto has no route, no filter, or no operation at all."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

AMI = "ami-12c6146b"


def error_of(call: Any, **request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    found = caught.value.response
    return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"]["Message"]


@pytest.mark.ledger("errors-7")
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("eks", "describe_addon_versions"),
        ("lambda", "get_account_settings"),
        ("apigateway", "get_client_certificates"),
        ("route53", "list_traffic_policies"),
    ],
)
def test_a_rest_service_says_that_it_lacks_an_operation(account: Any, service: str, operation: str) -> None:
    status, code, message = error_of(getattr(account.client(service), operation))
    assert (status, code) == (400, "UnknownOperationException")
    assert "The emulator has nothing for" in message


@pytest.mark.ledger("errors-7")
def test_what_is_not_there_is_still_not_found(account: Any) -> None:
    assert error_of(account.client("lambda").get_function, FunctionName="none")[:2] == (
        404,
        "ResourceNotFoundException",
    )


@pytest.mark.ledger("errors-7")
def test_an_object_that_is_not_there_is_not_found(account: Any) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert error_of(s3.head_object, Bucket="bucket", Key="none")[:2] == (404, "404")
    assert error_of(s3.get_object, Bucket="bucket", Key="none")[:2] == (404, "NoSuchKey")
    assert error_of(account.client("route53").get_hosted_zone, Id="Z1")[:2] == (404, "NoSuchHostedZone")


@pytest.mark.ledger("errors-7")
@pytest.mark.usefixtures("ids")
def test_a_target_that_is_not_known_is_not_an_operation_that_is_not_there(account: Any) -> None:
    targets = [{"Key": "resource-groups:Name", "Values": ["web"]}]
    request = {"DocumentName": "AWS-RunShellScript", "Targets": targets}
    status, code, message = error_of(account.client("ssm").send_command, **request)
    assert (status, code) == (400, "UnsupportedOperation")
    assert "resource-groups:Name" in message
    assert "has no SendCommand" not in message


@pytest.fixture
def ids(account: Any) -> list[str]:
    """Three instances: two run, one of them with a tag, one is stopped."""
    ec2 = account.client("ec2")
    launched = ec2.run_instances(ImageId=AMI, MinCount=4, MaxCount=4)["Instances"]
    ids = [instance["InstanceId"] for instance in launched]
    ec2.create_tags(Resources=ids[:1], Tags=[{"Key": "Stage", "Value": "test"}])
    ec2.stop_instances(InstanceIds=ids[2:3])
    ec2.terminate_instances(InstanceIds=ids[3:])
    return ids[:3]


@pytest.mark.ledger("calls-37")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [0, 1, 2]),
        ({"Filters": [{"Key": "PingStatus", "Values": ["Online"]}]}, [0, 1]),
        ({"Filters": [{"Key": "tag:Stage", "Values": ["test"]}]}, [0]),
        ({"Filters": [{"Key": "tag-key", "Values": ["Stage"]}]}, [0]),
        ({"Filters": [{"Key": "PlatformTypes", "Values": ["Linux"]}]}, []),
        ({"InstanceInformationFilterList": [{"key": "ResourceType", "valueSet": ["EC2Instance"]}]}, [0, 1, 2]),
    ],
)
def test_instances_are_managed_nodes(account: Any, ids: list[str], filters: Any, found: list[int]) -> None:
    shown = account.client("ssm").describe_instance_information(**filters)["InstanceInformationList"]
    assert sorted(one["InstanceId"] for one in shown) == sorted(ids[place] for place in found)


@pytest.mark.ledger("calls-37")
def test_one_instance_and_pages(account: Any, ids: list[str]) -> None:
    ssm = account.client("ssm")
    wanted = [{"Key": "InstanceIds", "Values": ids[2:]}]
    (shown,) = ssm.describe_instance_information(Filters=wanted)["InstanceInformationList"]
    assert (shown["InstanceId"], shown["PingStatus"], shown["PlatformType"]) == (ids[2], "ConnectionLost", "Windows")
    account.client("ec2").run_instances(ImageId=AMI, MinCount=4, MaxCount=4)
    pages = list(ssm.get_paginator("describe_instance_information").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["InstanceInformationList"]) for page in pages] == [5, 2]


@pytest.mark.ledger("calls-37")
def test_a_runbook_waits_until_an_instance_is_managed(runs: Any, ids: list[str]) -> None:
    inputs = {
        "Service": "ssm",
        "Api": "DescribeInstanceInformation",
        "InstanceInformationFilterList": [{"key": "InstanceIds", "valueSet": [ids[0]]}],
        "PropertySelector": "$.InstanceInformationList[0].PingStatus",
        "DesiredValues": ["Online"],
    }
    wait = {"name": "wait", "action": "aws:waitForAwsResourceProperty", "inputs": inputs}
    assert runs.status(runs.start(wait)) == "Success"
