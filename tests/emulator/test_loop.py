# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:loop: rounds for each value and while a condition holds, what ends them, and how the API shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
BROKEN = {"name": "broken", "action": "aws:sleep", "inputs": {"Duration": "soon"}}
AFTER = {"name": "after", "action": "aws:pause", "inputs": {}}


def each(values: Any, *steps: Any, inputs: Any = None, **members: Any) -> dict[str, Any]:
    inputs = {"Iterators": values, "Steps": list(steps), **(inputs or {})}
    return {"name": "loop", "action": "aws:loop", "inputs": inputs, **members}


def again(condition: Any, *steps: Any, inputs: Any = None, **members: Any) -> dict[str, Any]:
    inputs = {"LoopCondition": condition, "Steps": list(steps), **(inputs or {})}
    return {"name": "loop", "action": "aws:loop", "inputs": inputs, **members}


def rejected(answer: Any = "Rejected") -> dict[str, Any]:
    return {"Variable": "{{ gate.ApprovalStatus }}", "StringEquals": answer}


def shown(runs: Any, execution: str) -> str:
    """Every step execution: its name, the round it is in, and its status."""
    return " ".join(one_shown(step) for step in runs.get(execution)["StepExecutions"])


def one_shown(step: Any) -> str:
    number = step.get("ParentStepDetails", {}).get("Iteration", "")
    return f"{step['StepName']}{number}={step['StepStatus']}"


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.ledger("loop-1", "loop-6", "loop-13")
def test_it_goes_round_for_each_value(runs: Any, control: Any) -> None:
    note = {**PAUSE, "inputs": {"Message": "{{ loop.CurrentIteration }}: {{loop.CurrentIteratorValue}}"}}
    execution = runs.start(each(["a", "b"], note), AFTER)
    assert json.loads(runs.step(execution, "pause")["Inputs"]["Message"]) == "1: a"
    runs.signal(execution, "Resume", StepName="pause")
    assert json.loads(runs.step(execution, "pause")["Inputs"]["Message"]) == "2: b"
    assert shown(runs, execution) == "loop=InProgress pause1=Success pause2=Waiting after=Pending"
    runs.signal(execution, "Resume", StepName="pause")
    assert shown(runs, execution) == "loop=Success pause1=Success pause2=Success after=Waiting"
    assert runs.step(execution, "loop")["Outputs"] == {"CurrentIteration": ["2"], "CurrentIteratorValue": ["b"]}


@pytest.mark.ledger("loop-1", "loop-2")
def test_it_goes_round_while_its_condition_holds_after_the_steps(runs: Any) -> None:
    execution = runs.start(again(rejected(), {**GATE, "onFailure": "Continue"}), AFTER)
    runs.signal(execution, "Reject")
    assert shown(runs, execution) == "loop=InProgress gate1=Failed gate2=Waiting after=Pending"
    runs.signal(execution, "Approve")
    assert shown(runs, execution) == "loop=Success gate1=Failed gate2=Success after=Waiting"
    assert runs.step(execution, "loop")["Outputs"] == {"CurrentIteration": ["2"]}


@pytest.mark.ledger("loop-3")
@pytest.mark.parametrize("loop", [each, again])
def test_it_ends_well_after_the_most_rounds(runs: Any, control: Any, loop: Any) -> None:
    what = ["a", "b", "c"] if loop is each else {"Variable": "x", "StringEquals": "x"}
    execution = runs.start(loop(what, NAP, inputs={"MaxIterations": 2}), AFTER)
    control.pass_time(20)
    assert shown(runs, execution) == "loop=Success nap1=Success nap2=Success after=Waiting"


@pytest.mark.ledger("loop-4")
def test_the_most_rounds_may_be_known_late(runs: Any, control: Any) -> None:
    most = {"Most": {"type": "Integer", "default": 1}}
    loop = each(["a", "b"], NAP, inputs={"MaxIterations": "{{ Most }}"})
    execution = runs.start(loop, AFTER, members={"parameters": most})
    control.pass_time(10)
    assert shown(runs, execution) == "loop=Success nap1=Success after=Waiting"


@pytest.mark.parametrize("most", [0, 101, 2**70])
def test_the_most_rounds_that_are_known_late_have_limits(runs: Any, most: int) -> None:
    parameters = {"Most": {"type": "Integer", "default": most}}
    loop = each(["a"], PAUSE, inputs={"MaxIterations": "{{ Most }}"})
    execution = runs.start(loop, members={"parameters": parameters})
    assert shown(runs, execution) == "loop=Failed"
    assert "MaxIterations" in runs.step(execution, "loop")["FailureMessage"]


