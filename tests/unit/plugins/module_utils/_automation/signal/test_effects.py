# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a later state says of a signal that was sent before, and which signals may be sent again."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import effects
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind, Verdict, decide
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, gate, pause, run, step
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP

OURS, THEIRS = (ALICE, "Approve"), (BOB, "Approve")
OPEN = run("Waiting", gate("g", "Waiting", needed=3), gate("h"))
BOTH = run("Success", gate("g", "Success", [OURS]), gate("h", "Success", [OURS]))
NEXT = run("Success", gate("g", "Success", [THEIRS]), gate("h", "Success", [OURS]))
PASSED = run("InProgress", gate("g", "Success", [THEIRS, OURS]))
HELD = run("Waiting", gate("g", "Waiting", [OURS], needed=3), gate("h"))

# The state before, the state now, the signal, the caller, and the gates that list a new decision of the caller.
DECISIONS = {
    "nothing has changed": (OPEN, OPEN, APPROVE, ALICE, ""),
    "ours is listed": (OPEN, HELD, APPROVE, ALICE, "g"),
    "ours is listed with theirs": (OPEN, run("Waiting", gate("g", "Waiting", [THEIRS, OURS])), APPROVE, ALICE, "g"),
    "theirs is listed": (OPEN, run("Waiting", gate("g", "Waiting", [THEIRS])), APPROVE, ALICE, ""),
    "the gate has passed with ours": (OPEN, PASSED, APPROVE, ALICE, "g"),
    "the gate has passed without ours": (OPEN, run("InProgress", gate("g", "Success", [THEIRS])), APPROVE, ALICE, ""),
    "the gate has passed and lists nobody": (OPEN, run("InProgress", gate("g", "Success")), APPROVE, ALICE, ""),
    "ours was listed before": (HELD, HELD, APPROVE, ALICE, ""),
    "ours was listed before theirs": (HELD, run("Waiting", gate("g", "Waiting", [OURS, THEIRS])), APPROVE, ALICE, ""),
    "nobody knows who we are": (OPEN, HELD, APPROVE, "", ""),
    "an approver without a name": (OPEN, run("Waiting", gate("g", "Waiting", [("", "Approve")])), APPROVE, "", ""),
    "our approval is no rejection": (OPEN, HELD, REJECT, ALICE, ""),
    "our rejection": (OPEN, run("Failed", gate("g", "Failed", [(ALICE, "Reject")])), REJECT, ALICE, "g"),
    "it hit the next gate": (OPEN, NEXT, APPROVE, ALICE, "h"),
    "both gates hold ours": (OPEN, BOTH, APPROVE, ALICE, "gh"),
    "the next run of the gate holds ours": (
        HELD,
        run("Waiting", gate("g", "Success", [OURS]), gate("g", "Waiting", [OURS], execution_id="g-2")),
        APPROVE,
        ALICE,
        "g",
    ),
    "the gate was not listed before": (run("InProgress"), HELD, APPROVE, ALICE, "g"),
    "the gate's id was not read before": (
        run("Waiting", gate("g", "Waiting", [OURS], execution_id="")),
        HELD,
        APPROVE,
        ALICE,
        "",
    ),
}


@pytest.mark.parametrize(("before", "now", "signal", "caller", "names"), DECISIONS.values(), ids=DECISIONS)
def test_own_new_decisions(before, now, signal, caller, names):
    assert "".join(each.name for each in effects.own_new_decisions(before, now, signal, caller)) == names


def test_a_decision_for_a_request_as_a_whole_is_elsewhere_at_any_gate():
    assert effects.elsewhere(list(HELD.steps), None) == list(HELD.steps)


def test_elsewhere_is_every_gate_but_the_one_that_was_meant():
    first, second = gate("g"), gate("g", execution_id="g-2")
    assert effects.elsewhere([first, second], first) == [second]
    assert effects.elsewhere([first], first) == []


ROUNDS = run("Waiting", pause("p", "Success"), step("a"), pause("p", "Waiting", execution_id="p-2"))


@pytest.mark.parametrize(
    ("meant", "left"),
    [
        (pause("p"), ["p-1", "a-1"]),
        (pause("p", execution_id="p-2"), ["a-1", "p-2"]),
        (pause("p", execution_id="p-3"), ["a-1"]),
        (pause("p", execution_id=""), ["p-1", "a-1", "p-2"]),
        (None, ["p-1", "a-1", "p-2"]),
    ],
    ids=["the first", "the second", "one that is not listed", "one without an id", "no step"],
)
def test_only_this_run(meant, left):
    assert [each.execution_id for each in effects.only_this_run(ROUNDS, meant).steps] == left


BY_ID = STOP.for_step_execution("s", "s-1")
KNOWN, UNKNOWN = step("g"), step("g", execution_id="")


@pytest.mark.parametrize(
    ("signal", "step_", "is_harmless", "needs_runbook"),
    [
        (REVOKE, None, True, False),
        (BY_ID, KNOWN, True, False),
        (STOP, KNOWN, False, False),
        (START, KNOWN, False, False),
        (START, None, False, False),
        (RESUME, KNOWN, False, True),
        (RESUME, UNKNOWN, False, False),
        (APPROVE, KNOWN, False, True),
        (REJECT, KNOWN, False, True),
        (APPROVE, UNKNOWN, False, False),
        (APPROVE, None, False, False),
    ],
)
def test_what_it_takes_to_repeat_a_signal(signal, step_, is_harmless, needs_runbook):
    assert effects.is_harmless_to_repeat(signal) is is_harmless
    assert effects.needs_runbook_to_repeat(signal, step_) is needs_runbook


def test_a_state_hides_a_run_that_it_does_not_list():
    gate_ = gate("g", "Waiting")
    assert effects.hides(run("Success"), gate_)
    assert not effects.hides(run("Success", gate_), gate_)
    assert not effects.hides(run("Success"), None)


DOUBLE = gate("g", "Waiting", needed=2)


@pytest.mark.parametrize(
    ("verdict", "may_be"),
    [
        (Verdict(Kind.DONE, "it is done"), True),
        (Verdict(Kind.SEND, "it waits", DOUBLE), True),
        (Verdict(Kind.SEND, "it waits", gate("g", "Waiting")), False),
        (Verdict(Kind.NEVER, "it is past"), False),
    ],
    ids=["its purpose is reached", "the gate may hold it", "the gate would have passed", "it could not"],
)
def test_a_refused_signal_that_nobody_looked_before_may_have_been_taken(verdict, may_be):
    now = run("Waiting", verdict.step or step("s"))
    assert effects.may_be_ours(now, APPROVE, verdict) is may_be


@pytest.mark.parametrize(("status", "kind"), [("Cancelled", Kind.DONE), ("Approved", Kind.SEND)])
def test_a_revoke_that_went_out_is_done_once_the_request_is_over(status, kind):
    execution = run(status, subtype="AccessRequest")
    assert effects.nothing_left_to_revoke(execution, decide(execution, REVOKE)).kind is kind
