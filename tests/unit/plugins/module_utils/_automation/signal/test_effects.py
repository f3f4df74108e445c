# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as the visible effect of a signal whose answer got lost, and which signals may be sent again."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.effects import (
    is_visible,
    may_have_hit_other_gate,
    may_repeat,
    other_gate_hit,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    BOB,
    gate,
    interactive,
    pause,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP

AT_GATE = run("Waiting", gate("g", "Waiting", needed=2))
AT_ANOTHER_GATE = run("Waiting", gate("g", "Waiting", [(BOB, "Approve")], needed=2))
REQUESTED = run("PendingApproval", subtype="AccessRequest")
GRANTED = run("Approved", subtype="AccessRequest")
AT_PAUSE = run("Waiting", pause("p", "Waiting"))
RUNNING = interactive("InProgress", step("s", status="InProgress"))
FAILED_BEFORE = interactive("Waiting", step("s", status="Failed"))
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)

VISIBLE = {
    "nothing has changed": (AT_GATE, AT_GATE, APPROVE, ALICE, False),
    "our approval is listed": (
        AT_GATE,
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2)),
        APPROVE,
        ALICE,
        True,
    ),
    "somebody else's approval is listed": (AT_GATE, AT_ANOTHER_GATE, APPROVE, ALICE, False),
    "the gate has passed with our approval": (
        AT_ANOTHER_GATE,
        run("InProgress", gate("g", "Success", [(BOB, "Approve"), (ALICE, "Approve")], needed=2)),
        APPROVE,
        ALICE,
        True,
    ),
    "the gate has passed without us": (
        AT_GATE,
        run("InProgress", gate("g", "Success", [(BOB, "Approve")])),
        APPROVE,
        ALICE,
        False,
    ),
    "the gate has passed, nobody knows through whom": (
        AT_GATE,
        run("InProgress", gate("g", "Success", came_to="Approved")),
        APPROVE,
        ALICE,
        True,
    ),
    "our approval was listed before": (
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=3)),
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve"), (BOB, "Approve")], needed=3)),
        APPROVE,
        ALICE,
        False,
    ),
    "one more approval, we do not know who we are": (AT_GATE, AT_ANOTHER_GATE, APPROVE, "", True),
    "our rejection is listed": (
        AT_GATE,
        run("Failed", gate("g", "Failed", [(ALICE, "Reject")], came_to="Rejected")),
        REJECT,
        ALICE,
        True,
    ),
    "our approval is no rejection": (
        AT_GATE,
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2)),
        REJECT,
        ALICE,
        False,
    ),
    "the gate timed out": (AT_GATE, run("TimedOut", gate("g", "TimedOut")), APPROVE, ALICE, False),
    "the request is granted": (REQUESTED, GRANTED, APPROVE, ALICE, True),
    "the request waits": (REQUESTED, REQUESTED, APPROVE, ALICE, False),
    "the request waits for the next approvers": (
        REQUESTED,
        run("PendingChangeCalendarOverride"),
        APPROVE,
        ALICE,
        True,
    ),
    "the request is rejected": (REQUESTED, run("Rejected"), REJECT, ALICE, True),
    "the request is rejected, we approved": (REQUESTED, run("Rejected"), APPROVE, ALICE, False),
    "the request is cancelled, we rejected": (REQUESTED, run("Cancelled"), REJECT, ALICE, False),
    "the request is cancelled, we approved": (REQUESTED, run("Cancelled"), APPROVE, ALICE, False),
    "the step has left the pause": (AT_PAUSE, run("InProgress", pause("p", "Success")), RESUME, "", True),
    "the step still waits": (AT_PAUSE, AT_PAUSE, RESUME, "", False),
    "the step was cancelled": (AT_PAUSE, run("Cancelled", pause("p", "Cancelled")), RESUME, "", False),
    "the step waits again, in a loop": (
        AT_PAUSE,
        run("Waiting", pause("p", "Success"), pause("p", "Waiting", execution_id="p-2")),
        RESUME,
        "",
        True,
    ),
    "the step has begun": (interactive("Waiting"), RUNNING, START, "", True),
    "the step is listed, but ahead": (interactive("Waiting"), interactive("Waiting", step("s")), START, "", False),
    "the step is not listed": (interactive("Waiting"), interactive("Waiting"), START, "", False),
    "the step has not begun again": (FAILED_BEFORE, FAILED_BEFORE, START, "", False),
    "the step has begun again": (
        FAILED_BEFORE,
        interactive("InProgress", step("s", status="InProgress", execution_id="s-2")),
        START,
        "",
        True,
    ),
    "the step has begun again under the same id": (
        FAILED_BEFORE,
        interactive("InProgress", step("s", status="InProgress", started_at=NOON)),
        START,
        "",
        True,
    ),
    "the step is being stopped": (RUNNING, interactive("InProgress", step("s", status="Cancelling")), STOP, "", True),
    "the step is stopped": (RUNNING, interactive("Waiting", step("s", status="Cancelled")), STOP, "", True),
    "the step has ended by itself": (RUNNING, interactive("Waiting", step("s", status="Success")), STOP, "", False),
    "the access request has ended": (GRANTED, run("Cancelled"), REVOKE, "", True),
    "the access request stands": (GRANTED, GRANTED, REVOKE, "", False),
}


