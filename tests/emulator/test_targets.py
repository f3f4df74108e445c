# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on targets: children under rate control."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.service import targets
from automation_emulator.state.choices import Choices

PARAMETER_ERROR = "InvalidAutomationExecutionParametersException"
HOST = {"parameters": {"Host": {"type": "String"}, "Stage": {"type": "String", "default": "test"}}}
PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
# Fails at once on hosts whose name begins with bad, and else naps.
PICKY = [
    {
        "name": "pick",
        "action": "aws:branch",
        "inputs": {"Choices": [{"Variable": "{{ Host }}", "StartsWith": "bad", "NextStep": "broken"}]},
    },
    {**NAP, "isEnd": True},
    {"name": "broken", "action": "aws:sleep", "inputs": {"Duration": "soon"}},
]


def on(*values: str, **members: Any) -> dict[str, Any]:
    chosen = [{"Key": "ParameterValues", "Values": list(values)}]
    return {"TargetParameterName": "Host", "Targets": chosen, **members}


def children(runs: Any, execution: str) -> dict[str, dict[str, Any]]:
    asked = [{"Key": "ParentExecutionId", "Values": [execution]}]
    found = runs.ssm.describe_automation_executions(Filters=asked)["AutomationExecutionMetadataList"]
    return {one["Target"]: one for one in reversed(found)}


def statuses(runs: Any, execution: str) -> list[str]:
    return [step["StepStatus"] for step in runs.get(execution)["StepExecutions"]]


@pytest.mark.ledger(
    "children-7", "children-8", "children-14", "children-21", "results-15", "concurrency_ramps_up=false"
)
def test_a_child_for_each_target(runs: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False)
    given = {"Stage": ["live"]}
    execution = runs.start(PAUSE, members=HOST, Parameters=given, **on("a", "b", MaxConcurrency="2", MaxErrors="1"))
    found, below = runs.get(execution), children(runs, execution)
    assert (found["AutomationExecutionStatus"], found["Mode"]) == ("InProgress", "Auto")
    assert found["ResolvedTargets"] == {"ParameterValues": ["a", "b"], "Truncated": False}
    assert (found["Targets"], found["TargetParameterName"]) == (on("a", "b")["Targets"], "Host")
    assert (found["MaxConcurrency"], found["MaxErrors"], found["Parameters"]) == ("2", "1", given)
    for step, name in zip(found["StepExecutions"], ("a", "b"), strict=True):
        assert (step["StepName"], step["Action"], step["Inputs"]) == (name, "aws:executeAutomation", {"Host": name})
        assert (step["Outputs"], "OverriddenParameters" in step, "OnFailure" in step) == ({}, False, False)
    child = runs.get(below["b"]["AutomationExecutionId"])
    assert (child["Target"], child["ParentAutomationExecutionId"], child["Targets"]) == ("b", execution, [])
    assert child["Parameters"] == {"Host": ["b"], "Stage": ["live"]}
    for one in below.values():
        runs.signal(one["AutomationExecutionId"], "Resume", StepName="pause")
    found = runs.get(execution)
    assert (found["AutomationExecutionStatus"], found["Outputs"]) == ("Success", {})
    assert found["TargetsSummary"] == summary(2, 2, 2)
    assert "ProgressCounters" not in found


def summary(total: int, started: int, successful: int = 0, failed: int = 0) -> dict[str, int]:
    counts = {"TotalCount": total, "StartedCount": started, "CompletedCount": successful + failed}
    return {**counts, "SuccessfulCount": successful, "FailedCount": failed}


@pytest.mark.ledger("children-12", "concurrency_ramps_up=true")
def test_concurrency_ramps_up(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, members=HOST, **on(*"abcdefghij", MaxConcurrency="3"))
    running = []
    while runs.status(execution) == "InProgress":
        running.append(statuses(runs, execution).count("InProgress"))
        control.pass_time(10)
    assert running == [1, 2, 3, 3, 1]
    assert runs.get(execution)["TargetsSummary"] == summary(10, 10, 10)


