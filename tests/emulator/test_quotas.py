# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas: calls a second of each operation, and executions at a time; by the emulator's clock."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.state.quotas import RATES, QuotaError, parse, read
from automation_emulator.testing import AutomationEmulator, EmulatorError, running

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
# Runs until its time-out, and is no blocking action.
BUSY = {
    "name": "busy",
    "action": "aws:waitForAwsResourceProperty",
    "timeoutSeconds": 600,
    "inputs": {
        "Service": "ec2",
        "Api": "DescribeVpcs",
        "PropertySelector": "$.Nothing",
        "DesiredValues": ["x"],
    },
}


@pytest.fixture
def emulator(automation_emulator: AutomationEmulator, control: Any) -> AutomationEmulator:
    return automation_emulator


def passed(call: Any, times: int) -> int:
    """How many of some calls are not throttled."""
    return sum(code_of(call) != "ThrottlingException" for _time in range(times))


def code_of(call: Any) -> str | None:
    try:
        call()
    except ClientError as problem:
        return str(problem.response["Error"]["Code"])
    return None


def calls(ssm: Any) -> dict[str, Any]:
    """A call of every operation that has a rate; that there is no such execution does not matter."""
    about = {"AutomationExecutionId": "0" * 36}
    return {
        "SendAutomationSignal": lambda: ssm.send_automation_signal(**about, SignalType="Approve"),
        "GetAutomationExecution": lambda: ssm.get_automation_execution(**about),
        "DescribeAutomationExecutions": ssm.describe_automation_executions,
        "DescribeAutomationStepExecutions": lambda: ssm.describe_automation_step_executions(**about),
        "StartAutomationExecution": lambda: ssm.start_automation_execution(DocumentName="Missing"),
        "StopAutomationExecution": lambda: ssm.stop_automation_execution(**about),
    }


class TestRates:
    @pytest.mark.ledger("quotas-1")
    def test_every_operation_has_its_own(self, emulator: Any, runs: Any, control: Any) -> None:
        emulator.limit("documented")
        for _second in range(2):
            found = {name: passed(call, 5) for name, call in calls(runs.ssm).items()}
            assert found == {name: RATES[name] for name in found}
            control.pass_time(1)

    def test_a_rest_saves_up_no_more_than_the_burst(self, emulator: Any, runs: Any, control: Any) -> None:
        emulator.limit({"GetAutomationExecution": 2})
        control.pass_time(60)
        assert passed(calls(runs.ssm)["GetAutomationExecution"], 5) == 2

    @pytest.mark.ledger("quota_burst_seconds")
    @pytest.mark.parametrize(("seconds", "burst"), [(0, 1), (1, 3), (4, 12)])
    def test_how_much_a_bucket_holds(self, emulator: Any, runs: Any, control: Any, seconds: float, burst: int) -> None:
        control.choose(quota_burst_seconds=seconds)
        emulator.limit("documented")
        assert passed(calls(runs.ssm)["GetAutomationExecution"], 15) == burst

    @pytest.mark.ledger("quotas-2")
    def test_regions_and_accounts_have_their_own(self, emulator: Any, account: Any) -> None:
        emulator.limit({"DescribeAutomationExecutions": 1})
        other = emulator.role_session("Reader", account="210987654321")
        clients = [
            account.client("ssm"),
            account.client("ssm", region="us-west-2"),
            account.client("ssm", other),
        ]
        assert [passed(one.describe_automation_executions, 3) for one in clients] == [1, 1, 1]

    def test_callers_of_an_account_share_them(self, emulator: Any, account: Any) -> None:
        emulator.limit({"DescribeAutomationExecutions": 1})
        clients = [account.user("alice"), account.user("bob")]
        assert [passed(one.describe_automation_executions, 2) for one in clients] == [1, 0]

    def test_what_is_not_named_has_no_limit(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"GetAutomationExecution": 1})
        assert passed(runs.ssm.describe_automation_executions, 20) == 20

    def test_without_a_word_there_are_none(self, emulator: Any, runs: Any) -> None:
        assert emulator.control("GET", "quotas") == {"quotas": "none"}
        assert passed(runs.ssm.describe_automation_executions, 20) == 20

    def test_a_call_that_is_throttled_has_no_effect(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"StartAutomationExecution": 1})
        name = runs.document(PAUSE)
        assert passed(lambda: runs.ssm.start_automation_execution(DocumentName=name), 3) == 1
        assert len(runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]) == 1


