# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be read off a gate."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import gates
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, EXECUTION_ID, gate


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
