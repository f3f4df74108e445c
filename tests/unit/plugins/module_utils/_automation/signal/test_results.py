# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a signal to one execution."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.diffs import State
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
    Outcome,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.results import (
    diff_result,
    signal_result,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID
from ansible_collections.ssmops.automation.tests.unit.signals import RESUME

WHERE = {"region": "eu-central-1", "partition": "aws"}
BEFORE, AFTER = State("Waiting", "p", "Waiting"), State("InProgress", "p", "Success")
ACCEPTED = Delivery(attempts=1, status=DeliveryStatus.ACCEPTED)
SIGNAL = {"type": "Resume", "payload": {"StepName": ["p"]}, "step_name": "p", "step_execution_id": None}


def outcome(**more):
    return Outcome(
        execution_id=EXECUTION_ID, signal=RESUME, **{"msg": "Sent.", "kind": Kind.SEND, "delivery": ACCEPTED, **more}
    )


def result(of):
    return signal_result(of, **WHERE, return_execution="on_success")


def test_a_signal_that_was_sent():
    told = result(outcome(diff=(BEFORE, AFTER)))
    assert told["changed"] is True
    assert told["msg"] == "Sent."
    assert told["verdict"] == "send"
    assert told["signal"] == {**SIGNAL, "sent": True, "attempts": 1}
    assert told["diff"] == diff_result(BEFORE, AFTER)
    assert EXECUTION_ID in told["console_url"]
    assert "error" not in told


@pytest.mark.parametrize(
    ("delivery", "sent", "attempts"),
    [
        (Delivery(), False, 0),
        (Delivery(attempts=2, status=DeliveryStatus.SEEN), True, 2),
        (Delivery(attempts=1, status=DeliveryStatus.REFUSED), False, 1),
        (Delivery(attempts=1, status=DeliveryStatus.UNKNOWN), None, 1),
    ],
    ids=["not sent", "its effect shows", "refused", "not known"],
)
def test_whether_it_was_sent_is_null_where_that_is_not_known(delivery, sent, attempts):
    told = result(outcome(delivery=delivery))
    assert told["signal"] == {**SIGNAL, "sent": sent, "attempts": attempts}
    assert told["changed"] is bool(sent)


def test_what_is_not_known_is_left_out():
    told = result(Outcome(EXECUTION_ID, RESUME))
    assert not {"verdict", "automation_execution", "diff", "error"} & set(told)


def test_a_diff_has_the_aspects_that_there_are():
    assert diff_result(State("Waiting", "p", "Waiting"), State("InProgress")) == {
        "before": {"automation_execution_status": "Waiting", "step_name": "p", "step_status": "Waiting"},
        "after": {"automation_execution_status": "InProgress"},
    }
