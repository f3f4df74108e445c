# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook's text means, and what is refused when it is registered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
FIRST = {**PAUSE, "name": "first"}
LAST = {**PAUSE, "name": "last"}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
TRUE = {"Variable": "x", "StringEquals": "x"}


def branch(*choices: Any, name: str = "branch", default: str | None = None, **members: Any) -> dict[str, Any]:
    inputs = {"Choices": list(choices), **({"Default": default} if default else {})}
    return {"name": name, "action": "aws:branch", "inputs": inputs, **members}


def loop(*steps: Any, **members: Any) -> dict[str, Any]:
    return {"name": "loop", "action": "aws:loop", "inputs": {"Iterators": ["x"], "Steps": list(steps)}, **members}


def note(message: Any) -> dict[str, Any]:
    return {**PAUSE, "inputs": {"Message": message}}


def message(runs: Any, execution: str) -> Any:
    return json.loads(runs.step(execution, "pause")["Inputs"]["Message"])


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidDocumentContent"
    return str(error["Message"])


@pytest.mark.ledger("flow-24")
@pytest.mark.parametrize(
    ("steps", "way"),
    [
        ([{**FIRST, "nextStep": "first"}], "first -> first"),
        ([FIRST, {**LAST, "nextStep": "first"}], "first -> last -> first"),
        ([FIRST, branch(default="first")], "first -> branch -> first"),
        ([FIRST, branch({**TRUE, "NextStep": "first"}), LAST], "first -> branch -> first"),
        ([loop(PAUSE), {**LAST, "nextStep": "loop"}], "loop -> last -> loop"),
        (
            [loop({**PAUSE, "nextStep": "last"}, isEnd=True), {**LAST, "nextStep": "loop"}],
            "loop -> pause -> last -> loop",
        ),
        ([loop({**PAUSE, "nextStep": "loop"})], "loop -> pause -> loop"),
        ([loop(FIRST, {**LAST, "nextStep": "first"})], "first -> last -> first"),
    ],
)
def test_steps_that_lead_back_are_refused_with_the_way_round(runs: Any, steps: Any, way: str) -> None:
    found = refusal(runs.document, *steps).partition("come from: ")[2].rstrip(".").split(" -> ")
    expected = way.split(" -> ")
    assert found[0] == found[-1]
    assert sorted(found[1:]) == sorted(expected[1:])
    names = expected[1:] * 2
    assert any(names[place : place + len(found) - 1] == found[1:] for place in range(len(found)))


@pytest.mark.parametrize(
    "steps",
    [
        [{**FIRST, "onFailure": "step:first"}],
        [FIRST, {**LAST, "onFailure": "step:first"}],
        [branch(default="last"), {**FIRST, "isEnd": True}, {**LAST, "nextStep": "first"}],
        [
            {**FIRST, "nextStep": "last"},
            {**PAUSE, "nextStep": "more"},
            {**LAST, "nextStep": "pause"},
            {**LAST, "name": "more"},
        ],
        [branch({**TRUE, "NextStep": "last"}, default="first"), {**FIRST, "isEnd": True}, LAST],
        [loop(PAUSE), LAST],
    ],
)
def test_steps_that_do_not_lead_back_are_taken(runs: Any, steps: Any) -> None:
    runs.document(*steps)


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        ({"Variable": "x", "SoundsLike": "y"}, "one operator"),
        ({"StringEquals": "x"}, "one operator"),
        ({"Variable": "x"}, "one operator"),
        ({"Variable": "x", "StringEquals": "x", "Contains": "x"}, "one operator"),
        ({"And": [TRUE, {"Variable": "x"}]}, "one operator"),
        ({"Or": [{"Not": {"Variable": "x", "Colour": "red"}}]}, "one operator"),
        ({"And": TRUE}, "take a list"),
        ({"Or": []}, "take a list"),
        ({"Not": [TRUE]}, "must be a map"),
        ({"Not": "x"}, "must be a map"),
        ({"And": ["x"]}, "must be a map"),
        ({"And": [TRUE], "Or": [TRUE]}, "one of And, Or, Not"),
    ],
)
def test_choices_that_cannot_be_registered(runs: Any, choice: Any, word: str) -> None:
    assert word in refusal(runs.document, branch({**choice, "NextStep": "last"}), LAST)


