# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:assertAwsResourceProperty and aws:waitForAwsResourceProperty: what counts as desired, and how long is waited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation_emulator.backend.outside import Outside
from automation_emulator.state.work import ApiCall

REGION_NAMES = "$.Regions[*].RegionName"


@pytest.fixture
def store(account: Any) -> Any:
    """Puts a value into the parameter that the steps look at."""

    def put(value: str) -> None:
        account.client("ssm").put_parameter(Name="stage", Value=value, Type="String", Overwrite=True)

    put("test")
    return put


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that steps make, as they make them."""
    calls: list[str] = []
    call = Outside._call

    def noted(self: Outside, work: ApiCall, client: Any) -> Any:
        calls.append(work.operation)
        return call(self, work, client)

    monkeypatch.setattr(Outside, "_call", noted)
    return calls


def look(kind: str, *desired: Any, selector: str = "$.Parameter.Value", **members: Any) -> dict[str, Any]:
    call = {"Service": "ssm", "Api": "GetParameter", "Name": "stage"}
    inputs = {**call, "PropertySelector": selector, "DesiredValues": list(desired), **members.pop("inputs", {})}
    return {"name": "look", "action": f"aws:{kind}AwsResourceProperty", "inputs": inputs, **members}


@pytest.mark.ledger("calls-5")
def test_an_assertion_that_holds(runs: Any, store: Any) -> None:
    execution = runs.start(look("assert", "production", "test"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("calls-5")
def test_an_assertion_that_does_not_hold_fails_at_once(runs: Any, store: Any) -> None:
    step = runs.step(runs.start(look("assert", "production")), "look")
    assert step["StepStatus"] == "Failed"
    assert step["FailureDetails"]["FailureStage"] == "PostVerification"
    assert step["FailureDetails"]["FailureType"] == "Verification"
    assert '["test"]' in step["FailureMessage"]
    assert '["production"]' in step["FailureMessage"]


@pytest.mark.ledger("wait_survives_errors=false")
@pytest.mark.parametrize("kind", ["assert", "waitFor"])
def test_a_call_that_fails_fails_the_step(runs: Any, kind: str) -> None:
    step = runs.step(runs.start(look(kind, "test")), "look")
    assert (step["StepStatus"], step["FailureDetails"]["FailureStage"]) == ("Failed", "Invocation")
    assert "ParameterNotFound" in step["FailureMessage"]


@pytest.mark.parametrize("kind", ["assert", "waitFor"])
@pytest.mark.parametrize(
    "inputs",
    [
        {"DesiredValues": []},
        {"DesiredValues": "test"},
        {"DesiredValues": None},
        {"PropertySelector": "$["},
        {"PropertySelector": None},
        {"Service": None},
        {"Api": ""},
    ],
)
def test_inputs_are_checked_before_the_call(runs: Any, store: Any, kind: str, inputs: Any) -> None:
    step = runs.step(runs.start(look(kind, "test", inputs=inputs)), "look")
    assert (step["StepStatus"], step["FailureDetails"]["FailureStage"]) == ("Failed", "InputValidation")


@pytest.mark.parametrize("kind", ["assert", "waitFor"])
def test_it_may_have_outputs(runs: Any, store: Any, kind: str) -> None:
    output = {"Name": "Version", "Selector": "$.Parameter.Version", "Type": "Integer"}
    execution = runs.start(look(kind, "test", outputs=[output]))
    assert runs.step(execution, "look")["Outputs"] == {"Version": ["1"]}


@pytest.mark.ledger("calls-6", "calls-7", "several_values=all")
@pytest.mark.parametrize(
    ("selector", "desired", "holds"),
    [
        # Booleans are written with a capital, whatever the response says [D].
        ("$.Vpc.IsDefault", ["False"], True),
        ("$.Vpc.IsDefault", ["false"], False),
        ("$.Vpc.IsDefault", [False], True),
        ("$.Vpc.IsDefault", ["True"], False),
        # A path may lack its beginning, and find a list [O].
        ("Vpc.State", ["pending", "available"], True),
        ("$..CidrBlockState.State", ["associated"], True),
        # Maps, as such and as JSON.
        ("$.Vpc.Tags[0]", [{"Value": "1", "Key": "a"}], True),
        ("$.Vpc.Tags[0]", ['{"Value": "1", "Key": "a"}'], True),
        ("$.Vpc.Tags[0]", [{"Key": "a"}], False),
        ("$.Vpc.Tags[0]", ["a"], False),
        ("$.Vpc.Tags", [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}], True),
        # All that is found has to be desired [I]; what is not there is not.
        ("$.Vpc.Tags[*].Value", ["1", "2"], True),
        ("$.Vpc.Tags[*].Value", ["1"], False),
        ("$.Vpc.Nothing", ["", "None", "null"], False),
        ("$.Vpc.Ipv6CidrBlockAssociationSet", ["[]"], False),
    ],
)
def test_what_is_desired(runs: Any, account: Any, selector: str, desired: list[Any], holds: bool) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    inputs = {
        "Service": "ec2",
        "Api": "CreateVpc",
        "CidrBlock": "10.0.0.0/16",
        "TagSpecifications": [{"ResourceType": "vpc", "Tags": tags}],
    }
    step = {"name": "look", "action": "aws:assertAwsResourceProperty"}
    execution = runs.start({**step, "inputs": {**inputs, "PropertySelector": selector, "DesiredValues": desired}})
    assert runs.status(execution) == ("Success" if holds else "Failed")


@pytest.mark.parametrize(("desired", "holds"), [("1", True), (1, True), ("01", False), ("True", False), (True, False)])
def test_a_number_is_compared_as_it_is_written(runs: Any, store: Any, desired: Any, holds: bool) -> None:
    execution = runs.start(look("assert", desired, selector="$.Parameter.Version"))
    assert runs.status(execution) == ("Success" if holds else "Failed")


@pytest.mark.ledger("several_values=any")
def test_any_of_several_values_may_do(runs: Any, control: Any) -> None:
    control.choose(several_values="any")
    both = {"Service": "ec2", "Api": "DescribeRegions", "PropertySelector": REGION_NAMES}
    step = {"name": "look", "action": "aws:assertAwsResourceProperty"}
    found = runs.start({**step, "inputs": {**both, "DesiredValues": ["eu-west-1"]}})
    assert runs.status(found) == "Success"
    missing = runs.start({**step, "inputs": {**both, "DesiredValues": ["moon-1"]}}, members={"name": "Other"})
    assert runs.status(missing) == "Failed"


@pytest.mark.ledger("calls-8")
def test_waiting_ends_when_the_value_is_a_desired_one(runs: Any, control: Any, store: Any) -> None:
    execution = runs.start(look("waitFor", "done", "failed"))
    control.pass_time(60)
    step = runs.step(execution, "look")
    assert (step["StepStatus"], runs.status(execution)) == ("InProgress", "InProgress")
    store("failed")
    control.pass_time(10)
    assert runs.status(execution) == "Success"


def test_a_value_that_is_there_is_not_waited_for(runs: Any, store: Any) -> None:
    assert runs.status(runs.start(look("waitFor", "test"))) == "Success"


@pytest.mark.ledger("poll_seconds")
def test_the_first_look_is_repeated_after_the_seconds_of_the_choice(runs: Any, control: Any, store: Any) -> None:
    control.choose(poll_seconds=7)
    execution = runs.start(look("waitFor", "done"))
    store("done")
    control.pass_time(6.9)
    assert runs.status(execution) == "InProgress"
    control.pass_time(0.1)
    assert runs.status(execution) == "Success"


def test_looks_become_rarer_with_time(runs: Any, control: Any, store: Any, looks: list[str]) -> None:
    runs.start(look("waitFor", "done", timeoutSeconds=604800))
    control.pass_time(3599)
    runs.ssm.describe_automation_executions()
    hour = len(looks)
    control.pass_time(601199)
    runs.ssm.describe_automation_executions()
    assert (hour, len(looks)) == (55, 109)


@pytest.mark.ledger("poll_seconds")
def test_looking_always_takes_time(runs: Any, control: Any, store: Any, looks: list[str]) -> None:
    control.choose(poll_seconds=0)
    execution = runs.start(look("waitFor", "done", timeoutSeconds=5))
    assert runs.status(execution) == "InProgress"
    control.pass_time(4.5)
    assert (runs.status(execution), len(looks)) == ("InProgress", 5)


@pytest.mark.ledger("calls-8")
@pytest.mark.parametrize(("members", "seconds"), [({}, 3600), ({"timeoutSeconds": 90}, 90)])
def test_waiting_ends_after_its_time(runs: Any, control: Any, store: Any, members: Any, seconds: int) -> None:
    execution = runs.start(look("waitFor", "done", **members))
    control.pass_time(seconds - 1)
    assert runs.status(execution) == "InProgress"
    control.pass_time(1)
    assert (runs.status(execution), runs.step(execution, "look")["StepStatus"]) == ("TimedOut", "TimedOut")


def test_every_attempt_waits_anew(runs: Any, control: Any, store: Any, looks: list[str]) -> None:
    execution = runs.start(look("waitFor", "done", timeoutSeconds=100, maxAttempts=2))
    control.pass_time(99)
    assert runs.status(execution) == "InProgress"
    first = len(looks)
    control.pass_time(100)
    assert (runs.status(execution), len(looks)) == ("InProgress", 2 * first)
    control.pass_time(1)
    assert runs.status(execution) == "TimedOut"


def test_a_failed_call_is_tried_again(runs: Any, account: Any, looks: list[str]) -> None:
    assert runs.status(runs.start(look("waitFor", "done", maxAttempts=3))) == "Failed"
    assert len(looks) == 3


@pytest.mark.ledger("wait_survives_errors=true")
def test_waiting_may_outlive_failed_calls(runs: Any, control: Any, account: Any) -> None:
    control.choose(wait_survives_errors=True)
    execution = runs.start(look("waitFor", "done"))
    assert runs.status(execution) == "InProgress"
    account.client("ssm").put_parameter(Name="stage", Value="done", Type="String")
    control.pass_time(5)
    assert runs.status(execution) == "Success"


def test_waiting_can_be_cancelled(runs: Any, control: Any, store: Any, looks: list[str]) -> None:
    execution = runs.start(look("waitFor", "done"))
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Cancel")
    assert (runs.status(execution), runs.step(execution, "look")["StepStatus"]) == ("Cancelled", "Cancelled")
    control.pass_time(3600)
    assert (runs.status(execution), len(looks)) == ("Cancelled", 1)


def test_waiting_can_be_stopped_by_step(runs: Any, control: Any, store: Any) -> None:
    control.choose(stop_step_in_auto="next_step")
    execution = runs.start(look("waitFor", "done"), {"name": "gate", "action": "aws:pause", "inputs": {}})
    runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, "look")["StepExecutionId"])
    assert (runs.step(execution, "look")["StepStatus"], runs.status(execution)) == ("Cancelled", "Waiting")


def test_inputs_are_shown_as_json(runs: Any, store: Any) -> None:
    shown = runs.step(runs.start(look("waitFor", "test")), "look")["Inputs"]
    assert json.loads(shown["DesiredValues"]) == ["test"]
    assert json.loads(shown["PropertySelector"]) == "$.Parameter.Value"
