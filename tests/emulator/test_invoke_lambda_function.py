# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:invokeLambdaFunction, and Lambda itself: functions of Python really run."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.actions.base import Goes
from automation_emulator.actions.invoke_lambda_function import InvokeLambdaFunction
from automation_emulator.state.choices import Choices
from automation_emulator.state.moment import Moment
from automation_emulator.state.work import ApiCall


def archive(**files: str) -> bytes:
    """A ZIP archive of modules."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.py", text)
    return packed.getvalue()


class Functions:
    """An account's functions, all with one role."""

    def __init__(self, account: Any) -> None:
        self.aws = account.client("lambda")
        self.logs = account.client("logs")
        trust = {"RoleName": "functions", "AssumeRolePolicyDocument": "{}"}
        self.role = account.client("iam").create_role(**trust)["Role"]["Arn"]

    def create(self, *lines: str, name: str = "one", code: bytes | None = None, **members: Any) -> str:
        """A function of these lines; gives its ARN."""
        body = "".join(f"    {line}\n" for line in lines)
        code = code or archive(index=f"import json, os\ndef handler(event, context):\n{body}")
        request = {"Runtime": "python3.11", "Handler": "index.handler", "Role": self.role, **members}
        return str(self.aws.create_function(FunctionName=name, Code={"ZipFile": code}, **request)["FunctionArn"])

    def invoke(self, event: Any = None, name: str = "one", **request: Any) -> Any:
        """What it returns to a plain client."""
        given = {} if event is None else {"Payload": json.dumps(event)}
        answer = self.aws.invoke(FunctionName=name, **given, **request)
        return json.loads(answer["Payload"].read())


@pytest.fixture
def functions(account: Any) -> Functions:
    return Functions(account)


def step(outputs: Any = (), name: str = "one", **inputs: Any) -> dict[str, Any]:
    listed = [{"Name": key, "Selector": selector, "Type": kind} for key, selector, kind in outputs]
    action = "aws:invokeLambdaFunction"
    return {"name": "invoke", "action": action, "inputs": {"FunctionName": name, **inputs}, "outputs": listed}


def invoked(runs: Any, *outputs: Any, **inputs: Any) -> dict[str, Any]:
    """The step after it has run."""
    found: dict[str, Any] = runs.step(runs.start(step(outputs, **inputs)), "invoke")
    return found