@pytest.mark.ledger("children-8")
def test_looked_at_late_it_is_the_same(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, members=HOST, **on(*"abcd", MaxConcurrency="1"))
    control.pass_time(1000)
    found, below = runs.get(execution), children(runs, execution)
    started = [below[name]["ExecutionStartTime"] for name in "abcd"]
    assert [(moment - found["ExecutionStartTime"]).total_seconds() for moment in started] == [0, 10, 20, 30]
    assert (found["ExecutionEndTime"] - found["ExecutionStartTime"]).total_seconds() == 40


@pytest.mark.ledger(
    "children-13", "default_max_errors", "errors_within_limit_status=Failed", "errors_within_limit_status=Success"
)
@pytest.mark.parametrize(
    ("hosts", "most", "choices", "status", "seen"),
    [
        (["bad1", "a"], "0", {}, "Failed", ["Failed", "Pending"]),
        (["bad1", "a", "bad2", "b"], "1", {}, "Failed", ["Failed", "Success", "Failed", "Pending"]),
        (["bad1", "a"], "1", {"errors_within_limit_status": "Failed"}, "Failed", ["Failed", "Success"]),
        (["bad1", "a"], "50%", {}, "Success", ["Failed", "Success"]),
        (["bad1", "a"], None, {}, "Failed", ["Failed", "Pending"]),
        (["bad1", "a"], None, {"default_max_errors": 1}, "Success", ["Failed", "Success"]),
        (["a", "b"], "0", {}, "Success", ["Success", "Success"]),
    ],
)  # fmt: skip
def test_errors(runs: Any, control: Any, hosts: Any, most: Any, choices: Any, status: str, seen: Any) -> None:
    control.choose(**choices)
    limits = {"MaxConcurrency": "1", **({"MaxErrors": most} if most else {})}
    execution = runs.start(*PICKY, members=HOST, **on(*hosts, **limits))
    control.pass_time(1000)
    assert (runs.status(execution), statuses(runs, execution)) == (status, seen)


@pytest.mark.ledger("children-13")
def test_what_runs_is_left_to_end_after_too_many_errors(runs: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False)
    execution = runs.start(*PICKY, members=HOST, **on("a", "bad", "b", MaxConcurrency="2", MaxErrors="0"))
    assert (runs.status(execution), statuses(runs, execution)) == ("InProgress", ["InProgress", "Failed", "Pending"])
    control.pass_time(10)
    assert (runs.status(execution), statuses(runs, execution)) == ("Failed", ["Success", "Failed", "Pending"])


@pytest.mark.ledger("children-9")
def test_target_maps(runs: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False)
    maps = [{"Host": ["a"], "Stage": ["x"]}, {"Host": ["b"]}]
    execution = runs.start(NAP, members=HOST, TargetMaps=maps)
    found, below = runs.get(execution), children(runs, execution)
    assert found["TargetMaps"] == maps
    assert list(below) == [json.dumps(one) for one in maps]
    shown = [runs.get(child["AutomationExecutionId"])["Parameters"] for child in below.values()]
    assert shown == maps


def test_a_child_that_cannot_be_started(runs: Any, control: Any) -> None:
    members = {"parameters": {"Host": {"type": "String", "allowedValues": ["a", "b"]}}}
    execution = runs.start(NAP, members=members, **on("a", "c", "b", MaxErrors="1"))
    control.pass_time(1000)
    assert statuses(runs, execution) == ["Success", "Failed", "Success"]
    assert "[a, b]" in runs.step(execution, "c")["FailureMessage"]


@pytest.mark.ledger("children-14", "children-16")
def test_cancel(runs: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False, cancelling_seconds=5)
    execution = runs.start(PAUSE, members=HOST, **on("a", "b", "c", MaxConcurrency="2"))
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert (runs.status(execution), statuses(runs, execution)) == (
        "Cancelling",
        ["Cancelling", "Cancelling", "Pending"],
    )
    control.pass_time(5)
    assert (runs.status(execution), statuses(runs, execution)) == ("Cancelled", ["Cancelled", "Cancelled", "Pending"])
    assert {one["AutomationExecutionStatus"] for one in children(runs, execution).values()} == {"Cancelled"}
    assert runs.get(execution)["TargetsSummary"] == summary(3, 2, failed=2)