class TestExecutions:
    def start(self, runs: Any, times: int, step: Any = None, name: str = "Gated", **request: Any) -> list[str]:
        runs.document(step or BUSY, name=name)
        started = [runs.ssm.start_automation_execution(DocumentName=name, **request) for _time in range(times)]
        return [one["AutomationExecutionId"] for one in started]

    @pytest.mark.ledger("quotas-3")
    def test_so_many_run_and_the_others_are_pending(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 2})
        ids = self.start(runs, 4)
        assert [runs.status(one) for one in ids] == ["InProgress", "InProgress", "Pending", "Pending"]

    @pytest.mark.ledger("quotas-3")
    def test_a_hundred_by_default(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": read("documented").running})
        ids = self.start(runs, 102)
        assert [runs.status(one) for one in ids[98:]] == ["InProgress", "InProgress", "Pending", "Pending"]

    def test_one_that_ends_lets_the_next_begin_then(self, emulator: Any, runs: Any, control: Any) -> None:
        emulator.limit({"running": 1})
        ids = self.start(runs, 3)
        control.pass_time(700)
        assert [runs.status(one) for one in ids] == ["TimedOut", "InProgress", "Pending"]
        first, second = (runs.get(one)["StepExecutions"][0] for one in ids[:2])
        assert second["ExecutionStartTime"] == first["ExecutionEndTime"]

    def test_one_that_is_cancelled_lets_the_next_begin(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1})
        ids = self.start(runs, 3)
        for one in ids[1::-1]:
            runs.ssm.stop_automation_execution(AutomationExecutionId=one)
        assert [runs.status(one) for one in ids] == ["Cancelled", "Cancelled", "InProgress"]

    @pytest.mark.ledger("quotas-4")
    def test_so_many_more_stand_at_blocking_actions(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1, "blocked": 2})
        ids = self.start(runs, 5, PAUSE)
        assert [runs.status(one) for one in ids] == ["Waiting", "Waiting", "Waiting", "Pending", "Pending"]
        runs.signal(ids[0], "Resume", StepName="pause")
        assert [runs.status(one) for one in ids] == ["Success", "Waiting", "Waiting", "Waiting", "Pending"]

    @pytest.mark.ledger("quotas-5")
    def test_a_full_queue_takes_no_more(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1, "queued": 2})
        self.start(runs, 3)
        runs.ssm.describe_automation_executions()
        code = code_of(lambda: runs.ssm.start_automation_execution(DocumentName="Gated"))
        assert code == "AutomationExecutionLimitExceededException"

    @pytest.mark.ledger("quotas-6")
    def test_children_take_places_too(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1})
        runs.document(PAUSE, name="Child")
        child = {"name": "child", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
        (parent,) = self.start(runs, 1, child)
        listed = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
        states = {one["DocumentName"]: one["AutomationExecutionStatus"] for one in listed}
        assert (runs.status(parent), states["Child"]) == ("InProgress", "Pending")

    @pytest.mark.ledger("quotas-6")
    def test_children_elsewhere_take_places_there(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1})
        elsewhere = [{"Accounts": ["123456789012"], "Regions": ["us-east-1"]}]
        ids = self.start(runs, 2, TargetLocations=elsewhere)
        (step,) = runs.get(ids[0])["StepExecutions"]
        there = emulator.client("ssm", region="us-east-1")
        child = there.get_automation_execution(AutomationExecutionId=step["Outputs"]["ExecutionId"][0])
        assert child["AutomationExecution"]["AutomationExecutionStatus"] == "InProgress"
        assert [runs.status(one) for one in ids] == ["InProgress", "Pending"]

    def test_a_child_that_cannot_queue_fails_its_step(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1, "queued": 0})
        runs.document(PAUSE, name="Child")
        child = {"name": "child", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
        (parent,) = self.start(runs, 1, child)
        assert runs.status(parent) == "Failed"
        assert "no more are taken" in runs.step(parent, "child")["FailureMessage"]

    def test_more_places_let_the_queue_begin(self, emulator: Any, runs: Any) -> None:
        emulator.limit({"running": 1})
        ids = self.start(runs, 3)
        runs.status(ids[0])
        emulator.limit("none")
        assert [runs.status(one) for one in ids] == ["InProgress"] * 3


class TestTheSwitch:
    def test_the_documented_ones(self) -> None:
        found = read("documented")
        assert (found.running, found.blocked, found.queued, found.rates) == (100, 400, 5000, RATES)

    @pytest.mark.parametrize(
        ("text", "rates", "running"),
        [
            ("none", {}, None),
            ("documented", RATES, 100),
            ("SendAutomationSignal=30, running=2", {"SendAutomationSignal": 30.0}, 2),
        ],
    )
    def test_on_the_command_line(self, text: str, rates: Any, running: int | None) -> None:
        found = parse(text)
        assert (dict(found.rates), found.running) == (rates, running)

    @pytest.mark.parametrize("text", ["some", "weather=1", "running=x", "running=1.5", "running=-1", "=1"])
    def test_what_it_does_not_take_there(self, text: str) -> None:
        with pytest.raises(QuotaError):
            parse(text)

    @pytest.mark.parametrize(
        ("quotas", "reason"),
        [
            ("some", "documented, none, or a map"),
            (None, "documented, none, or a map"),
            ({"weather": 1}, "There is no quota weather; there are SendAutomationSignal"),
            ({"running": True}, "running takes a number"),
            ({"running": 1.5}, "running takes a whole number"),
            ({"GetAutomationExecution": -1}, "takes a number from 0 on"),
        ],
    )
    def test_what_is_refused(self, emulator: Any, quotas: Any, reason: str) -> None:
        with pytest.raises(EmulatorError, match=reason):
            emulator.limit(quotas)

    def test_those_of_the_start_come_back_with_a_reset(self) -> None:
        with running("--quotas", "GetAutomationExecution=1") as url:
            emulator = AutomationEmulator(url)
            emulator.limit("none")
            emulator.reset()
            assert emulator.control("GET", "quotas") == {"quotas": {"GetAutomationExecution": 1.0}}