@pytest.mark.ledger("loop-3")
def test_a_hundred_rounds_are_the_most(runs: Any) -> None:
    always = {"Variable": "x", "StringEquals": "x"}
    quick = {"name": "quick", "action": "aws:branch", "inputs": {"Choices": []}}
    execution = runs.start(again(always, quick), members={"outputs": ["loop.CurrentIteration"]})
    assert runs.get(execution)["Outputs"] == {"loop.CurrentIteration": ["100"]}
    assert runs.status(execution) == "Success"


VALUES = {
    "Names": {"type": "StringList", "default": ["a", "b"]},
    "None": {"type": "StringList", "default": []},
    "Many": {"type": "StringList", "default": ["x"] * 101},
    "Maps": {"type": "MapList", "default": [{"a": "b"}]},
    "Text": {"type": "String", "default": "a"},
}


@pytest.mark.ledger("loop-5")
@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        ("{{ Names }}", None, "a"),
        (["{{ Names }}", "c"], "String", "a"),
        ([1, "2"], None, "1"),
        (["1", 2], "Integer", 1),
        ([True, "false"], "Boolean", True),
        (["false"], "Boolean", False),
        ("{{ Maps }}", "StringMap", {"a": "b"}),
        (['{"a": "b"}'], "StringMap", {"a": "b"}),
    ],
)
def test_values_have_the_type_that_they_are_declared_to_have(runs: Any, values: Any, kind: Any, first: Any) -> None:
    note = {**PAUSE, "inputs": {"Message": "{{ loop.CurrentIteratorValue }}"}}
    inputs = {"IteratorDataType": kind} if kind else {}
    execution = runs.start(each(values, note, inputs=inputs), members={"parameters": VALUES})
    assert json.loads(runs.step(execution, "pause")["Inputs"]["Message"]) == first


@pytest.mark.ledger("loop-5")
@pytest.mark.parametrize(
    ("values", "kind"),
    [("{{ Text }}", "String"), ("{{ Many }}", "String"), ("{{ Names }}", "Integer"), ("{{ Names }}", "StringMap"),
     ("{{ Names }}", "Boolean")],
)  # fmt: skip
def test_values_that_it_cannot_go_round_for_fail_the_step(runs: Any, values: Any, kind: str) -> None:
    loop = each(values, PAUSE, inputs={"IteratorDataType": kind}, maxAttempts=2)
    execution = runs.start(loop, members={"parameters": VALUES})
    step = runs.step(execution, "loop")
    assert (step["StepStatus"], step["FailureDetails"]["FailureStage"]) == ("Failed", "InputValidation")
    assert "Iterators" in step["FailureMessage"]
    assert runs.status(execution) == "Failed"


@pytest.mark.ledger("loop-15")
def test_without_values_no_step_runs(runs: Any) -> None:
    execution = runs.start(each("{{ None }}", PAUSE), members={"parameters": VALUES})
    assert (shown(runs, execution), runs.status(execution)) == ("loop=Success", "Success")
    assert runs.step(execution, "loop")["Outputs"] == {}


@pytest.mark.ledger("loop-7", "loop-10")
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{**NAP, "name": "a", "nextStep": "c"}, {**NAP, "name": "b"}, {**NAP, "name": "c"}],
         "a1=Success c1=Success a2=Success c2=Success"),
        ([{**NAP, "name": "a", "isEnd": True}, {**NAP, "name": "b"}], "a1=Success a2=Success"),
        ([{**BROKEN, "onFailure": "Continue"}, NAP], "broken1=Failed nap1=Success broken2=Failed nap2=Success"),
        ([{**BROKEN, "onFailure": "Continue", "isEnd": True}, NAP], "broken1=Failed broken2=Failed"),
        ([{**BROKEN, "onFailure": "step:b", "isCritical": False}, {**NAP, "name": "a"}, {**NAP, "name": "b"}],
         "broken1=Failed b1=Success broken2=Failed b2=Success"),
        ([{"name": "b", "action": "aws:branch", "inputs": {"Default": "y", "Choices": [
            {"Variable": "{{ loop.CurrentIteratorValue }}", "StringEquals": "x", "NextStep": "x"}]}},
          {**NAP, "name": "x", "isEnd": True}, {**NAP, "name": "y"}],
         "b1=Success x1=Success b2=Success y2=Success"),
    ],
)  # fmt: skip
def test_the_steps_inside_follow_one_another(runs: Any, control: Any, steps: Any, expected: str) -> None:
    execution = runs.start(each(["x", "y"], *steps), AFTER)
    control.pass_time(60)
    assert shown(runs, execution) == f"loop=Success {expected} after=Waiting"