@pytest.mark.parametrize(
    ("step", "valid"),
    [
        (branch({**TRUE, "NextStep": "last"}), ["last", "pause"]),
        (branch({**TRUE, "NextStep": "last"}, isEnd=True), ["last"]),
        (branch({**TRUE, "NextStep": "last"}, {**TRUE, "NextStep": "last"}, default="gate"), ["last", "gate"]),
        (branch({**TRUE, "NextStep": "pause"}), ["pause"]),
        (branch({**TRUE, "NextStep": "last"}, nextStep="gate"), ["last", "gate"]),
        (loop({**PAUSE, "name": "inside"}), ["pause"]),
        (loop({**PAUSE, "name": "inside"}, isEnd=True), []),
    ],
)
def test_valid_next_steps(runs: Any, control: Any, step: Any, valid: list[str]) -> None:
    control.choose(interactive_lists_pending_steps=True)
    execution = runs.start(step, PAUSE, LAST, GATE, Mode="Interactive")
    assert runs.step(execution, step["name"])["ValidNextSteps"] == valid


def test_everything_that_is_wrong_is_told_at_once(runs: Any) -> None:
    steps = [
        {**FIRST, "onFailure": "Retry", "onCancel": "Continue", "nextStep": "nowhere"},
        {**LAST, "inputs": {"Message": "{{ Missing }} {{ global:TIME }}"}, "onCancel": "step:first"},
        branch({"NextStep": "elsewhere", "Variable": "x"}),
    ]
    found = refusal(runs.document, *steps, outputs=["other.Id"], assumeRole="{{ Role }}")
    for word in ("onFailure", "onCancel of step first", "nowhere", "{{ Missing }}", "{{ global:TIME }}",
                 "cannot lead to aws:pause", "elsewhere", "one operator", "other.Id", "{{ Role }}"):  # fmt: skip
        assert word in found


def test_names_are_looked_at_before_what_refers_to_them(runs: Any) -> None:
    found = refusal(runs.document, loop({**PAUSE, "name": "loop"}), {**PAUSE, "name": "a-b"}, PAUSE, PAUSE)
    assert found.count("more than once") == 2
    assert "characters" in found


PARAMETERS = {
    "Text": {"type": "String", "default": "text"},
    "Number": {"type": "Integer", "default": 3},
    "Flag": {"type": "Boolean", "default": False},
    "Texts": {"type": "StringList", "default": ["a", "b"]},
    "Map": {"type": "StringMap", "default": {"a": "b"}},
}


@pytest.mark.ledger("parameters-25")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{Text}}", "text"),
        ("{{   Text }}", "text"),
        ("{{ Number }}", 3),
        ("{{ Flag }}", False),
        ("{{ Texts }}", ["a", "b"]),
        ("{{ Map }}", {"a": "b"}),
        ("{{ Text }}-{{ Number }}-{{ Flag }}-{{ Texts }}-{{ Map }}", 'text-3-false-["a", "b"]-{"a": "b"}'),
        ([{"deep": ["{{ Text }}", {"deeper": "{{ Number }}"}]}], [{"deep": ["text", {"deeper": 3}]}]),
        (["x", "{{ Texts }}", ["{{ Texts }}"]], ["x", "a", "b", ["a", "b"]]),
        ({"{{ Text }}": "{{ Text }}"}, {"{{ Text }}": "text"}),
        ("{{ Text Text }}", "{{ Text Text }}"),
        ('{{ "Text" }}', '{{ "Text" }}'),
        ("{{ $(echo); }}", "{{ $(echo); }}"),
        ("{ Text } {{}} {{ }}", "{ Text } {{}} {{ }}"),
    ],
)
def test_references(runs: Any, written: Any, meant: Any) -> None:
    execution = runs.start(note(written), members={"parameters": PARAMETERS})
    assert message(runs, execution) == meant


@pytest.mark.ledger("parameters-12")
def test_dates_are_those_of_the_step(runs: Any, control: Any) -> None:
    nap = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT24H"}}
    execution = runs.start(note("{{ global:DATE_TIME }}"), nap, {**LAST, "inputs": {"Message": "{{ global:DATE }}"}})
    before = message(runs, execution)
    runs.signal(execution, "Resume", StepName="pause")
    control.pass_time(86400)
    after = json.loads(runs.step(execution, "last")["Inputs"]["Message"])
    assert before[:10] < after


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        ("Integer", "3", 3),
        ("Boolean", "true", True),
        ("Boolean", "False", False),
        ("StringMap", '{"a": "b"}', {"a": "b"}),
        ("String", "3", "3"),
        ("AWS::EC2::Instance::Id", "i-1", "i-1"),
        ("List<AWS::EC2::Instance::Id>", ["i-1"], ["i-1"]),
        ("MapList", [{"a": "b"}], [{"a": "b"}]),
    ],
)
def test_defaults_have_the_type_of_the_parameter(runs: Any, kind: str, default: Any, value: Any) -> None:
    execution = runs.start(note("{{ It }}"), members={"parameters": {"It": {"type": kind, "default": default}}})
    assert message(runs, execution) == value


