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


OPEN = {
    "the gate waits": (run("Waiting", gate("g", "Waiting")), approve(), SEND, "`g` waits for a decision"),
    "the gate waits, reject": (run("Waiting", gate("g", "Waiting")), reject(), SEND, "0 of 1 approval"),
    "the named gate waits": (run("Waiting", gate("g", "Waiting")), approve("g"), SEND, "`g` waits"),
    "one gate is past, the next waits": (
        run("Waiting", gate("g1", "Success"), gate("g2", "Waiting")),
        approve(),
        SEND,
        "`g2` waits",
    ),
}


@pytest.mark.parametrize(("execution", "signal", "kind", "words"), OPEN.values(), ids=OPEN)
def test_at_a_gate_that_waits_a_decision_is_sent(execution, signal, kind, words):
    check(execution, signal, kind, words)


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
