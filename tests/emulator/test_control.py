# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoint, the request log, denials, and faults."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Code"])


def fault(control: Any, kind: str, **members: Any) -> None:
    answer = control("POST", "faults", {"kind": kind, "operation": "SendAutomationSignal", **members})
    assert answer == {}


def test_health(control: Any) -> None:
    assert control("GET", "health") == {"ready": True, "pid": os.getpid()}


@pytest.mark.ledger("principals-4")
def test_the_log_tells_who_asked_what(runs: Any, account: Any, control: Any) -> None:
    execution = runs.start(PAUSE)
    control("DELETE", "requests")
    approver = account.user("approver")
    assert code_of(runs.signal, execution, "Approve", approver, Comment="go") == "InvalidAutomationSignalException"
    account.client("sts").get_caller_identity()
    sent, identity = control("GET", "requests")["requests"]
    assert sent == {
        "number": 1,
        "operation": "SendAutomationSignal",
        "parameters": {"AutomationExecutionId": execution, "SignalType": "Approve", "Payload": {"Comment": ["go"]}},
        "caller": "arn:aws:iam::123456789012:user/approver",
        "status": 400,
        "error_code": "InvalidAutomationSignalException",
    }
    assert (identity["operation"], identity["status"]) == ("GetCallerIdentity", 200)
    assert control("GET", "requests?operation=GetCallerIdentity")["requests"] == [identity]


def test_reset_forgets_everything(runs: Any, account: Any, control: Any) -> None:
    execution = runs.start(PAUSE)
    control.choose(truncate_steps_over=1)
    control("POST", "denials", {"principal": "*", "actions": ["ssm:*"]})
    fault(control, "error", times=99)
    account.client("iam").create_user(UserName="approver")
    control("POST", "reset")
    assert control("GET", "requests")["requests"] == []
    assert control("GET", "faults") == {"faults": []}
    assert control("GET", "choices")["truncate_steps_over"] == 100
    assert control("GET", "clock")["frozen"] is False
    assert account.client("iam").list_users()["Users"] == []
    assert code_of(runs.get, execution) == "AutomationExecutionNotFoundException"
    runs.document(PAUSE)


def test_the_clock(control: Any) -> None:
    before = control("GET", "clock")
    assert before["frozen"] is True
    assert control("POST", "clock", {"advance": 60})["now"] == before["now"] + 60
    running = control("POST", "clock", {"freeze": False, "advance": 60})
    assert running["frozen"] is False
    assert 0 <= running["now"] - before["now"] - 120 < 60


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("clock", {"advance": 1e300}, "advance"),
        ("clock", {"advance": float("nan")}, "advance"),
        ("clock", {"advance": True}, "advance"),
        ("clock", {"freeze": "x"}, "freeze takes true or false"),
        ("choices", {"truncate_steps_over": 1.5}, "whole number"),
        ("choices", {"start_delay_seconds": float("inf")}, "number"),
        ("faults", {"kind": ["error"]}, "kind takes one of"),
        ("faults", {"kind": "error", "times": -1}, "times takes a whole number"),
        ("faults", {"kind": "error", "skip": 1.5}, "skip takes a whole number"),
        ("faults", {"kind": "error", "status": 200}, "status takes a whole number from 400"),
        ("faults", {"kind": "error", "operation": 5}, "operation takes a string"),
        ("faults", {"kind": "latency", "seconds": "x"}, "seconds takes a number"),
        ("denials", {"principal": 5, "actions": ["ssm:*"]}, "principal"),
        ("denials", {"principal": "*", "actions": [5]}, "actions takes a list of strings"),
        ("denials", {"principal": "*", "actions": ["sts:GetCallerIdentity"]}, "sts:GetCallerIdentity cannot be denied"),
        ("denials", {"principal": "*", "actions": ["ssm:NoSuchAction"]}, "ssm:NoSuchAction"),
        ("change-requests", {"approvers": []}, "approvers takes a list of strings, at least one"),
        ("change-requests", {"approvers": [5]}, "approvers"),
        ("change-requests", {"approvers": ["a"], "min_required_approvals": 2}, "min_required_approvals"),
        ("change-requests", {"approvers": ["a"], "scheduled_in": "x"}, "scheduled_in takes a number"),
        ("change-requests", {"approvers": ["a"], "runbook_seconds": -1}, "runbook_seconds takes a number"),
        ("change-requests", {"approvers": ["a"], "calendar_closed": "x"}, "calendar_closed takes true"),
        ("change-requests", {"approvers": ["a"], "region": 5}, "region takes a string"),
        ("access-requests", {"approvers": ["a"], "name": 5}, "name takes a string"),
    ],
)
def test_control_requests_explained(control: Any, path: str, body: Any, word: str) -> None:
    answer = control("POST", path, body)
    assert answer["status"] == 400
    assert word in answer["error"]
    assert control("GET", "clock")["frozen"] is True
    assert control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 3000 + b"]" * 3000])
