# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision, as tables of state and signal to verdict. Each row is one rule."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import (
    Kind,
    caller_matters,
    decide,
    nothing_left_to_revoke,
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
from ansible_collections.ssmops.automation.tests.unit.signals import resume, start, stop

SEND, DONE, NOT_YET, NEVER = Kind.SEND, Kind.DONE, Kind.NOT_YET, Kind.NEVER


def approve(step_name=None):
    return Signal("Approve", step_name=step_name)


def reject(step_name=None):
    return Signal("Reject", step_name=step_name)


def check(execution, signal, kind, words, caller=""):
    verdict = decide(execution, signal, caller)
    assert (verdict.kind, words in verdict.reason) == (kind, True), verdict


APPROVALS = {
    "the gate waits": (run("Waiting", gate("g", "Waiting")), approve(), SEND, "`g` waits for a decision"),
    "the gate waits, reject": (run("Waiting", gate("g", "Waiting")), reject(), SEND, "0 of 1 approval"),
    "the named gate waits": (run("Waiting", gate("g", "Waiting")), approve("g"), SEND, "`g` waits"),
    "one gate is past, the next waits": (
        run("Waiting", gate("g1", "Success"), gate("g2", "Waiting")),
        approve(),
        SEND,
        "`g2` waits",
    ),
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


ROLE = "arn:aws:iam::123456789012:role/approvers"
SESSION = "arn:aws:sts::123456789012:assumed-role/approvers/on-call"
OWN_DECISIONS = {
    "nobody decided": ([], approve(), ALICE, SEND, "0 of 2 approvals"),
    "somebody else approved": ([(BOB, "Approve")], approve(), ALICE, SEND, "1 of 2 approvals"),
    "the caller approved": ([(ALICE, "Approve")], approve(), ALICE, DONE, "the caller has approved at gate `g` before"),
    "in the step's own word": ([(ALICE, "Approved")], approve(), ALICE, DONE, "1 of 2 approvals"),
    "the caller approved, now rejects": ([(ALICE, "Approve")], reject(), ALICE, SEND, "1 of 2 approvals"),
    "the caller's role approved": ([(ROLE, "Approve")], approve(), SESSION, DONE, "1 of 2 approvals"),
    "the caller is not known": ([(ALICE, "Approve")], approve(), "", SEND, "1 of 2 approvals"),
}


@pytest.mark.parametrize(("decisions", "signal", "caller", "kind", "words"), OWN_DECISIONS.values(), ids=OWN_DECISIONS)
def test_a_gate_that_waits_for_more_and_holds_the_callers_decision_is_done(decisions, signal, caller, kind, words):
    check(run("Waiting", gate("g", "Waiting", decisions, needed=2)), signal, kind, words, caller)


@pytest.mark.parametrize(
    ("execution", "signal", "matters"),
    [
        (run("Waiting", gate("g", "Waiting")), approve(), False),
        (run("Waiting", gate("g", "Waiting", [(BOB, "Approve")], needed=2)), approve(), True),
        (run("Waiting", gate("g", "Waiting", [(BOB, "Approve")], needed=2)), reject(), False),
        (run("InProgress", gate("g", "Success", [(BOB, "Approve")])), approve(), False),
        (run("Waiting", pause("p", "Waiting")), resume("p"), False),
        (run("PendingApproval"), approve(), False),
    ],
)
def test_who_the_caller_is_matters_only_where_a_waiting_gate_holds_such_a_decision(execution, signal, matters):
    assert caller_matters(execution, signal) is matters


UNKNOWN = {
    "a status of the execution": (run("Simmering"), approve()),
    "a status of the gate": (run("InProgress", gate("g", "Simmering")), approve()),
    "an action that waits": (run("Waiting", step("g", "aws:confer", "Waiting")), approve()),
    "an action that waits, named": (run("Waiting", step("g", "aws:confer", "Waiting")), approve("g")),
    "a status of the pause": (run("InProgress", pause("p", "Simmering")), resume("p")),
    "an action that waits, resumed": (run("Waiting", step("p", "aws:rest", "Waiting")), resume("p")),
    "the execution's status around a pause": (run("Simmering", pause("p")), resume("p")),
    "a status of an interactive execution": (interactive("Simmering"), start("s")),
    "a status of the step to stop": (run("InProgress", step("s", status="Simmering")), stop("s")),
}


@pytest.mark.parametrize(("execution", "signal"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_unknown_is_left_to_the_service(execution, signal):
    assert decide(execution, signal).kind is SEND


@pytest.mark.parametrize(("status", "kind"), [("Cancelled", Kind.DONE), ("Approved", Kind.SEND)])
def test_a_revoke_that_went_out_is_done_once_the_request_is_over(status, kind):
    execution = run(status, subtype="AccessRequest")
    assert nothing_left_to_revoke(execution, decide(execution, Signal("Revoke"))).kind is kind