@pytest.mark.ledger("start_delay_seconds")
def test_cancel_before_it_begins(runs: Any, control: Any) -> None:
    control.choose(start_delay_seconds=60)
    execution = runs.start(PAUSE, members=HOST, **on("a"))
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert (runs.status(execution), statuses(runs, execution)) == ("Cancelled", ["Pending"])


@pytest.mark.ledger("children-18")
def test_one_child_is_cancelled(runs: Any) -> None:
    execution = runs.start(PAUSE, members=HOST, **on("a", "b", MaxErrors="0"))
    child = children(runs, execution)["a"]["AutomationExecutionId"]
    runs.ssm.stop_automation_execution(AutomationExecutionId=child)
    assert statuses(runs, execution) == ["Cancelled", "InProgress"]


@pytest.mark.ledger("completed_step_status=Cancelled")
def test_complete(runs: Any) -> None:
    execution = runs.start(PAUSE, members=HOST, **on("a", "b"))
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Complete")
    assert (runs.status(execution), statuses(runs, execution)) == ("Success", ["Cancelled", "Pending"])
    assert children(runs, execution)["a"]["AutomationExecutionStatus"] == "Cancelled"


@pytest.mark.ledger("children-15")
def test_signals_go_to_children(runs: Any) -> None:
    execution = runs.start(PAUSE, members=HOST, **on("a"))
    with pytest.raises(ClientError) as caught:
        runs.signal(execution, "Resume", StepName="pause")
    assert caught.value.response["Error"]["Code"] == "InvalidAutomationSignalException"


def test_targets_of_a_step(runs: Any, control: Any) -> None:
    runs.document(*PICKY, name="Child", **HOST)
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child", **on("a", "b")}}
    execution = runs.start(call)
    run = runs.step(execution, "call")["Outputs"]["ExecutionId"][0]
    assert runs.get(run)["ParentAutomationExecutionId"] == execution
    assert list(children(runs, run)) == ["a"]
    control.pass_time(1000)
    assert (runs.status(run), runs.status(execution)) == ("Success", "Success")


@pytest.mark.ledger("children-9", "children-20")
@pytest.mark.parametrize(
    ("request_", "code", "word"),
    [
        (on("a", Targets=[{"Key": "tag:Name", "Values": ["web"]}]), "InvalidTarget", "no targets of tag:Name"),
        (on("a", Targets=[{"Key": "ResourceGroup", "Values": ["web"]}]), "InvalidTarget", "no resource group web"),
        (on("a", Targets=[{"Key": "AWS::EC2::Instance", "Values": ["*"]}]), "InvalidTarget", "no targets"),
        (on("a", Targets=[{"Key": "InstanceIds", "Values": ["i-1"]}]), PARAMETER_ERROR, "target key InstanceIds"),
        (on("a", Targets=[{"Key": "Tag:Name", "Values": ["web"]}]), PARAMETER_ERROR, "target key Tag:Name"),
        (on(), "InvalidTarget", "no targets"),
        ({"Targets": on("a")["Targets"]}, "InvalidTarget", "TargetParameterName"),
        ({"TargetParameterName": "Host"}, "InvalidTarget", "Targets"),
        (on("a", TargetMaps=[{"Host": ["a"]}]), "InvalidTarget", "TargetMaps"),
        ({"TargetLocations": [{"Accounts": ["ou-1a2b-3c4d5e6f"]}]}, "InvalidTarget", "organizational units"),
        ({"TargetLocationsURL": "https://bucket.s3.amazonaws.com/x.json"}, "InvalidTarget", "TargetLocationsURL"),
        (on("a", TargetParameterName="Other"), PARAMETER_ERROR, "Other"),
        (on("a", Mode="Interactive"), PARAMETER_ERROR, "Auto"),
        (on("a", Targets=on("a")["Targets"] * 2), "ValidationException", "targets"),
    ],
)
def test_refused(runs: Any, request_: Any, code: str, word: str) -> None:
    with pytest.raises(ClientError) as caught:
        runs.start(PAUSE, members=HOST, **request_)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert word in error["Message"]