def error_code(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


# The action


@pytest.mark.ledger("calls-23", "calls-24")
def test_selectors_start_at_what_the_function_returns(runs: Any, functions: Functions) -> None:
    functions.create("print('at work')", "return {'Retry': True, 'Got': event}")
    shown = invoked(runs, ("Retry", "$.Retry", "Boolean"), ("None", "$.Payload", "String"), InputPayload={"a": 1})
    outputs = shown["Outputs"]
    assert (shown["StepStatus"], outputs["Retry"], outputs["StatusCode"]) == ("Success", ["true"], ["200"])
    assert json.loads(outputs["Payload"][0]) == {"Retry": True, "Got": {"a": 1}}
    assert base64.b64decode(outputs["LogResult"][0]) == b"at work\n"
    assert not {"None", "FunctionError"} & set(outputs)


@pytest.mark.ledger("calls-27")
def test_a_string_that_is_returned_is_payload_without_quotes(runs: Any, functions: Functions) -> None:
    functions.create("return 'vol-\"1\"'")
    assert invoked(runs)["Outputs"]["Payload"] == ['vol-"1"']


@pytest.mark.ledger("calls-25")
@pytest.mark.parametrize(
    ("inputs", "event"),
    [
        ({}, {}),
        ({"Payload": '{"old": 1}'}, {"old": 1}),
        ({"Payload": '{"old": 1}', "InputPayload": {"new": "{{ automation:EXECUTION_ID }}"}}, {"new": "..."}),
        ({"Payload": '{"old": 1}', "InputPayload": {}}, {}),
    ],
)
def test_input_payload_comes_before_payload(runs: Any, functions: Functions, inputs: Any, event: Any) -> None:
    functions.create("return {key: value if value == 1 else '...' for key, value in event.items()}")
    assert json.loads(invoked(runs, **inputs)["Outputs"]["Payload"][0]) == event


@pytest.mark.ledger("calls-23", "function_error_fails_step=false", "function_error_fails_step=true")
def test_a_function_that_raises_succeeds_with_an_error_or_not(runs: Any, functions: Functions, control: Any) -> None:
    functions.create("return event['missing']")
    shown = invoked(runs)
    assert (shown["StepStatus"], shown["Outputs"]["FunctionError"]) == ("Success", ["Unhandled"])
    error = {"errorMessage": "'missing'", "errorType": "KeyError"}
    assert json.loads(shown["Outputs"]["Payload"][0]) == error
    control.choose(function_error_fails_step=True)
    shown = runs.step(runs.start(step(), members={"name": "Again"}), "invoke")
    assert (shown["StepStatus"], shown["Outputs"]["FunctionError"]) == ("Failed", ["Unhandled"])
    assert "Unhandled: " in shown["FailureMessage"]
    assert "KeyError" in shown["FailureMessage"]
    execution = runs.start(step(InputPayload={"missing": 1}), members={"name": "Fine"})
    assert runs.step(execution, "invoke")["StepStatus"] == "Success"


@pytest.mark.ledger("calls-25")
@pytest.mark.parametrize(("kind", "code", "ran"), [("Event", "202", True), ("DryRun", "204", False)])
def test_an_event_is_not_waited_for_and_a_dry_run_runs_nothing(
    runs: Any, functions: Functions, account: Any, kind: str, code: str, ran: bool
) -> None:
    functions.create("import boto3; boto3.client('sqs').create_queue(QueueName='made'); return {'a': 1}", Timeout=20)
    shown = invoked(runs, ("A", "$.a", "Integer"), InvocationType=kind)
    outputs = {name: value for name, value in shown["Outputs"].items() if name != "OutputPayload"}
    assert (shown["StepStatus"], outputs) == ("Success", {"StatusCode": [code], "Payload": [""]})
    assert ("QueueUrls" in account.client("sqs").list_queues()) == ran


def asked(**inputs: Any) -> Mapping[str, Any]:
    """The parameters of the Invoke request: moto does not look at all of them."""
    begun = InvokeLambdaFunction().begin({"FunctionName": "one", **inputs}, Moment(0.0, Choices()))
    assert isinstance(begun, Goes)
    assert isinstance(begun.work, ApiCall)
    return begun.work.parameters


def test_who_does_not_wait_asks_for_no_log() -> None:
    assert asked()["LogType"] == "Tail"
    assert asked(ClientContext="e30=", InvocationType="Event") == {
        "FunctionName": "one",
        "InvocationType": "Event",
        "ClientContext": "e30=",
    }


def test_logs_are_left_out_on_request(runs: Any, functions: Functions) -> None:
    functions.create("return 1")
    assert set(invoked(runs, LogType="None")["Outputs"]) == {"StatusCode", "Payload", "OutputPayload"}


def test_a_qualifier_chooses_a_version(runs: Any, functions: Functions) -> None:
    arn = functions.create("return {'version': os.environ['AWS_LAMBDA_FUNCTION_VERSION']}")
    version = functions.aws.publish_version(FunctionName="one")["Version"]
    functions.aws.create_alias(FunctionName="one", Name="live", FunctionVersion=version)
    for nth, (name, qualifier) in enumerate([("one", version), ("one", "live"), (arn, version)]):
        execution = runs.start(step(name=name, Qualifier=qualifier), members={"name": f"Run{nth}"})
        shown = runs.step(execution, "invoke")
        assert json.loads(shown["Outputs"]["Payload"][0]) == {"version": version}


@pytest.mark.ledger("calls-25")
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"FunctionName": ""}, "FunctionName is required"),
        ({"FunctionName": "other"}, "ResourceNotFoundException"),
        ({"InvocationType": "Later"}, "InvocationType must be one of RequestResponse, Event, DryRun"),
        ({"LogType": "Head"}, "LogType must be one of Tail, None"),
        ({"InputPayload": "text"}, "InputPayload must be a map"),
        ({"Payload": "{"}, "InvalidRequestContentException"),
        ({"Qualifier": 7}, "Qualifier must be a string"),
    ],
)
def test_what_cannot_be_invoked(runs: Any, functions: Functions, inputs: Any, reason: str) -> None:
    functions.create("return 1")
    shown = invoked(runs, **inputs)
    assert (shown["StepStatus"], reason in shown["FailureMessage"]) == ("Failed", True)


