# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_automation_execution_info against the emulator: what it finds, what that waits for, and what it costs."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.functional.conftest import NOBODYS


def ids(result):
    return {execution["automation_execution_id"] for execution in result["automation_executions"]}


@pytest.fixture
def executions(emulator):
    """One execution at a gate, one at a pause, one interactive, one that has ended."""
    started = {
        "gate": emulator.start("OneGate"),
        "pause": emulator.start("PauseAfterPause"),
        "interactive": emulator.start("LongStep", mode="Interactive"),
        "ended": emulator.start("FailsAfterGate"),
    }
    emulator.client("ssm").stop_automation_execution(AutomationExecutionId=started["ended"])
    emulator.forget_requests()
    return started


class TestFinding:
    def test_everything(self, emulator, info, executions):
        result = info()
        assert result["changed"] is False
        assert ids(result) == set(executions.values())
        assert emulator.operations() == ["DescribeAutomationExecutions"]

    def test_by_id(self, emulator, info, executions):
        wanted = {executions["gate"], executions["ended"]}
        result = info(automation_execution_ids=[*wanted, NOBODYS])
        assert ids(result) == wanted
        assert emulator.operations() == ["DescribeAutomationExecutions"]

    def test_by_id_in_full(self, emulator, info, executions):
        result = info(automation_execution_ids=list(executions.values()), include_steps=True)
        assert ids(result) == set(executions.values())
        assert all(execution["step_executions"] is not None for execution in result["automation_executions"])
        assert emulator.operations() == ["GetAutomationExecution"] * 4

    @pytest.mark.parametrize("include_steps", [False, True])
    def test_the_bound_counts_what_is_found(self, info, executions, include_steps):
        wanted = [executions["gate"], executions["gate"], NOBODYS, executions["pause"]]
        found = ids(info(automation_execution_ids=wanted, include_steps=include_steps, max_results=2))
        assert found == {executions["gate"], executions["pause"]}

    def test_twenty_five_ids_take_three_calls(self, emulator, info):
        started = [emulator.start("OneGate") for number in range(25)]
        emulator.forget_requests()
        assert ids(info(automation_execution_ids=started)) == set(started)
        assert emulator.operations() == ["DescribeAutomationExecutions"] * 3

    def test_more_than_a_page(self, emulator, info):
        started = [emulator.start("OneGate") for number in range(60)]
        emulator.forget_requests()
        assert ids(info(filters={"DocumentNamePrefix": "OneGate"})) == set(started)
        assert emulator.operations() == ["DescribeAutomationExecutions"] * 2
        assert len(info(max_results=55)["automation_executions"]) == 55

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"DocumentNamePrefix": "One"}, {"gate"}),
            ({"ExecutionStatus": "Waiting"}, {"gate", "pause", "interactive"}),
            ({"ExecutionStatus": ["Waiting", "Cancelled"]}, {"gate", "pause", "interactive", "ended"}),
            ({"ExecutionStatus": "Waiting", "CurrentAction": "aws:pause"}, {"pause"}),
            ({"StartTimeAfter": "2099-01-01T00:00:00Z"}, set()),
        ],
    )
    def test_by_filter(self, info, executions, filters, found):
        assert ids(info(filters=filters)) == {executions[name] for name in found}

    def test_check_mode_finds_the_same(self, info, executions):
        assert info.check()["automation_executions"] == info()["automation_executions"]


class TestWaitingFor:
    def waits(self, info, execution_id, **options):
        (execution,) = info(automation_execution_ids=[execution_id], **options)["automation_executions"]
        return execution["waiting_for"]

    def test_a_gate_in_full(self, emulator, info, alice, executions):
        emulator.client("ssm", **alice).send_automation_signal(
            AutomationExecutionId=executions["gate"], SignalType="Approve"
        )
        (wait,) = self.waits(info, executions["gate"], include_steps=True)
        assert wait["step_name"] == "gate"
        assert wait["action"] == "aws:approve"
        assert wait["signals"] == ["Approve", "Reject"]
        assert wait["approvers"] == ["alice", "bob"]
        assert (wait["min_required_approvals"], wait["approvals_missing"]) == (2, 1)
        assert wait["decisions"] == [{"approver": "alice", "decision": "Approved"}]
        assert wait["times_out_at"] > "2026"

    def test_a_gate_in_short(self, info, executions):
        (wait,) = self.waits(info, executions["gate"])
        assert (wait["step_name"], wait["signals"], wait["approvers"]) == ("gate", ["Approve", "Reject"], None)

    @pytest.mark.parametrize("include_steps", [False, True])
    def test_the_others(self, info, executions, include_steps):
        (pause,) = self.waits(info, executions["pause"], include_steps=include_steps)
        assert (pause["step_name"], pause["signals"]) == ("first_pause", ["Resume"])
        (between,) = self.waits(info, executions["interactive"], include_steps=include_steps)
        assert (between["step_name"], between["signals"]) == (None, ["StartStep"])
        assert self.waits(info, executions["ended"], include_steps=include_steps) == []

    def test_what_waits_for_a_decision_now(self, emulator, info, executions):
        request = emulator.access_request("alice")
        assert ids(info(awaiting_decision=True)) == {executions["gate"], request}
        assert ids(info(awaiting_decision=True, filters={"DocumentNamePrefix": "OneGate"})) == {executions["gate"]}

    def test_what_it_tells_feeds_the_signal_module(self, emulator, info, signal, executions):
        (wait,) = self.waits(info, executions["pause"])
        result = signal(wait["signals"][0], executions["pause"], step_name=wait["step_name"])
        assert result["changed"] is True

    def test_it_is_the_same_in_the_result_of_a_signal(self, info, signal, executions):
        result = signal("Resume", executions["pause"], step_name="first_pause")
        (found,) = info(automation_execution_ids=[executions["pause"]], include_steps=True)["automation_executions"]
        assert result["automation_execution"] == found


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"automation_execution_ids": ["short"]}, "automation_execution_ids[0] is `short`, 5 characters"),
            ({"filters": {"Status": "Failed"}}, "unknown key Status, the service knows DocumentNamePrefix"),
            ({"filters": {"TagKey": "x"}, "automation_execution_ids": ["x" * 36]}, "mutually exclusive"),
            ({"awaiting_decision": True, "filters": {"ExecutionStatus": "Failed"}}, "sets the filter ExecutionStatus"),
            ({"max_results": 0}, "max_results is 0, give at least 1"),
        ],
    )
    def test_bad_options_are_told_before_any_call(self, emulator, info, options, words):
        result = info(**options)
        assert result["failed"] is True
        assert words in result["msg"]
        assert emulator.operations() == []

    def test_who_may_not_list(self, emulator, info, alice):
        emulator.deny("alice", "ssm:DescribeAutomationExecutions")
        result = info(**alice)
        assert result["failed"] is True
        assert result["error"]["code"] == "AccessDeniedException"