@pytest.mark.ledger("children-10", "children-11")
@pytest.mark.parametrize(
    ("request_", "total", "concurrency", "errors"),
    [
        ({}, 50, 10, 0),
        ({"MaxConcurrency": "10%", "MaxErrors": "10%"}, 50, 5, 5),
        ({"MaxConcurrency": "10%", "MaxErrors": "10%"}, 5, 1, 0),
        ({"MaxConcurrency": "100%", "MaxErrors": "100%"}, 7, 7, 7),
        ({"MaxConcurrency": "25%", "MaxErrors": "3"}, 10, 2, 3),
    ],
)
def test_percentages(request_: dict[str, str], total: int, concurrency: int, errors: int) -> None:
    control = targets.rate_control(request_, ["x"] * total, Choices())
    assert (control.concurrency, control.most_errors) == (concurrency, errors)


AMI = "ami-12c6146b"
MACHINE = {"parameters": {"Id": {"type": "String"}}}


def resources(account: Any, region: str = "eu-central-1") -> dict[str, list[str]]:
    """Two tagged instances, one that has no tag, and a tagged volume."""
    ec2 = account.client("ec2", region=region)
    tags = [{"Key": "Stage", "Value": "test"}]
    launched = ec2.run_instances(ImageId=AMI, MinCount=3, MaxCount=3)["Instances"]
    ids = [instance["InstanceId"] for instance in launched]
    volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=1)["VolumeId"]
    ec2.create_tags(Resources=[*ids[:2], volume], Tags=tags)
    return {"tagged": ids[:2], "all": ids, "volume": [volume]}


def resolved(runs: Any, execution: str) -> list[str]:
    return sorted(runs.get(execution)["ResolvedTargets"]["ParameterValues"])


@pytest.mark.ledger("children-22")
@pytest.mark.parametrize(
    ("kind", "key", "values", "found"),
    [
        ("/AWS::EC2::Instance", "tag:Stage", ["test"], ("tagged",)),
        ("/AWS::EC2::Volume", "tag:Stage", ["test", "live"], ("volume",)),
        ("/", "tag:Stage", ["test"], ("tagged", "volume")),
        ("", "tag:Stage", ["test"], ("tagged", "volume")),
        ("/AWS::EC2::Instance", "AWS::EC2::Instance", ["*"], ("all",)),
        ("/AWS::EC2::Instance", "ResourceGroup", ["machines"], ("tagged",)),
    ],
)
def test_targets_are_resources(runs: Any, account: Any, kind: str, key: str, values: Any, found: Any) -> None:
    known = resources(account)
    query = {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "Stage", "Values": ["test"]}]}
    account.client("resource-groups").create_group(
        Name="machines", ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}
    )
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": [PAUSE], **MACHINE})
    more = {"TargetType": kind} if kind else {}
    runs.ssm.create_document(Name="Gated", DocumentType="Automation", Content=content, **more)
    targets_ = [{"Key": key, "Values": values}]
    execution = runs.ssm.start_automation_execution(DocumentName="Gated", TargetParameterName="Id", Targets=targets_)[
        "AutomationExecutionId"
    ]
    assert resolved(runs, execution) == sorted(one for name in found for one in known[name])
    assert runs.get(execution)["Targets"] == targets_


def located(*places: tuple[str, str], **entry: Any) -> dict[str, Any]:
    return {"TargetLocations": [{"Accounts": [one], "Regions": [where], **entry} for one, where in places]}


HERE = ("123456789012", "eu-central-1")
CALL = {
    "name": "call",
    "action": "aws:executeAwsApi",
    "inputs": {"Service": "sts", "Api": "GetCallerIdentity"},
    "outputs": [{"Name": "Arn", "Selector": "$.Arn", "Type": "String"}],
}


