# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a signal that was sent, and what a task reports."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
    Outcome,
)
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE

# The delivery, and what it tells: whether the signal took effect, whether that is unknown, and what users are told.
DELIVERIES = {
    "not sent": ({}, False, False, False),
    "on the way": ({"attempts": 1, "on_the_way": True}, False, True, None),
    "an answer got lost": ({"attempts": 1, "answers_lost": 1}, False, True, None),
    "throttled so far": ({"attempts": 1}, False, False, False),
    "accepted": ({"attempts": 1, "accepted": True, "status": "ACCEPTED"}, True, False, True),
    "accepted after a lost answer": ({"attempts": 2, "answers_lost": 1, "status": "ACCEPTED"}, True, False, True),
    "its effect shows": ({"attempts": 1, "answers_lost": 1, "status": "SEEN"}, True, False, True),
    "not needed, others are listed": (
        {"attempts": 1, "status": "NOT_NEEDED", "shows_others": True},
        False,
        False,
        False,
    ),
    "not needed, nobody is listed": ({"attempts": 1, "status": "NOT_NEEDED"}, False, False, None),
    "refused": ({"attempts": 1, "status": "REFUSED"}, False, False, False),
    "not to be told": ({"attempts": 1, "answers_lost": 1, "status": "UNKNOWN"}, False, True, None),
}


@pytest.mark.parametrize(("told", "took_effect", "is_unknown", "sent"), DELIVERIES.values(), ids=DELIVERIES)
def test_what_is_known_of_a_delivery(told, took_effect, is_unknown, sent):
    status = DeliveryStatus[told["status"]] if "status" in told else None
    delivery = Delivery(**{**told, "status": status})
    assert (delivery.took_effect, delivery.is_unknown, delivery.sent) == (took_effect, is_unknown, sent)
    assert Outcome(execution_id=EXECUTION_ID, signal=APPROVE, delivery=delivery).changed is took_effect


def test_check_mode_reports_the_change_that_it_predicts():
    assert Outcome(execution_id=EXECUTION_ID, signal=APPROVE, predicted=True).changed


def test_an_execution_that_is_left_alone_has_neither_changed_nor_failed():
    outcome = Outcome(execution_id=EXECUTION_ID, signal=APPROVE)
    outcome.leave_untried("It was not its turn.")
    assert (outcome.tried, outcome.changed, outcome.failed) == (False, False, False)
    assert outcome.msg == "It was not its turn."
