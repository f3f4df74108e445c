# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:runCommand on moto's Run Command, which runs nothing and has every command succeed at once."""

from __future__ import annotations

from typing import Any

import pytest
from moto.ssm import models

# An image that every account of moto's has.
AMI = "ami-12c6146b"


def step(**inputs: Any) -> dict[str, Any]:
    given = {"DocumentName": "AWS-RunShellScript", **inputs}
    return {"name": "run", "action": "aws:runCommand", "inputs": given}


def ran(runs: Any, **inputs: Any) -> dict[str, Any]:
    """The step as it is after the start."""
    found: dict[str, Any] = runs.step(runs.start(step(**inputs)), "run")
    return found


def commands(runs: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = runs.ssm.list_commands()["Commands"]
    return found


@pytest.fixture
def slow(monkeypatch: Any) -> list[Any]:
    """Commands that go on until they are told otherwise."""
    sent = []

    class Slow(models.Command):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.become("InProgress")
            sent.append(self)

        def become(self, status: str, output: str = "") -> None:
            self.status = status
            for one in self.invocations:
                one |= {"Status": status, "StandardOutputContent": output, "ResponseCode": len(output)}

    monkeypatch.setattr(models, "Command", Slow)
    return sent


@pytest.mark.ledger("calls-29")
def test_a_command_runs_on_an_instance_that_need_not_exist(runs: Any) -> None:
    shown = ran(runs, InstanceIds=["i-1"], Parameters={"commands": ["date", "id"], "workingDirectory": "/tmp"},
                Comment="hello", TimeoutSeconds="60")  # fmt: skip
    [command] = commands(runs)
    assert shown["StepStatus"] == "Success"
    assert shown["Outputs"] == {
        "CommandId": [command["CommandId"]], "Status": ["Success"], "ResponseCode": ["0"], "Output": [""]
    }  # fmt: skip
    assert command["Parameters"] == {"commands": ["date", "id"], "workingDirectory": ["/tmp"]}
    assert (command["Comment"], command["TimeoutSeconds"], command["InstanceIds"]) == ("hello", 60, ["i-1"])


NAMED = [{"Key": "InstanceIds", "Values": ["i-1"]}, {"Key": "InstanceIds", "Values": ["i-2"]}]


@pytest.mark.ledger("calls-29")
@pytest.mark.parametrize("inputs", [{"InstanceIds": ["i-1", "i-2"]}, {"Targets": NAMED}])
def test_several_instances_have_no_output(runs: Any, inputs: Any) -> None:
    shown = ran(runs, **inputs)
    assert (shown["StepStatus"], set(shown["Outputs"])) == ("Success", {"CommandId", "Status"})
    [command] = commands(runs)
    assert (sorted(command["InstanceIds"]), command["Targets"]) == (["i-1", "i-2"], [])


def test_up_to_50_instances_can_be_named(runs: Any) -> None:
    assert ran(runs, InstanceIds=[f"i-{nth}" for nth in range(50)])["StepStatus"] == "Success"


@pytest.mark.ledger("calls-28")
def test_targets_are_instances_with_a_tag(runs: Any, account: Any) -> None:
    ec2 = account.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Role", "Value": "web"}]}]
    [web] = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"]
    ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1)
    shown = ran(runs, Targets=[{"Key": "tag:Role", "Values": ["web"]}])
    assert (shown["StepStatus"], set(shown["Outputs"])) == ("Success", {"CommandId", "Status"})
    assert commands(runs)[0]["InstanceIds"] == [web["InstanceId"]]


@pytest.mark.ledger("calls-28")
@pytest.mark.parametrize("instances", [["i-1"], ["i-1", "i-2"]])
def test_it_waits_for_the_command(runs: Any, control: Any, slow: Any, instances: list[str]) -> None:
    execution = runs.start(step(InstanceIds=instances))
    for status in ("InProgress", "Pending", "Delayed", "Cancelling"):
        assert runs.status(execution) == "InProgress"
        slow[0].become(status)
        control.pass_time(20)
    assert runs.step(execution, "run")["Outputs"] == {"CommandId": [slow[0].command_id]}
    slow[0].become("Success", "done")
    control.pass_time(20)
    outputs = runs.step(execution, "run")["Outputs"]
    assert (runs.status(execution), outputs["Status"]) == ("Success", ["Success"])
    single = {"Output": ["done"], "ResponseCode": ["4"]}
    assert {key: outputs[key] for key in single if key in outputs} == (single if len(instances) == 1 else {})


@pytest.mark.ledger("calls-30")
@pytest.mark.parametrize("status", ["Failed", "TimedOut", "Cancelled"])
def test_a_command_that_does_not_succeed_fails_the_step(runs: Any, control: Any, slow: Any, status: str) -> None:
    execution = runs.start(step(InstanceIds=["i-1"]))
    assert runs.status(execution) == "InProgress"
    slow[0].become(status, "what it printed")
    control.pass_time(20)
    shown = runs.step(execution, "run")
    assert (shown["StepStatus"], runs.status(execution)) == ("Failed", "Failed")
    assert (shown["Outputs"]["Status"], shown["Outputs"]["Output"]) == ([status], ["what it printed"])
    assert f"ended {status}" in shown["FailureMessage"]


@pytest.mark.ledger("calls-32")
def test_a_starter_who_may_not_send_commands_fails_the_step(runs: Any, control: Any) -> None:
    control("POST", "denials", {"principal": "*", "actions": ["ssm:SendCommand"]})
    shown = ran(runs, InstanceIds=["i-1"])
    assert (shown["StepStatus"], "AccessDenied" in shown["FailureMessage"]) == ("Failed", True)


TAGGED = [{"Key": "tag:Role", "Values": ["web"]}]


@pytest.mark.ledger("calls-28")
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "InstanceIds is required"),
        ({"InstanceIds": []}, "InstanceIds is required"),
        ({"InstanceIds": ["i-1"], "DocumentName": ""}, "DocumentName is required"),
        ({"InstanceIds": ["i-1"], "Targets": TAGGED}, "InstanceIds and Targets exclude each other"),
        ({"InstanceIds": [f"i-{nth}" for nth in range(51)]}, "InstanceIds has at most 50 items"),
        ({"InstanceIds": ["i-1"], "Parameters": "date"}, "Parameters must be a map"),
        ({"Targets": ["i-1"]}, "Targets is required and is a list"),
        ({"Targets": [{"Key": "InstanceIds"}]}, "Values is required"),
    ],
)
def test_inputs_that_are_wrong(runs: Any, inputs: Any, reason: str) -> None:
    shown = ran(runs, **inputs)
    assert (shown["StepStatus"], reason in shown["FailureMessage"]) == ("Failed", True)
    assert commands(runs) == []
