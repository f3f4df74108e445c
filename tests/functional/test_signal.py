# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_automation_signal against the emulator: what it sends, what it refuses, and what it says."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.functional.conftest import NOBODYS


@pytest.fixture
def at_first_gate(emulator):
    execution_id = emulator.start("TwoGates")
    emulator.sleep(20)
    return execution_id


@pytest.fixture
def at_second_gate(emulator, alice, bob, at_first_gate):
    for user in (alice, bob):
        emulator.client("ssm", **user).send_automation_signal(AutomationExecutionId=at_first_gate, SignalType="Approve")
    return at_first_gate


@pytest.fixture
def at_pause(emulator):
    execution_id = emulator.start("Maintenance")
    emulator.sleep(40)
    return execution_id


def sent(emulator):
    return [
        (entry["parameters"]["SignalType"], entry["parameters"].get("Payload"))
        for entry in emulator.requests("SendAutomationSignal")
    ]


def step(result, name):
    return next(step for step in result["automation_execution"]["step_executions"] if step["step_name"] == name)


class TestApprove:
    def test_it_is_sent_once_and_told(self, emulator, signal, alice, at_second_gate):
        emulator.forget_requests()
        result = signal("Approve", at_second_gate, step_name="approve_production", comment="Looks good", **alice)
        assert result["changed"] is True
        assert result["verdict"] == "send"
        assert result["signal"] == {
            "type": "Approve",
            "payload": {"Comment": ["Looks good"]},
            "step_name": "approve_production",
            "step_execution_id": None,
            "sent": True,
            "attempts": 1,
        }
        assert step(result, "approve_production")["step_status"] == "Success"
        assert result["diff"]["before"]["step_status"] == "Waiting"
        assert result["diff"]["after"]["step_status"] == "Success"
        assert "Sent Approve for step `approve_production`" in result["msg"]
        assert emulator.operations() == ["GetAutomationExecution", "SendAutomationSignal", "GetAutomationExecution"]
        assert sent(emulator) == [("Approve", {"Comment": ["Looks good"]})]

    def test_check_mode_tells_the_same_and_sends_nothing(self, emulator, signal, alice, at_second_gate):
        emulator.forget_requests()
        result = signal.check("Approve", at_second_gate, step_name="approve_production", **alice)
        assert result["changed"] is True
        assert result["signal"]["sent"] is False
        assert result["diff"]["after"]["step_status"] == "Success"
        assert "Would send Approve" in result["msg"]
        assert emulator.operations() == ["GetAutomationExecution"]

    def test_again_it_is_unchanged(self, emulator, signal, alice, at_second_gate):
        signal("Approve", at_second_gate, step_name="approve_production", **alice)
        emulator.forget_requests()
        for run in (signal, signal.check):
            result = run("Approve", at_second_gate, step_name="approve_production", **alice)
            assert result["changed"] is False
            assert result["verdict"] == "already_done"
            assert "`approve_production` is already Approved" in result["msg"]
        assert emulator.operations() == ["GetAutomationExecution"] * 2

    def test_with_more_approvals_needed_the_gate_goes_on_waiting(self, signal, alice, at_first_gate):
        result = signal("Approve", at_first_gate, **alice)
        assert result["changed"] is True
        assert step(result, "approve_staging")["step_status"] == "Waiting"
        assert "has 1 of 2 approvals" in result["msg"]

    def test_with_more_approvals_needed_a_second_approval_by_the_same_caller_is_not_sent(
        self, emulator, signal, alice, at_first_gate
    ):
        signal("Approve", at_first_gate, **alice)
        emulator.forget_requests()
        result = signal("Approve", at_first_gate, **alice)
        assert result["changed"] is False
        assert (
            "the caller has approved at gate `approve_staging` before (as alice); the gate has 1 of 2 approvals"
            in result["msg"]
        )
        assert emulator.operations() == ["GetAutomationExecution", "GetCallerIdentity"]

    def test_the_second_approver_opens_the_gate(self, signal, alice, bob, at_first_gate):
        signal("Approve", at_first_gate, **alice)
        result = signal("Approve", at_first_gate, **bob)
        assert result["changed"] is True
        assert step(result, "approve_staging")["step_status"] == "Success"

    def test_the_guard_holds_while_another_gate_waits(self, emulator, signal, alice, at_first_gate):
        result = signal("Approve", at_first_gate, step_name="approve_production", **alice)
        assert result["failed"] is True
        assert result["verdict"] == "not_yet"
        assert "waits at step `approve_staging` (aws:approve), you named `approve_production`" in result["msg"]
        assert sent(emulator) == []

    def test_an_approver_who_is_not_listed_is_refused_by_the_service(self, emulator, signal, at_first_gate):
        result = signal("Approve", at_first_gate, **emulator.user("carol"))
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == "InvalidAutomationSignalException"
        assert "The gate still waits, and you are none of its approvers: you are " in result["msg"]
        assert ":user/carol, they are alice, bob (" in result["msg"]
        assert "diff" not in result

    def test_a_session_of_a_listed_role_counts(self, emulator, signal):
        role = "arn:aws:iam::123456789012:role/approvers"
        execution_id = emulator.start("Maintenance", Approvers=[role])
        emulator.sleep(40)
        emulator.client("ssm").send_automation_signal(
            AutomationExecutionId=execution_id, SignalType="Resume", Payload={"StepName": ["patch_by_hand"]}
        )
        emulator.sleep(40)
        result = signal("Approve", execution_id, step_name="sign_off", **emulator.role_session(role, "on-call"))
        assert result["changed"] is True
        assert step(result, "sign_off")["step_status"] == "Success"


