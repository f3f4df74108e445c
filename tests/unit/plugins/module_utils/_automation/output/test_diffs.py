# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a diff shows, and what check mode predicts."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.diffs import (
    State,
    predict,
    states_of,
)
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    gate,
    interactive,
    pause,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, REVOKE, START, STOP


@pytest.mark.parametrize(
    ("execution", "signal", "after"),
    [
        (run("Waiting", gate("g", "Waiting")), APPROVE, State("InProgress", "g", "Success", "1 of 1 approval")),
        (
            run("Waiting", gate("g", "Waiting", needed=2)),
            APPROVE,
            State("Waiting", "g", "Waiting", "1 of 2 approvals"),
        ),
        (
            run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2)),
            APPROVE,
            State("InProgress", "g", "Success", "2 of 2 approvals"),
        ),
        (run("Waiting", gate("g", "Waiting")), REJECT, State("Failed", "g", "Failed", "0 of 1 approval")),
        (
            run("Waiting", gate("g", "Waiting", on_failure="step:undo")),
            REJECT,
            State("InProgress", "g", "Failed", "0 of 1 approval"),
        ),
        (run("Waiting", pause("p", "Waiting")), RESUME, State("InProgress", "p", "Success")),
        (run("InProgress", step("s", status="InProgress")), STOP, State("InProgress", "s", "Cancelled")),
    ],
)
def test_predict(execution, signal, after):
    assert predict(execution, signal, execution.steps[0]) == after


def test_predict_a_step_that_is_not_listed_yet():
    assert predict(interactive("Waiting"), START, None) == State("InProgress", "s", "InProgress")


def test_what_becomes_of_a_request_is_not_predicted():
    assert predict(run("PendingApproval"), APPROVE, None) == State("PendingApproval")
    assert predict(run("Approved"), REVOKE, None) == State("Approved")


def test_the_states_are_those_of_the_same_run_of_a_step():
    before = run("Waiting", pause("p", "Success"), pause("p", "Waiting", execution_id="p-2"))
    after = run("Waiting", pause("p", "Success"), pause("p", "Success", execution_id="p-2"), pause("p", "Waiting"))
    then, now = states_of(before, after, RESUME, before.steps[1])
    assert (then.step_status, now.step_status) == ("Waiting", "Success")


def test_the_state_after_start_step_is_that_of_the_new_run():
    before = interactive("Waiting", step("s", status="Failed"))
    after = interactive("InProgress", step("s", status="Failed"), step("s", status="InProgress", execution_id="s-2"))
    then, now = states_of(before, after, START, before.steps[0])
    assert (then.step_status, now.step_status) == ("Failed", "InProgress")


def test_a_signal_about_no_step_shows_the_execution_alone():
    then, now = states_of(run("PendingApproval"), run("Approved", step("s")), APPROVE, None)
    assert (then, now) == (State("PendingApproval"), State("Approved"))


def test_a_step_that_was_not_listed_before_is_shown_afterwards():
    then, now = states_of(
        interactive("Waiting"), interactive("InProgress", step("s", status="InProgress")), START, None
    )
    assert (then, now) == (State("Waiting"), State("InProgress", "s", "InProgress"))
