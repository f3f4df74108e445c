# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a signal to one execution, and to several."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
    Outcome,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.predictions import State
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.results import (
    combined_diff,
    diff_result,
    outcome_result,
    signal_result,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, pause, run
from ansible_collections.ssmops.automation.tests.unit.signals import RESUME

WHERE = {"region": "eu-central-1", "partition": "aws"}
BEFORE, AFTER = State("Waiting", "p", "Waiting"), State("InProgress", "p", "Success")
ACCEPTED = Delivery(attempts=1, status=DeliveryStatus.ACCEPTED)
SIGNAL = {"type": "Resume", "payload": {"StepName": ["p"]}, "step_name": "p", "step_execution_id": None}


def outcome(**more):
    return Outcome(
        execution_id=EXECUTION_ID, signal=RESUME, **{"msg": "Sent.", "kind": Kind.SEND, "delivery": ACCEPTED, **more}
    )


def one(of):
    return signal_result(of, **WHERE, return_execution="on_success")


def several(of):
    return outcome_result(of, **WHERE)


@pytest.mark.parametrize("result", [one, several])
def test_a_signal_that_was_sent(result):
    told = result(outcome(diff=(BEFORE, AFTER)))
    assert told["changed"] is True
    assert told["msg"] == "Sent."
    assert told["verdict"] == "send"
    assert told["signal"] == {**SIGNAL, "sent": True, "attempts": 1}
    assert told["diff"] == diff_result(BEFORE, AFTER)
    assert EXECUTION_ID in told["console_url"]
    assert "error" not in told


@pytest.mark.parametrize("result", [one, several])
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
def test_whether_it_was_sent_is_null_where_that_is_not_known(result, delivery, sent, attempts):
    told = result(outcome(delivery=delivery))
    assert told["signal"] == {**SIGNAL, "sent": sent, "attempts": attempts}
    assert told["changed"] is bool(sent)


@pytest.mark.parametrize("result", [one, several])
def test_what_is_not_known_is_left_out(result):
    told = result(Outcome(EXECUTION_ID, RESUME))
    assert not {"verdict", "automation_execution", "diff", "error", "status_before", "status_after"} & set(told)


def test_one_of_several_has_its_statuses_and_the_services_error():
    told = several(
        outcome(
            before=run("Waiting", pause("p", "Waiting")),
            after=run("Success"),
            failed=True,
            error=refusal("AccessDeniedException", "not yours"),
        )
    )
    assert told["automation_execution_id"] == EXECUTION_ID
    assert (told["status_before"], told["status_after"]) == ("Waiting", "Success")
    assert (told["failed"], told["tried"]) == (True, True)
    assert told["error"] == {"code": "AccessDeniedException", "message": "not yours"}
    assert "AccessDeniedException: not yours" in told["msg"]


def test_an_error_without_an_answer_of_the_service_is_in_the_sentence_alone():
    told = several(outcome(failed=True, error=failed(LOST_ANSWER)))
    assert "error" not in told
    assert str(LOST_ANSWER) in told["msg"]


def test_a_diff_has_the_aspects_that_there_are():
    assert diff_result(State("Waiting", "p", "Waiting"), State("InProgress")) == {
        "before": {"automation_execution_status": "Waiting", "step_name": "p", "step_status": "Waiting"},
        "after": {"automation_execution_status": "InProgress"},
    }


def test_the_diff_of_several_has_a_line_for_each_that_changed():
    diff = diff_result(BEFORE, AFTER)
    outcomes = [
        {"automation_execution_id": "a", "changed": True, "diff": diff},
        {"automation_execution_id": "b", "changed": False, "diff": diff},
        {"automation_execution_id": "c", "changed": True},
    ]
    assert combined_diff(outcomes) == {
        "before": {"a": "Waiting, p, Waiting"},
        "after": {"a": "InProgress, p, Success"},
    }