class TestReject:
    def test_it_ends_the_run(self, emulator, signal, alice, at_first_gate):
        result = signal("Reject", at_first_gate, comment="Not today", **alice)
        assert result["changed"] is True
        assert result["automation_execution"]["automation_execution_status"] == "Failed"
        assert sent(emulator) == [("Reject", {"Comment": ["Not today"]})]

    def test_again_it_is_unchanged_and_approve_comes_too_late(self, emulator, signal, alice, bob, at_first_gate):
        signal("Reject", at_first_gate, **alice)
        emulator.forget_requests()
        assert signal("Reject", at_first_gate, step_name="approve_staging", **bob)["changed"] is False
        result = signal("Approve", at_first_gate, step_name="approve_staging", **bob)
        assert result["failed"] is True
        assert result["verdict"] == "never"
        assert "`approve_staging` is Rejected already, which Approve cannot undo" in result["msg"]
        assert sent(emulator) == []


class TestResume:
    def test_it_carries_on_and_again_it_is_unchanged(self, emulator, signal, at_pause):
        assert signal.check("Resume", at_pause, step_name="patch_by_hand")["changed"] is True
        assert signal("Resume", at_pause, step_name="patch_by_hand")["changed"] is True
        assert signal.check("Resume", at_pause, step_name="patch_by_hand")["changed"] is False
        again = signal("Resume", at_pause, step_name="patch_by_hand")
        assert again["changed"] is False
        assert "`patch_by_hand` is already resumed" in again["msg"]
        assert sent(emulator) == [("Resume", {"StepName": ["patch_by_hand"]})]

    def test_a_gate_is_answered_with_the_right_signal(self, signal, at_first_gate):
        result = signal("Resume", at_first_gate, step_name="approve_staging")
        assert "`approve_staging` is an aws:approve step, not aws:pause: use Approve or Reject" in result["msg"]

    def test_a_step_that_does_not_exist_is_answered_with_those_that_do(self, signal, at_pause):
        result = signal("Resume", at_pause, step_name="patch")
        assert "no step `patch`, its steps are `drain`, `patch_by_hand`, `refill`, `sign_off`" in result["msg"]

    def test_too_early_it_fails_at_once(self, emulator, signal):
        result = signal("Resume", emulator.start("Maintenance"), step_name="patch_by_hand")
        assert result["verdict"] == "not_yet"
        assert "InProgress at step `drain` (aws:sleep)" in result["msg"]


