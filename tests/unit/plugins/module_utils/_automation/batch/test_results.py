# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a signal to several executions."""

from __future__ import annotations

from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.results import (
    combined_diff,
    outcome_result,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.diffs import State
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import (
    Delivery,
    DeliveryStatus,
    Outcome,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.results import diff_result
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, pause, run
from ansible_collections.ssmops.automation.tests.unit.signals import RESUME

BEFORE, AFTER = State("Waiting", "p", "Waiting"), State("InProgress", "p", "Success")


def outcome(**more):
    accepted = Delivery(attempts=1, status=DeliveryStatus.ACCEPTED)
    return Outcome(
        execution_id=EXECUTION_ID, signal=RESUME, **{"msg": "Sent.", "kind": Kind.SEND, "delivery": accepted, **more}
    )


def result(of):
    return outcome_result(of, region="eu-central-1", partition="aws")


def test_a_signal_that_was_sent():
    told = result(outcome(diff=(BEFORE, AFTER)))
    assert (told["changed"], told["msg"], told["verdict"]) == (True, "Sent.", "send")
    assert told["signal"] == {
        "type": "Resume",
        "payload": {"StepName": ["p"]},
        "step_name": "p",
        "step_execution_id": None,
        "sent": True,
        "attempts": 1,
    }
    assert told["diff"] == diff_result(BEFORE, AFTER)
    assert EXECUTION_ID in told["console_url"]
    assert "error" not in told


def test_what_is_not_known_is_left_out():
    told = result(Outcome(execution_id=EXECUTION_ID, signal=Signal("Resume")))
    assert not {"verdict", "diff", "error", "status_before", "status_after"} & set(told)


def test_one_of_several_has_its_statuses_and_the_services_error():
    told = result(
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
    told = result(outcome(failed=True, error=failed(LOST_ANSWER)))
    assert "error" not in told
    assert str(LOST_ANSWER) in told["msg"]


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
