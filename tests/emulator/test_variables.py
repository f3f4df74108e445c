# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of runbooks: what they hold from the start, and what aws:updateVariable makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
PARAMETERS = {
    "Text": {"type": "String", "default": "a"},
    "Number": {"type": "Integer", "default": 3},
    "Flag": {"type": "Boolean", "default": True},
    "Texts": {"type": "StringList", "default": ["a", "b"]},
    "Map": {"type": "StringMap", "default": {"a": "b"}},
    "Maps": {"type": "MapList", "default": [{"a": "b"}]},
    "Numbers": {"type": "StringMap", "default": {"a": 1}},
}


def update(value: Any, name: Any = "variable:It", step: str = "update", **members: Any) -> dict[str, Any]:
    return {"name": step, "action": "aws:updateVariable", "inputs": {"Name": name, "Value": value}, **members}


def variable(kind: str, default: Any = None) -> dict[str, Any]:
    return {"type": kind} if default is None else {"type": kind, "default": default}


def note(reference: str = "{{ variable:It }}") -> dict[str, Any]:
    return {**PAUSE, "inputs": {"Message": reference}}


def message(runs: Any, execution: str) -> Any:
    return json.loads(runs.step(execution, "pause")["Inputs"]["Message"])


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.ledger("variables-1", "variables-2", "variables-8")
@pytest.mark.parametrize(
    ("kind", "default", "value", "shown"),
    [
        ("String", "a", "a", ["a"]),
        ("String", "", "", [""]),
        ("Integer", 3, 3, ["3"]),
        ("Boolean", False, False, ["false"]),
        ("StringList", ["a", "b"], ["a", "b"], ["a", "b"]),
        ("StringList", '["a", "b"]', ["a", "b"], ["a", "b"]),
        ("StringMap", {"a": "b"}, {"a": "b"}, ['{"a": "b"}']),
        ("StringMap", "{}", {}, ["{}"]),
        ("MapList", [{"a": "b"}], [{"a": "b"}], ['{"a": "b"}']),
        ("MapList", '[{"a": "b"}]', [{"a": "b"}], ['{"a": "b"}']),
        ("String", '{"a": "b"}', '{"a": "b"}', ['{"a": "b"}']),
    ],
)
def test_a_variable_has_its_default(runs: Any, kind: str, default: Any, value: Any, shown: list[str]) -> None:
    execution = runs.start(note(), members={"variables": {"It": variable(kind, default)}})
    assert message(runs, execution) == value
    assert runs.get(execution)["Variables"] == {"It": shown}


@pytest.mark.ledger("variables-3")
def test_a_variable_without_a_default_has_no_value_until_it_gets_one(runs: Any) -> None:
    steps = [note(), update("b"), {**note(), "name": "after"}]
    execution = runs.start(*steps, members={"variables": {"It": variable("String")}})
    assert (message(runs, execution), runs.get(execution)["Variables"]) == ("{{ variable:It }}", {})
    runs.signal(execution, "Resume", StepName="pause")
    assert json.loads(runs.step(execution, "after")["Inputs"]["Message"]) == "b"
    assert runs.get(execution)["Variables"] == {"It": ["b"]}


@pytest.mark.ledger("variables-3")
def test_a_default_may_refer_to_what_is_known_at_the_start(runs: Any) -> None:
    variables = {
        "It": variable("String", "{{ Text }} in {{ automation:EXECUTION_ID }}"),
        "Map": variable("StringMap", "{{ Map }}"),
        "Odd": variable("String", "{{ Nothing }}"),
    }
    runs.document(note(), parameters=PARAMETERS, variables=variables)
    start = runs.ssm.start_automation_execution
    execution = start(DocumentName="Gated", Parameters={"Text": ["{{ Number }}"]})["AutomationExecutionId"]
    assert message(runs, execution) == f"3 in {execution}"
    assert runs.get(execution)["Variables"]["Map"] == ['{"a": "b"}']
    assert runs.get(execution)["Variables"]["Odd"] == ["{{ Nothing }}"]


@pytest.mark.ledger("variables-4", "variables-6", "variables-8", "variables_take_empty_text=true")
@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("String", "{{ Text }}", ["a"]),
        ("String", "{{ Text }}{{ Number }}", ["a3"]),
        ("String", "", [""]),
        ("String", "x" * 512, ["x" * 512]),
        ("Integer", 4, ["4"]),
        ("Integer", "{{ Number }}", ["3"]),
        ("Boolean", "{{ Flag }}", ["true"]),
        ("StringList", "{{ Texts }}", ["a", "b"]),
        ("StringList", [], []),
        ("StringList", ["x"] * 50, ["x"] * 50),
        ("StringMap", {"a": "{{ Number }}"}, ['{"a": 3}']),
        ("StringMap", {"k" * 50: "v"}, [json.dumps({"k" * 50: "v"})]),
        ("StringMap", {"a": "x" * 600}, [json.dumps({"a": "x" * 600})]),
        ("MapList", "{{ Maps }}", ['{"a": "b"}']),
        ("MapList", [{"a": "b"}] * 200, ['{"a": "b"}'] * 200),
    ],
)
def test_a_variable_takes_values_of_its_type(runs: Any, kind: str, value: Any, shown: list[str]) -> None:
    members = {"variables": {"It": variable(kind)}, "parameters": PARAMETERS}
    execution = runs.start(update(value), PAUSE, members=members)
    found = runs.get(execution)
    assert (found["Variables"], found["CurrentStepName"]) == ({"It": shown}, "pause")
    assert runs.step(execution, "update")["Outputs"] == {}


