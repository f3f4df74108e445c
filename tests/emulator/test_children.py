# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeAutomation: a step that waits for an execution of its own."""

from __future__ import annotations

import datetime
import json
import uuid
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from automation_emulator.runbooks.parser import parse
from automation_emulator.service.launch import Sources, Start, launch, launch_child
from automation_emulator.service.places import Place
from automation_emulator.service.progress import Progress
from automation_emulator.service.slots import Slots
from automation_emulator.state.choices import Choices
from automation_emulator.state.model import Child, Execution
from automation_emulator.state.moment import Moment
from automation_emulator.state.principals import Principal
from automation_emulator.state.quotas import Quotas
from automation_emulator.state.work import Answer

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
BROKEN = {"name": "broken", "action": "aws:sleep", "inputs": {"Duration": "soon"}}


def calls(name: str = "Child", step: str = "call", inputs: Any = None, **members: Any) -> dict[str, Any]:
    inputs = {"DocumentName": name, **(inputs or {})}
    return {"name": step, "action": "aws:executeAutomation", "inputs": inputs, **members}


def child_of(runs: Any, execution: str, step: str = "call") -> str:
    return str(runs.step(execution, step)["Outputs"]["ExecutionId"][0])


def children(runs: Any, execution: str) -> list[dict[str, Any]]:
    asked = [{"Key": "ParentExecutionId", "Values": [execution]}]
    pages = runs.ssm.get_paginator("describe_automation_executions").paginate(Filters=asked)
    return [one for page in pages for one in page["AutomationExecutionMetadataList"]]


@pytest.mark.ledger("children-19")
def test_a_child_may_be_given_empty_strings(runs: Any) -> None:
    parameters = {"Role": {"type": "String", "default": ""}, "Names": {"type": "StringList", "default": ["a"]}}
    runs.document(GATE, name="Child", parameters=parameters)
    execution = runs.start(calls(inputs={"RuntimeParameters": {"Role": "", "Names": ["", "b"]}}))
    assert runs.get(child_of(runs, execution))["Parameters"] == {"Role": [""], "Names": ["", "b"]}


@pytest.mark.ledger("statuses-3", "children-1", "children-2", "children-6", "children-15", "results-2")
def test_a_step_waits_for_its_child(runs: Any) -> None:
    runs.document(GATE, name="Child", outputs=["gate.ApprovalStatus"])
    execution = runs.start(calls(), PAUSE)
    child = child_of(runs, execution)
    assert (runs.status(execution), runs.status(child)) == ("InProgress", "Waiting")
    assert runs.get(child)["ParentAutomationExecutionId"] == execution
    assert [one["AutomationExecutionId"] for one in children(runs, execution)] == [child]
    runs.signal(child, "Approve")
    step = runs.step(execution, "call")
    assert step["StepStatus"] == "Success"
    assert step["Outputs"] == {"ExecutionId": [child], "Status": ["Success"], "Output": ["Approved"]}
    assert runs.get(execution)["CurrentStepName"] == "pause"


@pytest.mark.ledger("children-5")
def test_a_child_is_its_parents_starters(runs: Any, account: Any) -> None:
    runs.document({**GATE, "inputs": {"Approvers": ["deployer"]}}, name="Child")
    runs.document(calls(), name="Parent")
    deployer = account.user("deployer")
    execution = deployer.start_automation_execution(DocumentName="Parent")["AutomationExecutionId"]
    child = child_of(runs, execution)
    assert runs.get(child)["ExecutedBy"] == runs.get(execution)["ExecutedBy"]
    runs.signal(child, "Approve", client=deployer)
    assert runs.status(execution) == "Success"


