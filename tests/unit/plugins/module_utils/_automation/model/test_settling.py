# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an execution has come to rest after a signal, and whether that is how it was meant."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import statuses
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.settling import (
    failed_step,
    failure_after,
    failure_of,
    forgiven_after,
    has_settled,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    gate,
    interactive,
    pause,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
LATER = NOON + datetime.timedelta(minutes=1)
WAITING_AT_GATE = run("Waiting", gate("g", "Waiting", needed=2), gate("h"), pause("p"))
SETTLED = {
    "the answer is still the old one": (WAITING_AT_GATE, WAITING_AT_GATE, APPROVE, False),
    "the run goes on": (WAITING_AT_GATE, run("InProgress", gate("g", "Success")), APPROVE, False),
    "the next gate waits": (WAITING_AT_GATE, run("Waiting", gate("g", "Success"), gate("h", "Waiting")), APPROVE, True),
    "more approvals are due": (
        WAITING_AT_GATE,
        run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2)),
        APPROVE,
        False,
    ),
    "the run has ended": (WAITING_AT_GATE, run("Success", gate("g", "Success")), APPROVE, True),
    "resumed": (run("Waiting", pause("p", "Waiting")), run("Success", pause("p", "Success")), RESUME, True),
    "resumed, the same pause again in a loop": (
        run("Waiting", pause("p", "Waiting")),
        run("Waiting", pause("p", "Success"), pause("p", "Waiting", execution_id="p-2")),
        RESUME,
        True,
    ),
    "not resumed yet": (run("Waiting", pause("p", "Waiting")), run("Waiting", pause("p", "Waiting")), RESUME, False),
    "stopped": (
        interactive("InProgress", step("s", status="InProgress")),
        interactive("Waiting", step("s", status="Cancelled")),
        STOP,
        True,
    ),
}


@pytest.mark.parametrize(("before", "after", "signal", "settled"), SETTLED.values(), ids=SETTLED)
def test_has_settled(before, after, signal, settled):
    assert has_settled(after, before, signal, before.steps[0], sent=True) is settled


STARTED = {
    "not begun": (interactive("Waiting"), None, True, False),
    "runs": (interactive("InProgress", step("s", status="InProgress")), None, True, False),
    "has run": (interactive("Waiting", step("s", status="Success")), None, True, True),
    "waits itself": (interactive("Waiting", pause("s", "Waiting")), None, True, True),
    "has failed again, as before": (interactive("Waiting", step("s", status="Failed")), "s-1", True, False),
    "has run again": (interactive("Waiting", step("s", status="Success", execution_id="s-2")), "s-1", True, True),
    "had run before": (interactive("Waiting", step("s", status="Success")), "s-1", False, True),
}


@pytest.mark.parametrize(("after", "earlier", "sent", "settled"), STARTED.values(), ids=STARTED)
def test_has_settled_after_start_step(after, earlier, sent, settled):
    before_step = step("s", status="Failed", execution_id=earlier) if earlier else None
    assert has_settled(after, interactive("Waiting"), START, before_step, sent) is settled


@pytest.mark.parametrize(
    ("before", "after", "signal", "sent", "settled"),
    [
        ("PendingApproval", "PendingApproval", APPROVE, True, False),
        ("PendingApproval", "PendingApproval", APPROVE, False, True),
        ("PendingApproval", "Approved", APPROVE, True, True),
        ("PendingApproval", "PendingChangeCalendarOverride", APPROVE, True, True),
        ("PendingApproval", "RunbookInProgress", APPROVE, True, False),
        ("Approved", "Approved", REVOKE, True, False),
        ("Approved", "Cancelled", REVOKE, True, True),
    ],
)
def test_has_settled_for_requests(before, after, signal, sent, settled):
    request, later = run(before, subtype="AccessRequest"), run(after, subtype="AccessRequest")
    assert has_settled(later, request, signal, None, sent) is settled


FAILED = run("Failed", pause("p", "Success"), step("deploy", status="Failed", failure_message="disk full"))
FAILURES = {
    "approve": (FAILED, APPROVE, "ended Failed: step `deploy` (aws:sleep) is Failed: disk full"),
    "resume": (FAILED, RESUME, "disk full"),
    "reject is meant to end so": (FAILED, REJECT, ""),
    "stop is meant to end so": (FAILED, STOP, ""),
    "no step says why": (run("TimedOut", failure_message="too slow"), APPROVE, "ended TimedOut: too slow"),
    "it went well": (run("Success", gate("g", "Success")), APPROVE, ""),
    "it went well in spite of a failed step": (run("Success", step("s", status="Failed")), APPROVE, ""),
    "it rests": (WAITING_AT_GATE, APPROVE, ""),
    "the started step failed": (interactive("Waiting", step("s", status="Failed")), START, "`s` (aws:sleep) is Failed"),
    "the started step succeeded": (interactive("Waiting", step("s", status="Success")), START, ""),
}