@pytest.mark.ledger("loop-8")
@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({**NAP, "nextStep": "out"}, "Success"),
        (
            {**NAP, "name": "nap", "inputs": {"Duration": "soon"}, "onFailure": "step:out", "isCritical": False},
            "Failed",
        ),
        ({"name": "nap", "action": "aws:branch", "inputs": {"Choices": [], "Default": "out"}}, "Success"),
    ],
)
def test_a_step_inside_may_leave_the_loop(runs: Any, control: Any, step: Any, status: str) -> None:
    execution = runs.start(each(["x", "y"], step, {**NAP, "name": "more"}), AFTER, {**AFTER, "name": "out"})
    control.pass_time(60)
    assert shown(runs, execution) == f"loop=Exited nap1={status} after=Pending out=Waiting"
    loop = runs.step(execution, "loop")
    assert loop["Outputs"] == {"CurrentIteration": ["1"], "CurrentIteratorValue": ["x"]}
    assert loop["ExecutionEndTime"] == runs.step(execution, "nap")["ExecutionEndTime"]
    runs.signal(execution, "Resume", StepName="out")
    assert runs.status(execution) == "Success"


def test_a_failure_inside_may_start_the_loop_again(runs: Any) -> None:
    first = {**GATE, "onFailure": "step:loop", "isCritical": False}
    execution = runs.start(each(["x", "y"], first))
    runs.signal(execution, "Approve")
    runs.signal(execution, "Reject")
    expected = "loop=Exited gate1=Success gate2=Failed loop=InProgress gate1=Waiting"
    assert shown(runs, execution) == expected
    steps = runs.get(execution)["StepExecutions"]
    assert len({step["StepExecutionId"] for step in steps}) == 5
    assert [step["ParentStepDetails"]["StepExecutionId"] for step in (steps[1], steps[2], steps[4])] == [
        steps[0]["StepExecutionId"],
        steps[0]["StepExecutionId"],
        steps[3]["StepExecutionId"],
    ]


@pytest.mark.ledger("loop-11", "abort_inside_loop=ends_execution")
@pytest.mark.parametrize("rule", ["Abort", "Continue"])
def test_a_step_inside_that_aborts_ends_the_run(runs: Any, rule: str) -> None:
    execution = runs.start(each(["x", "y"], GATE, onFailure=rule), AFTER)
    runs.signal(execution, "Reject")
    assert (shown(runs, execution), runs.status(execution)) == ("loop=Failed gate1=Failed after=Pending", "Failed")
    loop, gate = runs.step(execution, "loop"), runs.step(execution, "gate")
    assert gate["FailureMessage"] in loop["FailureMessage"]
    assert loop["FailureMessage"] == runs.get(execution)["FailureMessage"]


@pytest.mark.ledger("abort_inside_loop=fails_loop")
@pytest.mark.parametrize(
    ("members", "expected", "status"),
    [
        ({}, "loop=Failed gate1=Failed after=Pending", "Failed"),
        ({"onFailure": "Continue"}, "loop=Failed gate1=Failed after=Waiting", "Success"),
        ({"onFailure": "Continue", "isCritical": True}, "loop=Failed gate1=Failed after=Waiting", "Failed"),
        ({"maxAttempts": 2}, "loop=InProgress gate1=Failed gate1=Waiting after=Pending", "Failed"),
    ],
)
def test_a_step_inside_that_aborts_may_fail_the_loop_alone(
    runs: Any, control: Any, members: Any, expected: str, status: str
) -> None:
    control.choose(abort_inside_loop="fails_loop")
    execution = runs.start(each(["x", "y"], GATE, **members), AFTER)
    runs.signal(execution, "Reject")
    assert shown(runs, execution) == expected
    if "after=Waiting" in expected:
        runs.signal(execution, "Resume", StepName="after")
    elif "maxAttempts" in members:
        runs.signal(execution, "Reject")
    assert runs.status(execution) == status


