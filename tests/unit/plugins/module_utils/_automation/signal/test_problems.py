# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What went wrong with a signal, in sentences: to which execution, and what to do."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interrupted
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import problems
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind, Verdict
from ansible_collections.ssmops.automation.tests.unit.errors import refusal
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    BOB,
    EXECUTION_ID,
    gate,
    interactive,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP

GUARDED = Signal("Approve", step_name="g")
AT_GATE = run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2))
PAST = Verdict(Kind.NEVER, "gate `g` is Failed without a decision")
INTERRUPTED = Interrupted("SIGTERM")

NOT_SENT = Delivery()
ACCEPTED = Delivery(attempts=1, status=DeliveryStatus.ACCEPTED)
REFUSED = Delivery(attempts=1, status=DeliveryStatus.REFUSED)
IN_DOUBT = Delivery(attempts=1, answers_lost=1, status=DeliveryStatus.UNKNOWN)


def check(sentence, *words):
    """Hold that the sentence has all the words and names the execution."""
    assert EXECUTION_ID in sentence
    for word in words:
        assert word in sentence, sentence


@pytest.mark.parametrize(("waited", "words"), [(0, []), (30, ["within 30 s (ready_timeout)"])])
def test_refused(waited, words):
    sentence = problems.refused(GUARDED, EXECUTION_ID, PAST, waited)
    check(sentence, "Did not send Approve for step `g`", PAST.reason, *words)
    assert ("ready_timeout" in sentence) is bool(waited)


WAITING_FOR_OTHERS = gate("g", "Waiting")
NAMED_APPROVERS = step("g", "aws:approve", "Waiting", inputs={"Approvers": f'["{ALICE}"]'})
NO_SIGNAL = refusal("InvalidAutomationSignalException")
NOT_DELIVERED = {
    "the state rules it out": (NO_SIGNAL, PAST, ["service refused Approve", PAST.reason]),
    "the gate names its approvers": (
        NO_SIGNAL,
        Verdict(Kind.SEND, "it waits", NAMED_APPROVERS),
        ["service refused Approve", "Either the caller is none of its approvers", ALICE, "has decided before"],
    ),
    "the gate names nobody": (
        NO_SIGNAL,
        Verdict(Kind.SEND, "gate `g` waits", WAITING_FOR_OTHERS),
        ["service refused Approve", "gate `g` waits"],
    ),
    "a request without steps": (
        NO_SIGNAL,
        Verdict(Kind.SEND, "the request is PendingApproval"),
        ["service refused Approve", "the request is PendingApproval", "no approver", "decided before"],
    ),
    "nobody could look": (NO_SIGNAL, None, ["service refused Approve"]),
    "it moved on before the first attempt": (None, PAST, ["Approve did not get to", PAST.reason]),
    "it moved on, nobody could look": (None, None, ["Approve did not get to"]),
}


@pytest.mark.parametrize(("error", "verdict", "words"), NOT_DELIVERED.values(), ids=NOT_DELIVERED)
def test_not_delivered(error, verdict, words):
    delivery = Delivery(attempts=1, status=DeliveryStatus.REFUSED, error=error, verdict=verdict)
    check(problems.not_delivered(APPROVE, EXECUTION_ID, delivery, AT_GATE), *words)


HOLDS_ONE = gate("g", "Waiting", [(ALICE, "Approved")], needed=2, approvers=["alice", "bob"])


@pytest.mark.parametrize(
    ("signal", "waits", "caller", "words"),
    [
        (REJECT, HOLDS_ONE, ALICE, "The gate still waits and has a decision of yours already: Approved, as " + ALICE),
        (
            APPROVE,
            gate("g", "Waiting", approvers=["alice"]),
            BOB,
            f"none of its approvers: you are {BOB}, they are alice",
        ),
        (APPROVE, gate("g", "Waiting", approvers=["alice"]), ALICE, f"Either the caller ({ALICE}) is none of its"),
    ],
    ids=["has decided", "is not listed", "is listed, and no decision shows"],
)
def test_why_a_gate_that_waits_has_refused_somebody(signal, waits, caller, words):
    verdict = Verdict(Kind.SEND, "it waits", waits)
    delivery = Delivery(attempts=1, status=DeliveryStatus.REFUSED, error=NO_SIGNAL, verdict=verdict, caller=caller)
    check(problems.not_delivered(signal, EXECUTION_ID, delivery, AT_GATE), words)


@pytest.mark.parametrize("shows_nothing", [True, False])
def test_where_a_copy_may_be_why_it_was_refused_that_is_told(shows_nothing):
    delivery = Delivery(
        attempts=1, status=DeliveryStatus.REFUSED, error=NO_SIGNAL, verdict=PAST, shows_nothing=shows_nothing
    )
    sentence = problems.not_delivered(APPROVE, EXECUTION_ID, delivery, AT_GATE)
    assert ("something on the way has repeated this one" in sentence) is shows_nothing