@pytest.mark.ledger("calls-26")
def test_a_function_returns_200_kilobytes_at_most(runs: Any, functions: Functions) -> None:
    functions.create("return 'x' * event['length']")
    quotes = 2
    assert invoked(runs, InputPayload={"length": 200 * 1024 - quotes})["StepStatus"] == "Success"
    shown = runs.step(runs.start(step(InputPayload={"length": 200 * 1024}), members={"name": "More"}), "invoke")
    assert (shown["StepStatus"], "204800 bytes" in shown["FailureMessage"]) == ("Failed", True)


# Lambda


def test_a_plain_client_gets_what_the_function_returns(functions: Functions) -> None:
    functions.create("print('x' * 5000); return {'event': event}")
    answer = functions.aws.invoke(FunctionName="one", Payload='["ä"]', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"event": ["ä"]}
    assert base64.b64decode(answer["LogResult"]) == b"x" * 4095 + b"\n"
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert functions.invoke() == {"event": {}}


def test_a_function_is_told_of_itself(functions: Functions) -> None:
    own = "context.function_name, context.memory_limit_in_mb, context.log_group_name, context.function_version"
    arn = functions.create(
        f"return [{own}, context.invoked_function_arn, len(context.aws_request_id), "
        "os.environ['AWS_LAMBDA_FUNCTION_NAME'], os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'], "
        "os.environ['_HANDLER'], os.environ['COLOUR'], 0 < context.get_remaining_time_in_millis() <= 9000]",
        Environment={"Variables": {"COLOUR": "red"}},
        MemorySize=256,
        Timeout=9,
    )
    assert functions.invoke() == [
        "one", "256", "/aws/lambda/one", "$LATEST", arn, 36, "one", "256", "index.handler", "red", True
    ]  # fmt: skip


def test_its_code_is_a_folder_of_modules(functions: Functions) -> None:
    main = "from app import helper\ndef run(event, context): return helper.VALUE"
    code = archive(app__main=main, app__helper="VALUE = 7")
    functions.create(code=code, Handler="app/main.run")
    functions.create(code=code, Handler="app.main.run", name="two")
    assert (functions.invoke(), functions.invoke(name="two")) == (7, 7)


def test_it_calls_the_emulator_in_the_name_of_its_role(functions: Functions, control: Any) -> None:
    functions.create("import boto3", "boto3.client('ssm').describe_automation_executions()",
                     "return boto3.client('sts').get_caller_identity()['Arn']", Timeout=20)  # fmt: skip
    assert functions.invoke() == "arn:aws:sts::123456789012:assumed-role/functions/one"
    assert control("GET", "requests")["requests"] == []


def test_its_logs_are_kept(functions: Functions) -> None:
    functions.create("print('at work'); raise RuntimeError('broken')")
    answer = functions.aws.invoke(FunctionName="one", LogType="Tail")
    log = "at work\n[ERROR] RuntimeError: broken\n"
    assert base64.b64decode(answer["LogResult"]).decode() == log
    events = functions.logs.filter_log_events(logGroupName="/aws/lambda/one")["events"]
    assert [event["message"] for event in events] == log.splitlines()


@pytest.mark.ledger("script_seconds")
def test_its_time_is_limited_by_itself_and_by_the_emulator(functions: Functions, control: Any) -> None:
    functions.create("while True: pass", Timeout=1)
    assert functions.invoke() == {"errorType": "TimeoutError", "errorMessage": "The handler took more than 1 seconds"}
    control.choose(script_seconds=0.3)
    assert "more than 0.3 seconds" in functions.invoke()["errorMessage"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Runtime": "nodejs18.x"}, "InvalidRuntimeException"),
        ({"code": b"no archive"}, "InvalidZipFileException"),
    ],
)
def test_what_does_not_run_is_an_error_that_says_so(functions: Functions, members: Any, code: str) -> None:
    functions.create(**members)
    assert error_code(functions.aws.invoke, FunctionName="one") == code


def test_another_runtime_is_named(runs: Any, functions: Functions) -> None:
    functions.create(Runtime="nodejs18.x")
    assert "functions of runtime nodejs18.x" in invoked(runs)["FailureMessage"]


def test_topics_and_other_triggers_reach_functions_too(functions: Functions, account: Any) -> None:
    arn = functions.create("import boto3; boto3.client('sqs').create_queue(QueueName='told'); return 1", Timeout=20)
    sns = account.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    [url] = account.client("sqs").list_queues()["QueueUrls"]
    assert url.endswith("/told")
