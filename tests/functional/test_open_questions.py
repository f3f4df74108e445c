# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules under every answer to what nobody knows about AWS; docs/fidelity.md lists the questions."""

from __future__ import annotations

import pytest

from automation_emulator.testing import AutomationEmulator

INVALID, DENIED = "InvalidAutomationSignalException", "AccessDeniedException"


@pytest.fixture
def gate(emulator):
    """A gate that takes two approvals of three approvers."""
    return emulator.start("OneGate", Approvers=["alice", "bob", "carol"])


def approvals(emulator, execution_id):
    (step,) = emulator.execution(execution_id)["StepExecutions"]
    return step["StepStatus"], len(step["Outputs"]["ApproverDecisions"])


def step_of(result, name):
    return next(step for step in result["automation_execution"]["step_executions"] if step["step_name"] == name)


def failed_with(result, code):
    return result["failed"] is True and result["changed"] is False and result["error"]["code"] == code


class TestGates:
    @pytest.mark.parametrize("answer", [INVALID, DENIED])
    def test_an_unlisted_approver_fails_with_the_error_of_the_service(self, emulator, signal, gate, answer):
        emulator.choose(unlisted_approver_error=answer)
        result = signal("Approve", gate, **emulator.user("dave"))
        assert failed_with(result, answer)
        assert approvals(emulator, gate) == ("Waiting", 0)

    @pytest.mark.parametrize("shown", [True, False])
    @pytest.mark.parametrize("answer", ["error", "ignore"])
    def test_a_second_approval_never_counts_twice(self, emulator, signal, alice, bob, gate, answer, shown):
        emulator.choose(repeated_decision=answer, decisions_while_waiting=shown)
        assert signal("Approve", gate, **alice)["changed"] is True
        again = signal("Approve", gate, **alice)
        # Where the gate shows nobody's decisions, only the service knows that this is the second one.
        assert len(emulator.requests("SendAutomationSignal")) == (1 if shown else 2)
        assert again.get("failed", False) is (answer == "error" and not shown)
        if shown:
            assert again["changed"] is False
        emulator.choose(decisions_while_waiting=True)
        assert signal("Approve", gate, **bob)["automation_execution_status"] == "Success"

    @pytest.mark.parametrize(
        ("answer", "status"), [("error", "Waiting"), ("ignore", "Waiting"), ("overwrite", "Failed")]
    )
    def test_who_changes_their_mind_is_told_what_came_of_it(self, emulator, signal, alice, gate, answer, status):
        emulator.choose(changed_decision=answer)
        signal("Approve", gate, **alice)
        result = signal("Reject", gate, **alice)
        assert result["automation_execution_status"] == status
        assert result.get("failed", False) is (answer == "error")

    @pytest.mark.parametrize(("ends", "status"), [(True, "Failed"), (False, "Waiting")])
    def test_a_rejection_is_sent_once(self, emulator, signal, alice, gate, ends, status):
        emulator.choose(one_rejection_ends_gate=ends)
        result = signal("Reject", gate, **alice)
        assert result["changed"] is True
        assert result["automation_execution_status"] == status
        assert signal("Reject", gate, step_name="gate", **alice)["changed"] is False
        assert len(emulator.requests("SendAutomationSignal")) == 1

    @pytest.mark.parametrize("retried", [False, True])
    def test_a_gate_that_asks_again_is_approved_again(self, emulator, signal, alice, retried):
        emulator.choose(rejection_is_retried=retried)
        step = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["alice"]}, "maxAttempts": 2}
        emulator.register(Asking={"schemaVersion": "0.3", "mainSteps": [step]})
        execution_id = AutomationEmulator.start(emulator, "Asking")
        result = signal("Reject", execution_id, **alice)
        status = "Waiting" if retried else "Failed"
        assert (result["changed"], result["automation_execution_status"]) == (True, status)
        again = signal("Approve", execution_id, step_name="gate", **alice)
        assert again.get("failed", False) is not retried
        assert again["changed"] is retried

    @pytest.mark.parametrize(
        "answers",
        [
            {"decisions_encoding": "items"},
            {"decisions_encoding": "one_item"},
            {"decision_approver": "listed"},
            {"decision_approver": "caller"},
            {"decisions_with_comment": False},
            {"decisions_with_comment": True},
        ],
    )
    def test_an_own_decision_is_found_in_whatever_form(self, emulator, signal, alice, gate, answers):
        emulator.choose(**answers)
        assert signal("Approve", gate, comment="go", **alice)["changed"] is True
        again = signal("Approve", gate, **alice)
        assert (again.get("failed", False), again["changed"]) == (False, False)
        assert "1 of 2 approvals" in again["msg"]
        assert len(emulator.requests("SendAutomationSignal")) == 1