EVIDENCE = {
    "Approve": (APPROVE, "gate has passed or lists your decision"),
    "Reject": (REJECT, "gate has failed or lists your decision"),
    "Resume": (RESUME, "paused step has succeeded"),
    "StartStep": (START, "step runs or has run"),
    "StopStep": (STOP, "step is Cancelled"),
    "Revoke": (REVOKE, "access request has ended"),
}


@pytest.mark.parametrize(("signal", "evidence"), EVIDENCE.values(), ids=EVIDENCE)
def test_what_is_not_known_is_told_with_what_to_look_for(signal, evidence):
    sentence = problems.not_delivered(signal, EXECUTION_ID, IN_DOUBT, None)
    check(sentence, "not known", "answer to it got lost", "could not be read", "not sent again", evidence)


def test_what_is_not_known_is_told_with_the_state_where_it_was_read():
    delivery = Delivery(attempts=1, status=DeliveryStatus.UNKNOWN, last=AT_GATE)
    check(problems.not_delivered(APPROVE, EXECUTION_ID, delivery, AT_GATE), "not known", "waits at step `g`")


def test_a_decision_at_another_gate_is_told_by_the_names_of_both():
    sentence = problems.hit_other_gate(GUARDED, gate("g"), gate("h"))
    assert "meant for gate `g`" in sentence
    assert "hit gate `h`" in sentence
    assert "stop the execution" in sentence


FAR = {
    "not sent": (NOT_SENT, "before Approve was sent", "no effect"),
    "accepted": (ACCEPTED, "sent and accepted", "accepted"),
    "refused": (REFUSED, "no effect", "no effect"),
    "not known": (IN_DOUBT, "not known", "not known"),
    "on the way": (Delivery(attempts=1, on_the_way=True), "not known", "not known"),
}


@pytest.mark.parametrize(("delivery", "interrupted", "at_fault"), FAR.values(), ids=FAR)
def test_how_far_a_task_has_got_when_it_ends_early(delivery, interrupted, at_fault):
    sentence = problems.interrupted(APPROVE, EXECUTION_ID, delivery, INTERRUPTED)
    assert sentence.startswith("Interrupted (SIGTERM)")
    assert interrupted in sentence
    sentence = problems.at_fault(APPROVE, EXECUTION_ID, delivery, raised(KeyError("lost")))
    check(sentence, "The module itself is at fault: KeyError('lost')", "test_problems.py, line", at_fault, "report it")


def raised(fault):
    try:
        raise fault
    except type(fault) as caught:
        return caught


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (NOT_SENT, ["Did not send Approve", "the time was up"]),
        (REFUSED, ["did not take Approve", "the time was up", "no effect"]),
        (IN_DOUBT, ["not known"]),
    ],
    ids=["not sent", "refused", "not known"],
)
def test_called_off(delivery, words):
    check(problems.called_off(APPROVE, EXECUTION_ID, delivery, "the time was up"), *words)


STEPS = interactive("Waiting", step("a"), step("b"), step("a", execution_id="a-2"))
FAILED_CALLS = {
    "not to be read, so nothing is known": ("AccessDeniedException", None, ["needs ssm:SendAutomationSignal", "look"]),
    "not to be sent": ("AccessDeniedException", AT_GATE, ["needs ssm:SendAutomationSignal"]),
    "no such step": ("AutomationStepNotFoundException", STEPS, ["no step `s`", "`a`, `b`)"]),
    "no such step, nothing is known": ("AutomationStepNotFoundException", None, ["no step `s`", "none"]),
    "no such execution": ("AutomationExecutionNotFoundException", None, ["check the id"]),
}


@pytest.mark.parametrize(("code", "known", "words"), FAILED_CALLS.values(), ids=FAILED_CALLS)
def test_failed_call(code, known, words):
    sentence = problems.failed_call(START, EXECUTION_ID, refusal(code), known)
    assert all(word in sentence for word in words), sentence
    assert not sentence.endswith(".")


def test_warnings_name_the_execution_and_the_permission_or_the_cause():
    denied = refusal("AccessDeniedException")
    check(
        problems.no_look(RESUME, EXECUTION_ID),
        "ssm:GetAutomationExecution",
        "not checked whether it waits for Resume, at which step, and whether that is done already",
        "always changed",
    )
    check(problems.no_look_afterwards(RESUME, EXECUTION_ID, denied), "Resume", "AccessDeniedException")
    check(problems.not_seen_lately(EXECUTION_ID, denied), "may be newer", "AccessDeniedException")
    assert "ssm:DescribeAutomationExecutions" in problems.no_listing(denied)


def test_an_execution_that_is_left_alone_is_told_why():
    check(problems.not_tried(APPROVE, EXECUTION_ID, "another one failed"), "Did not send", "another one failed")