def test_control_requests_that_cannot_be_read(control: Any, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{control.url}/_emulator/clock", data=body, headers=headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert (answer.code, "JSON" in json.load(answer)["error"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advance": -1}),
        ("clock", {"back": 1}),
        ("choices", {"no_such_choice": True}),
        ("choices", {"repeated_decision": "maybe"}),
        ("choices", {"one_rejection_ends_gate": 1}),
        ("choices", {"truncate_steps_over": -1}),
        ("denials", {"principal": "approver"}),
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "error", "magnitude": 9}),
        ("access-requests", {}),
        ("access-requests", {"approvers": [], "calendar_closed": True}),
    ],
)
def test_control_requests_refused(control: Any, path: str, body: Any) -> None:
    assert control("POST", path, body)["status"] == 400


def test_no_such_control(control: Any) -> None:
    assert control("GET", "weather")["status"] == 404


@pytest.mark.ledger("errors-2", "errors-3", "errors-8", "principals-5")
@pytest.mark.parametrize("principal", ["approver", "arn:aws:iam::123456789012:user/approver"])
def test_denials(runs: Any, account: Any, control: Any, principal: str) -> None:
    execution = runs.start(PAUSE)
    approver = account.user("approver")
    control("POST", "denials", {"principal": principal, "actions": ["ssm:GetAutomationExecution"]})
    about = {"AutomationExecutionId": execution}
    with pytest.raises(ClientError) as caught:
        approver.get_automation_execution(**about)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert execution in str(caught.value)
    approver.describe_automation_executions()
    assert runs.status(execution) == "Waiting"
    control("DELETE", "denials")
    approver.get_automation_execution(**about)


class TestFaults:
    """What a client sees, and whether there was an effect."""

    @pytest.mark.parametrize(
        ("kind", "members", "error", "status"),
        [
            ("error", {"code": "ThrottlingException", "status": 400}, ClientError, "Waiting"),
            ("error", {}, ClientError, "Waiting"),
            ("server_error_after", {"status": 503}, ClientError, "Success"),
            ("reset_before", {}, ConnectionClosedError, "Waiting"),
            ("reset_after", {}, ConnectionClosedError, "Success"),
            ("hang", {"seconds": 0.05}, ConnectionClosedError, "Waiting"),
            ("hang_after", {"seconds": 0.05}, ConnectionClosedError, "Success"),
        ],
    )
    def test_lost(self, runs: Any, control: Any, kind: str, members: Any, error: Any, status: str) -> None:
        execution = runs.start(PAUSE)
        fault(control, kind, **members)
        with pytest.raises(error):
            runs.signal(execution, "Resume", StepName="pause")
        assert runs.status(execution) == status

    @pytest.mark.parametrize("kind", ["truncated", "not_json"])
    def test_botocore_takes_a_spoilt_answer_for_an_empty_one(self, runs: Any, control: Any, kind: str) -> None:
        execution = runs.start(PAUSE)
        fault(control, kind)
        runs.signal(execution, "Resume", StepName="pause")
        fault(control, kind, operation="GetAutomationExecution")
        answer = runs.ssm.get_automation_execution(AutomationExecutionId=execution)
        assert "AutomationExecution" not in answer
        assert runs.status(execution) == "Success"

    def test_an_error_has_its_code_and_status(self, runs: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "error", code="ThrottlingException", status=400)
        assert code_of(runs.signal, execution, "Resume", StepName="pause") == "ThrottlingException"
        logged = control("GET", "requests?operation=SendAutomationSignal")["requests"]
        assert [(one["status"], one["error_code"]) for one in logged] == [(400, "ThrottlingException")]

    def test_a_request_without_an_answer_is_logged(self, runs: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "reset_after")
        with pytest.raises(ConnectionClosedError):
            runs.signal(execution, "Resume", StepName="pause")
        (logged,) = control("GET", "requests?operation=SendAutomationSignal")["requests"]
        assert (logged["status"], logged["error_code"]) == (None, None)

    def test_skip_and_times(self, runs: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "error", operation="GetAutomationExecution", skip=1, times=2)
        outcomes = []
        for _time in range(4):
            try:
                outcomes.append(runs.status(execution))
            except ClientError:
                outcomes.append("error")
        assert outcomes == ["Waiting", "error", "error", "Waiting"]

    @pytest.mark.ledger("errors-5")
    def test_botocores_own_retry_delivers_twice(self, runs: Any, account: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "reset_after")
        retrying = account.client("ssm", retries={"total_max_attempts": 2, "mode": "standard"})
        assert code_of(runs.signal, execution, "Resume", retrying, StepName="pause") == (
            "InvalidAutomationSignalException"
        )
        assert len(control("GET", "requests?operation=SendAutomationSignal")["requests"]) == 2

    def test_a_client_may_time_out(self, runs: Any, account: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "hang_after")
        short_timeout = account.client("ssm", read_timeout=0.2)
        with pytest.raises(ReadTimeoutError):
            runs.signal(execution, "Resume", short_timeout, StepName="pause")
        assert runs.status(execution) == "Success"

    def test_a_reset_lets_hanging_requests_go(self, runs: Any, control: Any) -> None:
        fault(control, "hang", operation="DescribeAutomationExecutions")
        caught: list[Exception] = []

        def ask() -> None:
            try:
                runs.ssm.describe_automation_executions()
            except ConnectionClosedError as problem:
                caught.append(problem)

        asking = threading.Thread(target=ask)
        asking.start()
        while not control("GET", "requests?operation=DescribeAutomationExecutions")["requests"]:
            pass
        control("POST", "reset")
        asking.join(timeout=10)
        assert len(caught) == 1

    def test_latency(self, runs: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "latency", seconds=0.05)
        runs.signal(execution, "Resume", StepName="pause")
        assert runs.status(execution) == "Success"

    def test_a_late_effect(self, runs: Any, control: Any) -> None:
        execution = runs.start(PAUSE)
        fault(control, "late_effect", seconds=5)
        runs.signal(execution, "Resume", StepName="pause")
        assert runs.status(execution) == "Waiting"
        control.pass_time(5)
        assert runs.status(execution) == "Success"

    def test_errors_of_sts_are_xml(self, account: Any, control: Any) -> None:
        fault(control, "error", operation="GetCallerIdentity", code="ExpiredToken", status=403)
        assert code_of(account.client("sts").get_caller_identity) == "ExpiredToken"
        (logged,) = control("GET", "requests")["requests"]
        assert (logged["status"], logged["error_code"]) == (403, "ExpiredToken")


