# Copyright: Contributors to the ssmops.automation project
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


@pytest.mark.ledger("children-7", "children-8", "children-14", "results-15", "concurrency_ramps_up=false")
def test_a_child_for_each_target(runs: Any, control: Any) -> None:
    control.choose(concurrency_ramps_up=False)
    given = {"Stage": ["live"]}
    execution = runs.start(PAUSE, members=HOST, Parameters=given, **on("a", "b", MaxConcurrency="2", MaxErrors="1"))
    found, below = runs.get(execution), children(runs, execution)
    assert (found["AutomationExecutionStatus"], found["Mode"]) == ("InProgress", "Auto")
    assert found["ResolvedTargets"] == {"ParameterValues": ["a", "b"], "Truncated": False}
    assert (found["Targets"], found["TargetParameterName"]) == (on("a", "b")["Targets"], "Host")
    assert (found["MaxConcurrency"], found["MaxErrors"], found["Parameters"]) == ("2", "1", given)
    steps = [(step["StepName"], step["Action"], step["Outputs"]["ExecutionId"]) for step in found["StepExecutions"]]
    assert steps == [(name, "aws:executeAutomation", [below[name]["AutomationExecutionId"]]) for name in ("a", "b")]
    child = runs.get(below["b"]["AutomationExecutionId"])
    assert (child["Target"], child["ParentAutomationExecutionId"], child["Targets"]) == ("b", execution, [])
    assert child["Parameters"] == {"Host": ["b"], "Stage": ["live"]}
    for one in below.values():
        runs.signal(one["AutomationExecutionId"], "Resume", StepName="pause")
    found = runs.get(execution)
    assert (found["AutomationExecutionStatus"], found["Outputs"]) == ("Success", {})
    assert found["ProgressCounters"] == counters(TotalSteps=2, SuccessSteps=2)


def counters(**counted: int) -> dict[str, int]:
    names = ("TotalSteps", "SuccessSteps", "FailedSteps", "CancelledSteps", "TimedOutSteps")
    return {name: counted.get(name, 0) for name in names}


@pytest.mark.ledger("children-12", "concurrency_ramps_up=true")
def test_concurrency_ramps_up(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, members=HOST, **on(*"abcdefghij", MaxConcurrency="3"))
    running = []
    while runs.status(execution) == "InProgress":
        running.append(statuses(runs, execution).count("InProgress"))
        control.pass_time(10)
    assert running == [1, 2, 3, 3, 1]
    assert runs.get(execution)["ProgressCounters"] == counters(TotalSteps=10, SuccessSteps=10)


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
        (["bad1", "a"], "1", {}, "Failed", ["Failed", "Success"]),
        (["bad1", "a"], "50%", {"errors_within_limit_status": "Success"}, "Success", ["Failed", "Success"]),
        (["bad1", "a"], None, {}, "Failed", ["Failed", "Pending"]),
        (["bad1", "a"], None, {"default_max_errors": 1}, "Failed", ["Failed", "Success"]),
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
    assert runs.get(execution)["ProgressCounters"] == counters(TotalSteps=3, CancelledSteps=2)


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


@pytest.mark.ledger("children-9")
@pytest.mark.parametrize(
    ("request_", "code", "word"),
    [
        (on("a", Targets=[{"Key": "tag:Name", "Values": ["web"]}]), "InvalidTarget", "tag:Name"),
        (on(), "InvalidTarget", "no targets"),
        ({"Targets": on("a")["Targets"]}, "InvalidTarget", "TargetParameterName"),
        ({"TargetParameterName": "Host"}, "InvalidTarget", "Targets"),
        (on("a", TargetMaps=[{"Host": ["a"]}]), "InvalidTarget", "TargetMaps"),
        ({"TargetLocations": [{"Regions": ["eu-west-1"]}]}, "InvalidTarget", "TargetLocations"),
        (on("a", TargetParameterName="Other"), "InvalidAutomationExecutionParametersException", "Other"),
        (on("a", Mode="Interactive"), "InvalidAutomationExecutionParametersException", "Auto"),
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
