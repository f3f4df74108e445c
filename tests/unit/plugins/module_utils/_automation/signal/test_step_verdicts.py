# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision about Resume, StartStep, StopStep and Revoke, as tables of state and signal to verdict."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import (
    Kind,
    decide,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    gate,
    interactive,
    pause,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.signals import resume, start, stop

SEND, DONE, NOT_YET, NEVER = Kind.SEND, Kind.DONE, Kind.NOT_YET, Kind.NEVER


def check(execution, signal, kind, words):
    verdict = decide(execution, signal)
    assert (verdict.kind, words in verdict.reason) == (kind, True), verdict


RESUMES = {
    "it waits": (run("Waiting", pause("p", "Waiting")), SEND, "`p` is Waiting"),
    "it succeeded": (run("InProgress", pause("p", "Success")), DONE, "already resumed"),
    "it succeeded and the run has ended": (run("Failed", pause("p", "Success")), DONE, "already resumed"),
    "it is ahead": (
        run("InProgress", step("s", status="InProgress"), pause("p")),
        NOT_YET,
        "InProgress at step `s` (aws:sleep)",
    ),
    "it is being reached": (run("InProgress", pause("p", "InProgress")), NOT_YET, "does not wait yet"),
    "the run is queued": (run("Pending"), NOT_YET, "`p` has not begun"),
    "another pause waits": (run("Waiting", pause("o", "Waiting"), pause("p")), NOT_YET, "waits at step `o`"),
    "no such step": (run("Waiting", pause("q", "Waiting")), NEVER, "no step `p`, its steps are `q`"),
    "passed over": (run("InProgress", pause("p"), step("s", status="InProgress")), NEVER, "`p` was passed over"),
    "it is an approval": (run("Waiting", gate("p", "Waiting")), NEVER, "use Approve or Reject"),
    "it is something else": (run("InProgress", step("p", status="InProgress")), NEVER, "aws:sleep step, not aws:pause"),
    "it failed": (run("Failed", pause("p", "Failed", failure_message="why")), NEVER, "`p` is Failed (why)"),
    "it timed out": (run("TimedOut", pause("p", "TimedOut")), NEVER, "`p` is TimedOut"),
    "it was cancelled": (run("Cancelled", pause("p", "Cancelled")), NEVER, "`p` is Cancelled"),
    "it is being cancelled": (run("Cancelling", pause("p", "Cancelling")), NEVER, "`p` is Cancelling"),
    "the run ended before it": (run("Cancelled", pause("p")), NEVER, "ended Cancelled"),
    "an earlier iteration is past": (
        run("Waiting", pause("p", "Success"), pause("p", "Waiting"), step("l", "aws:loop", "InProgress")),
        SEND,
        "`p` is Waiting",
    ),
    "interactive, not started": (
        interactive("Waiting", step("s", status="Success")),
        NOT_YET,
        "it is Interactive, so the step shows only once StartStep has run it",
    ),
    "interactive, started": (interactive("Waiting", pause("p", "Waiting")), SEND, "`p` is Waiting"),
}


def test_steps_of_mode_auto_need_nobody_to_start_them():
    assert "StartStep" not in decide(run("Pending"), resume("p")).reason


@pytest.mark.parametrize(("execution", "kind", "words"), RESUMES.values(), ids=RESUMES)
def test_resume(execution, kind, words):
    check(execution, resume("p"), kind, words)


STARTS = {
    "the first step": (interactive("Waiting"), SEND, "no step runs"),
    "the next step": (interactive("Waiting", step("r", status="Success")), SEND, "no step runs"),
    "listed as ahead": (interactive("Waiting", step("s"), step("t")), SEND, "no step runs"),
    "it failed before": (interactive("Waiting", step("s", status="Failed")), SEND, "no step runs"),
    "it runs": (interactive("InProgress", step("s", status="InProgress")), DONE, "already InProgress"),
    "it waits": (interactive("Waiting", pause("s", "Waiting")), DONE, "already Waiting"),
    "it succeeded": (interactive("Waiting", step("s", status="Success")), DONE, "force runs it again"),
    "it succeeded and the run has ended": (
        interactive("Success", step("s", status="Success")),
        DONE,
        "already Success",
    ),
    "another step runs": (interactive("InProgress", step("r", status="InProgress")), NOT_YET, "InProgress at step `r`"),
    "another step waits": (interactive("Waiting", gate("r", "Waiting")), NOT_YET, "use Approve or Reject"),
    "the run is queued": (interactive("Pending"), NOT_YET, "is Pending"),
    "mode Auto": (run("Waiting", step("s")), NEVER, "mode Auto"),
    "no such step": (interactive("Waiting", step("r")), NEVER, "no step `s`, its steps are `r`"),
    "the run has ended": (interactive("Cancelled", step("r", status="Success")), NEVER, "ended Cancelled"),
}


