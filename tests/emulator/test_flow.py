# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run goes from step to step: tables over the pure core, without a server."""

from __future__ import annotations

import json
import uuid
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from automation_emulator.engine import flow, signals, timeline
from automation_emulator.language.parameters import bind
from automation_emulator.runbooks.parser import parse
from automation_emulator.state.choices import Choices
from automation_emulator.state.model import Execution, Mode
from automation_emulator.state.moment import Moment
from automation_emulator.state.principals import Principal

CALLER = Principal("arn:aws:iam::123456789012:user/operator")
START = 1_900_000_000.0  # 2030-03-17T17:46:40Z


def sleep(name: str, duration: str = "PT10S", **members: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": duration}, **members}


def failing(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": "soon"}, **members}


def pause(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "action": "aws:pause", "inputs": {}, **members}


def branch(name: str, *rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    inputs = {"Choices": list(rules), **members.pop("inputs", {})}
    return {"name": name, "action": "aws:branch", "inputs": inputs, **members}


def execution(*steps: dict[str, Any], given: Any = None, **members: Any) -> Execution:
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": list(steps), **members})
    runbook = parse("Flow", "1", content)
    return Execution(
        execution_id=str(uuid.UUID(int=1)),
        runbook=runbook,
        account="123456789012",
        region="eu-central-1",
        executed_by=CALLER,
        requested_at=START,
        begins_at=START,
        parameters=bind(runbook.parameters, given or {}, {}, {"stored": "from the store"}.get),
    )


def after(run: Execution, seconds: float, **choices: Any) -> Execution:
    return timeline.advance(run, START + seconds, Choices(**choices))


def seen(run: Execution) -> list[tuple[str, str]]:
    return [(one.step.name, str(one.status)) for one in run.history]


@pytest.mark.ledger(
    "statuses-7", "flow-1", "flow-2", "flow-3", "flow-4", "flow-5", "flow-6", "flow-7", "flow-8", "flow-9", "flow-26"
)
@pytest.mark.parametrize(
    ("steps", "final", "history"),
    [
        ([sleep("a"), sleep("b")], "Success", "a=Success b=Success"),
        ([sleep("a", nextStep="c"), sleep("b"), sleep("c")], "Success", "a=Success c=Success"),
        ([sleep("a", isEnd=True), sleep("b")], "Success", "a=Success"),
        ([failing("a"), sleep("b")], "Failed", "a=Failed"),
        ([failing("a", onFailure="Continue"), sleep("b")], "Success", "a=Failed b=Success"),
        ([failing("a", onFailure="Continue")], "Success", "a=Failed"),
        ([failing("a", onFailure="Continue", isCritical=True), sleep("b")], "Failed", "a=Failed b=Success"),
        ([failing("a", onFailure="step:c"), sleep("b"), sleep("c")], "Failed", "a=Failed c=Success"),
        ([failing("a", onFailure="step:c", isCritical=False), sleep("b"), sleep("c")], "Success", "a=Failed c=Success"),
        ([failing("a", onFailure="Continue", isEnd=True), sleep("b")], "Success", "a=Failed"),
        ([failing("a", onFailure="step:b", isEnd=True), sleep("b")], "Failed", "a=Failed b=Success"),
        ([failing("a", onFailure="step:b", isEnd=True, isCritical=False), sleep("b")], "Success", "a=Failed b=Success"),
        ([failing("a", onFailure="Continue", nextStep="c"), sleep("b"), sleep("c", isEnd=True)], "Success",
         "a=Failed c=Success"),
        ([sleep("a", timeoutSeconds=5), sleep("b")], "TimedOut", "a=TimedOut"),
        ([sleep("a", timeoutSeconds=5, onFailure="step:b"), sleep("b")], "TimedOut", "a=TimedOut b=Success"),
        ([sleep("a", timeoutSeconds=5, maxAttempts=3)], "TimedOut", "a=TimedOut"),
        ([sleep("a", timeoutSeconds=5, onFailure="step:b"), failing("b")], "Failed", "a=TimedOut b=Failed"),
    ],
)  # fmt: skip
def test_flow(steps: Any, final: str, history: str) -> None:
    run = after(execution(*steps), 1000)
    assert (str(run.final), " ".join(f"{name}={status}" for name, status in seen(run))) == (final, history)


@pytest.mark.ledger("continue_follows_next_step=true")
def test_continue_can_follow_next_step() -> None:
    run = execution(failing("a", onFailure="Continue", nextStep="c"), sleep("b"), sleep("c"))
    assert [name for name, _status in seen(after(run, 99, continue_follows_next_step=True))] == ["a", "c"]


@pytest.mark.ledger("flow-11", "flow-27")
def test_attempts_take_their_time() -> None:
    run = execution(sleep("a", timeoutSeconds=5, maxAttempts=3))
    assert (after(run, 14.9).status, after(run, 14.9).history[0].attempt) == ("InProgress", 3)
    assert after(run, 15).history[0].ended_at == START + 15


@pytest.mark.parametrize("moments", [[1000.0], [float(second) for second in range(0, 45, 3)], [10, 10, 20, 30]])
def test_how_often_one_looks_makes_no_difference(moments: list[float]) -> None:
    start = execution(sleep("a"), pause("b", timeoutSeconds=10, onFailure="step:c"), sleep("c"))
    watched = start
    for moment in moments:
        watched = after(watched, moment)
    assert after(watched, 1000) == after(start, 1000)
    assert [one.ended_at for one in after(start, 1000).history] == [START + 10, START + 20, START + 30]


STEPS = st.builds(
    lambda kind, name, members: kind(name, **members),
    st.sampled_from([sleep, pause, failing, branch]),
    st.just("x"),
    st.fixed_dictionaries(
        {},
        optional={
            "timeoutSeconds": st.integers(1, 20),
            "onFailure": st.sampled_from(["Abort", "Continue", "step:s0"]),
            "maxAttempts": st.integers(1, 3),
            "isEnd": st.booleans(),
        },
    ),
)
ALWAYS = {"Variable": "x", "StringEquals": "x"}
LOOPS = st.builds(
    lambda rounds, inside, members: {
        "name": "x",
        "action": "aws:loop",
        "inputs": {**rounds, "Steps": inside},
        **members,
    },
    st.sampled_from([{"Iterators": ["a", "b"]}, {"Iterators": []}, {"LoopCondition": ALWAYS, "MaxIterations": 2}]),
    st.lists(STEPS, min_size=1, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "timeoutSeconds": st.integers(1, 40),
            "onFailure": st.sampled_from(["Abort", "Continue", "step:s0"]),
            "maxAttempts": st.integers(1, 2),
        },
    ),
)


def named(step: dict[str, Any], name: str) -> dict[str, Any]:
    """A step with names of its own for itself and those inside."""
    inside = step["inputs"].get("Steps", [])
    inner = {"Steps": [named(one, f"{name}_{place}") for place, one in enumerate(inside)]} if inside else {}
    return {**step, "name": name, "inputs": {**step["inputs"], **inner}}


def looked_at(start: Execution, moments: list[float], **choices: Any) -> Execution:
    """The execution as it is in the end, having been looked at in between."""
    for moment in sorted(moments):
        start = after(start, moment, most_step_executions=20, **choices)
    return after(start, 200, most_step_executions=20, **choices)


@hypothesis.given(
    st.lists(STEPS | LOOPS, min_size=1, max_size=5),
    st.lists(st.floats(0, 200)),
    st.sampled_from(["ends_execution", "fails_loop"]),
)
def test_looking_is_not_touching(steps: list[dict[str, Any]], moments: list[float], aborting: str) -> None:
    start = execution(*(named(step, f"s{place}") for place, step in enumerate(steps)))
    seldom = looked_at(start, [], abort_inside_loop=aborting)
    assert looked_at(start, moments, abort_inside_loop=aborting) == seldom
    assert seldom.final is None or not seldom.open_steps


@hypothesis.given(LOOPS, st.floats(0, 60), st.lists(st.floats(0, 200)), st.sampled_from([0, -1]))
def test_looking_is_not_touching_what_was_stopped(
    loop: dict[str, Any], stopped_at: float, moments: list[float], which: int
) -> None:
    start = after(execution(named(loop, "s0"), sleep("s1")), stopped_at)
    hypothesis.assume(start.open_steps)
    about = {"StepExecutionId": [start.open_steps[which].step_execution_id]}
    answers = {"cancelling_seconds": 3, "stop_step_in_auto": "next_step"}
    signal = signals.read("StopStep", about, CALLER, Choices())
    stopped = signals.accept(start, signal, Moment(START + stopped_at, Choices(**answers)))
    later = [moment for moment in moments if moment >= stopped_at]
    assert looked_at(stopped, later, **answers) == looked_at(stopped, [], **answers)


@pytest.mark.ledger("flow-25", "most_step_executions")
def test_a_run_in_circles_is_ended() -> None:
    run = after(execution(failing("a", onFailure="step:a")), 0, most_step_executions=7)
    assert (run.final, len(run.history)) == ("Failed", 7)
    assert len({one.step_execution_id for one in run.history}) == 7


@pytest.mark.ledger("flow-21")
@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"StringEquals": "Linux"}, True),
        ({"StringEquals": "linux"}, False),
        ({"EqualsIgnoreCase": "linux"}, True),
        ({"StartsWith": "Lin"}, True),
        ({"EndsWith": "nux"}, True),
        ({"Contains": "inu"}, True),
        ({"Contains": "win"}, False),
        ({"Variable": "{{ Count }}", "NumericEquals": 3}, True),
        ({"Variable": "{{ Count }}", "NumericGreater": 3}, False),
        ({"Variable": "{{ Count }}", "NumericGreaterOrEquals": 3}, True),
        ({"Variable": "{{ Count }}", "NumericLesser": "4"}, True),
        ({"Variable": "{{ Count }}", "NumericLesserOrEquals": 2}, False),
        ({"Variable": "{{ Flag }}", "BooleanEquals": True}, True),
        ({"Variable": "{{ Flag }}", "BooleanEquals": "false"}, False),
    ],
)
def test_operators(rule: dict[str, Any], holds: bool) -> None:
    parameters = {
        "OS": {"type": "String", "default": "Linux"},
        "Count": {"type": "Integer", "default": 3},
        "Flag": {"type": "Boolean", "default": True},
    }
    plain = {"Variable": "{{ OS }}", **rule}
    for condition, expected in (
        (plain, holds),
        ({"Not": plain}, not holds),
        ({"And": [plain, {"Variable": "x", "StringEquals": "x"}]}, holds),
        ({"Or": [plain, {"Variable": "x", "StringEquals": "y"}]}, holds),
    ):
        run = execution(
            branch("b", {**condition, "NextStep": "yes"}), sleep("no", isEnd=True), sleep("yes"), parameters=parameters
        )
        assert seen(after(run, 99))[-1][0] == ("yes" if expected else "no")


