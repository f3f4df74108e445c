# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeScript: Python functions that stand in a runbook, in processes that nothing gets out of."""

from __future__ import annotations

import json
import site
import socket
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}


def script(*lines: str, before: str = "", outputs: Any = (), **inputs: Any) -> dict[str, Any]:
    """A step that calls a function of these lines; its events are `events`."""
    body = "\n".join(f"    {line}" for line in lines)
    source = f"{before}\ndef handler(events, context):\n{body}\n"
    given = {"Runtime": "python3.11", "Handler": "handler", "Script": source, **inputs}
    listed = [{"Name": name, "Selector": selector, "Type": kind} for name, selector, kind in outputs]
    return {"name": "script", "action": "aws:executeScript", "inputs": given, "outputs": listed}


def payload(runs: Any, *lines: str, **inputs: Any) -> Any:
    """What a function of these lines returns."""
    step = runs.step(runs.start(script(*lines, **inputs)), "script")
    assert step["StepStatus"] == "Success", step["FailureMessage"]
    [shown] = step["Outputs"]["Payload"]
    return json.loads(shown)


def failure(runs: Any, *lines: str, name: str = "Gated", **inputs: Any) -> str:
    """Why a step with a function of these lines fails."""
    execution = runs.start(script(*lines, **inputs), members={"name": name})
    step = runs.step(execution, "script")
    assert (step["StepStatus"], runs.status(execution)) == ("Failed", "Failed")
    return str(step["FailureMessage"])


@pytest.mark.ledger("scripts-1", "scripts-9")
def test_the_function_gets_input_payload_and_learns_where_it_runs(runs: Any) -> None:
    given = {"name": "{{ Name }}", "list": [1, True]}
    step = script("return {'events': events, 'context': context}", InputPayload=given)
    execution = runs.start(step, members={"parameters": {"Name": {"type": "String", "default": "web"}}})
    assert json.loads(runs.step(execution, "script")["Outputs"]["Payload"][0]) == {
        "events": {"name": "web", "list": [1, True]},
        "context": {
            "global:REGION": "eu-central-1",
            "global:ACCOUNT_ID": "123456789012",
            "global:AWS_PARTITION": "aws",
            "automation:EXECUTION_ID": execution,
        },
    }


def test_without_input_payload_events_are_empty(runs: Any) -> None:
    assert payload(runs, "return {'events': events}") == {"events": {}}


@pytest.mark.ledger("scripts-1", "scripts-2")
def test_selectors_start_above_the_payload(runs: Any) -> None:
    outputs = [
        ("Id", "$.Payload.instance.id", "String"),
        ("Sizes", "$.Payload.sizes", "StringList"),
        ("Count", "$.Payload.count", "Integer"),
        ("All", "$", "StringMap"),
        ("None", "$.id", "String"),
    ]
    returned = {"instance": {"id": "i-1"}, "sizes": ["s", "m"], "count": 2}
    execution = runs.start(script(f"return {returned!r}", outputs=outputs))
    shown = runs.step(execution, "script")["Outputs"]
    assert (shown["Id"], shown["Sizes"], shown["Count"]) == (["i-1"], ["s", "m"], ["2"])
    assert [json.loads(text) for text in (shown["All"][0], shown["Payload"][0])] == [{"Payload": returned}, returned]
    assert "None" not in shown


@pytest.mark.ledger("scripts-6")
def test_output_payload_is_all_of_it_or_left_out(runs: Any, control: Any) -> None:
    outputs = runs.step(runs.start(script("return {'size': 2}")), "script")["Outputs"]
    assert {name: json.loads(text) for name, [text] in outputs.items()} == {
        "OutputPayload": {"Payload": {"size": 2}},
        "Payload": {"size": 2},
    }
    control.choose(output_payload="none")
    execution = runs.start(script("return {'size': 2}"), members={"name": "Again"})
    assert set(runs.step(execution, "script")["Outputs"]) == {"Payload"}


