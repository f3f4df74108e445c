# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a look without steps is enough."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import summaries
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, gate, run, step
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, RESUME, START, STOP


def at(status, step_name="", action=""):
    position = {"CurrentStepName": step_name, "CurrentAction": action} if step_name else {}
    return Execution.from_summary(
        {"AutomationExecutionId": EXECUTION_ID, "AutomationExecutionStatus": status, **position}
    )


@pytest.mark.parametrize(
    ("status", "moves"),
    [
        ("Pending", True),
        ("InProgress", True),
        ("Cancelling", True),
        ("Waiting", False),
        ("PendingApproval", False),
        ("Success", False),
        ("Failed", False),
        ("Approved", False),
        ("AddedByAwsLater", False),
    ],
)
def test_a_run_that_moves_by_itself_does_not_rest(status, moves):
    assert summaries.goes_on(at(status), None) is moves
    assert summaries.is_where_it_was(at(status, "s", "aws:sleep"), at(status, "s", "aws:sleep")) is moves


@pytest.mark.parametrize(
    "known",
    [None, at("InProgress", "another", "aws:sleep"), at("Pending"), at("Waiting", "s", "aws:sleep")],
    ids=["never read", "another step", "another status", "waited"],
)
def test_a_run_that_has_moved_since_is_read(known):
    assert not summaries.is_where_it_was(at("InProgress", "s", "aws:sleep"), known)


def test_after_a_decision_at_the_only_gate_nobody_reads_the_steps():
    assert summaries.tells_enough_afterwards(APPROVE, run("Waiting", gate("g", "Waiting")), None)


@pytest.mark.parametrize(
    "before",
    [
        run("Waiting", gate("g", "Waiting"), gate("h")),
        run("Waiting", gate("g", "Waiting"), steps_complete=False),
        run("PendingApproval"),
    ],
    ids=["two gates", "steps unknown", "no steps"],
)
def test_a_decision_that_may_have_hit_another_gate_is_looked_for(before):
    assert not summaries.tells_enough_afterwards(APPROVE, before, None)


@pytest.mark.parametrize("signal", [RESUME, START, STOP])
@pytest.mark.parametrize(
    ("of_step", "enough"), [(None, True), (step("s"), True), (step("s", is_in_a_loop=True), False)]
)
def test_signals_that_name_their_step_stray_in_a_loop_alone(signal, of_step, enough):
    before = run("Waiting", gate("g", "Waiting"), gate("h"))
    assert summaries.tells_enough_afterwards(signal, before, of_step) is enough


def test_a_signal_sent_without_a_look_has_no_gate_to_stray_from():
    assert summaries.tells_enough_afterwards(APPROVE, None, None)
