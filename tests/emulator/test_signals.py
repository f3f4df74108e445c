# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resume, StartStep, StopStep, Revoke, and stopping: what they do and when they are refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NEXT = {"name": "next", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto", "approver"]}}
CLEANUP = {"name": "cleanup", "action": "aws:branch", "inputs": {"Choices": []}, "isEnd": True}

SIGNAL_ERROR = "InvalidAutomationSignalException"
STEP_ERROR = "AutomationStepNotFoundException"


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Code"])


def stop(runs: Any, execution: str, kind: str = "Cancel", client: Any = None) -> None:
    (client or runs.ssm).stop_automation_execution(AutomationExecutionId=execution, Type=kind)


@pytest.mark.ledger("signals-6", "pause-1")
def test_resume(runs: Any) -> None:
    execution = runs.start(PAUSE, NEXT)
    runs.signal(execution, "Resume", StepName="pause")
    assert runs.get(execution)["CurrentStepName"] == "next"
    runs.signal(execution, "Resume", StepName="next")
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("signals-10", "resume_needs_step_name=true", "missing_payload_error=ValidationException")
@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"StepName": "nowhere"}, STEP_ERROR),
        ({"StepName": "next"}, SIGNAL_ERROR),
        ({}, "ValidationException"),
    ],
)
def test_resume_refused(runs: Any, payload: Any, error: str) -> None:
    execution = runs.start(PAUSE, NEXT)
    assert code_of(runs.signal, execution, "Resume", **payload) == error


