# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users are told that an execution waits for."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.pending import (
    awaits_decision,
    waiting_for,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    BOB,
    EXECUTION_ID,
    gate,
    interactive,
    pause,
    run,
    step,
)

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)

SIGNALS = {
    "a gate": (run("Waiting", gate("g", "Waiting")), "g", ["Approve", "Reject"]),
    "a pause": (run("Waiting", pause("p", "Waiting")), "p", ["Resume"]),
    "an action of the future": (run("Waiting", step("c", "aws:confer", "Waiting")), "c", []),
    "a change request": (run("PendingApproval", subtype="ChangeRequest"), None, ["Approve", "Reject"]),
    "its freeze approvers": (run("PendingChangeCalendarOverride"), None, ["Approve", "Reject"]),
    "between two steps": (interactive("Waiting", step("s", status="Success")), None, ["StartStep"]),
    "a pause that was started by hand": (interactive("Waiting", pause("p", "Waiting")), "p", ["Resume"]),
}


@pytest.mark.parametrize(("execution", "step_name", "signals"), SIGNALS.values(), ids=SIGNALS)
def test_which_step_waits_and_which_signals_it_takes(execution, step_name, signals):
    (wait,) = waiting_for(execution)
    assert (wait.step.name if wait.step else None) == step_name
    assert list(wait.signals) == signals


@pytest.mark.parametrize(
    "execution",
    [
        run("InProgress", step("s", status="InProgress")),
        run("Pending"),
        run("Success", gate("g", "Success")),
        run("Cancelled", gate("g", "Waiting")),
        run("Approved", subtype="AccessRequest"),
        interactive("InProgress", step("s", status="InProgress")),
        run("Simmering"),
    ],
    ids=lambda execution: execution.status,
)
def test_nothing(execution):
    assert waiting_for(execution) == []


def test_a_gate_tells_who_may_decide_and_who_has():
    inputs = {
        "Approvers": json.dumps([ALICE, BOB, "carol"]),
        "MinRequiredApprovals": "2",
        "Message": json.dumps("May it go?"),
    }
    decisions = [json.dumps({"Approver": BOB, "ApprovalStatus": "Approve"})]
    (wait,) = waiting_for(
        run("Waiting", Step("g", "aws:approve", "Waiting", inputs=inputs, outputs={"ApproverDecisions": decisions}))
    )
    assert wait.approvals.approvers == [ALICE, BOB, "carol"]
    assert (wait.approvals.min_required_approvals, wait.approvals.approvals_missing) == (2, 1)
    assert [(each.approver, each.decision) for each in wait.approvals.decisions] == [(BOB, "Approved")]
    assert wait.approvals.message == "May it go?"


@pytest.mark.parametrize("approvers", ["not JSON", '"a name"', "7"])
def test_inputs_that_cannot_be_read_are_left_out(approvers):
    (wait,) = waiting_for(run("Waiting", Step("g", "aws:approve", "Waiting", inputs={"Approvers": approvers})))
    assert wait.approvals.approvers == []
    assert wait.approvals.message is None


@pytest.mark.parametrize(
    ("started_at", "seconds", "times_out_at"),
    [
        (NOON, 3600, "2026-05-04T13:00:00+00:00"),
        (NOON, None, "2026-05-11T12:00:00+00:00"),
        (None, 3600, None),
    ],
    ids=["own time-out", "default of a week", "start not known"],
)
def test_when_the_wait_times_out(started_at, seconds, times_out_at):
    (wait,) = waiting_for(run("Waiting", pause("p", "Waiting", started_at=started_at, timeout_seconds=seconds)))
    assert wait.times_out_at == times_out_at


def test_between_two_steps_the_service_names_the_next_ones():
    (wait,) = waiting_for(interactive("Waiting", step("s", status="Success", valid_next_steps=["t", "u"])))
    assert list(wait.valid_next_steps) == ["t", "u"]


S_BEGUN = step("s", status="Success", valid_next_steps=["t", "u"], started_at=NOON)
T_BEGUN = step("t", status="Failed", valid_next_steps=["v"], started_at=NOON + datetime.timedelta(minutes=1))
V_AHEAD = step("v", status="Pending", valid_next_steps=["w"])