@pytest.mark.parametrize("rule", [{"NumericEquals": 1}, {"BooleanEquals": True}])
def test_a_choice_that_cannot_be_decided_fails_the_step(rule: dict[str, Any]) -> None:
    run = after(execution(branch("b", {"Variable": "x", **rule, "NextStep": "c"}), sleep("c")), 0)
    assert run.history[0].failure is not None
    assert run.history[0].failure.stage == "InputValidation"


@pytest.mark.ledger("flow-18", "flow-19")
def test_first_true_choice_then_default_then_order() -> None:
    true, false = {"Variable": "x", "StringEquals": "x"}, {"Variable": "x", "StringEquals": "y"}
    rules = [{**false, "NextStep": "a"}, {**true, "NextStep": "b"}, {**true, "NextStep": "c"}]
    others = [sleep("a", isEnd=True), sleep("b", isEnd=True), sleep("c", isEnd=True)]
    assert seen(after(execution(branch("x", *rules), *others), 99))[-1][0] == "b"
    default = branch("x", rules[0], inputs={"Default": "c"})
    assert seen(after(execution(default, *others), 99))[-1][0] == "c"
    assert seen(after(execution(branch("x", rules[0]), *others), 99))[-1][0] == "a"
    assert seen(after(execution(branch("x", rules[0], isEnd=True), *others), 99)) == [("x", "Success")]