@pytest.mark.ledger("several_steps=refuse", "several_steps=first")
def test_resume_names_one_step(runs: Any, control: Any) -> None:
    execution = runs.start(PAUSE)
    request = {"AutomationExecutionId": execution, "SignalType": "Resume", "Payload": {"StepName": ["pause", "next"]}}
    with pytest.raises(ClientError, match="one StepName") as caught:
        runs.ssm.send_automation_signal(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert runs.status(execution) == "Waiting"
    control.choose(several_steps="first")
    runs.ssm.send_automation_signal(**request)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("signals-14")
def test_resume_is_not_for_gates(runs: Any) -> None:
    execution = runs.start(GATE)
    assert code_of(runs.signal, execution, "Resume", StepName="gate") == SIGNAL_ERROR


@pytest.mark.ledger("resume_needs_step_name=false")
def test_resume_without_a_name_if_so_chosen(runs: Any, control: Any) -> None:
    control.choose(resume_needs_step_name=False)
    execution = runs.start(PAUSE)
    runs.signal(execution, "Resume")
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("signals-9", "signals-17")
@pytest.mark.parametrize("signal", ["Approve", "Reject", "Resume", "StartStep", "StopStep", "Revoke"])
def test_an_ended_execution_takes_no_signal(runs: Any, signal: str) -> None:
    execution = runs.start(PAUSE)
    stop(runs, execution)
    payload = {"StepName": "pause", "StepExecutionId": "x"}
    assert code_of(runs.signal, execution, signal, **payload) == SIGNAL_ERROR


@pytest.mark.ledger("signals-12")
def test_no_such_execution(runs: Any) -> None:
    assert code_of(runs.signal, str(uuid.uuid4()), "Approve") == "AutomationExecutionNotFoundException"
    assert code_of(runs.get, str(uuid.uuid4())) == "AutomationExecutionNotFoundException"
    assert code_of(stop, runs, str(uuid.uuid4())) == "AutomationExecutionNotFoundException"


@pytest.mark.ledger("signals-6", "interactive-2", "interactive-4")
def test_interactive_goes_one_step_at_a_time(runs: Any) -> None:
    execution = runs.start(PAUSE, NAP, Mode="Interactive")
    found = runs.get(execution)
    assert (found["AutomationExecutionStatus"], found["StepExecutions"]) == ("Waiting", [])
    runs.signal(execution, "StartStep", StepName="pause")
    runs.signal(execution, "Resume", StepName="pause")
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Waiting"
    (step,) = found["StepExecutions"]
    assert (step["StepStatus"], step["ValidNextSteps"]) == ("Success", ["nap"])


@pytest.mark.ledger("statuses-3", "interactive-3", "start_step_in_order_only=false")
def test_start_step_runs_a_step_again(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, Mode="Interactive")
    for _time in range(2):
        runs.signal(execution, "StartStep", StepName="nap")
        assert runs.status(execution) == "InProgress"
        control.pass_time(10)
    steps = runs.get(execution)["StepExecutions"]
    assert [step["StepStatus"] for step in steps] == ["Success", "Success"]
    assert len({step["StepExecutionId"] for step in steps}) == 2


@pytest.mark.ledger("signals-10", "signals-15", "missing_payload_error=ValidationException")
def test_start_step_refused(runs: Any, account: Any) -> None:
    execution = runs.start(PAUSE, NEXT, Mode="Interactive")
    assert code_of(runs.signal, execution, "StartStep", StepName="nowhere") == STEP_ERROR
    assert code_of(runs.signal, execution, "StartStep") == "ValidationException"
    runs.signal(execution, "StartStep", StepName="pause")
    assert code_of(runs.signal, execution, "StartStep", StepName="next") == SIGNAL_ERROR
    other = runs.ssm.start_automation_execution(DocumentName="Gated")["AutomationExecutionId"]
    assert code_of(runs.signal, other, "StartStep", StepName="next") == SIGNAL_ERROR


@pytest.mark.ledger("start_step_in_order_only=true")
def test_start_step_in_order_if_so_chosen(runs: Any, control: Any) -> None:
    control.choose(start_step_in_order_only=True)
    execution = runs.start(NAP, PAUSE, Mode="Interactive")
    assert code_of(runs.signal, execution, "StartStep", StepName="pause") == SIGNAL_ERROR
    runs.signal(execution, "StartStep", StepName="nap")
    control.pass_time(10)
    runs.signal(execution, "StartStep", StepName="pause")


@pytest.mark.ledger("interactive_lists_pending_steps=false", "interactive_lists_pending_steps=true")
@pytest.mark.parametrize(("choice", "listed"), [(False, []), (True, [("pause", "Pending"), ("next", "Pending")])])
def test_what_interactive_lists(runs: Any, control: Any, choice: bool, listed: Any) -> None:
    control.choose(interactive_lists_pending_steps=choice)
    steps = runs.get(runs.start(PAUSE, NEXT, Mode="Interactive"))["StepExecutions"]
    assert [(step["StepName"], step["StepStatus"]) for step in steps] == listed


@pytest.mark.ledger("interactive_failure_ends_execution=false", "interactive_failure_ends_execution=true")
@pytest.mark.parametrize(("choice", "status"), [(False, "Waiting"), (True, "Failed")])
def test_a_failing_step_in_interactive(runs: Any, control: Any, choice: bool, status: str) -> None:
    control.choose(interactive_failure_ends_execution=choice)
    execution = runs.start(GATE, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="gate")
    runs.signal(execution, "Reject")
    assert runs.status(execution) == status
    # An execution that goes on has not failed; that its step has, the step tells.
    assert ("FailureMessage" in runs.get(execution)) == (status == "Failed")
    assert "FailureMessage" in runs.step(execution, "gate")


def test_an_execution_that_succeeds_has_no_failure_message(runs: Any) -> None:
    execution = runs.start(GATE, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="gate")
    runs.signal(execution, "Reject")
    stop(runs, execution, "Complete")
    assert runs.status(execution) == "Success"
    assert "FailureMessage" not in runs.get(execution)


@pytest.mark.ledger(
    "approve-4",
    "interactive-7",
    "interactive-10",
    "interactive_stop_by_starter_only=true",
    "interactive_signal_by_starter_only=true",
    "interactive_stranger_error=AccessDeniedException",
)
def test_interactive_belongs_to_its_starter_but_gates_to_approvers(runs: Any, account: Any) -> None:
    approver = account.user("approver")
    execution = runs.start(GATE, Mode="Interactive")
    assert code_of(runs.signal, execution, "StartStep", approver, StepName="gate") == "AccessDeniedException"
    assert code_of(stop, runs, execution, client=approver) == "AccessDeniedException"
    runs.signal(execution, "StartStep", StepName="gate")
    assert code_of(stop, runs, execution, client=approver) == "AccessDeniedException"
    runs.signal(execution, "Approve", approver)
    assert runs.step(execution, "gate")["StepStatus"] == "Success"


@pytest.mark.ledger("interactive-8")
def test_another_session_of_the_starters_role_may_stop(runs: Any, account: Any) -> None:
    runs.document(PAUSE)
    first, second = account.session("Operators", "first"), account.session("Operators", "second")
    execution = first.start_automation_execution(DocumentName="Gated", Mode="Interactive")["AutomationExecutionId"]
    stop(runs, execution, client=second)
    assert runs.status(execution) == "Cancelled"


@pytest.mark.ledger("signals-7", "interactive-11", "cancelling_seconds")
def test_stop_step_in_interactive(runs: Any, control: Any) -> None:
    control.choose(cancelling_seconds=5)
    execution = runs.start(PAUSE, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="pause")
    runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, "pause")["StepExecutionId"])
    assert runs.step(execution, "pause")["StepStatus"] == "Cancelling"
    control.pass_time(5)
    assert runs.step(execution, "pause")["StepStatus"] == "Cancelled"
    assert runs.status(execution) == "Waiting"