class TestInteractive:
    def test_start_step_runs_one_step_and_again_it_is_unchanged(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        assert signal.check("StartStep", execution_id, step_name="drain")["changed"] is True
        started = signal("StartStep", execution_id, step_name="drain")
        assert started["changed"] is True
        assert step(started, "drain")["step_status"] == "InProgress"
        assert signal("StartStep", execution_id, step_name="drain")["changed"] is False
        assert signal.check("StartStep", execution_id, step_name="drain")["changed"] is False
        emulator.sleep(40)
        done = signal("StartStep", execution_id, step_name="drain")
        assert done["changed"] is False
        assert "already Success (force runs it again)" in done["msg"]
        assert sent(emulator) == [("StartStep", {"StepName": ["drain"]})]

    def test_force_runs_a_step_again(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        signal("StartStep", execution_id, step_name="drain", wait=True)
        emulator.forget_requests()
        result = signal("StartStep", execution_id, step_name="drain", force=True)
        assert result["changed"] is True
        assert emulator.operations() == ["SendAutomationSignal", "GetAutomationExecution"]

    def test_start_step_waits_for_the_step(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        result = signal("StartStep", execution_id, step_name="drain", wait=True)
        assert step(result, "drain")["step_status"] == "Success"
        assert result["automation_execution"]["automation_execution_status"] == "Waiting"

    def test_stop_step_by_name_and_again(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        running = step(signal("StartStep", execution_id, step_name="drain"), "drain")["step_execution_id"]
        preview = signal.check("StopStep", execution_id, step_name="drain")
        assert preview["changed"] is True
        assert preview["signal"]["step_execution_id"] == running
        stopped = signal("StopStep", execution_id, step_name="drain")
        assert stopped["changed"] is True
        assert stopped["signal"]["payload"] == {"StepExecutionId": [running]}
        assert step(stopped, "drain")["step_status"] == "Cancelled"
        assert signal.check("StopStep", execution_id, step_name="drain")["changed"] is False
        assert signal("StopStep", execution_id, step_execution_id=running)["changed"] is False

    def test_start_step_of_an_unknown_step_is_answered_with_those_listed(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        signal("StartStep", execution_id, step_name="drain", wait=True)
        result = signal("StartStep", execution_id, step_name="drian")
        assert result["error"]["code"] == "AutomationStepNotFoundException"
        assert (
            "no step `drian` (did you mean `drain`?): check the name against the runbook"
            " (steps known so far: `drain`, `patch_by_hand`)" in result["msg"]
        )

    def test_start_step_is_not_for_mode_auto(self, signal, at_pause):
        result = signal("StartStep", at_pause, step_name="refill")
        assert "mode Auto: StartStep is for executions started with Mode Interactive" in result["msg"]


class TestRevoke:
    @pytest.fixture
    def request_id(self, emulator):
        return emulator.access_request("alice")

    def test_an_access_request_is_approved_and_revoked(self, emulator, signal, alice, request_id):
        assert signal("Approve", request_id, **alice)["changed"] is True
        assert signal("Approve", request_id, **alice)["changed"] is False
        assert signal.check("Revoke", request_id, **alice)["changed"] is True
        revoked = signal("Revoke", request_id, comment="Done", **alice)
        assert revoked["changed"] is True
        assert sent(emulator) == [("Approve", None), ("Revoke", {"Comment": ["Done"]})]

    def test_an_access_request_that_has_ended_is_not_revoked(self, emulator, signal, alice, request_id):
        signal("Revoke", request_id, **alice)
        emulator.forget_requests()
        for run in (signal.check, signal):
            again = run("Revoke", request_id, **alice)
            assert again["failed"] is True
            assert again["verdict"] == "never"
        assert sent(emulator) == []

    def test_it_is_not_for_ordinary_executions(self, signal, at_pause):
        assert "Revoke is for access requests" in signal("Revoke", at_pause)["msg"]


class TestWaiting:
    def test_ready_timeout_waits_for_the_gate(self, emulator, signal, alice):
        execution_id = emulator.start("TwoGates")
        result = signal("Approve", execution_id, step_name="approve_staging", ready_timeout=60, **alice)
        assert result["changed"] is True

    def test_ready_timeout_runs_out(self, emulator, signal):
        execution_id = emulator.start("Maintenance")
        result = signal("Resume", execution_id, step_name="patch_by_hand", ready_timeout=10)
        assert result["failed"] is True
        assert "within 10 s (ready_timeout)" in result["msg"]
        assert "at step `drain`" in result["msg"]

    def test_ready_timeout_ends_at_once_when_the_run_cannot_get_ready_any_more(self, emulator, signal):
        execution_id = emulator.start("Maintenance")
        emulator.client("ssm").stop_automation_execution(AutomationExecutionId=execution_id)
        before = emulator.monotonic()
        result = signal("Resume", execution_id, step_name="patch_by_hand", ready_timeout=600)
        assert result["verdict"] == "never"
        assert emulator.monotonic() == before

    def test_check_mode_does_not_wait_and_predicts_that_the_execution_gets_ready(self, emulator, signal):
        execution_id = emulator.start("Maintenance")
        before = emulator.monotonic()
        result = signal.check("Resume", execution_id, step_name="patch_by_hand", ready_timeout=60, wait=True)
        assert result["changed"] is True
        assert "it has 60 s to get ready (ready_timeout)" in result["msg"]
        assert emulator.monotonic() == before

    def test_wait_ends_where_the_execution_waits_again(self, signal, at_pause):
        result = signal("Resume", at_pause, step_name="patch_by_hand", wait=True)
        assert result["automation_execution"]["current_step_name"] == "sign_off"
        assert "The execution waits at step `sign_off` (aws:approve) and has 0 of 1 approval" in result["msg"]

    def test_wait_is_not_taken_in_by_an_effect_that_shows_late(self, emulator, signal, at_pause):
        emulator.choose(signal_delay_seconds=5)
        result = signal("Resume", at_pause, step_name="patch_by_hand", wait=True)
        assert result["automation_execution"]["current_step_name"] == "sign_off"

    def test_without_wait_a_late_effect_is_told_as_it_shows(self, emulator, signal, at_pause):
        emulator.choose(signal_delay_seconds=5)
        result = signal("Resume", at_pause, step_name="patch_by_hand")
        assert result["changed"] is True
        assert result["diff"]["after"]["step_status"] == "Waiting"

    def test_wait_ends_with_the_run(self, signal, alice, at_second_gate):
        result = signal("Approve", at_second_gate, wait=True, **alice)
        assert result["automation_execution"]["automation_execution_status"] == "Success"
        assert "The execution ended Success at " in result["msg"]

    def test_wait_waits_for_the_rest_of_the_approvals_and_runs_out(self, signal, alice, at_first_gate):
        result = signal("Approve", at_first_gate, wait=True, wait_timeout=30, **alice)
        assert result["failed"] is True
        assert result["changed"] is True
        assert "did not come to rest within 30 s (wait_timeout)" in result["msg"]
        assert "has 1 of 2 approvals" in result["msg"]

    def test_a_run_that_goes_wrong_fails_the_task_with_the_step_to_blame(self, emulator, signal, alice):
        execution_id = emulator.start("FailsAfterGate")
        result = signal("Approve", execution_id, wait=True, **alice)
        assert result["failed"] is True
        assert result["changed"] is True
        assert (
            "The run went wrong: the execution ended TimedOut: step `migrate` (aws:sleep) is TimedOut" in result["msg"]
        )

    def test_a_rejected_run_that_ends_is_what_was_asked_for(self, signal, alice, at_first_gate):
        result = signal("Reject", at_first_gate, wait=True, **alice)
        assert result.get("failed", False) is False
        assert result["automation_execution"]["automation_execution_status"] == "Failed"

    def test_check_mode_knows_how_a_run_ended_that_has_nothing_to_wait_for(self, emulator, signal, alice):
        execution_id = emulator.start("FailsAfterGate")
        signal("Approve", execution_id, wait=True, **alice)
        for run in (signal.check, signal):
            result = run("Approve", execution_id, wait=True, **alice)
            assert result["failed"] is True
            assert result["changed"] is False
            assert "The run went wrong: the execution ended TimedOut" in result["msg"]

    def test_a_second_run_waits_for_the_same(self, emulator, signal, at_pause):
        signal("Resume", at_pause, step_name="patch_by_hand")
        result = signal("Resume", at_pause, step_name="patch_by_hand", wait=True)
        assert result["changed"] is False
        assert result["automation_execution"]["current_step_name"] == "sign_off"


class TestForce:
    def test_it_sends_without_a_look(self, emulator, signal, alice, at_second_gate):
        emulator.forget_requests()
        result = signal("Approve", at_second_gate, force=True, **alice)
        assert result["changed"] is True
        assert emulator.operations() == ["SendAutomationSignal", "GetAutomationExecution"]

    def test_in_check_mode_it_calls_nothing(self, emulator, signal, at_pause):
        emulator.forget_requests()
        result = signal.check("Resume", at_pause, step_name="patch_by_hand", force=True)
        assert result["changed"] is True
        assert emulator.operations() == []

    def test_what_the_service_refuses_is_explained(self, emulator, signal, at_pause):
        result = signal("Approve", at_pause, force=True)
        assert result["failed"] is True
        assert result["error"]["code"] == "InvalidAutomationSignalException"
        assert "waits at step `patch_by_hand` (aws:pause)" in result["msg"]

    def test_a_step_to_stop_is_looked_up_all_the_same(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        signal("StartStep", execution_id, step_name="drain")
        assert signal("StopStep", execution_id, step_name="drain", force=True)["changed"] is True


class TestErrorsOfTheService:
    def test_an_execution_that_does_not_exist(self, signal):
        for run in (signal, signal.check):
            result = run("Approve", NOBODYS)
            assert result["failed"] is True
            assert result["error"]["code"] == "AutomationExecutionNotFoundException"
            assert "check the id, the region and the credentials" in result["msg"]

    def test_who_may_not_read_sends_without_a_look_and_is_warned(self, emulator, signal, alice, at_first_gate):
        emulator.forget_requests()
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = signal("Approve", at_first_gate, **alice)
        assert result["changed"] is True
        assert "automation_execution" not in result
        assert "may not read execution" in str(result["warnings"])
        assert emulator.operations() == ["GetAutomationExecution", "SendAutomationSignal"]

    def test_who_may_not_read_gets_no_guard(self, emulator, signal, alice, at_first_gate):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = signal("Approve", at_first_gate, step_name="approve_staging", **alice)
        assert result["failed"] is True
        assert result["error"]["code"] == "AccessDeniedException"
        assert sent(emulator) == []

    @pytest.mark.parametrize("force", [False, True])
    def test_who_may_not_read_cannot_wait(self, emulator, signal, alice, at_first_gate, force):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = signal("Approve", at_first_gate, wait=True, force=force, **alice)
        assert result["failed"] is True
        assert "it needs ssm:GetAutomationExecution on the execution" in result["msg"]
        assert sent(emulator) == []

    def test_who_may_not_send(self, emulator, signal, alice, at_first_gate):
        emulator.deny("alice", "ssm:SendAutomationSignal")
        result = signal("Approve", at_first_gate, **alice)
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == "AccessDeniedException"


class TestInvalidInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"signal_type": "Deny"}, "value of signal_type must be one of"),
            ({"execution_id": "short"}, "`short`, 5 characters; an execution id has exactly 36"),
            ({"payload": {"StepName": "g"}}, "StepName does not belong to Approve"),
            ({"payload": {}}, "payload is empty"),
            ({"payload": {"Comment": {"nested": "map"}}}, "Comment holds a map"),
            ({"payload": {"Comment": "x"}, "comment": "x"}, "mutually exclusive: payload|comment"),
            ({"comment": "x" * 513}, "513 characters, the service takes 1 to 512"),
            ({"signal_type": "Resume"}, "Resume needs to know its step"),
            ({"signal_type": "StopStep", "step_name": "s", "step_execution_id": "i"}, "mutually exclusive"),
            ({"step_name": "g", "force": True}, "leave out one of them"),
            ({"wait_delay": 0}, "wait_delay is 0, give at least 1"),
            ({"ready_timeout": -1}, "ready_timeout is -1, give at least 0"),
        ],
    )
    def test_is_told_in_one_sentence_and_nothing_is_called(self, emulator, signal, options, words):
        arguments = {"signal_type": "Approve", "execution_id": "x" * 36, **options}
        for run in (signal, signal.check):
            result = run(**arguments)
            assert result["failed"] is True
            assert words in result["msg"]
            assert "\n" not in result["msg"]
        assert emulator.operations() == []
