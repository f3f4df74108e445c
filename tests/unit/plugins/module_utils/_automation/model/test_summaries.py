# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a look without steps is enough."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import summaries
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, gate, pause, run, step
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, RESUME, START, STOP


def at(status, step_name="", action=""):
    position = {"CurrentStepName": step_name, "CurrentAction": action} if step_name else {}
    return Execution.from_summary(
        {"AutomationExecutionId": EXECUTION_ID, "AutomationExecutionStatus": status, **position}
    )


GATE = gate("g", "Waiting")
AT_GATE = run("Waiting", GATE, step("end"))


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
def test_a_run_that_moves_by_itself_does_not_rest_and_is_not_ready(status, moves):
    assert (summaries.has_come_to_rest(at(status), APPROVE, AT_GATE, GATE) is False) is moves
    ready = summaries.has_become_ready(at(status, "s", "aws:sleep"), at(status, "s", "aws:sleep"))
    assert ready is (False if moves else None)


@pytest.mark.parametrize(
    ("status", "signal", "before", "its_step", "holds"),
    [
        ("Success", APPROVE, AT_GATE, GATE, True),
        ("CompletedWithSuccess", APPROVE, AT_GATE, GATE, True),
        ("Success", RESUME, run("Waiting", pause("p", "Waiting")), pause("p", "Waiting"), True),
        ("Success", APPROVE, run("Waiting", GATE, gate("h")), GATE, None),
        ("Success", RESUME, run("Waiting"), step("p", is_in_a_loop=True), None),
        ("Success", START, run("Waiting", step("s")), step("s"), None),
        ("Failed", APPROVE, AT_GATE, GATE, None),
        ("Waiting", APPROVE, AT_GATE, GATE, None),
    ],
    ids=[
        "ended well",
        "a request ended well",
        "resumed",
        "it may have hit the other gate",
        "it may have hit another round",
        "the started step may have failed",
        "the steps tell why",
        "the steps tell where",
    ],
)
def test_of_a_run_that_ended_well_nobody_reads_the_steps(status, signal, before, its_step, holds):
    assert summaries.has_come_to_rest(at(status), signal, before, its_step) is holds


@pytest.mark.parametrize(
    "known",
    [None, at("InProgress", "another", "aws:sleep"), at("Pending"), at("Waiting", "s", "aws:sleep")],
    ids=["never read", "another step", "another status", "waited"],
)
def test_a_run_that_has_moved_since_is_read(known):
    assert summaries.has_become_ready(at("InProgress", "s", "aws:sleep"), known) is None


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
