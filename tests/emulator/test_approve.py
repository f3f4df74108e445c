# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:approve: who may decide, and what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

USER = "arn:aws:iam::123456789012:user/approver"
ROLE = "arn:aws:iam::123456789012:role/Approvers"
SESSION = "arn:aws:sts::123456789012:assumed-role/Approvers/first"
DAY = 86400


def gate(*approvers: str, required: int = 1, **members: Any) -> dict[str, Any]:
    inputs = {"Approvers": list(approvers), "MinRequiredApprovals": required}
    return {"name": "approve", "action": "aws:approve", "inputs": inputs, **members}


PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}


def refused(runs: Any, execution: str, signal: str, client: Any = None) -> str:
    with pytest.raises(ClientError) as caught:
        runs.signal(execution, signal, client)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.ledger(
    "signals-8",
    "approve-2",
    "approve-6",
    "approve-7",
    "approve-8",
    "decisions_encoding=items",
    "decision_approver=listed",
    "decisions_with_comment=false",
)
@pytest.mark.parametrize("entry", ["approver", USER])
def test_a_user_approves(runs: Any, account: Any, entry: str) -> None:
    execution = runs.start(gate(entry))
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Approve", account.user("approver"), Comment="go")
    assert runs.status(execution) == "Success"
    outputs = runs.step(execution, "approve")["Outputs"]
    assert outputs["ApprovalStatus"] == ["Approved"]
    (decision,) = map(json.loads, outputs["ApproverDecisions"])
    assert (decision["Approver"], decision["ApprovalStatus"]) == (entry, "Approve")


