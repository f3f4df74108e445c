# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""StartAutomationExecution: documents, versions, parameters, tokens and what is refused."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
PARAMETER_ERROR = "InvalidAutomationExecutionParametersException"


def error_of(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "")


@pytest.mark.ledger("parameters-18")
def test_yaml_and_json(runs: Any) -> None:
    content = "schemaVersion: '0.3'\nmainSteps:\n- name: pause\n  action: aws:pause\n  inputs: {}\n"
    runs.ssm.create_document(Name="Yaml", DocumentType="Automation", DocumentFormat="YAML", Content=content)
    runs.document(PAUSE, name="Json")
    for name in ("Yaml", "Json", "arn:aws:ssm:eu-central-1:123456789012:document/Json"):
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        assert runs.status(execution) == "Waiting"


@pytest.mark.ledger("parameters-19")
@pytest.mark.parametrize(
    ("version", "step"),
    [(None, "first"), ("$DEFAULT", "first"), ("$LATEST", "second"), ("1", "first"), ("2", "second")],
)
def test_versions(runs: Any, version: str | None, step: str) -> None:
    runs.document({**PAUSE, "name": "first"})
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": [{**PAUSE, "name": "second"}]})
    runs.ssm.update_document(Name="Gated", Content=content, DocumentVersion="$LATEST")
    request = {"DocumentVersion": version} if version else {}
    execution = runs.ssm.start_automation_execution(DocumentName="Gated", **request)["AutomationExecutionId"]
    found = runs.get(execution)
    assert (found["CurrentStepName"], found["DocumentVersion"]) == (step, {"first": "1", "second": "2"}[step])


@pytest.mark.ledger("parameters-22")
def test_a_run_keeps_the_runbook_that_it_started_with(runs: Any) -> None:
    execution = runs.start(PAUSE)
    runs.ssm.delete_document(Name="Gated")
    runs.signal(execution, "Resume", StepName="pause")
    assert runs.status(execution) == "Success"


@pytest.mark.parametrize("format_", ["JSON", "YAML"])
def test_documents_describe_their_parameters(runs: Any, format_: str) -> None:
    parameters = {
        "Name": {"type": "String", "description": "A name."},
        "Hosts": {"type": "StringList", "default": ["a"]},
        "Count": {"type": "Integer", "default": 3},
        "Dry": {"type": "Boolean", "default": False},
        "Map": {"type": "StringMap", "default": {"a": "b"}},
    }
    content = {"schemaVersion": "0.3", "parameters": parameters, "mainSteps": [PAUSE]}
    text = json.dumps(content) if format_ == "JSON" else yaml.safe_dump(content, sort_keys=False)
    request = {"Name": "Described", "DocumentType": "Automation", "DocumentFormat": format_, "Content": text}
    created = runs.ssm.create_document(**request)["DocumentDescription"]
    described = runs.ssm.describe_document(Name="Described")["Document"]
    shown = [
        {"Name": "Name", "Type": "String", "Description": "A name."},
        {"Name": "Hosts", "Type": "StringList", "DefaultValue": '["a"]'},
        {"Name": "Count", "Type": "Integer", "DefaultValue": "3"},
        {"Name": "Dry", "Type": "Boolean", "DefaultValue": "false"},
        {"Name": "Map", "Type": "StringMap", "DefaultValue": '{"a": "b"}'},
    ]
    assert created["Parameters"] == described["Parameters"] == shown
    found = runs.ssm.get_document(Name="Described", DocumentFormat=format_)
    assert (found["DocumentFormat"], yaml.safe_load(found["Content"])) == (format_, content)