def test_a_step_inside_that_times_out_ends_the_run_timed_out(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x"], {**PAUSE, "timeoutSeconds": 5}), AFTER)
    control.pass_time(5)
    assert shown(runs, execution) == "loop=TimedOut pause1=TimedOut after=Pending"
    assert runs.status(execution) == "TimedOut"


@pytest.mark.ledger("loop-11")
@pytest.mark.parametrize(("rule", "status"), [("Abort", "Failed"), ("Continue", "Waiting")])
def test_a_condition_that_cannot_be_decided_fails_the_loop_itself(runs: Any, rule: str, status: str) -> None:
    word = {"Variable": "{{ gate.ApprovalStatus }}", "NumericEquals": 1}
    execution = runs.start(again(word, GATE, onFailure=rule, maxAttempts=2), AFTER)
    runs.signal(execution, "Approve")
    loop = runs.step(execution, "loop")
    assert (loop["StepStatus"], runs.status(execution)) == ("Failed", status)
    assert (loop["FailureDetails"]["FailureStage"], loop["Outputs"]) == ("InputValidation", {"CurrentIteration": ["1"]})


def test_a_condition_about_nothing_does_not_hold(runs: Any, control: Any) -> None:
    execution = runs.start(again({"Variable": "{{ nap.Nothing }}", "NumericEquals": 1}, NAP), AFTER)
    control.pass_time(10)
    assert shown(runs, execution) == "loop=Success nap1=Success after=Waiting"


def test_attempts_of_a_step_inside_are_one_step_execution(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x"], {**NAP, "timeoutSeconds": 4, "maxAttempts": 2, "onFailure": "Continue"}), AFTER)
    control.pass_time(7)
    assert shown(runs, execution) == "loop=InProgress nap1=InProgress after=Pending"
    control.pass_time(1)
    assert shown(runs, execution) == "loop=Success nap1=TimedOut after=Waiting"


@pytest.mark.ledger("loop-15")
def test_the_time_of_a_loop_is_that_of_all_its_rounds(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x", "y"], NAP, timeoutSeconds=15, onFailure="Continue"), AFTER)
    control.pass_time(15)
    assert shown(runs, execution) == "loop=TimedOut nap1=Success nap2=TimedOut after=Waiting"
    assert runs.step(execution, "loop")["Outputs"] == {"CurrentIteration": ["2"], "CurrentIteratorValue": ["y"]}


@pytest.mark.ledger("loop-15")
def test_a_loop_that_is_tried_again_begins_with_the_first_round(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x", "y"], NAP, timeoutSeconds=15, maxAttempts=2), AFTER)
    control.pass_time(16)
    assert shown(runs, execution) == "loop=InProgress nap1=Success nap2=TimedOut nap1=InProgress after=Pending"
    assert runs.step(execution, "nap")["ParentStepDetails"]["IteratorValue"] == "x"
    control.pass_time(14)
    assert (runs.step(execution, "loop")["StepStatus"], runs.status(execution)) == ("TimedOut", "TimedOut")


def test_a_gate_takes_its_decision_in_every_round(runs: Any, account: Any) -> None:
    gate = {**GATE, "inputs": {"Approvers": ["{{ loop.CurrentIteratorValue }}"]}}
    execution = runs.start(each(["alice", "bob"], gate), AFTER)
    alice, bob = account.user("alice"), account.user("bob")
    with pytest.raises(ClientError, match="InvalidAutomationSignal"):
        runs.signal(execution, "Approve", client=bob)
    runs.signal(execution, "Approve", client=alice)
    with pytest.raises(ClientError, match="InvalidAutomationSignal"):
        runs.signal(execution, "Approve", client=alice)
    runs.signal(execution, "Approve", client=bob)
    assert shown(runs, execution) == "loop=Success gate1=Success gate2=Success after=Waiting"


def test_what_is_inside_is_what_the_run_is_at(runs: Any) -> None:
    execution = runs.start(each(["x"], GATE))
    found = runs.get(execution)
    (listed,) = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    for one in (found, listed):
        assert one["AutomationExecutionStatus"] == "Waiting"
        assert (one["CurrentStepName"], one["CurrentAction"]) == ("gate", "aws:approve")
    waiting = [
        {"Key": "ExecutionStatus", "Values": ["Waiting"]},
        {"Key": "CurrentAction", "Values": ["aws:approve"]},
    ]
    (found,) = runs.ssm.describe_automation_executions(Filters=waiting)["AutomationExecutionMetadataList"]
    assert found["AutomationExecutionId"] == execution


@pytest.mark.ledger("loop-13", "finding-4")
def test_steps_inside_tell_their_round(runs: Any, control: Any) -> None:
    execution = runs.start(each(["a", "b"], NAP, {**NAP, "name": "second"}), AFTER)
    control.pass_time(35)
    loop = runs.step(execution, "loop")
    assert "ParentStepDetails" not in loop
    assert json.loads(loop["Inputs"]["Iterators"]) == ["a", "b"]
    assert "Steps" not in loop["Inputs"]
    assert runs.step(execution, "second")["ParentStepDetails"] == {
        "StepExecutionId": loop["StepExecutionId"],
        "StepName": "loop",
        "Action": "aws:loop",
        "Iteration": 2,
        "IteratorValue": "b",
    }
    for key, value, names in [
        ("ParentStepExecutionId", loop["StepExecutionId"], ["nap", "second", "nap", "second"]),
        ("ParentStepExecutionId", "None", []),
        ("ParentStepIteration", "2", ["nap", "second"]),
        ("ParentStepIteration", "3", []),
        ("ParentStepIteratorValue", "a", ["nap", "second"]),
    ]:
        asked = [{"Key": key, "Values": [value]}]
        found = runs.ssm.describe_automation_step_executions(AutomationExecutionId=execution, Filters=asked)
        assert [step["StepName"] for step in found["StepExecutions"]] == names


def test_a_round_without_a_value_shows_none(runs: Any) -> None:
    execution = runs.start(again({"Variable": "x", "StringEquals": "y"}, PAUSE))
    details = runs.step(execution, "pause")["ParentStepDetails"]
    assert (details["Iteration"], "IteratorValue" in details) == (1, False)
    shown_condition = json.loads(runs.step(execution, "loop")["Inputs"]["LoopCondition"])
    assert shown_condition == {"Variable": "x", "StringEquals": "y"}


@pytest.mark.ledger("lists_pending_steps_inside_loops=false", "lists_pending_steps_inside_loops=true")
@pytest.mark.parametrize(("listed", "expected"), [(False, "first=Waiting loop=Pending"),
                                                  (True, "first=Waiting loop=Pending pause=Pending inner=Pending "
                                                         "nap=Pending")])  # fmt: skip
def test_steps_inside_a_loop_that_has_not_begun(runs: Any, control: Any, listed: bool, expected: str) -> None:
    control.choose(lists_pending_steps_inside_loops=listed, nested_loops=True)
    inner = each(["y"], NAP) | {"name": "inner"}
    execution = runs.start({**PAUSE, "name": "first"}, each(["x"], PAUSE, inner))
    assert shown(runs, execution) == expected


@pytest.mark.ledger("loop-14", "loop-17")
def test_what_was_put_out_inside_last_is_there_after_the_loop(runs: Any) -> None:
    note = {**PAUSE, "inputs": {"Message": "{{ gate.ApprovalStatus }} {{ loop.CurrentIteratorValue }}"}}
    execution = runs.start(each(["x", "y"], {**GATE, "onFailure": "Continue"}), note)
    runs.signal(execution, "Reject")
    runs.signal(execution, "Approve")
    assert json.loads(runs.step(execution, "pause")["Inputs"]["Message"]) == "Approved y"


# An onCancel cannot lead to a sleep itself.
CLEAN = {"name": "clean", "action": "aws:branch", "inputs": {"Choices": []}}
DREGS = {"name": "dregs", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}


def test_cancelling_inside_cancels_the_loop(runs: Any, control: Any) -> None:
    control.choose(cancelling_seconds=5)
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert shown(runs, execution) == "loop=Cancelling pause1=Cancelling after=Pending"
    assert runs.status(execution) == "Cancelling"
    control.pass_time(5)
    assert shown(runs, execution) == "loop=Cancelled pause1=Cancelled after=Pending"
    assert runs.status(execution) == "Cancelled"


@pytest.mark.ledger("loop-9")
def test_cleaning_up_outside_leaves_the_loop(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x", "y"], {**PAUSE, "onCancel": "step:clean"}), AFTER, CLEAN, DREGS)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    expected = "loop=Exited pause1=Cancelled after=Pending clean=Success dregs=InProgress"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Cancelling")
    control.pass_time(10)
    assert (runs.step(execution, "dregs")["StepStatus"], runs.status(execution)) == ("Success", "Cancelled")


@pytest.mark.ledger("loop-12")
def test_cleaning_up_inside_ends_with_its_round(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x", "y"], {**PAUSE, "onCancel": "step:clean"}, CLEAN, DREGS), AFTER)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    cleaned = "pause1=Cancelled clean1=Success"
    assert shown(runs, execution) == f"loop=Cancelling {cleaned} dregs1=InProgress after=Pending"
    control.pass_time(10)
    assert shown(runs, execution) == f"loop=Cancelled {cleaned} dregs1=Success after=Pending"
    assert runs.status(execution) == "Cancelled"


def test_cleaning_up_inside_has_two_minutes(runs: Any, control: Any) -> None:
    slow = {**DREGS, "inputs": {"Duration": "PT1H"}}
    execution = runs.start(each(["x", "y"], {**PAUSE, "onCancel": "step:clean"}, CLEAN, slow), AFTER)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    control.pass_time(119)
    assert runs.status(execution) == "Cancelling"
    control.pass_time(1)
    expected = "loop=Cancelled pause1=Cancelled clean1=Success dregs1=Cancelled after=Pending"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Cancelled")


def test_completing_inside_ends_all_that_is_open(runs: Any) -> None:
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Complete")
    expected = "loop=Cancelled pause1=Cancelled after=Pending"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Success")


def stop(runs: Any, execution: str, name: str) -> None:
    runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, name)["StepExecutionId"])


@pytest.mark.parametrize("name", ["loop", "pause"])
def test_stopping_a_step_of_a_loop_cancels_a_run_in_auto_mode(runs: Any, name: str) -> None:
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    stop(runs, execution, name)
    expected = "loop=Cancelled pause1=Cancelled after=Pending"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Cancelled")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pause", "loop=InProgress pause1=Cancelled pause2=Waiting after=Pending"),
        ("loop", "loop=Cancelled pause1=Cancelled after=Waiting"),
    ],
)
def test_stopping_a_step_of_a_loop_may_lead_on(runs: Any, control: Any, name: str, expected: str) -> None:
    control.choose(stop_step_in_auto="next_step", cancelling_seconds=5)
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    stop(runs, execution, name)
    stopping = runs.step(execution, "loop")["StepStatus"]
    assert (stopping, runs.step(execution, "pause")["StepStatus"]) == (
        "Cancelling" if name == "loop" else "InProgress",
        "Cancelling",
    )
    control.pass_time(5)
    assert shown(runs, execution) == expected