@pytest.mark.parametrize(
    "limits",
    [{"allowedValues": ["a"]}, {"allowedPattern": "^a$"}, {"maxChars": 0}, {"minChars": 2}],
)
def test_a_default_need_not_be_what_may_be_given(runs: Any, limits: Any) -> None:
    declared = {"It": {"type": "String", "default": "b", **limits}}
    assert message(runs, runs.start(note("{{ It }}"), members={"parameters": declared})) == "b"


@pytest.mark.ledger("parameters-24")
def test_a_default_may_refer_to_what_is_known_at_the_start(runs: Any) -> None:
    parameters = {
        **PARAMETERS,
        "Name": {"type": "String", "default": "{{ Text }} of {{global:ACCOUNT_ID}}"},
        "Far": {"type": "String", "default": "{{ Name }}"},
        "Lone": {"type": "StringList", "default": ["{{ Texts }}", "{{ Unheard }}"]},
        "Run": {"type": "String", "default": "{{ automation:EXECUTION_ID }}"},
    }
    wanted = [f"{{{{ {name} }}}}" for name in ("Name", "Far", "Run", "Lone")]
    execution = runs.start(note(wanted), members={"parameters": parameters}, Parameters={"Text": ["{{ Number }}"]})
    assert message(runs, execution) == [
        "3 of 123456789012",
        "{{ Text }} of {{global:ACCOUNT_ID}}",
        execution,
        "a",
        "b",
        "{{ Unheard }}",
    ]


def test_what_is_stored_is_not_a_reference(runs: Any) -> None:
    runs.ssm.put_parameter(Name="stored", Value="{{ Text }}", Type="String")
    parameters = {**PARAMETERS, "It": {"type": "String", "default": "{{ssm:stored}}"}}
    assert message(runs, runs.start(note("{{ It }}"), members={"parameters": parameters})) == "{{ Text }}"


@pytest.mark.parametrize("reference", ["{{ Texts }}", "{{ Number }}", "{{ Map }}"])
def test_inputs_are_not_made_strings(runs: Any, reference: str) -> None:
    nap = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": reference}}
    execution = runs.start(nap, members={"parameters": PARAMETERS})
    step = runs.step(execution, "nap")
    assert (step["StepStatus"], step["FailureMessage"]) == ("Failed", "Duration must be a string.")


@pytest.mark.ledger("parameters-26")
def test_what_a_given_reference_means_is_not_a_reference(runs: Any) -> None:
    given = {"Text": ["{{ Other }}"], "Other": ["{{ Number }}"]}
    declared = {**PARAMETERS, "Other": {"type": "String"}}
    execution = runs.start(note("{{ Text }}"), members={"parameters": declared}, Parameters=given)
    assert message(runs, execution) == "{{ Number }}"


def test_a_child_refers_to_itself(runs: Any) -> None:
    own = {"Run": {"type": "String", "default": "{{ automation:EXECUTION_ID }}"}}
    runs.document(note("{{ Run }}"), name="Child", parameters=own)
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    child = runs.step(runs.start(call), "call")["Outputs"]["ExecutionId"][0]
    assert message(runs, child) == child


def test_the_role_of_a_default_is_that_of_the_account(runs: Any) -> None:
    role = {"type": "AWS::IAM::Role::Arn", "default": "arn:aws:iam::{{global:ACCOUNT_ID}}:role/Operator"}
    who = {"name": "who", "action": "aws:executeAwsApi", "inputs": {"Service": "sts", "Api": "GetCallerIdentity"},
           "outputs": [{"Name": "Arn", "Selector": "$.Arn"}]}  # fmt: skip
    execution = runs.start(who, members={"parameters": {"Role": role}, "assumeRole": "{{ Role }}"})
    [arn] = runs.step(execution, "who")["Outputs"]["Arn"]
    assert arn.startswith("arn:aws:sts::123456789012:assumed-role/Operator/")


@pytest.mark.parametrize(
    ("declared", "given", "taken"),
    [
        ({"type": "Integer", "allowedValues": [1, 2]}, "2", True),
        ({"type": "Integer", "allowedValues": ["1", "2"]}, "2", True),
        ({"type": "Integer", "allowedValues": [1, 2]}, "3", False),
        ({"type": "Boolean", "allowedValues": [True]}, "true", True),
        ({"type": "Boolean", "allowedValues": [True]}, "false", False),
        ({"type": "Boolean", "allowedValues": [1]}, "true", False),
        ({"type": "String", "allowedPattern": r"^[\w-/]+$"}, "a-b/c", True),
        ({"type": "String", "allowedPattern": r"^[\w-/]+$"}, "a.b", False),
        ({"type": "String", "allowedPattern": r"^[\w-]+$"}, "a-b", True),
        ({"type": "String", "allowedPattern": r"^[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*$"}, "a\U0001f600", True),
        ({"type": "String", "allowedPattern": r"^[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*$"}, "\t", False),
        ({"type": "String", "allowedPattern": r"^\p{L}+$"}, "été", True),
    ],
)
def test_what_may_be_given(runs: Any, declared: Any, given: str, taken: bool) -> None:
    runs.document(PAUSE, parameters={"It": declared})
    start = runs.ssm.start_automation_execution
    if taken:
        start(DocumentName="Gated", Parameters={"It": [given]})
        return
    with pytest.raises(ClientError, match="InvalidAutomationExecutionParameters"):
        start(DocumentName="Gated", Parameters={"It": [given]})


