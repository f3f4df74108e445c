# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision about Approve and Reject where no gate waits for it, as tables of state and signal to verdict."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import (
    Kind,
    decide,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    gate,
    pause,
    run,
    step,
)

SEND, DONE, NOT_YET, NEVER = Kind.SEND, Kind.DONE, Kind.NOT_YET, Kind.NEVER


def approve(step_name=None):
    return Signal("Approve", step_name=step_name)


def reject(step_name=None):
    return Signal("Reject", step_name=step_name)


def check(execution, signal, kind, words):
    verdict = decide(execution, signal)
    assert (verdict.kind, words in verdict.reason) == (kind, True), verdict


APPROVALS = {
    "approved, run goes on": (run("InProgress", gate("g", "Success")), approve(), DONE, "`g` is already Approved"),
    "approved, run has ended": (run("Success", gate("g", "Success")), approve("g"), DONE, "already Approved"),
    "approved, but the run failed later": (
        run("Failed", gate("g", "Success", came_to="Approved"), step("s", status="Failed")),
        approve(),
        DONE,
        "already Approved",
    ),
    "approved, reject comes too late": (
        run("InProgress", gate("g", "Success")),
        reject(),
        NEVER,
        "is Approved already, which Reject cannot undo",
    ),
    "rejected": (run("Failed", gate("g", "Failed", came_to="Rejected")), reject(), DONE, "already Rejected"),
    "rejected, run goes on (onFailure)": (
        run("InProgress", gate("g", "Failed", came_to="Rejected"), step("s", status="InProgress")),
        reject("g"),
        DONE,
        "already Rejected",
    ),
    "rejected, approve comes too late": (
        run("Failed", gate("g", "Failed", came_to="Rejected")),
        approve(),
        NEVER,
        "is Rejected already, which Approve cannot undo",
    ),
    "the outputs know before the status": (
        run("Waiting", gate("g", "Waiting", came_to="Approved")),
        approve("g"),
        DONE,
        "already Approved",
    ),
    "the gate timed out": (run("TimedOut", gate("g", "TimedOut")), approve(), NEVER, "`g` is TimedOut"),
    "the gate was cancelled": (run("Cancelled", gate("g", "Cancelled")), approve(), NEVER, "`g` is Cancelled"),
    "the run is being cancelled": (run("Cancelling", gate("g", "Waiting")), approve(), NEVER, "got no decision"),
    "the run ended before the gate": (run("Failed", gate("g")), approve(), NEVER, "ended Failed"),
    "the run is queued": (run("Pending"), approve(), NOT_YET, "no gate is reached yet"),
    "the run is queued, gate named": (run("Pending"), approve("g"), NOT_YET, "`g` has not begun"),
    "the gate is ahead": (
        run("InProgress", step("s", status="InProgress"), gate("g")),
        approve(),
        NOT_YET,
        "InProgress at step `s`",
    ),
    "both gates are ahead": (run("InProgress", gate("g1"), gate("g2")), approve(), NOT_YET, "no gate is reached yet"),
    "another gate waits": (
        run("Waiting", gate("staging", "Waiting"), gate("prod")),
        approve("prod"),
        NOT_YET,
        "waits at step `staging` (aws:approve), you named `prod`",
    ),
    "a pause waits": (
        run("Waiting", pause("p", "Waiting"), gate("g")),
        approve(),
        NOT_YET,
        "waits at step `p` (aws:pause)",
    ),
    "several gates, none waits": (
        run("InProgress", gate("g1", "Success"), gate("g2")),
        approve(),
        NEVER,
        "name one with step_name: `g1` (Approved), `g2` (Pending)",
    ),
    "several gates, all past": (
        run("Success", gate("g1", "Success"), gate("g2", "Success")),
        approve(),
        NEVER,
        "the execution ended Success; it has several gates and none of them waits, name one with step_name",
    ),
    "no gate at all": (run("InProgress", step("s", status="InProgress")), approve(), NEVER, "no aws:approve step"),
    "no gate at all, a pause waits": (run("Waiting", pause("p", "Waiting")), approve(), NEVER, "use Resume"),
    "no gate at all, ended": (run("Success", step("s", status="Success")), approve(), NEVER, "ended Success"),
    "the named step is a pause": (
        run("Waiting", pause("p", "Waiting"), gate("g")),
        approve("p"),
        NEVER,
        "`p` is an aws:pause step, not a gate: use Resume",
    ),
    "the named step does not exist": (
        run("Waiting", gate("g", "Waiting"), step("s")),
        approve("x"),
        NEVER,
        "no step `x`, its steps are `g`, `s`",
    ),
    "the run has passed the named gate": (
        run("InProgress", gate("g"), step("s", status="InProgress", is_end=True)),
        approve("g"),
        NEVER,
        "step `g` was passed over, no way leads there any more",
    ),
    "the named step is misspelt": (
        run("Waiting", gate("approve", "Waiting")),
        approve("aprove"),
        NEVER,
        "no step `aprove` (did you mean `approve`?), its steps are `approve`",
    ),
    "a loop can still bring the named step": (
        run("InProgress", step("l", "aws:loop", "InProgress")),
        approve("x"),
        NOT_YET,
        "`x` has not begun",
    ),
    "no steps and the run has ended": (run("Cancelled"), approve("g"), NEVER, "never began"),
    "steps are withheld": (
        run("InProgress", step("s", status="InProgress"), steps_complete=False),
        approve(),
        NOT_YET,
        "no gate is reached yet",
    ),
    "steps are withheld, a gate that is seen is past": (
        run("InProgress", gate("g", "Success"), steps_complete=False),
        approve(),
        NEVER,
        "name one with step_name",
    ),
}


@pytest.mark.parametrize(("execution", "signal", "kind", "words"), APPROVALS.values(), ids=APPROVALS)
def test_approve_and_reject(execution, signal, kind, words):
    check(execution, signal, kind, words)


@pytest.mark.parametrize(
    "execution",
    [
        run("InProgress", step("s", status="InProgress"), gate("prod")),
        run("Waiting", pause("p", "Waiting"), gate("prod")),
    ],
    ids=["a step runs", "a pause waits"],
)
def test_only_another_gate_is_told_from_the_one_that_was_named(execution):
    assert "you named" not in decide(execution, approve("prod")).reason


REQUESTS = {
    "waits for a decision": ("PendingApproval", approve(), SEND, "is PendingApproval"),
    "waits for the freeze approvers": ("PendingChangeCalendarOverride", reject(), SEND, "is PendingChange"),
    "approved": ("Approved", approve(), DONE, "it was already Approved"),
    "scheduled": ("Scheduled", approve(), DONE, "it was already Approved"),
    "its runbook runs": ("RunbookInProgress", reject(), NEVER, "Reject cannot undo"),
    "rejected": ("Rejected", reject(), DONE, "already Rejected"),
    "rejected, approve": ("Rejected", approve(), NEVER, "Approve cannot undo"),
    "over": ("CompletedWithSuccess", approve(), NEVER, "ended CompletedWithSuccess"),
    "a gate cannot be guarded": ("PendingApproval", approve("level1"), NEVER, "as a whole and has no steps: leave out"),
}


@pytest.mark.parametrize(("status", "signal", "kind", "words"), REQUESTS.values(), ids=REQUESTS)
def test_approve_and_reject_of_requests_without_steps(status, signal, kind, words):
    check(run(status, subtype="ChangeRequest"), signal, kind, words)