def test_a_loop_can_be_stopped_whose_step_is_being_stopped(runs: Any, control: Any) -> None:
    control.choose(stop_step_in_auto="next_step", cancelling_seconds=5)
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    stop(runs, execution, "pause")
    control.pass_time(3)
    stop(runs, execution, "loop")
    control.pass_time(3)
    assert shown(runs, execution) == "loop=Cancelling pause1=Cancelling after=Pending"
    control.pass_time(2)
    assert shown(runs, execution) == "loop=Cancelled pause1=Cancelled after=Waiting"


def test_a_cancel_overtakes_a_stop(runs: Any, control: Any) -> None:
    control.choose(stop_step_in_auto="next_step", cancelling_seconds=5)
    execution = runs.start(each(["x", "y"], PAUSE), AFTER)
    stop(runs, execution, "pause")
    control.pass_time(1)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    control.pass_time(5)
    expected = "loop=Cancelled pause1=Cancelled after=Pending"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Cancelled")


@pytest.mark.ledger("loop-16")
def test_an_interactive_run_goes_round_by_itself(runs: Any, control: Any) -> None:
    execution = runs.start(each(["x", "y"], NAP, PAUSE), AFTER, Mode="Interactive")
    for name in ("nap", "pause"):
        assert "inside a loop" in error_of(runs.signal, execution, "StartStep", StepName=name)
    runs.signal(execution, "StartStep", StepName="loop")
    control.pass_time(10)
    assert shown(runs, execution) == "loop=InProgress nap1=Success pause1=Waiting"
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Resume", StepName="pause")
    assert "does not wait between steps" in error_of(runs.signal, execution, "StartStep", StepName="after")
    control.pass_time(10)
    runs.signal(execution, "Resume", StepName="pause")
    assert shown(runs, execution) == "loop=Success nap1=Success pause1=Success nap2=Success pause2=Success"
    assert (runs.status(execution), runs.step(execution, "loop")["ValidNextSteps"]) == ("Waiting", ["after"])
    runs.signal(execution, "StartStep", StepName="after")
    assert runs.get(execution)["CurrentStepName"] == "after"


