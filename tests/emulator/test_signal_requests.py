# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals and stops as requests: what answers them, who may send them, and what they leave behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["approver"]}}


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.ledger("signals-4")
def test_the_answer_is_empty(runs: Any, account: Any) -> None:
    runs = replace(runs, ssm=account.client("ssm"))
    bodies: list[bytes] = []
    runs.ssm.meta.events.register("before-parse.ssm", lambda response_dict, **_: bodies.append(response_dict["body"]))
    execution = runs.start(PAUSE, {**PAUSE, "name": "next"})
    bodies.clear()
    runs.signal(execution, "Resume", StepName="pause")
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert bodies == [b"{}", b"{}"]


@pytest.mark.ledger("approve-16", "interactive-9")
def test_leave_and_list_are_two_things(runs: Any, account: Any, control: Any) -> None:
    execution = runs.start(GATE, Mode="Interactive")
    control("POST", "denials", {"principal": "*", "actions": ["ssm:SendAutomationSignal"]})
    assert code_of(runs.signal, execution, "StartStep", StepName="gate") == "AccessDeniedException"
    control("DELETE", "denials")
    runs.signal(execution, "StartStep", StepName="gate")
    listed, unlisted = account.user("approver"), account.user("operator")
    control("POST", "denials", {"principal": "approver", "actions": ["ssm:SendAutomationSignal"]})
    assert code_of(runs.signal, execution, "Approve", listed) == "AccessDeniedException"
    assert code_of(runs.signal, execution, "Approve", unlisted) == "InvalidAutomationSignalException"
    assert runs.step(execution, "gate")["Outputs"]["ApprovalStatus"] == ["Waiting"]


@pytest.mark.ledger("pause-2")
def test_a_pause_puts_nothing_out(runs: Any) -> None:
    execution = runs.start(PAUSE)
    runs.signal(execution, "Resume", StepName="pause")
    step = runs.step(execution, "pause")
    assert (step["StepStatus"], step["Outputs"]) == ("Success", {})


@pytest.mark.ledger("pause-10")
@pytest.mark.parametrize("signal", ["Approve", "Reject", "Resume"])
def test_a_sleep_takes_no_signal(runs: Any, signal: str) -> None:
    execution = runs.start(NAP)
    assert code_of(runs.signal, execution, signal, StepName="nap") == "InvalidAutomationSignalException"


@pytest.mark.ledger("interactive-4")
def test_the_last_step_has_no_next_one(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, {**NAP, "name": "again"}, Mode="Interactive")
    for name in ("nap", "again"):
        runs.signal(execution, "StartStep", StepName=name)
        control.pass_time(10)
    assert [step["ValidNextSteps"] for step in runs.get(execution)["StepExecutions"]] == [["again"], []]


@pytest.mark.ledger("interactive-6")
@pytest.mark.parametrize("mode", ["Auto", "Interactive"])
def test_a_stop_cancels_unless_told_otherwise(runs: Any, mode: str) -> None:
    execution = runs.start(PAUSE, Mode=mode)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert runs.status(execution) == "Cancelled"


@pytest.mark.ledger("completed_status=Success", "completed_status=Cancelled")
@pytest.mark.parametrize(("choice", "status"), [("Success", "Success"), ("Cancelled", "Cancelled")])
def test_what_a_completed_execution_is(runs: Any, control: Any, choice: str, status: str) -> None:
    control.choose(completed_status=choice)
    execution = runs.start(PAUSE, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="pause")
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Complete")
    assert (runs.status(execution), runs.step(execution, "pause")["StepStatus"]) == (status, "Cancelled")


@pytest.mark.ledger(
    "interactive_stop_by_starter_only=false",
    "interactive_signal_by_starter_only=false",
    "interactive_stranger_error=InvalidAutomationSignalException",
)
@pytest.mark.parametrize("starter_only", [False, True])
def test_who_may_drive_an_interactive_execution(runs: Any, account: Any, control: Any, starter_only: bool) -> None:
    control.choose(interactive_stop_by_starter_only=starter_only, interactive_signal_by_starter_only=starter_only)
    control.choose(interactive_stranger_error="InvalidAutomationSignalException")
    execution, other = runs.start(PAUSE, Mode="Interactive"), account.user("operator")
    about = {"AutomationExecutionId": execution}
    if starter_only:
        error = "InvalidAutomationSignalException"
        assert code_of(runs.signal, execution, "StartStep", other, StepName="pause") == error
        assert code_of(other.stop_automation_execution, **about) == error
        runs.signal(execution, "StartStep", StepName="pause")
    else:
        runs.signal(execution, "StartStep", other, StepName="pause")
        other.stop_automation_execution(**about)
    assert runs.status(execution) == ("Waiting" if starter_only else "Cancelled")


@pytest.mark.ledger("revoked_status=Rejected", "revoked_status=Failed", "revoked_status=CompletedWithFailure")
@pytest.mark.parametrize("status", ["Rejected", "Failed", "CompletedWithFailure"])
def test_what_a_revoked_request_is(runs: Any, control: Any, status: str) -> None:
    control.choose(revoked_status=status)
    asked = control("POST", "access-requests", {"approvers": ["moto"], "region": "eu-central-1"})
    execution = asked["automation_execution_id"]
    runs.signal(execution, "Approve")
    runs.signal(execution, "Revoke")
    assert runs.status(execution) == status


@pytest.mark.ledger("most_start_tags")
@pytest.mark.parametrize(("most", "accepted"), [(5, False), (6, True)])
def test_how_many_tags_a_start_takes(runs: Any, control: Any, most: int, accepted: bool) -> None:
    control.choose(most_start_tags=most)
    tags = [{"Key": f"key{number}", "Value": ""} for number in range(6)]
    if accepted:
        assert runs.status(runs.start(PAUSE, Tags=tags)) == "Waiting"
    else:
        assert code_of(runs.start, PAUSE, Tags=tags) == "ValidationException"