class TestSteps:
    @pytest.mark.parametrize(
        ("answer", "failed", "run_status", "step_status"),
        [
            ("cancel_execution", False, "Cancelled", "Cancelled"),
            ("next_step", False, "Waiting", "Cancelled"),
            ("refuse", True, "InProgress", "InProgress"),
        ],
    )
    def test_stop_step_in_auto(self, emulator, signal, answer, failed, run_status, step_status):
        emulator.choose(stop_step_in_auto=answer)
        execution_id = emulator.start("Maintenance")
        result = signal("StopStep", execution_id, step_name="drain", return_execution="always")
        assert (result.get("failed", False), result["changed"]) == (failed, not failed)
        assert result["automation_execution_status"] == run_status
        assert step_of(result, "drain")["step_status"] == step_status

    @pytest.mark.parametrize("answer", [INVALID, "AutomationStepNotFoundException"])
    def test_a_step_that_has_ended_is_not_stopped(self, emulator, signal, answer):
        emulator.choose(stop_ended_step_error=answer)
        execution_id = emulator.start("Maintenance", mode="Interactive")
        ended = step_of(signal("StartStep", execution_id, step_name="drain", wait=True), "drain")
        about = {"step_execution_id": ended["step_execution_id"]}
        assert signal("StopStep", execution_id, **about)["changed"] is False
        assert len(emulator.requests("SendAutomationSignal")) == 1
        assert failed_with(signal("StopStep", execution_id, force=True, **about), answer)

    @pytest.mark.parametrize("full", [True, False])
    def test_steps_ahead_are_known_by_name(self, emulator, signal, full):
        emulator.choose(pending_steps_in_full=full)
        execution_id = emulator.start("Maintenance")
        early = signal("Resume", execution_id, step_name="patch_by_hand")
        assert (early["failed"], early["verdict"]) == (True, "not_yet")
        assert "no step `patch`" in signal("Resume", execution_id, step_name="patch")["msg"]
        result = signal("Resume", execution_id, step_name="patch_by_hand", ready_timeout=60)
        assert result["changed"] is True

    @pytest.mark.parametrize("listed", [2, 100])
    def test_a_list_of_steps_may_be_cut_short(self, emulator, signal, alice, listed):
        emulator.choose(truncate_steps_over=listed)
        execution_id = emulator.start("TwoGates", Approvers=["alice", "alice"])
        emulator.sleep(20)
        result = signal("Approve", execution_id, step_name="approve_staging", **alice)
        assert result["changed"] is True
        assert len(result["automation_execution"]["step_executions"]) == 4

    @pytest.mark.parametrize("delay", [0, 15])
    def test_a_run_may_begin_late(self, emulator, signal, delay):
        emulator.choose(start_delay_seconds=delay)
        execution_id = emulator.start("PauseAfterPause")
        result = signal("Resume", execution_id, step_name="first_pause", ready_timeout=60)
        assert result["changed"] is True

    @pytest.mark.parametrize("delay", [0, 5])
    def test_an_effect_may_show_late(self, emulator, signal, delay):
        emulator.choose(signal_delay_seconds=delay)
        execution_id = emulator.start("PauseAfterPause")
        result = signal("Resume", execution_id, step_name="first_pause", wait=True)
        assert result["changed"] is True
        assert result["automation_execution"]["current_step_name"] == "second_pause"
        assert len(emulator.requests("SendAutomationSignal")) == 1