def test_what_happens_late_happened_in_time(runs: Any, control: Any) -> None:
    runs.document(NAP, {**NAP, "name": "again"}, name="Child")
    execution = runs.start(NAP, calls(), {**NAP, "name": "last"})
    began = runs.get(execution)["ExecutionStartTime"]
    runs.document(PAUSE, name="Other")
    control.pass_time(15)
    other = runs.ssm.start_automation_execution(DocumentName="Other")["AutomationExecutionId"]
    control.pass_time(1000)
    found, child = runs.get(execution), runs.get(child_of(runs, execution))
    ten = datetime.timedelta(seconds=10)
    assert child["ExecutionStartTime"] == began + ten
    assert child["ExecutionEndTime"] == found["StepExecutions"][1]["ExecutionEndTime"] == began + 3 * ten
    assert found["ExecutionEndTime"] == began + 4 * ten
    listed = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    ids = [one["AutomationExecutionId"] for one in listed]
    assert ids == [other, child["AutomationExecutionId"], execution]


def test_a_child_uses_the_document_of_its_time(runs: Any, control: Any) -> None:
    runs.document(PAUSE, name="Child")
    execution = runs.start(NAP, calls())
    control.pass_time(60)
    runs.ssm.delete_document(Name="Child")
    assert runs.status(child_of(runs, execution)) == "Waiting"


@pytest.mark.ledger("children-3")
def test_runtime_parameters(runs: Any) -> None:
    parameters = {"Who": {"type": "StringList"}, "Count": {"type": "Integer"}, "Map": {"type": "StringMap"}}
    runs.document(PAUSE, name="Child", parameters=parameters)
    given = {"Who": "{{ Names }}", "Count": 3, "Map": {"a": "b"}}
    names = {"Names": {"type": "StringList", "default": ["x", "y"]}}
    inputs = {"DocumentVersion": 1, "RuntimeParameters": given, "Tags": [{"Key": "team", "Value": "a"}]}
    execution = runs.start(calls(inputs=inputs), members={"parameters": names})
    child = runs.get(child_of(runs, execution))
    assert child["Parameters"] == {"Who": ["x", "y"], "Count": ["3"], "Map": ['{"a": "b"}']}
    about = {"ResourceType": "Automation", "ResourceId": child["AutomationExecutionId"]}
    assert runs.ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.ledger("children-3")
@pytest.mark.parametrize(
    ("call", "word"),
    [
        (calls("Missing"), "Missing"),
        (calls(inputs={"DocumentVersion": "7"}), "version 7"),
        (calls(inputs={"RuntimeParameters": {"Colour": "red"}}), "Colour"),
        (calls(inputs={"RuntimeParameters": "red"}), "RuntimeParameters"),
        (calls(inputs={"Tags": "red"}), "tags"),
        (calls(inputs={"TargetLocations": [{"Accounts": ["ou-1a2b-3c4d5e6f"]}]}), "organizational units"),
        (calls("Script"), "aws:executeScript"),
    ],
)
def test_a_child_that_cannot_be_started_fails_the_step(runs: Any, call: Any, word: str) -> None:
    runs.document(PAUSE, name="Child")
    runs.document(
        {"name": "script", "action": "aws:executeScript", "inputs": {"Runtime": "PowerShell 7.4"}}, name="Script"
    )
    execution = runs.start({**call, "maxAttempts": 3})
    step = runs.step(execution, "call")
    assert (step["StepStatus"], runs.status(execution)) == ("Failed", "Failed")
    assert word in step["FailureMessage"]
    assert children(runs, execution) == []


@pytest.mark.ledger("timed_out_child=Failed", "timed_out_child=TimedOut")
@pytest.mark.parametrize(("answer", "status"), [("Failed", "Failed"), ("TimedOut", "TimedOut")])
def test_a_child_that_times_out(runs: Any, control: Any, answer: str, status: str) -> None:
    control.choose(timed_out_child=answer)
    runs.document({**PAUSE, "timeoutSeconds": 10}, name="Child")
    execution = runs.start(calls())
    control.pass_time(10)
    step = runs.step(execution, "call")
    assert (step["StepStatus"], runs.status(execution)) == (status, status)
    assert step["Outputs"]["Status"] == ["TimedOut"]
    assert child_of(runs, execution) in step["FailureMessage"]


