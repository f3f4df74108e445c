# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs: what selectors find and make of it, what steps put out, and what the runbook does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.language.selectors import Output, SelectorError, selected

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}

RESPONSE: dict[str, Any] = {
    "Reservations": [
        {
            "Instances": [
                {"Id": "i-1", "State": {"Name": "running"}, "Disks": [{"Volume": "v-1"}, {"Volume": "v-2"}]},
                {"Id": "i-2", "State": {"Name": "stopped"}, "Disks": []},
            ]
        },
        {"Instances": [{"Id": "i-3", "State": {"Name": "running"}, "Disks": [{"Volume": "v-3"}]}]},
    ],
    "Count": 3,
    "Size": 1.5,
    "Done": False,
    "Text": "text",
    "Digits": "-12",
    "True": "True",
    "One": ["only"],
    "OneNumber": [7],
    "OneFlag": [True],
    "Two": ["a", "b"],
    "Numbers": [1, 2],
    "Map": {"a": {"b": 1}},
    "Json": '{"a": "b"}',
    "None": None,
    "Lists": [["a"], ["b", "c"]],
}
RUNNING = "$.Reservations..Instances[?(@.State.Name == 'running')]"


def output(selector: str, kind: str = "String") -> Any:
    return selected([Output("it", selector, kind)], RESPONSE).get("it")


@pytest.mark.ledger("outputs-2", "outputs-3", "outputs-4")
@pytest.mark.parametrize(
    ("selector", "kind", "value"),
    [
        ("$.Text", "String", "text"),
        ("$.Reservations[1].Instances[0].Id", "String", "i-3"),
        ("$.Reservations[0].Instances[0].Disks[0]", "StringMap", {"Volume": "v-1"}),
        ("$.Reservations..Disks..Volume", "StringList", ["v-1", "v-2", "v-3"]),
        ("$.Reservations[*].Instances[*].Id", "StringList", ["i-1", "i-2", "i-3"]),
        ("$.Reservations[0].Instances.[*].Id", "StringList", ["i-1", "i-2"]),
        ("$.Map.*", "MapList", [{"b": 1}]),
        (f"{RUNNING}.Id", "StringList", ["i-1", "i-3"]),
        ("$.Reservations..Instances[?(@.State.Name != 'running')].Id", "StringList", ["i-2"]),
        ("$.Reservations..Instances[?(@.State.Name != 'running')].Id", "String", "i-2"),
        ("$.Reservations..Instances[?(@.State.Name != 'running')]", "StringMap",
         RESPONSE["Reservations"][0]["Instances"][1]),
        ("$.Reservations[1].Instances", "MapList", RESPONSE["Reservations"][1]["Instances"]),
        ("$.Reservations[0].Instances[0:2].Id", "StringList", ["i-1", "i-2"]),
        ("$", "StringMap", RESPONSE),
        ("$", "String", json.dumps(RESPONSE)),
        ("Text", "String", "text"),
    ],
)  # fmt: skip
def test_what_selectors_find(selector: str, kind: str, value: Any) -> None:
    assert output(selector, kind) == value


@pytest.mark.ledger("outputs-5")
@pytest.mark.parametrize(
    ("selector", "kind", "value"),
    [
        ("$.Text", "StringList", ["text"]),
        ("$.Digits", "Integer", -12),
        ("$.True", "Boolean", True),
        ("$.Count", "Integer", 3),
        ("$.Count", "String", "3"),
        ("$.Count", "StringList", ["3"]),
        ("$.Size", "String", "1.5"),
        ("$.Done", "Boolean", False),
        ("$.Done", "String", "false"),
        ("$.Done", "StringList", ["false"]),
        ("$.One", "String", "only"),
        ("$.OneNumber", "Integer", 7),
        ("$.OneNumber", "String", "7"),
        ("$.OneFlag", "Boolean", True),
        ("$.Two", "StringList", ["a", "b"]),
        ("$.Two", "String", '["a", "b"]'),
        ("$.Numbers", "StringList", ["1", "2"]),
        ("$.Map", "String", '{"a": {"b": 1}}'),
        ("$.Map", "MapList", [{"a": {"b": 1}}]),
        ("$.Json", "StringMap", {"a": "b"}),
        ("$.Lists", "StringList", ["a", "b", "c"]),
        ("$.Lists[*]", "StringList", ["a", "b", "c"]),
    ],
)
def test_values_are_made_what_the_output_is(selector: str, kind: str, value: Any) -> None:
    assert output(selector, kind) == value
    assert type(output(selector, kind)) is type(value)


