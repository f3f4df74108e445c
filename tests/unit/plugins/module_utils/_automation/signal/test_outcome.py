# Copyright: Contributors to the ssmops.automation project
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
from ansible_collections.ssmops.automation.tests.unit.errors import refusal
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE

DELIVERIES = {
    "not sent": (Delivery(), False, False),
    "on the way": (Delivery(attempts=1, on_the_way=True), False, True),
    "an answer got lost": (Delivery(attempts=1, in_doubt=True), False, True),
    "accepted": (Delivery(attempts=1, ending=DeliveryStatus.ACCEPTED), True, False),
    "accepted after a lost answer": (Delivery(attempts=2, in_doubt=True, ending=DeliveryStatus.ACCEPTED), True, False),
    "its effect shows": (Delivery(attempts=1, in_doubt=True, ending=DeliveryStatus.SEEN), True, False),
    "somebody else came first": (Delivery(attempts=1, ending=DeliveryStatus.MOOT), False, False),
    "refused": (Delivery(attempts=1, ending=DeliveryStatus.REFUSED), False, False),
    "not to be told": (Delivery(attempts=1, in_doubt=True, ending=DeliveryStatus.UNKNOWN), False, True),
}


@pytest.mark.parametrize(("delivery", "took_effect", "is_unknown"), DELIVERIES.values(), ids=DELIVERIES)
def test_what_is_known_of_a_delivery(delivery, took_effect, is_unknown):
    assert delivery.took_effect is took_effect
    assert delivery.is_unknown is is_unknown
    assert Outcome(EXECUTION_ID, APPROVE, delivery=delivery).changed is took_effect


def test_check_mode_reports_the_change_that_it_predicts():
    assert Outcome(EXECUTION_ID, APPROVE, predicted=True).changed


def test_a_failure_follows_what_was_said_before_and_keeps_its_error():
    outcome, error = Outcome(EXECUTION_ID, APPROVE, msg="Sent."), refusal("AccessDeniedException")
    outcome.fail("It could not be read.", error)
    assert (outcome.failed, outcome.msg, outcome.error) == (True, "Sent. It could not be read.", error)


def test_a_failure_alone():
    outcome = Outcome(EXECUTION_ID, APPROVE)
    outcome.fail("No.")
    assert (outcome.failed, outcome.msg, outcome.error) == (True, "No.", None)


def test_an_execution_that_is_left_alone_has_neither_changed_nor_failed():
    outcome = Outcome(EXECUTION_ID, APPROVE)
    outcome.leave_untried("It was not its turn.")
    assert (outcome.tried, outcome.changed, outcome.failed) == (False, False, False)
    assert outcome.msg == "It was not its turn."