@pytest.mark.parametrize(("execution", "signal", "words"), FAILURES.values(), ids=FAILURES)
def test_failure_after(execution, signal, words):
    failure = failure_after(execution, signal)
    assert words in failure if words else failure == ""


FORGIVEN = step("deploy", status="Failed", failure_message="disk full", on_failure="Continue")
AFTERWARDS = run("Waiting", gate("g", "Success"), FORGIVEN, pause("p", "Waiting"))


@pytest.mark.parametrize(
    ("before", "after", "signal", "words"),
    [
        (WAITING_AT_GATE, AFTERWARDS, APPROVE, "step `deploy` (aws:sleep) is Failed: disk full"),
        (WAITING_AT_GATE, AFTERWARDS, REJECT, ""),
        (AFTERWARDS, run("Success", FORGIVEN, pause("p", "Success")), RESUME, ""),
        (WAITING_AT_GATE, run("Failed", FORGIVEN), APPROVE, ""),
        (WAITING_AT_GATE, run("Success", gate("g", "Success")), APPROVE, ""),
    ],
    ids=["the run went on", "a failure is the purpose", "it had failed before", "the run ended badly", "none failed"],
)
def test_steps_that_failed_and_did_not_end_the_run(before, after, signal, words):
    assert forgiven_after(before, after, signal) == words


@pytest.mark.parametrize("status", sorted(statuses.KNOWN - statuses.UNSUCCESSFUL))
def test_what_did_not_end_badly_is_no_failure(status):
    assert failure_of(run(status, step("s", status="Failed"))) == ""


@pytest.mark.parametrize(
    ("steps", "more", "words"),
    [
        ([step("s", status="Failed", failure_message="No disk.")], {}, "step `s` (aws:sleep) is Failed: No disk"),
        ([step("s", status="TimedOut")], {}, "step `s` (aws:sleep) is TimedOut: it gives no reason"),
        ([step("a", status="Success"), step("b", status="Failed")], {}, "step `b` (aws:sleep) is Failed"),
        ([], {"failure_message": "The role is gone."}, "the execution ended Failed: The role is gone"),
        ([], {}, "the execution ended Failed: no step says why"),
    ],
)
def test_the_step_to_blame(steps, more, words):
    failure = failure_of(run("Failed", *steps, **more))
    assert failure.startswith("the execution ended Failed: ")
    assert words in failure
    assert not failure.endswith(".")


def failed(name, status="Failed", at=None, **more):
    return step(name, status=status, ended_at=at, **more)


FORGIVEN = failed("forgiven", at=LATER, on_failure="Continue")
BLAMED = {
    "no step": ([], None),
    "none failed": ([step("a", status="Success"), step("b")], None),
    "the only one": ([step("a", status="Success"), failed("b")], "b"),
    "the last by time": ([failed("b", at=LATER), failed("a", at=NOON)], "b"),
    "the last by place where no time is told": ([failed("a"), failed("b")], "b"),
    "one that the runbook does not forgive": ([failed("a", at=NOON), FORGIVEN], "a"),
    "one that is not critical is forgiven": ([failed("a"), failed("b", at=LATER, is_critical=False)], "a"),
    "one that is critical is not": ([failed("a"), failed("b", on_failure="Continue", is_critical=True)], "b"),
    "one whose failure leads on is not": ([failed("a", on_failure="step:x"), FORGIVEN], "a"),
    "a forgiven one where there is no other": ([FORGIVEN], "forgiven"),
    "one with the execution's own status": ([failed("a"), failed("b", "TimedOut", LATER)], "a"),
    "another status where none has its own": ([failed("a", "TimedOut"), failed("b", "Cancelled")], "b"),
    "the step within a loop": ([failed("a", at=NOON), failed("l", at=LATER, action="aws:loop")], "a"),
    "the loop where it is alone": ([failed("l", action="aws:loop")], "l"),
}


@pytest.mark.parametrize(("steps", "blamed"), BLAMED.values(), ids=BLAMED)
def test_the_step_that_ended_the_execution(steps, blamed):
    assert getattr(failed_step(run("Failed", *steps)), "name", None) == blamed
