# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal's delivery: what the service answers to each attempt, and what the execution shows then.

A row has the signal and the state that it was decided on, the answers to the attempts, the states that later looks
find (the last one for ever), and how the delivery ends: its status, whether it is told to be sent, the attempts.
"""

from __future__ import annotations

import json
import threading

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import MalformedAnswer
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import RETRY_SECONDS
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import delivery as deliveries
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import Delivery
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.redelivery import (
    GRACE,
    MOST_ATTEMPTS_IN_DOUBT,
    REFUSAL_GRACE,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind, Verdict, decide
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, client_error
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
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, answer_of, run_one, service_of
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP

TAKEN = {}
THROTTLED, FAULT = client_error("ThrottlingException"), client_error("InternalServerError", status=500)
NEVER, LOST = NO_CONNECTION, LOST_ANSWER
MALFORMED, FOREIGN = MalformedAnswer(operation="Op", problem="it is empty"), client_error("403", status=403)
DENIED, INVALID = client_error("AccessDeniedException"), client_error("InvalidAutomationSignalException")
NO_STEP = client_error("AutomationStepNotFoundException")

OURS, THEIRS, OUR_NO = (ALICE, "Approve"), (BOB, "Approve"), (ALICE, "Reject")
AT_GATE = run("Waiting", gate("g", "Waiting"), step("end"))
AT_DOUBLE_GATE = run("Waiting", gate("g", "Waiting", needed=2), step("end"))
HALF_PASSED = run("Waiting", gate("g", "Waiting", [THEIRS], needed=2), step("end"))
AT_THEIR_GATE = run("Waiting", gate("g", "Waiting", needed=2, approvers=["bob", "carol"]), step("end"))
PASSED_BY_US = run("InProgress", gate("g", "Success", [OURS]), step("end"))
PASSED_BY_THEM = run("InProgress", gate("g", "Success", [THEIRS]), step("end"))
PASSED_BY_SOMEBODY = run("InProgress", gate("g", "Success"), step("end"))
REJECTED_BY_US = run("Failed", gate("g", "Failed", [OUR_NO], came_to="Rejected"), step("end"))
CANCELLED_AT_GATE = run("Cancelled", gate("g", "Cancelled"), step("end"))
NEXT_ROUND = run("Waiting", gate("g", "Success", [THEIRS]), gate("g", "Waiting", execution_id="g-2"))
AT_NEXT_GATE = run("Waiting", gate("g", "Success", [THEIRS]), gate("h", "Waiting"))
HIT_NEXT_GATE = run("InProgress", gate("g", "Success", [THEIRS]), gate("h", "Success", [OURS]))

AT_PAUSE = run("Waiting", pause("p", "Waiting"), step("end"))
RESUMED = run("InProgress", pause("p", "Success"), step("end"))
PAUSED_AGAIN = run("Waiting", pause("p", "Success"), pause("p", "Waiting", execution_id="p-2"))
TIMED_OUT = run("TimedOut", pause("p", "TimedOut"), step("end"))

IDLE = interactive("Waiting", step("s"))
RUNNING = interactive("InProgress", step("s", status="InProgress"))
STOPPED = interactive("Waiting", step("s", status="Cancelled"))
STOP_RUN = STOP.for_step_execution("s", "s-1")

GRANTED, REVOKED = run("Approved", subtype="AccessRequest"), run("Cancelled", subtype="AccessRequest")
REQUESTED = run("PendingApproval", subtype="AccessRequest")

LAST_GATE = [
    {"name": name, "action": f"aws:{does}"} for name, does in [("g", "approve"), ("p", "pause"), ("end", "sleep")]
]
LOOPED = [*LAST_GATE, {"name": "back", "action": "aws:sleep", "nextStep": "g"}]


def document(steps):
    return {"Content": json.dumps({"mainSteps": steps})}


def deliver(signal, before, sends, looks, steps=LAST_GATE, caller=ALICE, is_forced=False):
    """Deliver the signal; return what became of it, and the service that it went to."""
    client = FakeClient(
        send_automation_signal=sends,
        get_automation_execution=[look if isinstance(look, Exception) else answer_of(look) for look in looks],
        get_document=[steps if isinstance(steps, Exception) else document(steps)],
    )
    service, delivery = service_of(client, caller=caller), Delivery()
    verdict = decide(before, signal, caller)._replace(kind=Kind.SEND) if before else Verdict(Kind.SEND, "nobody looked")
    if signal.is_decision and verdict.step:
        signal = signal._replace(step_name=verdict.step.name)
    job = deliveries.DeliveryJob(EXECUTION_ID, signal, before, verdict, is_forced)
    run_one(deliveries.deliver(service, job, delivery), service)
    assert client.count("send_automation_signal") == delivery.attempts
    return delivery, service


def check(signal, before, sends, looks, status, sent, attempts, **more):
    delivery, _service = deliver(signal, before, sends, looks, **more)
    assert (delivery.status.name, delivery.sent, delivery.attempts) == (status, sent, attempts)


TAKEN_OR_REFUSED = {
    "taken": (APPROVE, AT_GATE, [TAKEN], [AT_GATE], "ACCEPTED", True, 1),
    "taken without a look": (APPROVE, None, [TAKEN], [DENIED], "ACCEPTED", True, 1),
    "not allowed": (APPROVE, AT_GATE, [DENIED], [AT_GATE], "REFUSED", False, 1),
    "refused while it waits": (APPROVE, AT_GATE, [INVALID], [AT_GATE], "REFUSED", False, 1),
    "refused, the answer hides the gate": (APPROVE, AT_GATE, [INVALID], [run("Success")], "REFUSED", None, 1),
    "refused at a gate that lists no approval": (
        APPROVE,
        AT_DOUBLE_GATE,
        [INVALID],
        [AT_DOUBLE_GATE],
        "REFUSED",
        None,
        1,
    ),
    "refused at one that lists theirs": (APPROVE, AT_DOUBLE_GATE, [INVALID], [HALF_PASSED], "REFUSED", False, 1),
    "refused at one that asks others": (APPROVE, AT_THEIR_GATE, [INVALID], [AT_THEIR_GATE], "REFUSED", False, 1),
    "a rejection refused there": (REJECT, AT_DOUBLE_GATE, [INVALID], [AT_DOUBLE_GATE], "REFUSED", False, 1),
    "refused without a look": (APPROVE, None, [INVALID], [DENIED], "REFUSED", False, 1),
    "refused, nobody can look": (APPROVE, AT_GATE, [INVALID], [DENIED], "REFUSED", False, 1),
    "refused, others have passed the gate": (APPROVE, AT_GATE, [INVALID], [PASSED_BY_THEM], "NOT_NEEDED", False, 1),
    "refused, somebody has passed the gate": (APPROVE, AT_GATE, [INVALID], [PASSED_BY_SOMEBODY], "NOT_NEEDED", None, 1),
    "refused, and lists our decision": (APPROVE, AT_GATE, [INVALID], [PASSED_BY_US], "SEEN", True, 1),
    "refused, and lists our decision late": (APPROVE, AT_GATE, [INVALID], [AT_GATE, PASSED_BY_US], "SEEN", True, 1),
    "refused, and the next gate lists it": (APPROVE, AT_GATE, [INVALID], [HIT_NEXT_GATE], "SEEN", True, 1),
    "refused, it was cancelled": (APPROVE, AT_GATE, [INVALID], [CANCELLED_AT_GATE], "REFUSED", False, 1),
    "rejected by us at a proxy": (REJECT, AT_GATE, [INVALID], [REJECTED_BY_US], "SEEN", True, 1),
    "refused, the step is resumed": (RESUME, AT_PAUSE, [INVALID], [RESUMED], "NOT_NEEDED", None, 1),
    "the step is not found, it is resumed": (RESUME, AT_PAUSE, [NO_STEP], [RESUMED], "NOT_NEEDED", None, 1),
    "refused, the next round waits": (RESUME, AT_PAUSE, [INVALID], [PAUSED_AGAIN], "NOT_NEEDED", None, 1),
    "refused, the step is stopped": (STOP_RUN, RUNNING, [INVALID], [STOPPED], "NOT_NEEDED", None, 1),
}


@pytest.mark.parametrize("row", TAKEN_OR_REFUSED.values(), ids=TAKEN_OR_REFUSED)
def test_taken_or_refused(row):
    check(*row)


CERTAINLY_NOT_TAKEN = {
    "throttled": (APPROVE, AT_GATE, [THROTTLED, TAKEN], [AT_GATE], "ACCEPTED", True, 2),
    "throttled again and again": (START, IDLE, [THROTTLED] * 4 + [TAKEN], [IDLE], "ACCEPTED", True, 5),
    "no connection": (START, IDLE, [NEVER, TAKEN], [IDLE], "ACCEPTED", True, 2),
    "without a look": (APPROVE, None, [THROTTLED, NEVER, TAKEN], [DENIED], "ACCEPTED", True, 3),
    "then refused": (APPROVE, AT_GATE, [THROTTLED, DENIED], [AT_GATE], "REFUSED", False, 2),
    "others have passed the gate": (APPROVE, AT_GATE, [THROTTLED], [PASSED_BY_THEM], "NOT_NEEDED", False, 1),
    "our decision is listed": (APPROVE, AT_GATE, [THROTTLED], [PASSED_BY_US], "SEEN", True, 1),
    "the next gate waits": (APPROVE, AT_GATE, [THROTTLED], [AT_NEXT_GATE], "NOT_NEEDED", False, 1),
    "the next round waits": (APPROVE, AT_GATE, [THROTTLED], [NEXT_ROUND], "NOT_NEEDED", False, 1),
    "the next gate waits for a rejection": (REJECT, AT_GATE, [THROTTLED], [AT_NEXT_GATE], "REFUSED", False, 1),
    "it was cancelled": (APPROVE, AT_GATE, [THROTTLED], [CANCELLED_AT_GATE], "REFUSED", False, 1),
    "the answer hides the gate": (APPROVE, AT_GATE, [THROTTLED], [run("Success")], "REFUSED", None, 1),
    "nobody can look": (APPROVE, AT_GATE, [THROTTLED], [DENIED], "REFUSED", False, 1),
    "the step is resumed": (RESUME, AT_PAUSE, [NEVER], [RESUMED], "NOT_NEEDED", None, 1),
    "the next round of the pause": (RESUME, AT_PAUSE, [NEVER], [PAUSED_AGAIN], "NOT_NEEDED", None, 1),
    "the step timed out": (RESUME, AT_PAUSE, [THROTTLED], [TIMED_OUT], "REFUSED", False, 1),
    "the step runs": (START, IDLE, [THROTTLED], [RUNNING], "NOT_NEEDED", None, 1),
    "the access request is over": (REVOKE, GRANTED, [THROTTLED], [REVOKED], "NOT_NEEDED", None, 1),
}


@pytest.mark.parametrize("row", CERTAINLY_NOT_TAKEN.values(), ids=CERTAINLY_NOT_TAKEN)
def test_certainly_not_taken(row):
    check(*row)


IN_DOUBT = {
    "our decision is listed": (APPROVE, AT_GATE, [LOST], [PASSED_BY_US], "SEEN", True, 1),
    "our decision is listed late": (APPROVE, AT_GATE, [LOST], [AT_GATE, AT_GATE, PASSED_BY_US], "SEEN", True, 1),
    "our rejection is listed": (REJECT, AT_GATE, [LOST], [REJECTED_BY_US], "SEEN", True, 1),
    "our decision is at the next gate": (APPROVE, AT_GATE, [LOST], [HIT_NEXT_GATE], "SEEN", True, 1),
    "our decision is at the next gate, late": (
        APPROVE,
        AT_GATE,
        [LOST],
        [AT_NEXT_GATE, HIT_NEXT_GATE],
        "SEEN",
        True,
        1,
    ),
    "others have passed the gate": (APPROVE, AT_GATE, [LOST], [PASSED_BY_THEM], "UNKNOWN", None, 1),
    "somebody has passed the gate": (APPROVE, AT_GATE, [LOST], [PASSED_BY_SOMEBODY], "UNKNOWN", None, 1),
    "it was cancelled": (APPROVE, AT_GATE, [LOST], [CANCELLED_AT_GATE], "UNKNOWN", None, 1),
    "the next gate waits": (APPROVE, AT_GATE, [LOST], [AT_NEXT_GATE], "UNKNOWN", None, 1),
    "the next round waits": (APPROVE, AT_GATE, [LOST], [NEXT_ROUND], "UNKNOWN", None, 1),
    "nobody can look": (APPROVE, AT_GATE, [LOST], [DENIED], "UNKNOWN", None, 1),
    "no look gets through": (APPROVE, AT_GATE, [LOST], [THROTTLED], "UNKNOWN", None, 1),
    "without a look": (APPROVE, None, [LOST], [AT_GATE], "UNKNOWN", None, 1),
    "without a look, after throttling": (APPROVE, None, [THROTTLED, LOST], [AT_GATE], "UNKNOWN", None, 2),
    "the gate still waits": (APPROVE, AT_GATE, [LOST, TAKEN], [AT_GATE], "ACCEPTED", True, 2),
    "a fault, the gate still waits": (APPROVE, AT_GATE, [FAULT, TAKEN], [AT_GATE], "ACCEPTED", True, 2),
    "malformed, the gate still waits": (APPROVE, AT_GATE, [MALFORMED, TAKEN], [AT_GATE], "ACCEPTED", True, 2),
    "a proxy's page, the gate still waits": (APPROVE, AT_GATE, [FOREIGN, TAKEN], [AT_GATE], "ACCEPTED", True, 2),
    "again and again": (REJECT, AT_GATE, [LOST], [AT_GATE], "UNKNOWN", None, MOST_ATTEMPTS_IN_DOUBT),
    "then refused, it waits": (APPROVE, AT_GATE, [LOST, DENIED], [AT_GATE], "UNKNOWN", None, 2),
    "then refused, we are listed": (
        APPROVE,
        AT_GATE,
        [LOST, INVALID],
        [AT_GATE] * 15 + [PASSED_BY_US],
        "SEEN",
        True,
        2,
    ),
    "then throttled": (APPROVE, AT_GATE, [LOST, THROTTLED, TAKEN], [AT_GATE], "ACCEPTED", True, 3),
    "then throttled again and again": (
        REJECT,
        AT_GATE,
        [LOST, THROTTLED, THROTTLED, THROTTLED, TAKEN],
        [AT_GATE],
        "ACCEPTED",
        True,
        5,
    ),
    "a request as a whole": (APPROVE, REQUESTED, [LOST], [REQUESTED], "UNKNOWN", None, 1),
    "the pause still waits": (RESUME, AT_PAUSE, [LOST, TAKEN], [AT_PAUSE], "ACCEPTED", True, 2),
    "the step is resumed": (RESUME, AT_PAUSE, [LOST], [RESUMED], "UNKNOWN", None, 1),
    "the next round of the pause": (RESUME, AT_PAUSE, [LOST], [PAUSED_AGAIN], "UNKNOWN", None, 1),
    "the step has not begun": (START, IDLE, [LOST], [IDLE], "UNKNOWN", None, 1),
    "the step has begun": (START, IDLE, [LOST], [RUNNING], "UNKNOWN", None, 1),
    "the step still runs": (STOP_RUN, RUNNING, [LOST, TAKEN], [RUNNING], "ACCEPTED", True, 2),
    "the step is stopped": (STOP_RUN, RUNNING, [LOST], [STOPPED], "UNKNOWN", None, 1),
    "the access request stands": (REVOKE, GRANTED, [LOST, TAKEN], [GRANTED], "ACCEPTED", True, 2),
    "the access request is over": (REVOKE, GRANTED, [LOST], [REVOKED], "UNKNOWN", None, 1),
}


@pytest.mark.parametrize("row", IN_DOUBT.values(), ids=IN_DOUBT)
def test_in_doubt(row):
    check(*row)


WITHOUT_ID = run("Waiting", gate("g", "Waiting", execution_id=""), step("end"))


@pytest.mark.parametrize(("signal", "before"), [(APPROVE, AT_GATE), (REJECT, AT_GATE), (RESUME, AT_PAUSE)])
@pytest.mark.parametrize("steps", [LOOPED, [], DENIED], ids=["leads back", "not understood", "not to be read"])
def test_a_signal_in_doubt_that_could_hit_another_run_is_not_sent_again(signal, before, steps):
    check(signal, before, [LOST], [before], "UNKNOWN", None, 1, steps=steps)


def test_a_signal_that_was_not_taken_needs_no_runbook_to_be_sent_again():
    check(APPROVE, AT_GATE, [THROTTLED, TAKEN], [AT_GATE], "ACCEPTED", True, 2, steps=LOOPED)


@pytest.mark.parametrize(("answer", "status"), [(THROTTLED, "REFUSED"), (LOST, "UNKNOWN")])
def test_where_the_run_of_the_step_is_not_known_by_its_id_nothing_is_sent_again(answer, status):
    check(APPROVE, WITHOUT_ID, [answer], [WITHOUT_ID], status, False if status == "REFUSED" else None, 1)


def test_who_nobody_knows_sees_no_decision_of_its_own():
    check(APPROVE, AT_GATE, [LOST], [PASSED_BY_US], "UNKNOWN", None, 1, caller="")
    check(APPROVE, AT_GATE, [INVALID], [PASSED_BY_US], "NOT_NEEDED", None, 1, caller="")


@pytest.mark.parametrize(
    ("row", "status", "attempts"),
    [
        ((STOP_RUN, STOPPED, [INVALID], [STOPPED]), "REFUSED", 1),
        ((STOP_RUN, STOPPED, [THROTTLED, TAKEN], [STOPPED]), "ACCEPTED", 2),
        ((START, RUNNING, [LOST], [RUNNING]), "UNKNOWN", 1),
        ((START, RUNNING, [THROTTLED, TAKEN], [RUNNING]), "ACCEPTED", 2),
    ],
)
def test_with_force_what_the_step_has_come_to_is_no_reason_to_leave_off(row, status, attempts):
    delivery, _service = deliver(*row, is_forced=True)
    assert (delivery.status.name, delivery.attempts) == (status, attempts)


class TestTime:
    @pytest.mark.parametrize(
        ("sends", "looks", "grace"),
        [([LOST, TAKEN], [AT_GATE], GRACE.timeout), ([INVALID], [AT_GATE], REFUSAL_GRACE.timeout)],
        ids=["in doubt", "refused"],
    )
    def test_an_effect_has_time_to_show(self, sends, looks, grace):
        _delivery, service = deliver(APPROVE, AT_GATE, sends, looks)
        assert grace <= service.clock.now - 1000 <= grace + 3

    def test_a_service_that_throttles_is_given_up_after_a_minute(self):
        delivery, service = deliver(APPROVE, AT_GATE, [THROTTLED], [AT_GATE])
        assert (delivery.status.name, delivery.sent) == ("REFUSED", False)
        assert delivery.error.code == "ThrottlingException"
        # The rate of calls may hold the last attempt back.
        assert 40 <= service.clock.now - 1000 <= RETRY_SECONDS + 5

    def test_right_before_each_repetition_there_is_a_look(self):
        _delivery, service = deliver(START, IDLE, [THROTTLED, NEVER, TAKEN], [IDLE])
        calls = [name for name, _request in service.client.requests]
        assert calls == ["send_automation_signal", "get_automation_execution"] * 2 + ["send_automation_signal"]

    def test_a_signal_that_is_taken_costs_one_call(self):
        _delivery, service = deliver(APPROVE, AT_GATE, [TAKEN], [AT_GATE])
        assert len(service.client.requests) == 1


def test_an_attempt_that_was_waited_for_no_longer_may_still_leave_so_it_is_not_repeated(monkeypatch):
    monkeypatch.setattr(scheduler, "_LONGEST_CALL", 0.01)
    monkeypatch.setattr(scheduler, "_SHORTEST_CALL", 0.01)
    never = threading.Event()

    def hang(request):
        never.wait(30)
        return TAKEN

    delivery, _service = deliver(STOP_RUN, RUNNING, [hang], [RUNNING])
    never.set()
    assert (delivery.status.name, delivery.sent, delivery.attempts) == ("UNKNOWN", None, 1)
    assert delivery.may_still_leave


def test_what_was_last_seen_and_decided_is_told():
    delivery, _service = deliver(APPROVE, AT_GATE, [THROTTLED], [PASSED_BY_THEM])
    assert delivery.last.status == "InProgress"
    assert "already Approved" in delivery.verdict.reason
    assert delivery.shows_others


@pytest.mark.parametrize(
    ("look", "code"), [(CANCELLED_AT_GATE, None), (AT_GATE, "ThrottlingException"), (DENIED, "ThrottlingException")]
)
def test_what_the_execution_has_come_to_is_the_reason_and_not_the_last_answer(look, code):
    delivery, _service = deliver(APPROVE, AT_GATE, [THROTTLED], [look])
    assert delivery.status.name == "REFUSED"
    assert (delivery.error.code if delivery.error else None) == code