@pytest.mark.ledger("stop_step_in_auto=cancel_execution", "stop_step_in_auto=next_step")
@pytest.mark.parametrize(
    ("choice", "status", "following"),
    [("cancel_execution", "Cancelled", "Pending"), ("next_step", "Waiting", "Waiting")],
)
def test_stop_step_in_auto(runs: Any, control: Any, choice: str, status: str, following: str) -> None:
    control.choose(stop_step_in_auto=choice)
    execution = runs.start(NAP, NEXT)
    runs.signal(execution, "StopStep", StepExecutionId=runs.step(execution, "nap")["StepExecutionId"])
    assert runs.step(execution, "nap")["StepStatus"] == "Cancelled"
    assert (runs.status(execution), runs.step(execution, "next")["StepStatus"]) == (status, following)


@pytest.mark.ledger(
    "signals-7",
    "signals-11",
    "missing_payload_error=InvalidAutomationSignalException",
    "stop_ended_step_error=InvalidAutomationSignalException",
    "stop_ended_step_error=AutomationStepNotFoundException",
    "stop_step_in_auto=refuse",
)
def test_stop_step_refused(runs: Any, control: Any) -> None:
    execution = runs.start(PAUSE, NEXT)
    ahead, running = (runs.step(execution, name)["StepExecutionId"] for name in ("next", "pause"))
    assert code_of(runs.signal, execution, "StopStep", StepExecutionId=str(uuid.uuid4())) == STEP_ERROR
    assert code_of(runs.signal, execution, "StopStep", StepExecutionId=ahead) == SIGNAL_ERROR
    control.choose(stop_ended_step_error=STEP_ERROR)
    assert code_of(runs.signal, execution, "StopStep", StepExecutionId=ahead) == STEP_ERROR
    control.choose(stop_step_in_auto="refuse", missing_payload_error=SIGNAL_ERROR)
    assert code_of(runs.signal, execution, "StopStep", StepExecutionId=running) == SIGNAL_ERROR
    assert code_of(runs.signal, execution, "StopStep", StepName="pause") == SIGNAL_ERROR