@pytest.mark.ledger("parameters-20")
def test_no_such_document(runs: Any) -> None:
    runs.document(PAUSE)
    command = {"schemaVersion": "2.2", "mainSteps": []}
    runs.ssm.create_document(Name="Command", DocumentType="Command", Content=json.dumps(command))
    start = runs.ssm.start_automation_execution
    for name in ("Missing", "Command"):
        assert error_of(start, DocumentName=name)[0] == "AutomationDefinitionNotFoundException"
    code, _message = error_of(start, DocumentName="Gated", DocumentVersion="7")
    assert code == "AutomationDefinitionVersionNotFoundException"


def test_actions_that_are_not_run_are_named_all_at_once(runs: Any) -> None:
    others: list[Any] = [{"name": name, "action": f"aws:{name}", "inputs": {}} for name in ("unheard", "unseen")]
    runs.document(PAUSE, *others)
    code, message = error_of(runs.ssm.start_automation_execution, DocumentName="Gated")
    assert code == PARAMETER_ERROR
    assert all(part in message for part in ("emulator", "aws:unheard", "aws:unseen"))


@pytest.mark.ledger("flow-15", "flow-16", "flow-22", "parameters-10")
@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ([], "no steps"),
        ([PAUSE, PAUSE], "more than once"),
        ([{**PAUSE, "name": "a-b"}], "characters"),
        ([{"name": "a"}], "action"),
        ([None], "action"),
        ([{**PAUSE, "name": ["a"]}], "strings"),
        ([{"name": "a", "action": "aws:pause"}], "inputs"),
        ([{**PAUSE, "inputs": None}], "inputs"),
        ([{**PAUSE, "colour": "red"}], "colour"),
        ([{**PAUSE, "timeoutSeconds": -1}], "timeoutSeconds"),
        ([{**PAUSE, "timeoutSeconds": "soon"}], "timeoutSeconds"),
        ([{**PAUSE, "timeoutSeconds": True}], "timeoutSeconds"),
        ([{**PAUSE, "maxAttempts": 0}], "maxAttempts"),
        ([{**PAUSE, "isEnd": "maybe"}], "isEnd"),
        ([{**PAUSE, "isCritical": 1}], "isCritical"),
        ([{**PAUSE, "nextStep": 5}], "nextStep"),
        ([{**PAUSE, "inputs": {"Deep": json.loads("[" * 200 + "]" * 200)}}], "deeply"),
        ([{**PAUSE, "nextStep": "nowhere"}], "nowhere"),
        ([{**PAUSE, "onFailure": "step:nowhere"}], "nowhere"),
        ([{**PAUSE, "onFailure": "Retry"}], "onFailure"),
        ([{**PAUSE, "onCancel": "Continue"}], "onCancel"),
        ([{**PAUSE, "onCancel": "step:pause"}], "aws:pause"),
        ([{**PAUSE, "inputs": {"Message": "{{ Missing }}"}}], "Missing"),
        ([{**PAUSE, "inputs": {"Message": "{{ssm:name}}"}}], "ssm:name"),
        ([{"name": "b", "action": "aws:branch", "inputs": {}}], "Choices"),
        ([{"name": "b", "action": "aws:branch", "inputs": {"Choices": [{}]}}], "NextStep"),
        ([{"name": "b", "action": "aws:branch", "inputs": {"Choices": [{"NextStep": "nowhere"}]}}], "nowhere"),
    ],
)
def test_what_is_no_runbook_cannot_be_registered(runs: Any, steps: Any, word: str) -> None:
    code, message = error_of(runs.document, *steps)
    assert code == "InvalidDocumentContent"
    assert word in message


