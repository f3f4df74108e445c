# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be read off a gate."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import gates
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, EXECUTION_ID, gate, pause, run, step


@pytest.mark.parametrize(
    ("texts", "decisions"),
    [
        ([], []),
        (["[]"], []),
        (['{"Approver": "a", "ApprovalStatus": "Approve"}'], [("a", "Approved")]),
        (['[{"Approver": "a", "ApprovalStatus": "Approved"}]'], [("a", "Approved")]),
        (
            ['{"Approver": "a", "ApprovalStatus": "Reject"}', '{"Approver": "b", "ApprovalStatus": "Approve"}'],
            [("a", "Rejected"), ("b", "Approved")],
        ),
        (["not JSON", "7", '["text"]', '{"Approver": "a"}', '{"ApprovalStatus": "Perhaps"}'], []),
    ],
)
def test_decisions_are_read_whatever_form_they_have(texts, decisions):
    step = Step("g", "aws:approve", "Waiting", outputs={"ApproverDecisions": texts})
    assert [(decision.approver, decision.decision) for decision in gates.decisions_at(step)] == decisions


@pytest.mark.parametrize(
    ("text", "needed"), [("2", 2), ('"3"', 3), ("0", 1), ('"many"', 1), ("nonsense", 1), ("[]", 1)]
)
def test_approvals_needed(text, needed):
    assert gates.approvals_needed(Step("g", inputs={"MinRequiredApprovals": text})) == needed


def test_one_approval_is_needed_where_the_inputs_do_not_say():
    assert gates.approvals_needed(Step("g")) == 1


@pytest.mark.parametrize(
    ("step", "phrase"),
    [
        (gate("g"), "0 of 1 approval"),
        (gate("g", decisions=[(ALICE, "Approve")], needed=2), "1 of 2 approvals"),
        (gate("g", decisions=[(ALICE, "Approve"), (BOB, "Reject")], needed=3), "1 of 3 approvals"),
    ],
)
def test_describe_approvals(step, phrase):
    assert gates.describe_approvals(step) == phrase


def test_a_gate_that_a_cut_short_list_leaves_out_is_found_by_the_current_step():
    answer = {
        "AutomationExecutionId": EXECUTION_ID,
        "AutomationExecutionStatus": "Waiting",
        "CurrentStepName": "g",
        "CurrentAction": "aws:approve",
        "StepExecutionsTruncated": True,
        "StepExecutions": [{"StepName": "s", "Action": "aws:sleep", "StepStatus": "Success"}],
    }
    assert gates.waiting_gate(Execution.from_api(answer)).name == "g"


@pytest.mark.parametrize(
    ("step", "decision"),
    [
        (gate("g"), ""),
        (gate("g", "Waiting", [(ALICE, "Approve")], needed=2), ""),
        (gate("g", "Success"), "Approved"),
        (gate("g", "Success", came_to="Approved"), "Approved"),
        (gate("g", "Failed", came_to="Rejected"), "Rejected"),
        (gate("g", "Failed", came_to="Reject"), "Rejected"),
        (gate("g", "TimedOut"), ""),
        (gate("g", "TimedOut", came_to="Pending"), ""),
    ],
)
def test_what_a_gate_came_to(step, decision):
    assert gates.decision_of(step) == decision


TWO_OF_ALICE = gate("g", "Waiting", [(ALICE, "Reject"), (ALICE, "Approve")], needed=2)


@pytest.mark.parametrize(
    ("step", "caller", "verdict", "is_held"),
    [
        (TWO_OF_ALICE, ALICE, gates.APPROVED, True),
        (TWO_OF_ALICE, ALICE, gates.REJECTED, True),
        (TWO_OF_ALICE, BOB, gates.APPROVED, False),
        (TWO_OF_ALICE, "", gates.APPROVED, False),
        (gate("g", "Waiting", [("", "Approve")]), "", gates.APPROVED, False),
        (gate("g", "Waiting", [(ALICE, "Reject")]), ALICE, gates.APPROVED, False),
        (gate("g", "Waiting", [("alice", "Approve")]), ALICE, gates.APPROVED, True),
    ],
)
def test_whether_a_gate_holds_the_callers_decision(step, caller, verdict, is_held):
    decision = gates.decision_by(step, caller, verdict)
    assert (decision is not None) is is_held
    assert decision is None or decision.decision == verdict


@pytest.mark.parametrize(
    ("execution", "waits", "is_live", "takes_decisions"),
    [
        (run("Waiting", step("s", status="Success"), gate("g", "Waiting")), "g", "g", "g"),
        (run("Waiting", pause("p", "Waiting"), gate("g")), "p", "p", None),
        (run("InProgress", gate("g", "Success"), step("s", status="InProgress")), None, "s", None),
        (run("Waiting", step("c", "aws:confer", "Waiting")), "c", "c", "c"),
        (run("Pending", gate("g")), None, None, None),
    ],
    ids=["a gate", "a pause", "running", "an action of the future", "not begun"],
)
def test_the_step_at_which_a_run_is(execution, waits, is_live, takes_decisions):
    found = gates.waiting_step(execution), gates.live_step(execution), gates.waiting_gate(execution)
    assert [getattr(each, "name", None) for each in found] == [waits, is_live, takes_decisions]


def test_gates_are_listed_in_the_order_of_the_execution():
    execution = run("Waiting", gate("g", "Success"), step("s"), gate("h"), pause("p"))
    assert [each.name for each in gates.approval_steps(execution)] == ["g", "h"]