@pytest.mark.ledger("scripts-8")
@pytest.mark.parametrize("runtime", ["python3.6", "python3.11", "python3.12"])
def test_every_python_runs_on_the_emulators_own(runs: Any, runtime: str) -> None:
    assert payload(runs, "import sys; return {'major': sys.version_info[0]}", Runtime=runtime) == {"major": 3}


def test_a_script_is_a_module(runs: Any) -> None:
    lines = (
        "from __future__ import annotations",
        "import dataclasses",
        "@dataclasses.dataclass",
        "class One: size: int",
    )
    assert payload(runs, "return dataclasses.asdict(One(2))", before="\n".join(lines)) == {"size": 2}


# Failures


@pytest.mark.ledger("scripts-3", "scripts-4")
def test_an_exception_is_shown_as_the_service_does(runs: Any) -> None:
    message = failure(runs, "return events['size']")
    assert message.startswith("Step fails when it is Poll action status for completion. Traceback (most recent call la")
    assert "customer_script.py\", line 3, in handler\n    return events['size']" in message
    assert message.endswith("KeyError - 'size'. Please refer to Automation Service Troubleshooting Guide for more "
                            "diagnosis details.")  # fmt: skip
    assert "script_runner" not in message


@pytest.mark.ledger("scripts-3")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import sys; sys.exit(3)", "ExitError - The handler ended its process with status 3"),
        ("import os; os._exit(0)", "ExitError - The handler ended its process with status 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended its process with status -9"),
        ("raise KeyboardInterrupt", "ended its process with status"),
        ("return (", "SyntaxError - '(' was never closed (customer_script.py, line 3)"),
        ("import nothing_of_the_kind", "ModuleNotFoundError - No module named 'nothing_of_the_kind'"),
        ("return {1, 2}", "TypeError - Object of type set is not JSON serializable"),
        ("import datetime; return datetime.datetime.now()", "TypeError - Object of type datetime is not JSON"),
        ("return float('nan')", "ValueError - Out of range float values are not JSON compliant"),
        ("loop = []; loop.append(loop); return loop", "ValueError - Circular reference detected"),
        ("import json; return json.loads('[' * 200 + ']' * 200)", "What the handler returned is nested too deeply"),
    ],
)
def test_what_a_function_does_wrong(runs: Any, line: str, reason: str) -> None:
    assert f"{reason}" in failure(runs, line)


def test_a_function_that_is_not_there(runs: Any) -> None:
    assert "AttributeError - module 'customer_script' has no attribute 'other'" in failure(
        runs, "pass", Handler="other"
    )


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"Runtime": None}, "Runtime is required"),
        ({"Handler": None}, "Handler is required"),
        ({"Script": ""}, "Script is required"),
        ({"InputPayload": "text"}, "InputPayload must be a map"),
    ],
)
def test_inputs_that_are_wrong(runs: Any, inputs: dict[str, Any], reason: str) -> None:
    assert reason in failure(runs, "pass", **inputs)


# Limits


@pytest.mark.ledger("script_seconds")
def test_a_function_that_takes_too_long(runs: Any, control: Any) -> None:
    control.choose(script_seconds=0.5)
    assert "TimeoutError - The handler took more than 0.5 seconds" in failure(runs, "while True: pass")


def test_a_process_that_nobody_ends_ends_itself(runs: Any, control: Any) -> None:
    control.choose(script_seconds=20)
    left = payload(runs, "import signal; return {'left': signal.getitimer(signal.ITIMER_REAL)[0]}")["left"]
    assert 10 < left <= 21


def test_threads_hold_nobody_up(runs: Any, control: Any) -> None:
    control.choose(script_seconds=10)
    line = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); return {'done': True}"
    assert payload(runs, line) == {"done": True}


@pytest.mark.parametrize("last", ["return 1", "while True: pass"])
def test_children_end_with_the_script(runs: Any, control: Any, last: str) -> None:
    control.choose(script_seconds=3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        address = listener.getsockname()
        child = f"import socket; link = socket.create_connection({address!r}); print(1, flush=True); link.recv(1)"
        start = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=-1)"
        runs.status(runs.start(script(start, "child.stdout.read(1)", last)))
        link, _address = listener.accept()
        with link:
            link.settimeout(20)
            assert link.recv(1) == b""