@pytest.mark.ledger("outputs-6")
@pytest.mark.parametrize(
    ("selector", "kind"),
    [
        ("$.Text", "Integer"),
        ("$.Size", "Integer"),
        ("$.Done", "Integer"),
        ("$.Two", "Integer"),
        ("$.Numbers", "Integer"),
        ("$.Map", "Integer"),
        ("$.Text", "Boolean"),
        ("$.Count", "Boolean"),
        ("$.Two", "Boolean"),
        ("$.Text", "StringMap"),
        ("$.Count", "StringMap"),
        ("$.Two", "StringMap"),
        ("$.Two", "MapList"),
    ],
)
def test_values_that_cannot_be_made_what_the_output_is(selector: str, kind: str) -> None:
    with pytest.raises(SelectorError, match=f"output it is no {kind}"):
        output(selector, kind)


@pytest.mark.ledger("outputs-7")
@pytest.mark.parametrize(
    "selector",
    ["$.Missing", "$.Map.a.c", "$.None", "$.Two[5]", "$..Missing", "$.Missing[*].Id", f"{RUNNING}.Missing"],
)
@pytest.mark.parametrize("kind", ["String", "Integer", "StringList", "StringMap"])
def test_what_is_not_there_is_left_out(selector: str, kind: str) -> None:
    assert selected([Output("it", selector, kind), Output("other", "$.Text")], RESPONSE) == {"other": "text"}


def look(*outputs: tuple[str, str, str | None], name: str = "look", **members: Any) -> dict[str, Any]:
    listed = [
        {"Name": key, "Selector": selector, **({"Type": kind} if kind else {})} for key, selector, kind in outputs
    ]
    inputs = {"Service": "ssm", "Api": "DescribeParameters"}
    return {"name": name, "action": "aws:executeAwsApi", "inputs": inputs, "outputs": listed, **members}


def note(reference: Any, **members: Any) -> dict[str, Any]:
    return {**PAUSE, "inputs": {"Message": reference}, **members}


def message(runs: Any, execution: str) -> Any:
    return json.loads(runs.step(execution, "pause")["Inputs"]["Message"])


@pytest.fixture
def stored(account: Any) -> None:
    put = account.client("ssm").put_parameter
    put(Name="first", Value="1", Type="String", Description="found")
    put(Name="second", Value="2", Type="StringList")


@pytest.mark.ledger("outputs-1")
@pytest.mark.usefixtures("stored")
def test_outputs_are_shown_as_lists_of_strings(runs: Any) -> None:
    execution = runs.start(
        look(
            ("Text", "$.Parameters[0].Name", None),
            ("Number", "$.Parameters[0].Version", "Integer"),
            ("List", "$.Parameters..Name", "StringList"),
            ("Missing", "$.Parameters[1].Description", "String"),
        ),
        note(["{{ look.Number }}", "{{ look.List }}", "no {{ look.Missing }}"]),
    )
    shown = runs.step(execution, "look")["Outputs"]
    assert shown == {"Text": ["first"], "Number": ["1"], "List": ["first", "second"]}
    assert message(runs, execution) == [1, "first", "second", "no {{ look.Missing }}"]


@pytest.mark.ledger("empty_outputs_are_left_out=true", "empty_outputs_are_left_out=false")
@pytest.mark.parametrize(("left_out", "shown"), [(True, {}), (False, {"Found": []})])
def test_empty_outputs_of_a_call(runs: Any, control: Any, left_out: bool, shown: Any) -> None:
    control.choose(empty_outputs_are_left_out=left_out)
    execution = runs.start(look(("Found", "$.Parameters", "StringList")))
    assert runs.step(execution, "look")["Outputs"] == shown


def script(**members: Any) -> dict[str, Any]:
    source = "def handler(events, context):\n    return {'token': '', 'number': 0}\n"
    inputs = {"Runtime": "python3.11", "Handler": "handler", "Script": source}
    outputs = [{"Name": "Token", "Selector": "$.Payload.token", "Type": "String"},
               {"Name": "Number", "Selector": "$.Payload.number", "Type": "Integer"}]  # fmt: skip
    return {"name": "script", "action": "aws:executeScript", "inputs": inputs, "outputs": outputs, **members}