@pytest.mark.parametrize(
    ("steps", "valid"),
    [
        ([], []),
        ([V_AHEAD], []),
        ([S_BEGUN, V_AHEAD], ["t", "u"]),
        ([S_BEGUN, T_BEGUN, V_AHEAD], ["v"]),
        ([T_BEGUN, S_BEGUN, V_AHEAD], ["v"]),
    ],
    ids=["none is listed", "none has begun", "the others are ahead", "two have begun", "the later one stands first"],
)
def test_the_next_steps_are_those_of_the_step_that_began_last(steps, valid):
    (wait,) = waiting_for(interactive("Waiting", *steps))
    assert list(wait.valid_next_steps) == valid


def test_a_summary_tells_the_step_and_the_signals_but_no_approvers():
    summary = {
        "AutomationExecutionId": EXECUTION_ID,
        "AutomationExecutionStatus": "Waiting",
        "CurrentStepName": "g",
        "CurrentAction": "aws:approve",
    }
    (wait,) = waiting_for(Execution.from_summary(summary))
    assert (wait.step.name, list(wait.signals), wait.approvals) == ("g", ["Approve", "Reject"], None)


def test_awaits_decision():
    assert awaits_decision(run("Waiting", gate("g", "Waiting")))
    assert awaits_decision(run("PendingApproval"))
    assert not awaits_decision(run("Waiting", pause("p", "Waiting")))
    assert not awaits_decision(run("Success"))


def enhanced(*approvers, **inputs):
    encoded = {
        name: json.dumps(value) for name, value in {**inputs, "EnhancedApprovals": {"Approvers": approvers}}.items()
    }
    return run("Waiting", Step("g", "aws:approve", "Waiting", inputs=encoded))


ENHANCED = {
    "a level": ([{"approver": "g-1", "type": "SSOGroup"}], {"MinRequiredApprovals": 2}, 2),
    "lines": ([{"approver": name, "type": "IamUser", "minRequiredApprovals": 1} for name in ("a", "b")], {}, 2),
    "lines that need more than their level": (
        [{"approver": name, "type": "IamUser", "minRequiredApprovals": 2} for name in ("a", "b")],
        {"MinRequiredApprovals": 3},
        4,
    ),
    "a level that needs more than its lines": (
        [{"approver": "a", "type": "IamGroup", "minRequiredApprovals": 1}],
        {"MinRequiredApprovals": 3},
        3,
    ),
    "nothing about numbers": ([{"approver": "a", "type": "IamRole"}], {}, 1),
    "numbers that are none": ([{"approver": "a", "type": "IamRole", "minRequiredApprovals": "many"}], {}, 1),
}


@pytest.mark.parametrize(("approvers", "inputs", "needed"), ENHANCED.values(), ids=ENHANCED)
def test_enhanced_approvals(approvers, inputs, needed):
    (wait,) = waiting_for(enhanced(*approvers, **inputs))
    assert wait.approvals.approvers == [each["approver"] for each in approvers]
    assert [(each.approver, each.type) for each in wait.approvals.enhanced_approvers] == [
        (each["approver"], each["type"]) for each in approvers
    ]
    assert (wait.approvals.min_required_approvals, wait.approvals.approvals_missing) == (needed, needed)


def test_a_gate_that_waits_misses_an_approval_though_there_are_enough_in_all():
    execution = enhanced(
        {"approver": "a", "type": "IamGroup"}, {"approver": "b", "type": "IamUser", "minRequiredApprovals": 1}
    )
    (gate,) = execution.steps
    decisions = [json.dumps({"Approver": "a", "ApprovalStatus": "Approve"})]
    (wait,) = waiting_for(replace(execution, steps=(gate._replace(outputs={"ApproverDecisions": decisions}),)))
    assert wait.approvals.approvals_missing == 1


@pytest.mark.parametrize("unread", ["not JSON", "7", '{"Approvers": 7}', '{"Approvers": ["a"]}'])
def test_enhanced_approvals_that_cannot_be_read_are_left_out(unread):
    (wait,) = waiting_for(run("Waiting", Step("g", "aws:approve", "Waiting", inputs={"EnhancedApprovals": unread})))
    assert (wait.approvals.approvers, wait.approvals.enhanced_approvers) == ([], [])