class TestInteractive:
    @pytest.fixture
    def execution_id(self, emulator):
        return emulator.start("Maintenance", mode="Interactive")

    @pytest.mark.parametrize("error", [DENIED, INVALID])
    @pytest.mark.parametrize("starter_only", [True, False])
    def test_others_start_steps_or_are_told(self, emulator, signal, alice, execution_id, starter_only, error):
        emulator.choose(interactive_signal_by_starter_only=starter_only, interactive_stranger_error=error)
        result = signal("StartStep", execution_id, step_name="drain", **alice)
        if starter_only:
            assert failed_with(result, error)
        else:
            assert result["changed"] is True

    @pytest.mark.parametrize("starter_only", [True, False])
    def test_others_stop_it_or_are_told(self, emulator, run, alice, execution_id, starter_only):
        emulator.choose(interactive_stop_by_starter_only=starter_only)
        result = run(state="cancelled", execution_id=execution_id, **alice)
        assert result.get("failed", False) is starter_only
        assert result["changed"] is not starter_only

    @pytest.mark.parametrize("listed", [True, False])
    def test_a_step_is_started_once_whether_listed_ahead_or_not(self, emulator, signal, execution_id, listed):
        emulator.choose(interactive_lists_pending_steps=listed)
        first = signal("StartStep", execution_id, step_name="drain", wait=True)
        assert (first["changed"], step_of(first, "drain")["step_status"]) == (True, "Success")
        assert signal("StartStep", execution_id, step_name="drain")["changed"] is False
        assert len(emulator.requests("SendAutomationSignal")) == 1

    @pytest.mark.parametrize("listed", [True, False])
    def test_the_next_steps_are_told_whether_listed_ahead_or_not(self, emulator, info, signal, execution_id, listed):
        emulator.choose(interactive_lists_pending_steps=listed)
        (found,) = info(automation_execution_ids=[execution_id], include_steps=True)["automation_executions"]
        (before,) = found["waiting_for"]
        assert (before["signals"], before["valid_next_steps"]) == (["StartStep"], [])
        started = signal("StartStep", execution_id, step_name="drain", wait=True)
        (after,) = started["automation_execution"]["waiting_for"]
        assert after["valid_next_steps"] == ["patch_by_hand"]

    @pytest.mark.parametrize("in_order", [True, False])
    def test_a_step_out_of_order_is_started_or_refused(self, emulator, signal, execution_id, in_order):
        emulator.choose(start_step_in_order_only=in_order)
        result = signal("StartStep", execution_id, step_name="refill")
        if in_order:
            assert failed_with(result, INVALID)
        else:
            assert result["changed"] is True

    @pytest.mark.parametrize(("ends", "status"), [(True, "Failed"), (False, "Waiting")])
    def test_a_step_that_fails_ends_the_run_or_not(self, emulator, signal, alice, ends, status):
        emulator.choose(interactive_failure_ends_execution=ends)
        execution_id = emulator.start("OneGate", mode="Interactive")
        signal("StartStep", execution_id, step_name="gate")
        result = signal("Reject", execution_id, step_name="gate", wait=True, **alice)
        assert (result.get("failed", False), result["changed"]) == (False, True)
        assert result["automation_execution_status"] == status


class TestEnds:
    @pytest.mark.parametrize("step_status", ["Success", "Cancelled"])
    @pytest.mark.parametrize("status", ["Success", "Cancelled"])
    def test_what_was_completed_is_no_failure(self, emulator, run, status, step_status):
        emulator.choose(completed_status=status, completed_step_status=step_status)
        execution_id = emulator.start("PauseAfterPause")
        for changed in (True, False):
            result = run(state="completed", execution_id=execution_id, wait=True)
            assert (result.get("failed", False), result["changed"]) == (False, changed)
            assert result["automation_execution_status"] == status

    @pytest.mark.parametrize("delay", [0, 30])
    def test_a_cancel_takes_its_time(self, emulator, run, delay):
        emulator.choose(cancelling_seconds=delay)
        result = run(state="cancelled", execution_id=emulator.start("PauseAfterPause"), wait=True)
        assert (result.get("failed", False), result["changed"]) == (False, True)
        assert result["automation_execution_status"] == "Cancelled"

    @pytest.mark.parametrize("status", ["Cancelled", "Rejected", "Failed", "CompletedWithFailure"])
    def test_access_is_revoked_once(self, emulator, signal, alice, status):
        emulator.choose(revoked_status=status)
        execution_id = emulator.access_request("alice")
        signal("Approve", execution_id, **alice)
        result = signal("Revoke", execution_id, **alice)
        assert (result.get("failed", False), result["changed"]) == (False, True)
        assert result["automation_execution_status"] == status
        assert signal("Revoke", execution_id, **alice)["changed"] is False
        assert len(emulator.requests("SendAutomationSignal")) == 2

    @pytest.mark.parametrize("approvers_only", [True, False])
    def test_others_revoke_or_are_told(self, emulator, signal, alice, bob, approvers_only):
        emulator.choose(revoke_by_approvers_only=approvers_only)
        execution_id = emulator.access_request("alice")
        signal("Approve", execution_id, **alice)
        result = signal("Revoke", execution_id, **bob)
        assert (result.get("failed", False), result["changed"]) == (approvers_only, not approvers_only)