@pytest.mark.ledger("parameters-7")
@pytest.mark.parametrize(
    ("parameter", "word"),
    [
        (None, "map"),
        ([], "map"),
        ({}, "type"),
        ({"type": "Number"}, "type"),
        ({"type": "String", "colour": "red"}, "colour"),
        ({"type": "String", "allowedPattern": "("}, "allowedPattern"),
        ({"type": "String", "allowedPattern": 5}, "allowedPattern"),
        ({"type": "String", "allowedValues": "abc"}, "allowedValues"),
        ({"type": "String", "default": ["a"]}, "cannot be"),
        ({"type": "StringList", "default": "a"}, "cannot be"),
        ({"type": "Integer", "default": "three"}, "cannot be"),
        ({"type": "Integer", "default": True}, "cannot be"),
        ({"type": "Integer", "default": 1.5}, "cannot be"),
        ({"type": "Boolean", "default": 0}, "cannot be"),
        ({"type": "StringMap", "default": "x"}, "cannot be"),
        ({"type": "StringList", "minItems": 3, "maxItems": 1}, "minItems must not be above maxItems"),
        ({"type": "String", "minChars": -1}, "minChars"),
        ({"type": "String", "maxChars": "many"}, "maxChars"),
    ],
)
def test_parameters_that_cannot_be_declared(runs: Any, parameter: Any, word: str) -> None:
    code, message = error_of(runs.document, PAUSE, parameters={"X": parameter})
    assert code == "InvalidDocumentContent"
    assert word in message


@pytest.mark.parametrize("members", [{"parameters": []}, {"variables": {"x": 1}}, {"outputs": "a.b"}])
def test_members_of_a_runbook_have_types(runs: Any, members: Any) -> None:
    assert error_of(runs.document, PAUSE, **members)[0] == "InvalidDocumentContent"


def test_yaml_that_contains_itself_is_refused(runs: Any) -> None:
    text = "schemaVersion: '0.3'\nmainSteps: &all\n- {name: a, action: 'aws:pause', inputs: {steps: *all}}\n"
    create = runs.ssm.create_document
    code, message = error_of(create, Name="Self", DocumentType="Automation", DocumentFormat="YAML", Content=text)
    assert (code, "deeply" in message) == ("InvalidDocumentContent", True)


PARAMETERS = {
    "Name": {"type": "String", "allowedPattern": "^[a-z]+$", "minChars": 2, "maxChars": 4},
    "Action": {"type": "String", "default": "Install", "allowedValues": ["Install", "Uninstall"]},
    "Count": {"type": "Integer", "default": 1},
    "Dry": {"type": "Boolean", "default": False},
    "Hosts": {"type": "StringList", "default": ["a"], "maxItems": 2},
    "Tags": {"type": "StringMap", "default": {}},
    "Instances": {"type": "List<AWS::EC2::Instance::Id>", "default": []},
}


@pytest.mark.ledger("parameters-1", "parameters-2", "parameters-4", "parameters-6")
@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "Name"),
        ({"Name": ["ok"], "Other": ["x"]}, "Other"),
        ({"Name": ["ok"], "name": ["ok"]}, "name"),
        ({"Name": ["UPPER"]}, "UPPER"),
        ({"Name": ["x"]}, "characters"),
        ({"Name": ["toolong"]}, "characters"),
        ({"Name": ["ok", "ok"]}, "one value"),
        ({"Name": ["ok"], "Action": ["install"]}, 'Parameter "Action" has value "install" not found in [Install,'),
        ({"Name": ["ok"], "Count": ["three"]}, "Integer"),
        ({"Name": ["ok"], "Count": [" 5 "]}, "Integer"),
        ({"Name": ["ok"], "Count": ["\u0663"]}, "Integer"),
        ({"Name": ["ok"], "Count": ["1_0"]}, "Integer"),
        ({"Name": ["ok"], "Dry": ["yes"]}, "Boolean"),
        ({"Name": ["ok"], "Hosts": ["a", "b", "c"]}, "items"),
        ({"Name": ["ok"], "Tags": ["[]"]}, "StringMap"),
    ],
)  # fmt: skip
def test_parameters_refused(runs: Any, given: Any, word: str) -> None:
    runs.document(PAUSE, parameters=PARAMETERS)
    request = {"Parameters": given} if given else {}
    code, message = error_of(runs.ssm.start_automation_execution, DocumentName="Gated", **request)
    assert code == PARAMETER_ERROR
    assert word in message