@pytest.mark.ledger("flow-10")
def test_a_failed_child_is_tried_again(runs: Any) -> None:
    runs.document(BROKEN, name="Child")
    execution = runs.start(calls(maxAttempts=3, onFailure="Continue"), PAUSE)
    assert [one["AutomationExecutionStatus"] for one in children(runs, execution)] == ["Failed"] * 3
    assert runs.step(execution, "call")["StepStatus"] == "Failed"
    assert runs.status(execution) == "Waiting"


@pytest.mark.ledger("children-16")
def test_cancelling_a_parent_waits_for_its_children(runs: Any, control: Any) -> None:
    control.choose(cancelling_seconds=5)
    runs.document(PAUSE, name="Grandchild")
    runs.document(calls("Grandchild"), name="Child")
    execution = runs.start(calls(onCancel="step:clean"), {**PAUSE, "name": "next", "isEnd": True}, clean())
    child = child_of(runs, execution)
    grandchild = child_of(runs, child)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert [runs.status(one) for one in (execution, child, grandchild)] == ["Cancelling"] * 3
    control.pass_time(5)
    assert [runs.status(one) for one in (execution, child, grandchild)] == ["Cancelled"] * 3
    assert runs.step(execution, "call")["StepStatus"] == "Cancelled"
    assert runs.step(execution, "clean")["StepStatus"] == "Success"


@pytest.mark.parametrize("mode", ["Auto", "Interactive"])
def test_a_stop_takes_as_long_as_the_child_does(runs: Any, control: Any, mode: str) -> None:
    runs.document(NAP, name="Clean")
    runs.document({**PAUSE, "onCancel": "step:clean", "isEnd": True}, calls("Clean", step="clean"), name="Child")
    execution = runs.start(calls(), Mode=mode)
    if mode == "Interactive":
        runs.signal(execution, "StartStep", StepName="call")
        runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, "call")["StepExecutionId"])
    else:
        runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    child = child_of(runs, execution)
    control.pass_time(9)
    assert (runs.step(execution, "call")["StepStatus"], runs.status(child)) == ("Cancelling", "Cancelling")
    control.pass_time(1)
    assert (runs.step(execution, "call")["StepStatus"], runs.status(child)) == ("Cancelled", "Cancelled")
    assert runs.status(execution) == {"Auto": "Cancelled", "Interactive": "Waiting"}[mode]


def test_a_step_that_times_out_is_tried_with_another_child(runs: Any, control: Any) -> None:
    runs.document(PAUSE, name="Child")
    execution = runs.start(calls(timeoutSeconds=10, maxAttempts=2))
    control.pass_time(10)
    assert [one["AutomationExecutionStatus"] for one in children(runs, execution)] == ["Waiting", "Cancelled"]
    runs.signal(child_of(runs, execution), "Resume", StepName="pause")
    assert runs.status(execution) == "Success"


def clean() -> dict[str, Any]:
    return {"name": "clean", "action": "aws:branch", "inputs": {"Choices": []}, "isEnd": True}


@pytest.mark.ledger("children-17")
def test_cancelling_a_child_fails_its_parent(runs: Any) -> None:
    runs.document(PAUSE, name="Child")
    execution = runs.start(calls())
    runs.ssm.stop_automation_execution(AutomationExecutionId=child_of(runs, execution))
    step = runs.step(execution, "call")
    assert (runs.status(execution), step["StepStatus"], step["Outputs"]["Status"]) == (
        "Failed",
        "Failed",
        ["Cancelled"],
    )


@pytest.mark.ledger("orphans_are_cancelled=true", "orphans_are_cancelled=false")
@pytest.mark.parametrize(("cancelled", "status"), [(True, "Cancelled"), (False, "Waiting")])
def test_a_step_that_times_out_leaves_its_child(runs: Any, control: Any, cancelled: bool, status: str) -> None:
    control.choose(orphans_are_cancelled=cancelled)
    runs.document(PAUSE, name="Child")
    execution = runs.start(calls(timeoutSeconds=10))
    child = child_of(runs, execution)
    control.pass_time(10)
    assert (runs.status(execution), runs.status(child)) == ("TimedOut", status)