def test_an_interactive_run_stands_still_where_it_leaves_a_loop(runs: Any, control: Any) -> None:
    control.choose(start_step_in_order_only=True)
    execution = runs.start(each(["x", "y"], {**NAP, "nextStep": "out"}), AFTER, {**AFTER, "name": "out"},
                           Mode="Interactive")  # fmt: skip
    runs.signal(execution, "StartStep", StepName="loop")
    control.pass_time(10)
    assert (shown(runs, execution), runs.status(execution)) == ("loop=Exited nap1=Success", "Waiting")
    assert "not a valid next step" in error_of(runs.signal, execution, "StartStep", StepName="out")
    runs.signal(execution, "StartStep", StepName="after")


@pytest.mark.parametrize(("ends", "status"), [(False, "Waiting"), (True, "Failed")])
def test_an_interactive_loop_that_fails(runs: Any, control: Any, ends: bool, status: str) -> None:
    control.choose(interactive_failure_ends_execution=ends)
    execution = runs.start(each(["x", "y"], BROKEN), AFTER, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="loop")
    assert (shown(runs, execution), runs.status(execution)) == ("loop=Failed broken1=Failed", status)


@pytest.mark.parametrize("name", ["loop", "pause"])
def test_stopping_a_step_of_an_interactive_loop_stops_the_loop(runs: Any, name: str) -> None:
    execution = runs.start(each(["x", "y"], PAUSE), AFTER, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="loop")
    stop(runs, execution, name)
    expected = "loop=Cancelled pause1=Cancelled"
    assert (shown(runs, execution), runs.status(execution)) == (expected, "Waiting")
    runs.signal(execution, "StartStep", StepName="loop")
    assert shown(runs, execution) == f"{expected} loop=InProgress pause1=Waiting"