@pytest.mark.parametrize(("before", "now", "signal", "caller", "visible"), VISIBLE.values(), ids=VISIBLE)
def test_is_visible(before, now, signal, caller, visible):
    step_before = before.steps[0] if before.steps else None
    assert is_visible(before, now, signal, step_before, caller) is visible


REPEATABLE = {
    "resume": (RESUME, AT_PAUSE, True),
    "stop": (STOP, RUNNING, True),
    "start runs the step again": (START, interactive("Waiting"), False),
    "approve at the only gate": (APPROVE, run("Waiting", gate("g", "Waiting"), step("s")), True),
    "reject at the last gate": (REJECT, run("Waiting", gate("f", "Success"), gate("g", "Waiting")), True),
    "the gate that it was for has passed": (
        APPROVE,
        run("InProgress", gate("g", "Success"), gate("h"), pause("p", "Waiting")),
        False,
    ),
    "approve could hit the next gate": (APPROVE, run("Waiting", gate("g", "Waiting"), gate("h")), False),
    "approve could hit a gate that is not listed": (APPROVE, run("Waiting", gate("g"), steps_complete=False), False),
    "approve could hit the gate again in a loop": (
        APPROVE,
        run("Waiting", gate("g", "Waiting"), step("l", "aws:loop", "InProgress")),
        False,
    ),
    "approve could hit the next level of a request": (APPROVE, REQUESTED, False),
}


@pytest.mark.parametrize(("signal", "execution", "harmless"), REPEATABLE.values(), ids=REPEATABLE)
def test_may_repeat(signal, execution, harmless):
    step_before = next((each for each in execution.steps if each.waits), None)
    assert may_repeat(signal, execution, step_before) is harmless


AT_FIRST_GATE = run("Waiting", gate("g", "Waiting"), gate("h"))
OURS, THEIRS = [(ALICE, "Approve")], [(BOB, "Approve")]
STRAYED = {
    "it hit the gate that it was for": (run("Waiting", gate("g", "Success", OURS), gate("h", "Waiting")), False, None),
    "somebody decided at the next gate as well": (
        run("InProgress", gate("g", "Success", OURS), gate("h", "Success", THEIRS)),
        True,
        None,
    ),
    "somebody passed the gate, it hit the next": (
        run("InProgress", gate("g", "Success", THEIRS), gate("h", "Success", OURS)),
        True,
        "h",
    ),
    "nobody knows yet": (AT_FIRST_GATE, False, None),
}


def test_decisions_that_other_gates_held_before_raise_no_suspicion():
    before = run("Waiting", gate("g", "Success", THEIRS), gate("h", "Waiting"))
    now = run("InProgress", gate("g", "Success", THEIRS), gate("h", "Success", OURS))
    assert not may_have_hit_other_gate(before, now, before.steps[1])


@pytest.mark.parametrize(("now", "suspicious", "hit"), STRAYED.values(), ids=STRAYED)
def test_a_decision_that_hit_another_gate_is_noticed(now, suspicious, hit):
    first_gate = AT_FIRST_GATE.steps[0]
    assert may_have_hit_other_gate(AT_FIRST_GATE, now, first_gate) is suspicious
    other = other_gate_hit(AT_FIRST_GATE, now, APPROVE, first_gate, ALICE)
    assert (other.name if other else None) == hit