@pytest.mark.ledger(
    "statuses-5", "statuses-9", "statuses-6", "interactive-6", "flow-23", "results-4", "cancelling_seconds"
)
def test_cancel(runs: Any, control: Any) -> None:
    control.choose(cancelling_seconds=5)
    execution = runs.start(PAUSE, NEXT)
    stop(runs, execution)
    assert (runs.status(execution), runs.step(execution, "pause")["StepStatus"]) == ("Cancelling", "Cancelling")
    assert code_of(stop, runs, execution) == "InvalidAutomationStatusUpdateException"
    assert code_of(runs.signal, execution, "Resume", StepName="pause") == SIGNAL_ERROR
    control.pass_time(5)
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Cancelled"
    assert [step["StepStatus"] for step in found["StepExecutions"]] == ["Cancelled", "Pending"]
    assert code_of(stop, runs, execution) == "InvalidAutomationStatusUpdateException"


@pytest.mark.ledger("flow-12")
def test_cancel_runs_the_on_cancel_steps(runs: Any) -> None:
    execution = runs.start({**PAUSE, "onCancel": "step:cleanup"}, NEXT, CLEANUP)
    stop(runs, execution)
    assert runs.status(execution) == "Cancelled"
    statuses = {name: runs.step(execution, name)["StepStatus"] for name in ("pause", "next", "cleanup")}
    assert statuses == {"pause": "Cancelled", "next": "Pending", "cleanup": "Success"}


@pytest.mark.ledger("flow-13")
def test_on_cancel_steps_have_two_minutes(runs: Any, control: Any) -> None:
    cleanup = {**CLEANUP, "isEnd": False}
    execution = runs.start({**NAP, "onCancel": "step:cleanup"}, cleanup, {**PAUSE, "name": "stuck"})
    stop(runs, execution)
    assert runs.status(execution) == "Cancelling"
    control.pass_time(120)
    assert (runs.status(execution), runs.step(execution, "stuck")["StepStatus"]) == ("Cancelled", "Cancelled")


@pytest.mark.ledger("interactive-5", "completed_step_status=Success")
def test_complete(runs: Any, control: Any) -> None:
    control.choose(completed_step_status="Success")
    execution = runs.start(PAUSE, Mode="Interactive")
    runs.signal(execution, "StartStep", StepName="pause")
    stop(runs, execution, "Complete")
    assert (runs.status(execution), runs.step(execution, "pause")["StepStatus"]) == ("Success", "Success")


@pytest.mark.ledger("statuses-2", "start_delay_seconds")
def test_cancel_before_the_first_step(runs: Any, control: Any) -> None:
    control.choose(start_delay_seconds=30)
    execution = runs.start(PAUSE)
    assert runs.status(execution) == "Pending"
    assert code_of(runs.signal, execution, "Resume", StepName="pause") == SIGNAL_ERROR
    stop(runs, execution)
    control.pass_time(60)
    assert (runs.status(execution), runs.step(execution, "pause")["StepStatus"]) == ("Cancelled", "Pending")


@pytest.mark.ledger("signals-13", "results-9", "signal_delay_seconds")
def test_a_signal_can_take_effect_later(runs: Any, control: Any) -> None:
    control.choose(signal_delay_seconds=3)
    execution = runs.start(PAUSE)
    runs.signal(execution, "Resume", StepName="pause")
    assert runs.status(execution) == "Waiting"
    control.pass_time(3)
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Success"
    runtime = found["ExecutionEndTime"] - found["ExecutionStartTime"]
    assert runtime.total_seconds() == pytest.approx(3, abs=0.01)


@pytest.mark.ledger("signals-13", "signal_delay_seconds")
def test_a_late_signal_that_no_longer_fits_has_no_effect(runs: Any, control: Any) -> None:
    control.choose(signal_delay_seconds=3)
    execution = runs.start({**PAUSE, "timeoutSeconds": 2})
    runs.signal(execution, "Resume", StepName="pause")
    control.pass_time(10)
    assert runs.status(execution) == "TimedOut"