def test_what_it_prints_is_in_nobodys_way(runs: Any, capfd: Any) -> None:
    line = "import sys; print('x' * 5_000_000); print('y' * 5_000_000, file=sys.stderr); return {'done': True}"
    assert payload(runs, line) == {"done": True}
    assert capfd.readouterr() == ("", "")


def test_standard_output_may_be_closed(runs: Any) -> None:
    assert payload(runs, "import sys; sys.stdout.close(); return {'done': True}") == {"done": True}


@pytest.mark.ledger("scripts-5")
def test_a_payload_has_100_kilobytes_at_most(runs: Any) -> None:
    quotes = 2
    step = runs.step(runs.start(script(f"return 'ä' * {(100 * 1024 - quotes) // 2}")), "script")
    assert step["StepStatus"] == "Success"
    assert "Payload has more than 102400 bytes" in failure(runs, f"return 'x' * {100 * 1024 - 1}", name="Longer")


@pytest.mark.ledger("scripts-5", "long_payload_list=cut", "long_payload_list=fail")
def test_a_list_has_100_items_at_most(runs: Any, control: Any) -> None:
    step = script("return list(range(101))")
    execution = runs.start(step)
    assert len(runs.step(execution, "script")["Outputs"]["Payload"]) == 100
    control.choose(long_payload_list="fail")
    assert "more than 100 items" in failure(runs, "return list(range(101))", name="Longer")
    execution = runs.start(script("return list(range(100))"), members={"name": "Fitting"})
    assert len(runs.step(execution, "script")["Outputs"]["Payload"]) == 100


# Surroundings


def test_it_sees_nothing_of_the_emulators_environment(runs: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SECRET", "value")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    seen = payload(runs, "import os; return dict(os.environ)")
    boto3 = {name for name in seen if name.startswith("AWS_")}
    assert set(seen) - boto3 - {"LC_CTYPE"} == {"PATH", "HOME", "TMPDIR", "PYTHONUSERBASE"}
    assert boto3 == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION",
                     "AWS_REGION", "AWS_EXECUTION_ENV"}  # fmt: skip
    assert seen["PYTHONUSERBASE"] == site.getuserbase()


def test_it_has_a_folder_that_is_removed(runs: Any) -> None:
    lines = (
        "import os, pathlib, tempfile",
        "home = pathlib.Path.home()",
        "locked = home / 'locked'; locked.mkdir(); (locked / 'file').touch(); locked.chmod(0)",
        "below = [pathlib.Path(place).is_relative_to(home) for place in (os.getcwd(), tempfile.mkdtemp())]",
        "return {'home': str(home), 'below': below}",
    )
    seen = payload(runs, *lines)
    assert seen["below"] == [True, True]
    assert seen["home"] != str(Path.home())
    assert not Path(seen["home"], "code").exists()


def test_who_gets_away_with_the_folder_does_no_harm(runs: Any) -> None:
    # In a session of its own a child is not ended with the script, and fills the folder that is to be removed.
    lines = (
        "import pathlib, shutil, sys, time",
        "home, until = pathlib.Path.home(), time.monotonic() + 3",
        "print(1, flush=True)",
        "while home.exists() and time.monotonic() < until: (home / str(time.monotonic())).mkdir(exist_ok=True)",
        "shutil.rmtree(home, ignore_errors=True)",
    )
    start = "child = subprocess.Popen([sys.executable, '-c', {!r}], stdout=-1, start_new_session=True)"
    child = start.format("\n".join(lines))
    assert payload(runs, child, "return child.stdout.readline().decode()", before="import subprocess, sys") == 1


def test_the_emulators_modules_are_not_the_scripts(runs: Any) -> None:
    line = "import selectors, sys; return {'file': selectors.__file__, 'path': sys.path, 'argv': sys.argv[1:]}"
    seen = payload(runs, line)
    assert "automation_emulator" not in seen["file"]
    assert not any(place.endswith("automation_emulator") for place in seen["path"])
    assert seen["argv"] == []