@pytest.mark.ledger("pause-5", "pause-6", "pause-7")
@pytest.mark.parametrize(
    ("inputs", "seconds"),
    [
        ({"Duration": "PT90M"}, 5400),
        ({"Duration": "P1DT1S"}, 86401),
        ({"Duration": "PT0.5S"}, 0.5),
        ({"Timestamp": "2030-03-17T17:47:00Z"}, 20),
        ({"Timestamp": "2030-03-17T18:47:00+01:00"}, 20),
        ({"Timestamp": "2020-01-01T00:00:00"}, 0),
        ({"Duration": "PT604799S"}, 604799),
    ],
)
def test_sleep(inputs: dict[str, str], seconds: float) -> None:
    run = execution({"name": "a", "action": "aws:sleep", "inputs": inputs})
    assert after(run, 700_000).ended_at == START + seconds
    if seconds:
        assert str(after(run, seconds - 0.1).status) == "InProgress"


@pytest.mark.ledger("pause-5", "pause-7")
@pytest.mark.parametrize(
    "inputs",
    [
        {"Duration": "10 minutes"},
        {"Duration": "P"},
        {"Duration": "-PT1S"},
        {"Duration": "PT604800S"},
        {"Timestamp": "soon"},
        {"Duration": "PT1S", "Timestamp": "2030-01-01T00:00:00Z"},
        {"Duration": 5},
        {"Duration": "P9999999999999D"},
    ],
)
def test_sleep_that_cannot_be_worked_out(inputs: dict[str, Any]) -> None:
    assert str(after(execution({"name": "a", "action": "aws:sleep", "inputs": inputs}), 0).final) == "Failed"