@pytest.mark.ledger("variables-5", "variables-6")
@pytest.mark.parametrize(
    ("kind", "value", "word"),
    [
        ("String", "{{ Number }}", "of type String cannot be 3"),
        ("String", "{{ Texts }}", "cannot be"),
        ("String", "x" * 513, "513 characters"),
        ("Integer", "3", "of type Integer cannot be"),
        ("Integer", True, "cannot be true"),
        ("Integer", 1.5, "cannot be 1.5"),
        ("Boolean", "true", "cannot be"),
        ("Boolean", 1, "cannot be 1"),
        ("StringList", "a", "cannot be"),
        ("StringList", [1], "cannot be"),
        ("StringList", ["x"] * 51, "51 items"),
        ("StringList", ["x" * 513], "513 characters"),
        ("StringMap", "{}", "cannot be"),
        ("StringMap", ["a"], "cannot be"),
        ("StringMap", {"k" * 51: "v"}, "key of 51"),
        ("StringMap", {"": "v"}, "key of 0"),
        ("MapList", {"a": "b"}, "cannot be"),
        ("MapList", ["a"], "cannot be"),
        ("MapList", [{"a": "b"}] * 201, "201 items"),
        ("MapList", [{"k" * 51: "v"}], "key of 51"),
        ("String", None, "Value is required"),
    ],
)
def test_a_variable_takes_no_other_values(runs: Any, kind: str, value: Any, word: str) -> None:
    default = {"String": "a", "Integer": 1, "Boolean": True}.get(kind, [] if kind.endswith("List") else {})
    members = {"variables": {"It": variable(kind, default)}, "parameters": PARAMETERS}
    execution = runs.start(update(value, maxAttempts=3), PAUSE, members=members)
    step, before = runs.step(execution, "update"), runs.get(execution)["Variables"]["It"]
    assert (step["StepStatus"], step["FailureDetails"]["FailureStage"]) == ("Failed", "InputValidation")
    assert word in step["FailureMessage"]
    assert before == {"String": ["a"], "Integer": ["1"], "Boolean": ["true"], "StringMap": ["{}"]}.get(kind, [])
    assert runs.status(execution) == "Failed"


@pytest.mark.ledger("variables_take_empty_text=false")
@pytest.mark.parametrize("value", ["", [""]])
def test_empty_strings_may_be_refused(runs: Any, control: Any, value: Any) -> None:
    control.choose(variables_take_empty_text=False)
    kind = "String" if value == "" else "StringList"
    execution = runs.start(update(value), members={"variables": {"It": variable(kind)}})
    assert "0 characters, not 1 to 512" in runs.step(execution, "update")["FailureMessage"]


def test_every_execution_has_variables_of_its_own(runs: Any) -> None:
    other = {**PAUSE, "name": "other"}
    runs.document(other, update("{{ Text }}"), PAUSE, parameters=PARAMETERS, variables={"It": variable("String", "z")})
    start = runs.ssm.start_automation_execution
    first = start(DocumentName="Gated", Parameters={"Text": ["x"]})["AutomationExecutionId"]
    second = start(DocumentName="Gated", Parameters={"Text": ["y"]})["AutomationExecutionId"]
    runs.signal(first, "Resume", StepName="other")
    assert [runs.get(one)["Variables"]["It"] for one in (first, second)] == [["x"], ["z"]]
    runs.signal(second, "Resume", StepName="other")
    assert [runs.get(one)["Variables"]["It"] for one in (first, second)] == [["x"], ["y"]]


def test_a_later_value_takes_the_place_of_an_earlier_one(runs: Any) -> None:
    members = {"variables": {"It": variable("String", "a"), "Other": variable("String", "o")}}
    execution = runs.start(update("b"), update("{{ variable:It }}c", step="again"), note(), members=members)
    assert message(runs, execution) == "bc"
    assert runs.get(execution)["Variables"] == {"It": ["bc"], "Other": ["o"]}


def test_a_variable_lasts_from_round_to_round_of_a_loop(runs: Any) -> None:
    grow = update("{{ variable:It }}{{ loop.CurrentIteratorValue }}")
    loop = {"name": "loop", "action": "aws:loop", "inputs": {"Iterators": ["x", "y", "z"], "Steps": [grow]}}
    execution = runs.start(loop, note(), members={"variables": {"It": variable("String", "-")}})
    assert message(runs, execution) == "-xyz"