class TestRunbooks:
    """The runbooks that every account has, given anew."""

    @pytest.fixture(autouse=True)
    def without_runbooks_in_the_end(self, control: Any, tmp_path: Path) -> Iterator[None]:
        yield
        empty = tmp_path / "empty"
        empty.mkdir()
        control("PUT", "runbooks", {"directory": str(empty)})

    def put(self, control: Any, directory: Path, **runbooks: str) -> Any:
        for name, step in runbooks.items():
            content = {"schemaVersion": "0.3", "mainSteps": [{**PAUSE, "name": step}]}
            (directory / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return control("PUT", "runbooks", {"directory": str(directory)})

    def test_what_is_new_or_differs_is_registered(self, runs: Any, control: Any, tmp_path: Path) -> None:
        assert self.put(control, tmp_path, Drain="a", Refill="a") == {"changed": ["Drain", "Refill"]}
        old = runs.ssm.start_automation_execution(DocumentName="Drain")["AutomationExecutionId"]
        assert self.put(control, tmp_path, Drain="b") == {"changed": ["Drain"]}
        assert self.put(control, tmp_path) == {"changed": []}
        new = runs.ssm.start_automation_execution(DocumentName="Drain")["AutomationExecutionId"]
        assert [runs.get(one)["CurrentStepName"] for one in (old, new)] == ["a", "b"]

    def test_they_come_back_after_a_reset(self, runs: Any, control: Any, tmp_path: Path) -> None:
        self.put(control, tmp_path, Drain="a")
        self.put(control, tmp_path, Drain="b")
        control("POST", "reset")
        execution = runs.ssm.start_automation_execution(DocumentName="Drain")["AutomationExecutionId"]
        assert runs.get(execution)["CurrentStepName"] == "b"

    def test_what_cannot_be_read_changes_nothing(self, runs: Any, control: Any, tmp_path: Path) -> None:
        self.put(control, tmp_path, Drain="a")
        (tmp_path / "Broken.json").write_text("{}", encoding="utf-8")
        answer = control("PUT", "runbooks", {"directory": str(tmp_path)})
        assert "Broken.json: The document has no mainSteps." in answer["error"]
        assert "/nowhere" in control("PUT", "runbooks", {"directory": "/nowhere"})["error"]
        assert runs.ssm.start_automation_execution(DocumentName="Drain")