@pytest.mark.parametrize(("execution", "kind", "words"), STARTS.values(), ids=STARTS)
def test_start_step(execution, kind, words):
    check(execution, start("s"), kind, words)


STOPS = {
    "it runs": (run("InProgress", step("s", status="InProgress")), SEND, "`s` is InProgress"),
    "it waits": (run("Waiting", pause("s", "Waiting")), SEND, "`s` is Waiting"),
    "it succeeded": (run("InProgress", step("s", status="Success")), DONE, "already Success"),
    "it was stopped": (interactive("Waiting", step("s", status="Cancelled")), DONE, "already Cancelled"),
    "it is being stopped": (run("Cancelling", step("s", status="Cancelling")), DONE, "already Cancelling"),
    "it never began": (run("Success", step("s")), DONE, "does not run"),
    "it is ahead": (run("InProgress", step("r", status="InProgress"), step("s")), NOT_YET, "`s` has not begun"),
}


@pytest.mark.parametrize("signal", [stop("s"), stop(step_execution_id="s-1")], ids=["by name", "by id"])
@pytest.mark.parametrize(("execution", "kind", "words"), STOPS.values(), ids=STOPS)
def test_stop_step(execution, kind, words, signal):
    check(execution, signal, kind, words)


def test_stop_step_by_name_finds_the_run_of_the_step_that_is_on():
    execution = interactive(
        "InProgress", step("s", status="Failed"), step("s", status="InProgress", execution_id="s-2")
    )
    assert decide(execution, stop("s")).step.execution_id == "s-2"


def test_stop_step_that_does_not_exist_is_answered_with_those_that_do():
    execution = run("InProgress", step("r", status="InProgress"), step("t"))
    check(execution, stop("s"), NEVER, "its steps are `r`, `t`")
    check(execution, stop(step_execution_id="s-1"), NEVER, "running or waiting now: `r` r-1")


def test_stop_step_needs_to_read_the_step_execution_id():
    execution = run("Waiting", pause("s", "Waiting", execution_id=""), steps_complete=False)
    check(execution, stop("s"), NEVER, "give step_execution_id")


def test_a_step_that_could_not_be_read_is_not_said_to_be_ahead():
    check(run("InProgress", steps_complete=False), resume("p"), NOT_YET, "not among the steps that the caller may read")


def test_stop_step_of_a_step_that_could_not_be_read_is_left_to_the_service():
    check(run("InProgress", steps_complete=False), stop(step_execution_id="s-1"), SEND, "not all steps")


REVOKES = {
    "access request waits": (run("PendingApproval", subtype="AccessRequest"), SEND, "is PendingApproval"),
    "access request granted": (run("Approved", subtype="AccessRequest"), SEND, "is Approved"),
    "access request over": (run("Rejected", subtype="AccessRequest"), NEVER, "ended Rejected"),
    "access request whose run is over": (run("Success", subtype="AccessRequest"), SEND, "is Success"),
    "change request": (run("PendingApproval", subtype="ChangeRequest"), NEVER, "a change request"),
    "ordinary execution": (run("Waiting", gate("g", "Waiting")), NEVER, "an ordinary execution"),
    "a subtype of the future": (run("InProgress", subtype="Loan"), SEND, "the Loan execution"),
}


@pytest.mark.parametrize(("execution", "kind", "words"), REVOKES.values(), ids=REVOKES)
def test_revoke(execution, kind, words):
    check(execution, Signal("Revoke"), kind, words)