def test_a_parent_that_is_completed_leaves_its_child(runs: Any) -> None:
    runs.document(PAUSE, name="Child")
    execution = runs.start(calls())
    child = child_of(runs, execution)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Complete")
    assert (runs.status(execution), runs.status(child)) == ("Success", "Cancelled")


def test_stopping_the_step_of_an_interactive_parent(runs: Any) -> None:
    runs.document(PAUSE, name="Child")
    execution = runs.start(calls(), Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="call")
    child = child_of(runs, execution)
    assert (runs.status(execution), runs.get(child)["Mode"]) == ("InProgress", "Auto")
    runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, "call")["StepExecutionId"])
    assert (runs.step(execution, "call")["StepStatus"], runs.status(child)) == ("Cancelled", "Cancelled")
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "StartStep", StepName="call")
    assert child_of(runs, execution) != child


@pytest.mark.ledger("children-4")
def test_children_nest_five_levels_deep(runs: Any) -> None:
    execution = runs.start(calls("Gated"))
    assert runs.status(execution) == "Failed"
    assert len(runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]) == 1 + 5


@pytest.mark.ledger("most_generations")
def test_a_runbook_that_calls_itself_is_ended(runs: Any, control: Any) -> None:
    control.choose(most_generations=3)
    execution = runs.start(calls("Gated"))
    assert runs.status(execution) == "Failed"
    assert len(runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]) == 1 + 3


def family(moments: list[float], steps: list[str]) -> list[Execution]:
    """A parent, its children and their children at the last moment, having been looked at in every one."""
    choices = Choices(most_step_executions=20, most_generations=3)
    runbook = parse("Self", "1", json.dumps({"schemaVersion": "0.3", "mainSteps": [*map(STEPS.get, steps)]}))
    sources = Sources(lambda name, version: runbook, lambda name: None, lambda name, key, values: [])
    place = Place(sources, Slots(Quotas))

    def launch_one(run: Execution, child: Child, moment: Moment) -> Execution:
        return launch_child(run, child, moment, lambda account, region: sources)

    progress = Progress(lambda account, region: place, launch_one, lambda run, work: Answer())
    start = Start(Principal("arn:aws:iam::1:user/alice"), "AKIA0000000000000000", "1", "eu-central-1", 0.0, 0.0)
    run = launch({"DocumentName": "Self"}, start, sources, choices)
    progress.add(replace(run, execution_id=str(uuid.UUID(int=1))), choices)
    for moment in sorted(moments):
        progress.advance(moment, choices)
    return list(place.ledger.newest_first([], None))


STEPS: dict[str, dict[str, Any]] = {
    "nap": NAP,
    "short": {**NAP, "name": "short", "timeoutSeconds": 5, "onFailure": "Continue"},
    "broken": {**BROKEN, "onFailure": "Continue"},
    "pause": {**PAUSE, "timeoutSeconds": 7, "onFailure": "Continue"},
    "call": calls("Self", maxAttempts=2, onFailure="Continue"),
    "quick": calls("Self", step="quick", timeoutSeconds=12, onFailure="Continue"),
    "rounds": {
        "name": "rounds",
        "action": "aws:loop",
        "inputs": {
            "Iterators": ["a", "b"],
            "Steps": [calls("Self", step="inside", timeoutSeconds=12, onFailure="Continue")],
        },
    },
}


@hypothesis.given(
    st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4, unique=True), st.lists(st.floats(0, 300))
)
@hypothesis.settings(deadline=None)
def test_looking_is_not_touching(steps: list[str], moments: list[float]) -> None:
    assert family([*moments, 300], steps) == family([300], steps)


@pytest.mark.ledger("parameters-16")
def test_a_list_in_a_list_is_one_list(runs: Any) -> None:
    names = {"Names": {"type": "StringList", "default": ["a", "moto"]}}
    gate = {**GATE, "inputs": {"Approvers": ["{{ Names }}", "b"]}}
    execution = runs.start(gate, members={"parameters": names})
    assert json.loads(runs.step(execution, "gate")["Inputs"]["Approvers"]) == ["a", "moto", "b"]
    runs.signal(execution, "Approve")
    assert runs.status(execution) == "Success"