@pytest.mark.ledger("approve-2", "approve-3")
@pytest.mark.parametrize("entry", [ROLE, SESSION, "arn:aws:iam::123456789012:role/teams/a/Approvers"])
def test_a_session_of_a_role_approves(runs: Any, account: Any, entry: str) -> None:
    execution = runs.start(gate(entry))
    runs.signal(execution, "Approve", account.session("Approvers", "first"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-2", "approve-3", "approve-16", "unlisted_approver_error=InvalidAutomationSignalException")
@pytest.mark.parametrize("entry", [SESSION, "arn:aws:iam::123456789012:role/Others", "Approvers", "second"])
def test_another_session_is_not_meant(runs: Any, account: Any, entry: str) -> None:
    execution = runs.start(gate(entry))
    assert refused(runs, execution, "Approve", account.session("Approvers", "second")) == (
        "InvalidAutomationSignalException"
    )
    assert runs.status(execution) == "Waiting"


@pytest.mark.ledger("approve-13")
def test_the_starter_may_approve_if_listed(runs: Any) -> None:
    execution = runs.start(gate("moto"))
    runs.signal(execution, "Approve")
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("unlisted_approver_error=AccessDeniedException")
def test_an_unlisted_principal_gets_the_chosen_error(runs: Any, account: Any, control: Any) -> None:
    control.choose(unlisted_approver_error="AccessDeniedException")
    execution = runs.start(gate("approver"))
    assert refused(runs, execution, "Approve", account.user("operator")) == "AccessDeniedException"


@pytest.mark.ledger(
    "signals-8", "statuses-4", "approve-5", "approve-6", "approve-7", "results-2", "decisions_while_waiting=true"
)
def test_it_waits_until_enough_have_approved(runs: Any, account: Any) -> None:
    execution = runs.start(gate("approver", "operator", required=2))
    assert runs.step(execution, "approve")["Outputs"] == {"ApprovalStatus": ["Waiting"], "ApproverDecisions": []}
    runs.signal(execution, "Approve", account.user("approver"))
    step = runs.step(execution, "approve")
    assert (step["StepStatus"], len(step["Outputs"]["ApproverDecisions"])) == ("Waiting", 1)
    runs.signal(execution, "Approve", account.user("operator"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-6", "approve-12", "one_rejection_ends_gate=true")
def test_a_rejection_fails_the_run_and_leaves_later_steps_pending(runs: Any, account: Any) -> None:
    execution = runs.start(gate("approver", "operator", required=2), PAUSE)
    runs.signal(execution, "Reject", account.user("approver"))
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "Failed"
    assert [step["StepStatus"] for step in found["StepExecutions"]] == ["Failed", "Pending"]
    assert found["StepExecutions"][0]["Outputs"]["ApprovalStatus"] == ["Rejected"]
    assert "approve" in found["FailureMessage"]


@pytest.mark.ledger("approve-15", "flow-3")
@pytest.mark.parametrize(
    ("members", "final", "pause"),
    [
        ({"onFailure": "Continue"}, "Success", "Success"),
        ({"onFailure": "Continue", "isCritical": True}, "Failed", "Success"),
        ({"onFailure": "step:pause"}, "Failed", "Success"),
        ({"onFailure": "step:pause", "isCritical": False}, "Success", "Success"),
        ({"onFailure": "Continue", "isEnd": True}, "Success", "Pending"),
        ({"onFailure": "Abort", "isCritical": False}, "Failed", "Pending"),
    ],
)
def test_a_rejection_is_a_failure_like_any_other(runs: Any, members: Any, final: str, pause: str) -> None:
    execution = runs.start(gate("moto", **members), PAUSE)
    runs.signal(execution, "Reject")
    if runs.status(execution) == "Waiting":
        runs.signal(execution, "Resume", StepName="pause")
    assert runs.status(execution) == final
    assert runs.step(execution, "pause")["StepStatus"] == pause


@pytest.mark.ledger("approve-10")
@pytest.mark.parametrize(("seconds", "limit"), [(None, 7 * DAY), (600, 600)])
def test_it_times_out(runs: Any, control: Any, seconds: int | None, limit: int) -> None:
    execution = runs.start(gate("approver", **({"timeoutSeconds": seconds} if seconds else {})))
    control.pass_time(limit - 1)
    assert runs.status(execution) == "Waiting"
    control.pass_time(1)
    assert runs.status(execution) == "TimedOut"
    assert runs.step(execution, "approve")["StepStatus"] == "TimedOut"


@pytest.mark.ledger("approve-14", "flow-9")
def test_a_timed_out_gate_spoils_a_run_that_goes_on(runs: Any, control: Any) -> None:
    execution = runs.start(gate("approver", onFailure="step:pause"), PAUSE)
    control.pass_time(7 * DAY)
    runs.signal(execution, "Resume", StepName="pause")
    assert runs.status(execution) == "TimedOut"


@pytest.mark.ledger(
    "approve-17",
    "repeated_decision=error",
    "repeated_decision=ignore",
    "changed_decision=error",
    "changed_decision=ignore",
    "changed_decision=overwrite",
)
@pytest.mark.parametrize(
    ("choices", "second", "outcome", "decisions"),
    [
        ({}, "Approve", "error", 1),
        ({"repeated_decision": "ignore"}, "Approve", "Waiting", 1),
        ({}, "Reject", "error", 1),
        ({"changed_decision": "ignore"}, "Reject", "Waiting", 1),
        ({"changed_decision": "overwrite"}, "Reject", "Failed", 1),
    ],
)
def test_deciding_twice(runs: Any, control: Any, choices: Any, second: str, outcome: str, decisions: int) -> None:
    control.choose(**choices)
    execution = runs.start(gate("moto", "operator", required=2))
    runs.signal(execution, "Approve")
    if outcome == "error":
        assert refused(runs, execution, second) == "InvalidAutomationSignalException"
        outcome = "Waiting"
    else:
        runs.signal(execution, second)
    assert runs.status(execution) == outcome
    assert len(runs.step(execution, "approve")["Outputs"]["ApproverDecisions"]) == decisions


@pytest.mark.ledger("one_rejection_ends_gate=false")
def test_a_gate_can_outlive_a_rejection_if_so_chosen(runs: Any, account: Any, control: Any) -> None:
    control.choose(one_rejection_ends_gate=False)
    execution = runs.start(gate("approver", "operator"))
    runs.signal(execution, "Reject", account.user("approver"))
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Approve", account.user("operator"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("rejection_is_retried=false", "rejection_is_retried=true")
@pytest.mark.parametrize(("choice", "final"), [(False, "Failed"), (True, "Success")])
def test_asking_again_after_a_rejection(runs: Any, control: Any, choice: bool, final: str) -> None:
    control.choose(rejection_is_retried=choice)
    execution = runs.start(gate("moto", maxAttempts=2))
    runs.signal(execution, "Reject")
    if choice:
        assert runs.status(execution) == "Waiting"
        runs.signal(execution, "Approve")
    assert runs.status(execution) == final


@pytest.mark.ledger(
    "decisions_while_waiting=false",
    "decisions_encoding=one_item",
    "decision_approver=caller",
    "decisions_with_comment=true",
)
@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ({"decisions_encoding": "one_item", "decision_approver": "caller", "decisions_with_comment": True}, list),
        ({"decisions_while_waiting": False}, None),
    ],
)
def test_other_forms_of_the_decisions(runs: Any, control: Any, choice: Any, shown: Any) -> None:
    control.choose(**choice)
    execution = runs.start(gate("moto", "operator", required=2))
    runs.signal(execution, "Approve", Comment="go")
    items = runs.step(execution, "approve")["Outputs"]["ApproverDecisions"]
    if shown is None:
        assert items == []
    else:
        (decision,) = json.loads(items[0])
        assert (decision["Approver"], decision["Comment"]) == ("arn:aws:sts::123456789012:user/moto", "go")


@pytest.mark.ledger("signals-14")
@pytest.mark.parametrize("signal", ["Approve", "Reject"])
def test_no_gate_waits(runs: Any, signal: str) -> None:
    execution = runs.start(PAUSE)
    assert refused(runs, execution, signal) == "InvalidAutomationSignalException"
    runs.signal(execution, "Resume", StepName="pause")
    assert refused(runs, execution, signal) == "InvalidAutomationSignalException"


@pytest.mark.ledger("approve-1", "approve-4", "approve-9", "results-8")
@pytest.mark.parametrize(
    "inputs",
    [
        {"Approvers": []},
        {"Approvers": "approver"},
        {"Approvers": ["approver"] * 11},
        {"Approvers": ["approver"], "MinRequiredApprovals": 2},
        {"Approvers": ["approver"], "MinRequiredApprovals": 0},
        {"Approvers": ["approver"], "MinRequiredApprovals": "x"},
        {"Approvers": ["approver"], "Message": "x" * 4097},
    ],
)
def test_inputs_that_make_no_gate_fail_the_step(runs: Any, inputs: Any) -> None:
    execution = runs.start({"name": "approve", "action": "aws:approve", "inputs": inputs})
    step = runs.step(execution, "approve")
    assert step["StepStatus"] == "Failed"
    assert step["FailureDetails"]["FailureStage"] == "InputValidation"


@pytest.mark.ledger("signals-5")
def test_a_second_gate_takes_the_next_signal(runs: Any) -> None:
    execution = runs.start(gate("moto"), {**gate("moto"), "name": "again"})
    runs.signal(execution, "Approve")
    found = runs.get(execution)
    assert (found["CurrentStepName"], found["CurrentAction"]) == ("again", "aws:approve")
    runs.signal(execution, "Reject")
    assert runs.status(execution) == "Failed"