@pytest.mark.ledger("scripts-7")
def test_boto3_calls_the_emulator_systems_manager_included(runs: Any) -> None:
    runs.document(GATE, name="Gate")
    lines = (
        "ssm = boto3.client('ssm')",
        "gated = ssm.start_automation_execution(DocumentName='Gate')['AutomationExecutionId']",
        "def status(of): return ssm.get_automation_execution(AutomationExecutionId=of)['AutomationExecution']",
        "before = status(gated)['AutomationExecutionStatus']",
        "ssm.send_automation_signal(AutomationExecutionId=gated, SignalType='Approve')",
        "after = status(gated)['AutomationExecutionStatus']",
        "return {'gate': [before, after], 'self': status(events['Id'])['CurrentStepName']}",
    )
    given = {"Id": "{{ automation:EXECUTION_ID }}"}
    seen = payload(runs, *lines, before="import boto3", InputPayload=given)
    assert seen == {"gate": ["Waiting", "Success"], "self": "script"}


@pytest.mark.ledger("scripts-7")
def test_boto3_calls_in_the_name_of_the_starter_or_the_role(runs: Any, account: Any) -> None:
    step = script("return {'arn': boto3.client('sts').get_caller_identity()['Arn']}", before="import boto3")
    name = runs.document(step)
    execution = account.user("alice").start_automation_execution(DocumentName=name)["AutomationExecutionId"]
    assert "user/alice" in runs.step(execution, "script")["Outputs"]["Payload"][0]
    members = {"name": "AsRole", "assumeRole": "arn:aws:iam::123456789012:role/Operator"}
    execution = runs.start(step, members=members)
    assert "assumed-role/Operator/" in runs.step(execution, "script")["Outputs"]["Payload"][0]


@pytest.mark.ledger("scripts_need_assume_role=false", "scripts_need_assume_role=true")
@pytest.mark.parametrize(
    ("needed", "role", "status"), [(False, None, "Success"), (True, None, "Failed"), (True, "Operator", "Success")]
)
def test_a_script_that_calls_may_need_a_role(
    runs: Any, control: Any, needed: bool, role: str | None, status: str
) -> None:
    control.choose(scripts_need_assume_role=needed)
    step = script("return {'arn': boto3.client('sts').get_caller_identity()['Arn']}", before="import boto3")
    members = {"assumeRole": f"arn:aws:iam::123456789012:role/{role}"} if role else {}
    execution = runs.start(step, members=members)
    assert runs.status(execution) == status
    if status == "Failed":
        assert "NoCredentialsError" in runs.step(execution, "script")["FailureMessage"]


# What is not run


def refusal(runs: Any, *steps: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        runs.start(*steps)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidAutomationExecutionParametersException"
    return str(error["Message"])


@pytest.mark.ledger("scripts-8")
def test_everything_that_does_not_run_is_named_at_the_start(runs: Any) -> None:
    convert = {**script("pass", Runtime="PowerShell 7.4"), "name": "convert"}
    attached = {**script("pass", Attachment="tool.zip"), "name": "attached"}
    strange = [{"name": name, "action": "aws:foo", "inputs": {}} for name in ("strange", "again")]
    each = {"name": "each", "action": "aws:loop", "inputs": {"Iterators": ["a"], "Steps": [convert]}}
    assert refusal(runs, script("pass"), each, attached, *strange) == (
        "The emulator does not run aws:executeScript with Runtime PowerShell 7.4 (step convert), "
        "aws:executeScript with an Attachment (step attached), the unknown action aws:foo (AWS may)."
    )


def test_a_runtime_that_is_a_parameter_is_refused_when_it_is_known(runs: Any) -> None:
    step = script("return {'done': True}", Runtime="{{ Runtime }}")
    members = {"parameters": {"Runtime": {"type": "String"}}}
    execution = runs.start(step, members=members, Parameters={"Runtime": ["PowerShell 7.4"]})
    assert "Runtime PowerShell 7.4" in runs.step(execution, "script")["FailureMessage"]
    again = runs.ssm.start_automation_execution(DocumentName="Gated", Parameters={"Runtime": ["python3.11"]})
    assert runs.status(again["AutomationExecutionId"]) == "Success"