def test_children_inside_a_loop(runs: Any, control: Any) -> None:
    parameters = {"Who": {"type": "String"}}
    runs.document(PAUSE, name="Child", parameters=parameters)
    inputs = {"DocumentName": "Child", "RuntimeParameters": {"Who": "{{ loop.CurrentIteratorValue }}"}}
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": inputs}
    execution = runs.start(each(["x", "y"], call), AFTER)
    first = runs.step(execution, "call")["Outputs"]["ExecutionId"][0]
    runs.signal(first, "Resume", StepName="pause")
    second = runs.step(execution, "call")["Outputs"]["ExecutionId"][0]
    assert (runs.get(first)["Parameters"], runs.get(second)["Parameters"]) == ({"Who": ["x"]}, {"Who": ["y"]})
    control.choose(cancelling_seconds=5)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    control.pass_time(4)
    assert shown(runs, execution) == "loop=Cancelling call1=Success call2=Cancelling after=Pending"
    control.pass_time(1)
    assert shown(runs, execution) == "loop=Cancelled call1=Success call2=Cancelled after=Pending"
    assert runs.status(second) == "Cancelled"


@pytest.mark.parametrize("name", ["loop", "call"])
def test_stopping_a_loop_waits_for_the_child_inside(runs: Any, control: Any, name: str) -> None:
    runs.document({**PAUSE, "onCancel": "step:clean", "isEnd": True}, CLEAN, DREGS, name="Child")
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    execution = runs.start(each(["x"], call), AFTER, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="loop")
    stop(runs, execution, name)
    control.pass_time(9)
    assert runs.step(execution, "call")["StepStatus"] == "Cancelling"
    control.pass_time(1)
    assert shown(runs, execution) == "loop=Cancelled call1=Cancelled"


def test_a_child_is_given_up_whose_loop_has_run_out_of_time(runs: Any, control: Any) -> None:
    runs.document(PAUSE, name="Child")
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    execution = runs.start(each(["x"], call, timeoutSeconds=10), AFTER)
    child = runs.step(execution, "call")["Outputs"]["ExecutionId"][0]
    control.pass_time(10)
    assert shown(runs, execution) == "loop=TimedOut call1=TimedOut after=Pending"
    assert runs.status(child) == "Cancelled"


@pytest.mark.ledger("nested_loops=true")
def test_a_loop_may_be_inside_a_loop(runs: Any, control: Any) -> None:
    values = "{{ loop.CurrentIteratorValue }}{{ inner.CurrentIteratorValue }}"
    inner = {**each(["1", "2"], {**NAP, "inputs": {"Duration": f"PT{values}S"}}), "name": "inner"}
    control.choose(nested_loops=True)
    inner["inputs"]["Steps"].append({**PAUSE, "timeoutSeconds": 1, "onFailure": "Continue"})
    execution = runs.start(each(["1", "2"], inner), AFTER)
    control.pass_time(99)
    rounds = "nap1=Success pause1=TimedOut nap2=Success pause2=TimedOut"
    expected = f"loop=Success inner1=Success {rounds} inner2=Success {rounds} after=Waiting"
    assert shown(runs, execution) == expected
    seconds = [json.loads(step["Inputs"]["Duration"]) for step in runs.get(execution)["StepExecutions"]
               if step["StepName"] == "nap"]  # fmt: skip
    assert seconds == ["PT11S", "PT12S", "PT21S", "PT22S"]


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ("between", "loop=InProgress inner1=Exited nap1=Success between1=Waiting after=Pending"),
        ("after", "loop=Exited inner1=Exited nap1=Success after=Waiting"),
    ],
)
def test_a_step_may_leave_one_loop_or_both(runs: Any, control: Any, leaves: str, expected: str) -> None:
    control.choose(nested_loops=True)
    inner = {**each(["1", "2"], {**NAP, "nextStep": leaves}), "name": "inner"}
    execution = runs.start(each(["x"], inner, {**PAUSE, "name": "between"}), AFTER)
    control.pass_time(10)
    assert shown(runs, execution) == expected


@pytest.mark.ledger("nested_loops=false")
def test_loops_inside_loops_may_be_refused(runs: Any) -> None:
    inner = {**each(["1"], PAUSE), "name": "inner"}
    assert "inner" in error_of(runs.start, each(["x"], inner))
    runs.document(each(["x"], PAUSE), name="Plain")
    runs.ssm.start_automation_execution(DocumentName="Plain")