@pytest.mark.parametrize("key", ["timeoutSeconds", "maxAttempts"])
@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_numbers_that_are_known_late_have_limits(key: str, value: str) -> None:
    run = execution(
        sleep("a", **{key: "{{ variable:number }}"}), variables={"number": {"type": "String", "default": value}}
    )
    assert str(after(run, 0).final) == "Failed"


def test_timeouts_have_limits() -> None:
    assert str(after(execution(pause("a", timeoutSeconds=2592001)), 0).final) == "Failed"


@pytest.mark.ledger("pause-3", "parameters-11", "parameters-13", "parameters-14", "parameters-15", "variables-1")
def test_substitution() -> None:
    parameters = {
        "List": {"type": "StringList"},
        "Wait": {"type": "Integer", "default": 60},
        "Stored": {"type": "String", "default": "{{ssm:stored}}"},
    }
    inputs = {
        "lone": "{{ List }}",
        "inside": "on {{List}} at {{ global:DATE }}",
        "nested": [{"run": "{{automation:EXECUTION_ID}}"}],
        "when": "{{ global:DATE_TIME }} {{ global:REGION }} {{ global:ACCOUNT_ID }} {{ global:AWS_PARTITION }}",
        "stored": "{{ Stored }}",
        "variable": "{{ variable:Stage }}",
    }
    step = pause("a", inputs=inputs, timeoutSeconds="{{ Wait }}")
    variables = {"Stage": {"type": "String", "default": "test"}}
    run = after(execution(step, parameters=parameters, variables=variables, given={"List": ["x", "y"]}), 0)
    assert run.history[0].inputs == {
        "lone": ["x", "y"],
        "inside": 'on ["x", "y"] at 2030-03-17',
        "nested": [{"run": run.execution_id}],
        "when": "2030-03-17_17.46.40 eu-central-1 123456789012 aws",
        "stored": "from the store",
        "variable": "test",
    }
    assert run.history[0].deadline == START + 60


@pytest.mark.ledger("parameters-17")
def test_a_step_can_use_what_another_put_out() -> None:
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["operator"]}, "onFailure": "Continue"}
    rule = {"Variable": "{{ gate.ApprovalStatus }}", "StringEquals": "Rejected", "NextStep": "no"}
    run = after(execution(gate, branch("b", rule), sleep("yes"), sleep("no"), outputs=["gate.ApprovalStatus"]), 0)
    run = signals.accept(run, signals.read("Reject", {}, CALLER, Choices()), Moment(START + 1, Choices()))
    run = after(run, 99)
    assert [name for name, _status in seen(run)] == ["gate", "b", "no"]
    assert run.outputs == {"gate.ApprovalStatus": "Rejected"}


@pytest.mark.ledger("parameters-23", "missing_output=stays_as_text", "missing_output=fails_step")
@pytest.mark.parametrize("reference", ["{{ a.Result }}", "{{c.Result}}", "{{ variable:unset }}"])
def test_a_reference_to_what_is_not_there_stays_as_it_is(reference: str) -> None:
    inputs = {"Message": reference, "Text": f"got {reference}"}
    unset = {"unset": {"type": "String"}}
    start = execution(sleep("a"), pause("b", inputs=inputs), sleep("c"), variables=unset)
    shown = "{{ " + reference.strip("{ }") + " }}"
    assert after(start, 10).history[1].inputs == {"Message": shown, "Text": f"got {shown}"}
    failed = after(start, 10, missing_output="fails_step")
    assert seen(failed) == [("a", "Success"), ("b", "Failed")]
    assert failed.history[1].failure is not None
    assert failed.history[1].failure.message == f"{shown} has no value."


def test_an_interactive_run_stands_still() -> None:
    run = execution(sleep("a"), sleep("b"))
    run = after(flow.begin(_interactive(run), START), 10_000)
    assert (str(run.status), run.history) == ("Waiting", ())


def _interactive(run: Execution) -> Execution:
    return Execution(**{**run.__dict__, "mode": Mode.INTERACTIVE})
