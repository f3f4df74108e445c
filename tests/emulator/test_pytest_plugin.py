# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as the tests of other projects have it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.testing import AutomationEmulator, EmulatorError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["alice", "bob"], "MinRequiredApprovals": 2}}
RUNBOOK = json.dumps({"schemaVersion": "0.3", "mainSteps": [GATE, PAUSE]})


@pytest.fixture
def gated(automation_emulator: AutomationEmulator, tmp_path: Path) -> str:
    """An execution that waits for two approvals."""
    path = tmp_path / "Gated.json"
    path.write_text(RUNBOOK, encoding="utf-8")
    automation_emulator.register(path)
    started = automation_emulator.client("ssm").start_automation_execution(DocumentName="Gated")
    return str(started["AutomationExecutionId"])


def approve(emulator: AutomationEmulator, execution: str, principal: dict[str, str]) -> None:
    emulator.client("ssm", **principal).send_automation_signal(AutomationExecutionId=execution, SignalType="Approve")


def test_principals_count(automation_emulator: AutomationEmulator, gated: str) -> None:
    alice, bob = automation_emulator.user("alice"), automation_emulator.user("bob")
    approve(automation_emulator, gated, alice)
    with pytest.raises(ClientError):
        approve(automation_emulator, gated, automation_emulator.role_session("Operators"))
    assert automation_emulator.execution(gated)["CurrentStepName"] == "gate"
    approve(automation_emulator, gated, bob)
    assert automation_emulator.execution(gated)["CurrentStepName"] == "pause"
    callers = [
        entry["caller"].partition("::123456789012:")[2]
        for entry in automation_emulator.requests("SendAutomationSignal")
    ]
    assert callers == ["user/alice", "assumed-role/Operators/session", "user/bob"]


def test_the_clock(automation_emulator: AutomationEmulator) -> None:
    automation_emulator.freeze()
    before = automation_emulator.now()
    automation_emulator.advance(3600)
    assert automation_emulator.now() == before + 3600


def test_faults_denials_choices_and_the_log(automation_emulator: AutomationEmulator, gated: str) -> None:
    assert automation_emulator.operations() == ["CreateDocument", "StartAutomationExecution"]
    automation_emulator.forget_requests()
    automation_emulator.fail("error", "GetAutomationExecution", code="InternalServerError", status=400)
    with pytest.raises(ClientError, match="InternalServerError"):
        automation_emulator.execution(gated)
    automation_emulator.deny("*", "ssm:Get*")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        automation_emulator.execution(gated)
    assert [one["error_code"] for one in automation_emulator.requests()] == [
        "InternalServerError",
        "AccessDeniedException",
    ]
    assert automation_emulator.choose(start_delay_seconds=5)["start_delay_seconds"] == 5


def test_a_control_request_that_is_refused(automation_emulator: AutomationEmulator) -> None:
    with pytest.raises(EmulatorError, match="There is no choice weather"):
        automation_emulator.choose(weather="fine")


def test_the_environment_names_a_principal_and_nothing_else(
    automation_emulator: AutomationEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    session = automation_emulator.role_session("Operators")
    environment = automation_emulator.process_environment(**session)
    assert "AWS_PROFILE" not in environment
    assert environment["PATH"] == os.environ["PATH"]
    command = [str(Path(sys.executable).with_name("aws")), "sts", "get-caller-identity", "--query=Arn", "--output=text"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert told == "arn:aws:sts::123456789012:assumed-role/Operators/session\n"


def test_this_process_may_be_a_client_too(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    import boto3

    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of production")
    emulator = request.getfixturevalue("automation_emulator_environment")
    assert boto3.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"] == []
    assert emulator.operations() == ["DescribeAutomationExecutions"]
    assert {name for name in os.environ if name.startswith("AWS_")} == {
        name for name in emulator.environment() if name.startswith("AWS_")
    }


PROJECT = {
    "pytest.ini": "[pytest]\n",
    "conftest.py": """
import pytest

@pytest.fixture(scope="session")
def automation_emulator_options():
    return ["--runbooks", "runbooks"]
""",
    "runbooks/Gated.json": RUNBOOK,
    "test_project.py": """
import pytest

@pytest.mark.parametrize("time", [1, 2])
def test_every_test_finds_it_as_new(automation_emulator, time):
    ssm = automation_emulator.client("ssm")
    assert ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []
    ssm.start_automation_execution(DocumentName="Gated")
    automation_emulator.user("alice")

def test_it_is_a_process_that_ends_with_the_session(automation_emulator):
    print("PID", automation_emulator.control("GET", "health")["pid"])
""",
}


def test_in_another_project(tmp_path: Path) -> None:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider"]
    done: Any = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    pid = int(done.stdout.partition("PID ")[2].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