@pytest.mark.ledger("parameters-5")
def test_a_missing_parameter_is_named(runs: Any) -> None:
    runs.document(PAUSE, parameters=PARAMETERS)
    _code, message = error_of(runs.ssm.start_automation_execution, DocumentName="Gated")
    assert message == "Missing required parameter: Name in user inputs."


@pytest.mark.ledger("parameters-3", "parameters-7", "parameters-8", "parameters-14", "results-1", "results-11")
def test_parameters_accepted(runs: Any) -> None:
    inputs = {key: f"{{{{ {key} }}}}" for key in PARAMETERS}
    given = {"Name": ["ok"], "Count": ["3"], "Dry": ["true"], "Hosts": ["a", "b"], "Tags": ['{"a": "b"}']}
    execution = runs.start({**PAUSE, "inputs": inputs}, members={"parameters": PARAMETERS}, Parameters=given)
    assert runs.get(execution)["Parameters"] == given
    shown = {key: json.loads(value) for key, value in runs.step(execution, "pause")["Inputs"].items()}
    assert shown == {
        "Name": "ok",
        "Action": "Install",
        "Count": 3,
        "Dry": True,
        "Hosts": ["a", "b"],
        "Tags": {"a": "b"},
        "Instances": [],
    }


@pytest.mark.ledger("parameters-9")
def test_a_default_can_come_from_parameter_store(runs: Any) -> None:
    runs.ssm.put_parameter(Name="/gate/approver", Value="moto", Type="String")
    parameters = {"Who": {"type": "StringList", "default": "{{ssm:/gate/approver}}"}}
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": "{{ Who }}"}}
    execution = runs.start(gate, members={"parameters": parameters})
    runs.signal(execution, "Approve")
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("parameters-21")
def test_a_client_token_starts_one_execution(runs: Any) -> None:
    token = str(uuid.uuid4())
    runs.document(PAUSE)
    start = runs.ssm.start_automation_execution
    first, again = (start(DocumentName="Gated", ClientToken=token)["AutomationExecutionId"] for _time in range(2))
    assert first == again
    code, _message = error_of(start, DocumentName="Gated", ClientToken=token, Mode="Interactive")
    assert code == "IdempotentParameterMismatch"


@pytest.mark.ledger("interactive-1", "children-11", "parameters-19", "principals-3")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ClientToken": "x" * 36}, "ValidationException"),
        ({"Mode": "Manual"}, "ValidationException"),
        ({"DocumentVersion": "first"}, "ValidationException"),
        ({"MaxConcurrency": "0"}, "ValidationException"),
        ({"MaxErrors": "200%"}, "ValidationException"),
        ({"Parameters": {"x" * 51: ["a"]}}, "ValidationException"),
        ({"Tags": [{"Key": f"key{number}", "Value": ""} for number in range(6)]}, "ValidationException"),
        ({"AlarmConfiguration": {"Alarms": [{"Name": "a"}, {"Name": "b"}]}}, "ValidationException"),
    ],
)
def test_start_refused(runs: Any, request_: Any, code: str) -> None:
    runs.document(PAUSE)
    assert error_of(runs.ssm.start_automation_execution, DocumentName="Gated", **request_)[0] == code
    assert runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []


def test_alarms_are_shown_again(runs: Any) -> None:
    alarms = {"IgnorePollAlarmFailure": True, "Alarms": [{"Name": "cpu"}]}
    execution = runs.start(PAUSE, AlarmConfiguration=alarms)
    (listed,) = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert runs.get(execution)["AlarmConfiguration"] == listed["AlarmConfiguration"] == alarms


