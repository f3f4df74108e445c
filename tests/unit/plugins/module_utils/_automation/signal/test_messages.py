# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about a signal: what happened, to which execution, and what to do."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import messages
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind, Verdict
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    EXECUTION_ID,
    gate,
    pause,
    run,
)
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, RESUME, REVOKE, STOP

GUARDED = Signal("Approve", step_name="g")
ONE_RUN = Signal("StopStep", {"StepExecutionId": ["s-1"]}, None, "s-1")
AT_GATE = run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2))

NOT_SENT = Delivery()
ACCEPTED = Delivery(attempts=1, status=DeliveryStatus.ACCEPTED)
REFUSED = Delivery(attempts=1, status=DeliveryStatus.REFUSED)


def check(sentence, *words):
    """Hold that the sentence has all the words and names the execution."""
    assert EXECUTION_ID in sentence
    for word in words:
        assert word in sentence, sentence


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (APPROVE, "Approve"),
        (GUARDED, "Approve for step `g`"),
        (RESUME, "Resume for step `p`"),
        (STOP, "StopStep for step `s`"),
        (ONE_RUN, "StopStep for step execution s-1"),
        (REVOKE, "Revoke"),
    ],
)
def test_a_signal_is_named_with_its_step(signal, name):
    assert messages.named(signal) == name


SENT = {
    "at once": (ACCEPTED, None, ["Sent Approve to"]),
    "later": (Delivery(attempts=3, status=DeliveryStatus.ACCEPTED), None, ["at attempt 3"]),
    "its effect shows": (
        Delivery(attempts=1, answers_lost=1, status=DeliveryStatus.SEEN),
        None,
        ["answer got lost", "effect shows"],
    ),
    "its effect shows although it was refused": (
        Delivery(attempts=1, status=DeliveryStatus.SEEN),
        None,
        ["the service refused", "repeated on its way"],
    ),
    "read afterwards": (ACCEPTED, AT_GATE, ["waits at step `g`", "1 of 2 approvals"]),
}


@pytest.mark.parametrize(("delivery", "after", "words"), SENT.values(), ids=SENT)
def test_sent(delivery, after, words):
    check(messages.sent(APPROVE, EXECUTION_ID, delivery, after), *words)


def test_an_ordinary_success_mentions_neither_attempts_nor_lost_answers():
    sentence = messages.sent(APPROVE, EXECUTION_ID, ACCEPTED, None)
    assert sentence == f"Sent Approve to execution {EXECUTION_ID}."


def test_would_send():
    verdict = Verdict(Kind.SEND, "gate `g` waits for a decision")
    check(messages.would_send(GUARDED, EXECUTION_ID, verdict), "Would send Approve for step `g`", verdict.reason)


def test_nothing_to_send_tells_whether_it_was_tried():
    verdict = Verdict(Kind.DONE, "gate `g` is already Approved")
    untouched = messages.nothing_to_send(APPROVE, EXECUTION_ID, verdict, NOT_SENT)
    tried = messages.nothing_to_send(
        APPROVE, EXECUTION_ID, verdict, Delivery(attempts=1, status=DeliveryStatus.NOT_NEEDED)
    )
    check(untouched, "Did not send Approve", verdict.reason)
    check(tried, verdict.reason)
    assert "Did not send" not in tried


def test_a_pause_is_no_gate_and_has_no_approvals():
    sentence = messages.sent(RESUME, EXECUTION_ID, ACCEPTED, run("Waiting", pause("p", "Waiting")))
    check(sentence, "waits at step `p`")
    assert "approval" not in sentence
