# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The handle on an emulator: it accepts what people write, and refuses what cannot work by name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automation_emulator.testing import AutomationEmulator, EmulatorError, running

CONTENT = {"schemaVersion": "0.3", "mainSteps": [{"name": "pause", "action": "aws:pause", "inputs": {}}]}
TEXT = json.dumps(CONTENT)
YAML = "schemaVersion: '0.3'\nmainSteps: [{name: pause, action: aws:pause, inputs: {}}]\n"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def emulator(automation_emulator: AutomationEmulator) -> AutomationEmulator:
    return automation_emulator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runbooks and a file that is none."""
    for name in ("First.yaml", "Second.json"):
        (tmp_path / name).write_text(YAML if name.endswith("yaml") else TEXT, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("Not a runbook.", encoding="utf-8")
    return tmp_path


def names(emulator: AutomationEmulator) -> list[str]:
    found = emulator.client("ssm").list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])
    return sorted(one["Name"] for one in found["DocumentIdentifiers"])


class TestUsers:
    def test_a_name_means_one_user_with_one_pair_of_keys(self, emulator: AutomationEmulator) -> None:
        assert emulator.user("dora") == emulator.user("dora")
        emulator.reset()
        dora = emulator.user("dora")
        assert emulator.client("sts", **dora).get_caller_identity()["Arn"].endswith(":user/dora")

    def test_who_was_made_otherwise_gets_keys(self, emulator: AutomationEmulator) -> None:
        emulator.client("iam").create_user(UserName="dora")
        identity = emulator.client("sts", **emulator.user("dora")).get_caller_identity()
        assert identity["Arn"].endswith(":user/dora")

    @pytest.mark.parametrize("role", ["Operators", "arn:aws:iam::123456789012:role/Operators"])
    def test_a_role_by_name_or_arn(self, emulator: AutomationEmulator, role: str) -> None:
        identity = emulator.client("sts", **emulator.role_session(role)).get_caller_identity()
        assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/Operators/session"

    def test_a_principal_is_given_by_its_keys(self, emulator: AutomationEmulator) -> None:
        with pytest.raises(TypeError, match="access_key, secret_key, session_token, not user"):
            emulator.environment(user="alice")

    def test_each_principal_has_one_client(self, emulator: AutomationEmulator) -> None:
        dora = emulator.user("dora")
        assert emulator.client("ssm", **dora) is emulator.client("ssm", **dora)
        assert emulator.client("ssm", **dora) is not emulator.client("ssm")


class TestRunbooks:
    @pytest.mark.parametrize(
        ("given", "registered"),
        [
            (lambda folder: [folder / "First.yaml"], ["First"]),
            (lambda folder: [str(folder / "First.yaml"), str(folder / "Second.json")], ["First", "Second"]),
            (lambda folder: [str(folder)], ["First", "Second"]),
        ],
    )
    def test_from_files_and_folders(
        self, emulator: AutomationEmulator, folder: Path, given: Callable[[Path], list[Any]], registered: list[str]
    ) -> None:
        emulator.register(*given(folder))
        assert names(emulator) == registered

    @pytest.mark.parametrize("content", [CONTENT, TEXT, YAML])
    def test_from_contents(self, emulator: AutomationEmulator, content: Any) -> None:
        emulator.register(Third=content)
        assert emulator.execution(emulator.start("Third"))["AutomationExecutionStatus"] == "Waiting"

    def test_again_it_is_the_new_content_that_counts(self, emulator: AutomationEmulator) -> None:
        emulator.register(Third=CONTENT)
        emulator.register(Third=CONTENT)
        assert emulator.execution(emulator.start("Third"))["DocumentVersion"] == "1"
        emulator.register(Third={**CONTENT, "description": "New"})
        assert emulator.execution(emulator.start("Third"))["DocumentVersion"] == "2"

    @pytest.mark.parametrize("given", ["missing.yaml", "empty"])
    def test_a_path_without_a_runbook_is_named(self, emulator: AutomationEmulator, tmp_path: Path, given: str) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(EmulatorError, match=rf"{given} is no file, and no folder with files ending in \.yaml"):
            emulator.register(tmp_path / given)

    def test_a_text_needs_a_name(self, emulator: AutomationEmulator) -> None:
        with pytest.raises(EmulatorError, match=r"needs a name: register\(Name=content\)"):
            emulator.register(YAML)


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "operation", "details", "words"),
        [
            ("reset_after", "SendSignal", {}, "There is no operation SendSignal; there are SendAutomationSignal"),
            ("error", "send_automation_signal", {}, "There is no operation send_automation_signal"),
            ("error", "CreateUser", {}, "There is no operation CreateUser"),
            ("reset_afterwards", "*", {}, "kind takes one of error, server_error_after, reset_before, reset_after"),
            ("error", "*", {"time": 2}, "Unknown: time; known: kind, operation, code"),
            ("error", "*", {"times": 0}, "times takes a whole number from 1 on"),
            ("latency", "*", {}, "latency takes seconds"),
            ("late_effect", "SendAutomationSignal", {}, "late_effect takes seconds"),
        ],
    )
    def test_one_that_can_never_befall_is_refused(
        self, emulator: AutomationEmulator, kind: str, operation: str, details: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(EmulatorError, match=words.replace("*", r"\*")):
            emulator.fail(kind, operation, **details)

    def test_throttling(self, emulator: AutomationEmulator) -> None:
        emulator.throttle("DescribeAutomationExecutions")
        assert emulator.executions() == []
        codes = [entry["error_code"] for entry in emulator.requests("DescribeAutomationExecutions")]
        assert codes == ["ThrottlingException", None]

    def test_they_end(self, emulator: AutomationEmulator) -> None:
        emulator.fail("reset_before", times=100)
        emulator.deny("*", "ssm:Describe*")
        emulator.clear_faults()
        emulator.clear_denials()
        assert emulator.executions() == []


def test_a_misspelt_operation_is_no_empty_log(emulator: AutomationEmulator) -> None:
    with pytest.raises(EmulatorError, match="There is no operation SendSignal"):
        emulator.requests("SendSignal")


def test_requests_for_approval(emulator: AutomationEmulator) -> None:
    access = emulator.access_request("alice", name="Night shift")
    change = emulator.change_request("alice", "bob", min_required_approvals=2)
    assert {one["AutomationExecutionId"] for one in emulator.executions()} == {access, change}
    assert {one["AutomationExecutionStatus"] for one in emulator.executions()} == {"PendingApproval"}


def test_the_clock_can_stand_still_from_the_reset_on(emulator: AutomationEmulator) -> None:
    assert emulator.reset(freeze=True) == emulator.now() == emulator.now()
    assert emulator.advance(60) == emulator.now()
    emulator.thaw()
    assert emulator.control("GET", "clock")["frozen"] is False


def test_an_emulator_that_is_not_there_is_named() -> None:
    with pytest.raises(EmulatorError, match=f"The emulator at {NOWHERE} does not answer"):
        AutomationEmulator(NOWHERE).now()


class TestSettingsOfTheUser:
    """What is exported in the shells of many users: a profile, and a proxy that leads to the rest of the world."""

    @pytest.fixture(autouse=True)
    def exported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "production")
        monkeypatch.setenv("NO_PROXY", "intranet.example")
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, NOWHERE)

    def test_they_do_not_change_the_handle(self, emulator: AutomationEmulator) -> None:
        emulator.user("dora")
        emulator.register(Third=CONTENT)
        assert emulator.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"] == []

    def test_a_child_gets_neither_the_profile_nor_the_proxy_for_this_machine(
        self, emulator: AutomationEmulator
    ) -> None:
        environment = emulator.process_environment()
        assert "AWS_PROFILE" not in environment
        assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet.example,127.0.0.1,localhost"

    def test_this_process_neither(self, request: pytest.FixtureRequest) -> None:
        import boto3

        emulator = request.getfixturevalue("automation_emulator_environment")
        assert "AWS_PROFILE" not in os.environ
        assert boto3.session.Session().client("ssm").describe_automation_executions()["ResponseMetadata"]
        assert emulator.operations() == ["DescribeAutomationExecutions"]

    def test_the_steps_of_an_emulator_are_not_led_astray(self) -> None:
        call = {"name": "who", "action": "aws:executeAwsApi", "inputs": {"Service": "sts", "Api": "GetCallerIdentity"}}
        with running() as url:
            emulator = AutomationEmulator(url)
            emulator.register(Asking={"schemaVersion": "0.3", "mainSteps": [call]})
            execution = emulator.execution(emulator.start("Asking"))
            assert execution["AutomationExecutionStatus"] == "Success", execution