def test_a_run_that_the_emulator_ends_leaves_no_step_open(runs: Any, control: Any) -> None:
    control.choose(most_step_executions=3)
    execution = runs.start(each(["x", "y", "z"], {**NAP, "inputs": {"Timestamp": "2020-01-01T00:00:00Z"}}))
    assert shown(runs, execution) == "loop=Failed nap1=Success nap2=Success"
    assert "after 3 step executions" in runs.get(execution)["FailureMessage"]


@pytest.mark.ledger("loop-1", "loop-3", "loop-5", "loop-12")
@pytest.mark.parametrize(
    ("loop", "word"),
    [
        ({"name": "loop", "action": "aws:loop", "inputs": {"Iterators": ["x"]}}, "needs Steps"),
        (each(["x"]), "needs Steps"),
        (each(["x"], inputs={"Steps": {"a": PAUSE}}), "needs Steps"),
        (each(["x"], {"name": "a"}), "name and an action"),
        (each(["x"], {**PAUSE, "colour": "red"}), "colour"),
        (each(["x"], PAUSE, PAUSE), "more than once"),
        (each(["x"], {**PAUSE, "name": "loop"}), "more than once"),
        (each(["x"], {**PAUSE, "name": "after"}), "more than once"),
        (each(["x"], {**PAUSE, "nextStep": "nowhere"}), "nowhere, which is not a step"),
        (each(["x"], {**PAUSE, "inputs": {"Message": "{{ Missing }}"}}), "Missing"),
        (each(["x"], PAUSE, nextStep="pause"), "inside loop loop"),
        (each(["x"], PAUSE, inputs={"LoopCondition": rejected()}), "either Iterators or LoopCondition"),
        ({"name": "loop", "action": "aws:loop", "inputs": {"Steps": [PAUSE]}}, "Iterators or LoopCondition"),
        (each("x", PAUSE), "Iterators must be a list"),
        (each(["x"] * 101, PAUSE), "at most 100"),
        (each(["x"], PAUSE, inputs={"IteratorDataType": "Integer"}), "no Integer"),
        (each(["x"], PAUSE, inputs={"IteratorDataType": "StringList"}), "IteratorDataType is one of"),
        (each(["x"], PAUSE, inputs={"MaxIterations": 0}), "from 1 to 100"),
        (each(["x"], PAUSE, inputs={"MaxIterations": 101}), "from 1 to 100"),
        (each(["x"], PAUSE, inputs={"MaxIterations": "many"}), "must be a number"),
        (again({"Variable": "x", "SoundsLike": "y"}, PAUSE), "one operator"),
        (again("x", PAUSE), "must be a map"),
        (each(["x"], PAUSE, onCancel="step:after"), "cannot have an onCancel"),
    ],
)
def test_loops_that_cannot_be_registered(runs: Any, loop: Any, word: str) -> None:
    message = error_of(runs.document, loop, {**PAUSE, "name": "after"})
    assert word in message


@pytest.mark.parametrize("members", [{"MaxIterations": "{{ Most }}"}, {"MaxIterations": "100"}, {"MaxIterations": 1}])
def test_loops_that_can_be_registered(runs: Any, members: Any) -> None:
    parameters = {"Most": {"type": "Integer"}, "Who": {"type": "String"}}
    runs.document(each(["x"] * 100, PAUSE, inputs=members, onCancel="Abort"), parameters=parameters)
    runs.document(
        each(["{{ Who }}"], PAUSE, inputs={"IteratorDataType": "Integer"}), name="Late", parameters=parameters
    )


def test_all_that_is_wrong_inside_is_told_at_once(runs: Any) -> None:
    steps = [{**PAUSE, "nextStep": "nowhere"}, {**PAUSE, "name": "b", "inputs": {"Message": "{{ Missing }}"}}]
    message = error_of(runs.document, each("x", *steps, inputs={"MaxIterations": 0}))
    assert all(word in message for word in ("nowhere", "Missing", "Iterators", "MaxIterations"))


@pytest.mark.parametrize("rule", ["onFailure", "onCancel", "nextStep"])
def test_no_step_leads_into_a_loop(runs: Any, rule: str) -> None:
    target = "nap" if rule == "nextStep" else "step:nap"
    message = error_of(runs.document, {**PAUSE, rule: target}, each(["x"], NAP))
    assert "Step pause leads to nap, which is inside loop loop." in message


@pytest.mark.ledger("loop-12")
def test_on_cancel_cannot_lead_to_a_loop(runs: Any) -> None:
    message = error_of(runs.document, {**PAUSE, "onCancel": "step:loop"}, each(["x"], NAP))
    assert "cannot lead to aws:loop" in message


def test_actions_inside_that_are_not_run_are_named(runs: Any) -> None:
    other = {"name": "other", "action": "aws:unheardOf", "inputs": {}}
    assert "aws:unheardOf" in error_of(runs.start, each(["x"], PAUSE, other))