@pytest.mark.ledger("children-23", "children-24")
def test_a_run_in_ones_own_account_and_region(runs: Any) -> None:
    execution = runs.start(CALL, **located(HERE, ExecutionRoleName="Runner"))
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Success"
    assert found["TargetLocations"] == located(HERE, ExecutionRoleName="Runner")["TargetLocations"]
    assert found["ProgressCounters"] == {
        "TotalSteps": 1, "SuccessSteps": 1, "FailedSteps": 0, "CancelledSteps": 0, "TimedOutSteps": 0
    }  # fmt: skip
    (step,) = found["StepExecutions"]
    assert step["TargetLocation"] == found["TargetLocations"][0]
    child = runs.get(step["Outputs"]["ExecutionId"][0])
    assert child["ParentAutomationExecutionId"] == execution
    assert ":assumed-role/Runner/" in child["StepExecutions"][0]["Outputs"]["Arn"][0]
    asked = [{"Key": "AutomationType", "Values": ["CrossAccount"]}]
    (listed,) = runs.ssm.describe_automation_executions(Filters=asked)["AutomationExecutionMetadataList"]
    assert (listed["AutomationExecutionId"], listed["AutomationType"]) == (execution, "CrossAccount")


@pytest.mark.ledger("children-23")
def test_a_run_in_another_account_and_region(runs: Any, account: Any) -> None:
    there = ("999988887777", "us-east-1")
    execution = runs.start(CALL, PAUSE, **located(HERE, there, TargetLocationMaxConcurrency="2"))
    (first,) = [one for one in runs.get(execution)["StepExecutions"] if one["StepStatus"] != "Pending"]
    runs.signal(first["Outputs"]["ExecutionId"][0], "Resume", StepName="pause")
    second = runs.get(execution)["StepExecutions"][1]
    assert (second["StepName"], second["StepStatus"]) == ("999988887777/us-east-1", "InProgress")
    child = second["Outputs"]["ExecutionId"][0]
    other = account.client("ssm", account.emulator.role_session("Admin", "admin", "999988887777"), region="us-east-1")
    shown = other.get_automation_execution(AutomationExecutionId=child)["AutomationExecution"]
    assert shown["AutomationExecutionStatus"] == "Waiting"
    arn = shown["StepExecutions"][0]["Outputs"]["Arn"][0]
    assert arn.startswith("arn:aws:sts::999988887777:assumed-role/AWS-SystemsManager-AutomationExecutionRole/")
    with pytest.raises(ClientError, match="AutomationExecutionNotFound"):
        runs.get(child)
    runs.signal(child, "Resume", other, StepName="pause")
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("children-23")
def test_targets_in_each_location(runs: Any, account: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False)
    here, there = resources(account), resources(account, "us-east-1")
    places = located(HERE, ("123456789012", "us-east-1"))
    tagged = [{"Key": "tag:Stage", "Values": ["test"]}]
    members = {"parameters": {"Id": {"type": "String"}}}
    nap = {**NAP, "inputs": {"Duration": "PT1S"}}
    runs.document(nap, **members)
    execution = runs.ssm.start_automation_execution(
        DocumentName="Gated", TargetParameterName="Id", Targets=tagged, **places
    )["AutomationExecutionId"]
    first, second = runs.get(execution)["StepExecutions"]
    assert resolved(runs, first["Outputs"]["ExecutionId"][0]) == sorted(here["tagged"] + here["volume"])
    other = account.client("ssm", region="us-east-1")
    child = other.get_automation_execution(AutomationExecutionId=second["Outputs"]["ExecutionId"][0])
    found = child["AutomationExecution"]["ResolvedTargets"]["ParameterValues"]
    assert sorted(found) == sorted(there["tagged"] + there["volume"])
    control.pass_time(60)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("children-16")
def test_cancelling_a_run_cancels_its_children_elsewhere(runs: Any, account: Any) -> None:
    execution = runs.start(PAUSE, **located(("123456789012", "us-east-1")))
    child = runs.get(execution)["StepExecutions"][0]["Outputs"]["ExecutionId"][0]
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    other = account.client("ssm", region="us-east-1").get_automation_execution(AutomationExecutionId=child)
    assert other["AutomationExecution"]["AutomationExecutionStatus"] == "Cancelled"
    assert runs.status(execution) == "Cancelled"