@pytest.mark.ledger("principals-2")
def test_tags(runs: Any) -> None:
    execution = runs.start(PAUSE, Tags=[{"Key": "team", "Value": "a"}])
    about = {"ResourceType": "Automation", "ResourceId": execution}
    runs.ssm.add_tags_to_resource(**about, Tags=[{"Key": "stage", "Value": "test"}])
    runs.ssm.remove_tags_from_resource(**about, TagKeys=["team"])
    assert runs.ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "stage", "Value": "test"}]
    missing = {**about, "ResourceId": str(uuid.uuid4())}
    assert error_of(runs.ssm.list_tags_for_resource, **missing)[0] == "InvalidResourceId"


@pytest.mark.ledger("principals-1")
def test_regions_and_accounts_are_apart(runs: Any, account: Any) -> None:
    execution = runs.start(PAUSE)
    elsewhere = account.client("ssm", region="us-east-1")
    assert elsewhere.describe_automation_executions()["AutomationExecutionMetadataList"] == []
    foreign = account.session("Operators", "first", account="210987654321")
    code, _message = error_of(foreign.get_automation_execution, AutomationExecutionId=execution)
    assert code == "AutomationExecutionNotFoundException"


def shown_inputs(runs: Any, execution: str) -> Any:
    return {name: json.loads(value) for name, value in runs.step(execution, "pause")["Inputs"].items()}


GIVEN = {
    "Where": {"type": "String"},
    "When": {"type": "String", "default": ""},
    "Hosts": {"type": "StringList", "default": ["a", "b"]},
    "Count": {"type": "Integer", "default": 3},
}


@pytest.mark.ledger("parameters-26")
@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("When", ["{{ global:DATE }}"], "2030-03-17"),
        ("When", ["at {{ global:DATE_TIME }}"], "at 2030-03-17_17.46.40"),
        ("When", ["{{ global:REGION }}-{{global:ACCOUNT_ID}}"], "eu-central-1-123456789012"),
        ("When", ["{{ Where }}"], "here"),
        ("When", ["{{ Count }} of {{ Where }}"], "3 of here"),
        ("When", ["{{ ssm:/site/name }}"], "berlin"),
        ("When", ["{{ Unknown }}"], "{{ Unknown }}"),
        ("Hosts", ["{{ Hosts }}"], ["{{ Hosts }}"]),
        ("Hosts", ["{{ Where }}", "c"], ["here", "c"]),
        ("Hosts", ["{{ ssm:/site/hosts }}"], ["x", "y"]),
        ("Count", ["{{ ssm:/site/count }}"], 7),
    ],
)
def test_references_in_values_given_at_a_start(runs: Any, control: Any, name: str, given: Any, value: Any) -> None:
    control.pass_time(1_900_000_000 - control("GET", "clock")["now"])
    for key, stored, kind in (("name", "berlin", "String"), ("hosts", "x,y", "StringList"), ("count", "7", "String")):
        runs.ssm.put_parameter(Name=f"/site/{key}", Value=stored, Type=kind)
    parameters = {"Where": ["here"], name: given}
    pause = {**PAUSE, "inputs": {name: f"{{{{ {name} }}}}"}}
    execution = runs.start(pause, members={"parameters": GIVEN}, Parameters=parameters)
    assert shown_inputs(runs, execution) == {name: value}
    assert runs.get(execution)["Parameters"] == parameters


@pytest.mark.ledger("parameters-26")
def test_references_in_values_are_checked_by_what_they_mean(runs: Any) -> None:
    parameters = {"Stage": {"type": "String", "allowedValues": ["test"]}}
    runs.ssm.put_parameter(Name="stage", Value="live", Type="String")
    runs.document(PAUSE, parameters=parameters)
    start = runs.ssm.start_automation_execution
    code, message = error_of(start, DocumentName="Gated", Parameters={"Stage": ["{{ ssm:stage }}"]})
    assert (code, "live" in message) == (PARAMETER_ERROR, True)
    code, message = error_of(start, DocumentName="Gated", Parameters={"Stage": ["{{ ssm:other }}"]})
    assert (code, "Parameter Store" in message) == (PARAMETER_ERROR, True)