def test_outputs_of_a_script_may_be_empty(runs: Any) -> None:
    empty = {"Variable": "{{ script.Token }}", "StringEquals": "", "NextStep": "pause"}
    branch = {"name": "branch", "action": "aws:branch", "inputs": {"Choices": [empty]}, "isEnd": True}
    execution = runs.start(script(), branch, PAUSE)
    outputs = runs.step(execution, "script")["Outputs"]
    assert (outputs["Token"], outputs["Number"]) == ([""], ["0"])
    assert runs.status(execution) == "Waiting"


@pytest.mark.ledger(
    "scripts-6", "output_payload=seen", "output_payload=scripts", "output_payload=all", "output_payload=none"
)
@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("choice", "of_script", "of_image", "of_call"),
    [
        ("seen", True, True, False),
        ("scripts", True, False, False),
        ("all", True, True, True),
        ("none", False, False, False),
    ],
)
def test_everything_may_be_put_out_as_well(
    runs: Any, control: Any, ids: list[str], choice: str, of_script: bool, of_image: bool, of_call: bool
) -> None:
    control.choose(output_payload=choice)
    execution = runs.start(script(), image(ids[0]), look(), note("{{ script.OutputPayload }}"))
    shown = runs.step(execution, "script")["Outputs"]
    whole = {"Payload": {"token": "", "number": 0}}
    assert shown.get("OutputPayload") == ([json.dumps(whole)] if of_script else None)
    assert message(runs, execution) == (whole if of_script else "{{ script.OutputPayload }}")
    made = runs.step(execution, "image")["Outputs"]
    assert ("OutputPayload" in made) is of_image
    if of_image:
        assert json.loads(made["OutputPayload"][0]) == {"ImageId": made["ImageId"][0], "ImageState": "available"}
    called = runs.step(execution, "look")["Outputs"].get("OutputPayload")
    assert (called is not None) is of_call
    if called is not None:
        assert json.loads(called[0])["Parameters"][0]["Name"] == "first"


AMI = "ami-12c6146b"


@pytest.fixture
def ids(account: Any) -> list[str]:
    """An instance that runs."""
    launched = account.client("ec2").run_instances(ImageId=AMI, MinCount=1, MaxCount=1)["Instances"]
    return [instance["InstanceId"] for instance in launched]


def image(instance: str) -> dict[str, Any]:
    return {"name": "image", "action": "aws:createImage", "inputs": {"InstanceId": instance, "ImageName": "base"}}


def launch(count: int = 1) -> dict[str, Any]:
    inputs = {"ImageId": AMI, "MinInstanceCount": count, "MaxInstanceCount": count}
    return {"name": "launch", "action": "aws:runInstances", "inputs": inputs}


def declare(step: dict[str, Any], selector: str, kind: str = "String") -> dict[str, Any]:
    return {**step, "outputs": [{"Name": "Declared", "Selector": selector, "Type": kind}]}


TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
COMMAND = {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"]}
STACK = {"StackName": "app", "TemplateBody": TEMPLATE}


@pytest.mark.ledger("outputs-8")
@pytest.mark.parametrize(
    ("step", "selector", "own"),
    [
        (launch(), "$.InstanceIds[0]", "InstanceIds"),
        (launch(), "InstanceIds[0]", "InstanceIds"),
        ({"name": "run", "action": "aws:runCommand", "inputs": COMMAND}, "$.CommandId", "CommandId"),
        ({"name": "make", "action": "aws:createStack", "inputs": STACK}, "$.StackId", "StackId"),
        ({"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}, "$.ExecutionId",
         "ExecutionId"),
        ({"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}, "$.Output",
         "Output"),
    ],
)  # fmt: skip
def test_outputs_that_authors_declare_are_picked_out_of_the_actions_own(
    runs: Any, step: Any, selector: str, own: str
) -> None:
    runs.document(script(), name="Child", outputs=["script.Number"])
    shown = runs.step(runs.start(declare(step, selector)), step["name"])
    assert shown["StepStatus"] == "Success"
    assert shown["Outputs"]["Declared"] == shown["Outputs"][own]


@pytest.mark.ledger("outputs-8")
def test_an_image_has_declared_outputs(runs: Any, ids: list[str]) -> None:
    shown = runs.step(runs.start(declare(image(ids[0]), "$.ImageId")), "image")["Outputs"]
    assert shown["Declared"] == shown["ImageId"]


@pytest.mark.ledger("outputs-6")
def test_what_an_action_put_out_may_not_be_what_was_declared(runs: Any) -> None:
    shown = runs.step(runs.start(declare(launch(), "$.InstanceIds[0]", "Integer")), "launch")
    assert (shown["StepStatus"], shown["FailureDetails"]["FailureType"]) == ("Failed", "Verification")


@pytest.mark.ledger("parameters-29", "list_in_text=json", "list_in_text=commas")
@pytest.mark.parametrize(
    ("count", "choice", "written"),
    [(1, "json", '{{"id": "{0}"}}'), (2, "json", '{{"id": "["{0}", "{1}"]"}}'), (2, "commas", '{{"id": "{0}, {1}"}}')],
)
def test_a_list_inside_a_longer_string(runs: Any, control: Any, count: int, choice: str, written: str) -> None:
    control.choose(list_in_text=choice)
    execution = runs.start(launch(count), note('{"id": "{{ launch.InstanceIds }}"}'))
    ids = runs.step(execution, "launch")["Outputs"]["InstanceIds"]
    assert message(runs, execution) == written.format(*ids)


@pytest.mark.ledger("parameters-23")
@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"StringEquals": "found"}, False),
        ({"StringEquals": "{{ look.Missing }}"}, False),
        ({"Contains": "look"}, False),
        ({"NumericLesser": 5}, False),
        ({"BooleanEquals": False}, False),
    ],
)
@pytest.mark.parametrize("negated", [False, True])
def test_what_is_not_there_is_like_nothing(runs: Any, rule: Any, holds: bool, negated: bool) -> None:
    plain = {"Variable": "{{ look.Missing }}", **rule}
    rule = {"Not": plain} if negated else plain
    inputs = {"Choices": [{**rule, "NextStep": "yes"}], "Default": "no"}
    branch = {"name": "branch", "action": "aws:branch", "inputs": inputs}
    steps = [{**PAUSE, "name": name, "isEnd": True} for name in ("yes", "no")]
    execution = runs.start(look(("Missing", "$.Missing", "String")), branch, *steps)
    assert runs.get(execution)["CurrentStepName"] == ("yes" if holds is not negated else "no")


NOT_YET = "No output available yet because the step is not successfully executed"


@pytest.mark.ledger("results-3", "results-13")
def test_outputs_of_the_runbook(runs: Any) -> None:
    wanted = ["gate.ApprovalStatus", "gate.Nothing", "pause.Anything", "last.Anything"]
    steps = [GATE, PAUSE, {**PAUSE, "name": "last"}]
    execution = runs.start(*steps, members={"outputs": wanted})
    assert runs.get(execution)["Outputs"] == {}
    runs.signal(execution, "Approve")
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    expected = {"gate.ApprovalStatus": ["Approved"], "pause.Anything": [NOT_YET], "last.Anything": [NOT_YET]}
    assert runs.get(execution)["Outputs"] == expected


@pytest.mark.ledger("results-13")
def test_a_failed_step_may_have_put_something_out(runs: Any) -> None:
    execution = runs.start(GATE, members={"outputs": ["gate.ApprovalStatus", "gate.Nothing"]})
    runs.signal(execution, "Reject")
    assert runs.get(execution)["Outputs"] == {"gate.ApprovalStatus": ["Rejected"], "gate.Nothing": [NOT_YET]}


def test_outputs_of_the_runbook_are_of_its_steps(runs: Any) -> None:
    with pytest.raises(ClientError, match=r"Output other\.Id is not of a step"):
        runs.document(PAUSE, outputs=["pause.Id", "other.Id"])


@pytest.mark.ledger("outputs-1")
@pytest.mark.parametrize(
    ("outputs", "word"),
    [
        ({"Name": "a", "Selector": "$"}, "list of maps"),
        (["a"], "list of maps"),
        ([{"Name": "a"}], "Name and a Selector"),
        ([{"Selector": "$"}], "Name and a Selector"),
        ([{"Name": "a", "Selector": "$.["}], "not a JSONPath"),
        ([{"Name": "a", "Selector": "$", "Type": "Number"}], "Type of output a is one of"),
    ],
)
def test_outputs_that_cannot_be_registered(runs: Any, outputs: Any, word: str) -> None:
    with pytest.raises(ClientError, match=word):
        runs.document({**PAUSE, "outputs": outputs})