def test_keys_that_change_nothing_here(runs: Any) -> None:
    declared = {"type": "String", "default": "a", "displayType": "textarea", "interpolationType": "ENV_VAR"}
    files = {"attachment.zip": {"checksums": {"sha256": "0" * 64}}}
    members = {"parameters": {"It": declared}, "files": files, "description": "# Title", "outputs": []}
    execution = runs.start({**note("{{ It }}"), "description": "A step."}, members=members)
    assert message(runs, execution) == "a"


def test_yaml_with_anchors(runs: Any) -> None:
    text = """
schemaVersion: '0.3'
mainSteps:
- name: first
  action: aws:pause
  inputs: &inputs
    Message: {when: 2030-01-01T00:00:00Z}
- name: second
  action: aws:pause
  inputs: *inputs
- &third
  name: third
  action: aws:pause
  timeoutSeconds: 60
  inputs: {}
- <<: *third
  name: fourth
"""
    runs.ssm.create_document(Name="Yaml", DocumentType="Automation", DocumentFormat="YAML", Content=text)
    execution = runs.ssm.start_automation_execution(DocumentName="Yaml")["AutomationExecutionId"]
    for name in ("first", "second", "third"):
        runs.signal(execution, "Resume", StepName=name)
    assert runs.step(execution, "second")["Inputs"] == runs.step(execution, "first")["Inputs"]
    assert (runs.get(execution)["CurrentStepName"], runs.step(execution, "fourth")["TimeoutSeconds"]) == ("fourth", 60)


@pytest.mark.parametrize(
    ("members", "attempts"), [({}, ""), ({"maxAttempts": 1}, ""), ({"maxAttempts": 3}, " after 3 attempts")]
)
def test_failure_messages_name_step_and_attempts(runs: Any, control: Any, members: Any, attempts: str) -> None:
    execution = runs.start({**PAUSE, "timeoutSeconds": 5, **members})
    control.pass_time(15)
    found = runs.get(execution)
    step = runs.step(execution, "pause")
    reason = "Step pause timed out after 5 seconds."
    assert step["FailureMessage"] == reason
    assert found["FailureMessage"] == f"Step pause ended TimedOut{attempts}: {reason}"
    details = {"FailureStage": "Invocation", "FailureType": "Action", "Details": {"Message": [reason]}}
    assert step["FailureDetails"] == details


def test_the_first_critical_failure_is_the_runs(runs: Any) -> None:
    broken = {"action": "aws:sleep", "inputs": {"Duration": "soon"}, "onFailure": "Continue"}
    execution = runs.start(
        {**broken, "name": "harmless"},
        {**broken, "name": "serious", "isCritical": True},
        {**broken, "name": "later", "isCritical": True},
    )
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Failed"
    assert found["FailureMessage"].startswith("Step serious ended Failed: ")
    shown = {step["StepName"]: step.get("IsCritical") for step in found["StepExecutions"]}
    assert shown == {"harmless": None, "serious": True, "later": True}


@pytest.mark.ledger("pending_steps_in_full=true", "pending_steps_in_full=false")
@pytest.mark.parametrize("in_full", [True, False])
def test_pending_steps(runs: Any, control: Any, in_full: bool) -> None:
    control.choose(pending_steps_in_full=in_full)
    execution = runs.start(PAUSE, LAST, {**LAST, "name": "more"})
    ahead = runs.get(execution)["StepExecutions"][1]
    short = {"StepName": "last", "Action": "aws:pause", "StepStatus": "Pending"}
    assert ahead.items() >= short.items()
    assert (ahead == short, "StepExecutionId" in ahead) == (not in_full, in_full)
    describe = runs.ssm.describe_automation_step_executions
    pages = runs.ssm.get_paginator("describe_automation_step_executions").paginate(
        AutomationExecutionId=execution, PaginationConfig={"PageSize": 1}
    )
    names = [step["StepName"] for page in pages for step in page["StepExecutions"]]
    assert names == ["pause", "last", "more"]
    asked = [{"Key": "StepExecutionId", "Values": [runs.step(execution, "pause")["StepExecutionId"]]}]
    found = describe(AutomationExecutionId=execution, Filters=asked)["StepExecutions"]
    assert [step["StepName"] for step in found] == ["pause"]