class TestRequests:
    """Access requests and change requests."""

    @staticmethod
    def add(control: Any, kind: str, **members: Any) -> str:
        body = {"approvers": ["moto"], "region": "eu-central-1", **members}
        return str(control("POST", kind, body)["automation_execution_id"])

    @pytest.mark.ledger("requests-1", "requests-8", "requests-5", "revoked_status=Cancelled")
    def test_access_request_approved_and_revoked(self, runs: Any, control: Any) -> None:
        execution = self.add(control, "access-requests")
        found = runs.get(execution)
        assert (found["AutomationExecutionStatus"], found["AutomationSubtype"]) == ("PendingApproval", "AccessRequest")
        assert found["StepExecutions"] == []
        runs.signal(execution, "Approve")
        assert runs.status(execution) == "Approved"
        assert code_of(runs.signal, execution, "Approve") == SIGNAL_ERROR
        runs.signal(execution, "Revoke")
        assert runs.status(execution) == "Cancelled"
        assert code_of(runs.signal, execution, "Revoke") == SIGNAL_ERROR

    @pytest.mark.ledger("revoke_by_approvers_only=true", "revoke_by_approvers_only=false")
    def test_revoke_is_for_approvers_and_ends_as_chosen(self, runs: Any, account: Any, control: Any) -> None:
        control.choose(revoked_status="Rejected")
        execution = self.add(control, "access-requests")
        operator = account.user("operator")
        assert code_of(runs.signal, execution, "Revoke", operator) == SIGNAL_ERROR
        control.choose(revoke_by_approvers_only=False)
        runs.signal(execution, "Revoke", operator)
        assert runs.status(execution) == "Rejected"

    @pytest.mark.ledger("requests-2")
    @pytest.mark.parametrize("kind", ["access-requests", "change-requests"])
    def test_rejected(self, runs: Any, control: Any, kind: str) -> None:
        execution = self.add(control, kind)
        runs.signal(execution, "Reject")
        assert runs.status(execution) == "Rejected"

    @pytest.mark.ledger("requests-6")
    def test_a_requester_cancels(self, runs: Any, control: Any) -> None:
        execution = self.add(control, "access-requests")
        assert code_of(stop, runs, execution, "Complete") == "InvalidAutomationStatusUpdateException"
        stop(runs, execution)
        assert runs.status(execution) == "Cancelled"

    @pytest.mark.ledger("signals-16", "requests-2", "requests-7")
    def test_change_request_from_approval_to_end(self, runs: Any, control: Any) -> None:
        execution = self.add(control, "change-requests", name="patch", scheduled_in=60, runbook_seconds=10)
        runs.signal(execution, "Approve")
        seen = [runs.status(execution)]
        for seconds in (60, 10):
            control.pass_time(seconds)
            seen.append(runs.status(execution))
        assert seen == ["Scheduled", "RunbookInProgress", "CompletedWithSuccess"]
        assert code_of(runs.signal, execution, "Revoke") == SIGNAL_ERROR

    @pytest.mark.ledger("requests-4", "requests-7")
    @pytest.mark.parametrize(
        ("signal", "status"), [("Approve", "CompletedWithSuccess"), ("Reject", "ChangeCalendarOverrideRejected")]
    )
    def test_change_request_with_a_closed_calendar(self, runs: Any, control: Any, signal: str, status: str) -> None:
        execution = self.add(control, "change-requests", calendar_closed=True)
        runs.signal(execution, "Approve")
        assert runs.status(execution) == "PendingChangeCalendarOverride"
        runs.signal(execution, signal)
        assert runs.status(execution) == status

    @pytest.mark.ledger("signals-16")
    def test_a_plain_run_cannot_be_revoked(self, runs: Any) -> None:
        assert code_of(runs.signal, runs.start(PAUSE), "Revoke") == SIGNAL_ERROR