def test_a_loop_may_go_round_until_a_variable_has_a_value(runs: Any) -> None:
    full = {"Not": {"Variable": "{{ variable:It }}", "StringEquals": "xxx"}}
    inputs = {"LoopCondition": full, "Steps": [update("{{ variable:It }}x")]}
    loop = {"name": "loop", "action": "aws:loop", "inputs": inputs}
    members = {"variables": {"It": variable("String", "")}, "outputs": ["loop.CurrentIteration"]}
    assert runs.get(runs.start(loop, members=members))["Outputs"] == {"loop.CurrentIteration": ["3"]}


def test_a_list_that_is_updated_takes_in_other_lists(runs: Any) -> None:
    members = {"variables": {"It": variable("StringList", ["a"])}}
    execution = runs.start(update(["{{ variable:It }}", "b"]), PAUSE, members=members)
    assert runs.get(execution)["Variables"] == {"It": ["a", "b"]}


SCRIPT = "def handler(events, context):\n    return {'count': 3}\n"


@pytest.mark.ledger("variables-9")
@pytest.mark.parametrize(
    ("reference", "kind", "value"),
    [
        ("{{ script.OutputPayload }}", "String", '{"Payload": {"count": 3}}'),
        ("{{ script.Payload }}", "StringMap", '{"count": 3}'),
        ("{{ call.Output }}", "String", "3"),
        ("{{ call.Output }}", "Integer", "3"),
    ],
)
def test_an_output_without_a_type_becomes_what_the_variable_is(
    runs: Any, reference: str, kind: str, value: str
) -> None:
    inputs = {"Runtime": "python3.11", "Handler": "handler", "Script": SCRIPT}
    counted = [{"Name": "Count", "Selector": "$.Payload.count", "Type": "Integer"}]
    script = {"name": "script", "action": "aws:executeScript", "inputs": inputs, "outputs": counted}
    runs.document(script, name="Child", outputs=["script.Count"])
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    update = {"name": "update", "action": "aws:updateVariable", "inputs": {"Name": "variable:It", "Value": reference}}
    execution = runs.start(script, call, update, members={"variables": {"It": {"type": kind}}})
    assert runs.status(execution) == "Success"
    assert runs.get(execution)["Variables"]["It"] == [value]


@pytest.mark.ledger("variables-5")
def test_an_output_with_a_type_keeps_it(runs: Any) -> None:
    inputs = {"Runtime": "python3.11", "Handler": "handler", "Script": SCRIPT}
    counted = [{"Name": "Count", "Selector": "$.Payload.count", "Type": "Integer"}]
    script = {"name": "script", "action": "aws:executeScript", "inputs": inputs, "outputs": counted}
    update = {
        "name": "update",
        "action": "aws:updateVariable",
        "inputs": {"Name": "variable:It", "Value": "{{ script.Count }}"},
    }
    execution = runs.start(script, update, members={"variables": {"It": {"type": "String"}}})
    assert "cannot be 3" in runs.step(execution, "update")["FailureMessage"]


@pytest.mark.ledger("variables-4", "variables-7")
@pytest.mark.parametrize(
    ("step", "word"),
    [
        (update("a", name="It"), "Name is variable: and the name"),
        (update("a", name="{{ variable:It }}"), "Name is variable: and the name"),
        (update("a", name="variable:Other"), "variable:Other is not a variable"),
        (update("a", name=["variable:It"]), "Name must be a string"),
        ({**update("a"), "inputs": {"Name": "variable:It"}}, "Missing required input names: Value"),
        ({**update("a"), "inputs": {"Value": "a"}}, "Missing required input names: Name"),
        (update("a", onCancel="step:pause"), "cannot have an onCancel"),
        (note("{{ variable:Other }}"), "{{ variable:Other }}, which the runbook does not define"),
    ],
)
def test_steps_that_cannot_be_registered(runs: Any, step: Any, word: str) -> None:
    variables = {"It": variable("String", "a")}
    assert word in error_of(runs.document, step, {**PAUSE, "name": "last"}, variables=variables)


def test_an_on_cancel_that_says_nothing_new_is_taken(runs: Any) -> None:
    runs.document(update("a", onCancel="Abort"), variables={"It": variable("String")})


@pytest.mark.parametrize(
    ("declared", "word"),
    [
        ({"default": "a"}, "needs a type"),
        ({"type": "Number"}, "needs a type"),
        ({"type": "AWS::EC2::Instance::Id"}, "needs a type"),
        ({"type": "String", "allowedValues": ["a"]}, "allowedValues"),
        ({"type": "String", "default": 1}, "cannot be 1"),
        ({"type": "Integer", "default": "1"}, "cannot be"),
        ({"type": "Integer", "default": True}, "cannot be"),
        ({"type": "Boolean", "default": "true"}, "cannot be"),
        ({"type": "StringList", "default": "a"}, "cannot be"),
        ({"type": "StringList", "default": "{}"}, "cannot be"),
        ({"type": "StringMap", "default": "{"}, "cannot be"),
        ({"type": "StringMap", "default": "[]"}, "cannot be"),
        ({"type": "MapList", "default": ["a"]}, "cannot be"),
    ],
)
def test_variables_that_cannot_be_declared(runs: Any, declared: Any, word: str) -> None:
    found = error_of(runs.document, PAUSE, variables={"It": declared})
    assert "Variable It" in found
    assert word in found