@pytest.mark.ledger("parameters-27")
@pytest.mark.parametrize("as_default", [True, False])
def test_a_secure_string_is_refused(runs: Any, as_default: bool) -> None:
    runs.ssm.put_parameter(Name="secret", Value="s", Type="SecureString")
    reference = "{{ ssm:secret }}"
    parameter = {"type": "String", "default": reference if as_default else ""}
    runs.document(PAUSE, parameters={"Secret": parameter})
    request = {} if as_default else {"Parameters": {"Secret": [reference]}}
    code, message = error_of(runs.ssm.start_automation_execution, DocumentName="Gated", **request)
    assert (code, "SecureString" in message) == (PARAMETER_ERROR, True)


@pytest.mark.ledger("parameters-26")
def test_references_in_values_of_children(runs: Any) -> None:
    runs.document(PAUSE | {"inputs": {"Where": "{{ Where }}"}}, name="Child", parameters=GIVEN)
    inputs = {"DocumentName": "Child", "RuntimeParameters": {"Where": ["{{ Given }}"]}}
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": inputs}
    members = {"name": "Parent", "parameters": {"Given": {"type": "String"}}}
    parent = runs.start(call, members=members, Parameters={"Given": ["{{ global:REGION }}"]})
    child = runs.step(parent, "call")["Outputs"]["ExecutionId"][0]
    assert shown_inputs(runs, child) == {"Where": "eu-central-1"}
    maps = [{"Where": ["{{ global:ACCOUNT_ID }}"]}]
    on_targets = runs.ssm.start_automation_execution(DocumentName="Child", TargetMaps=maps)["AutomationExecutionId"]
    asked = [{"Key": "ParentExecutionId", "Values": [on_targets]}]
    (listed,) = runs.ssm.describe_automation_executions(Filters=asked)["AutomationExecutionMetadataList"]
    assert shown_inputs(runs, listed["AutomationExecutionId"]) == {"Where": "123456789012"}


@pytest.mark.ledger("parameters-28")
def test_a_value_may_be_long(runs: Any) -> None:
    pause = {**PAUSE, "inputs": {"Where": "{{ Where }}"}}
    execution = runs.start(pause, members={"parameters": GIVEN}, Parameters={"Where": ["x" * 5000]})
    assert shown_inputs(runs, execution) == {"Where": "x" * 5000}


ROLE = "arn:aws:iam::123456789012:role/ops/Runner"


@pytest.mark.ledger("calls-35")
@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("arn:{{ global:AWS_PARTITION }}:iam::{{ global:ACCOUNT_ID }}:role/Runner", None),
        ("{{ Role }}", ROLE),
        ("{{ Role }}", "arn:aws:iam::{{ global:ACCOUNT_ID }}:role/Runner"),
        ("{{ Role }}", None),
        (ROLE, None),
    ],
)
def test_roles_that_may_be_assumed(runs: Any, role: str, given: str | None) -> None:
    members = {"assumeRole": role, "parameters": {"Role": {"type": "String", "default": ""}}}
    request = {"Parameters": {"Role": [given]}} if given else {}
    assert runs.status(runs.start(PAUSE, members=members, **request)) == "Waiting"


@pytest.mark.ledger("calls-36")
@pytest.mark.parametrize("role", ["Runner", "arn:aws:iam::123456789012:user/alice", "arn:aws:iam::12:role/Runner"])
def test_a_role_that_is_no_arn_is_refused_at_the_start(runs: Any, role: str) -> None:
    runs.document(PAUSE, assumeRole="{{ Role }}", parameters={"Role": {"type": "String"}})
    start = runs.ssm.start_automation_execution
    code, message = error_of(start, DocumentName="Gated", Parameters={"Role": [role]})
    assert (code, "assume role ARN" in message) == (PARAMETER_ERROR, True)
