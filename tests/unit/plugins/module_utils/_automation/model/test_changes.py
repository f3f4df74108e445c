# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has happened between two states of an execution."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import changes
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, gate, interactive, pause, run, step

OURS, THEIRS = (ALICE, "Approve"), (BOB, "Approve")
OPEN = run("Waiting", gate("g", "Waiting", needed=3), gate("h"))
HELD = run("Waiting", gate("g", "Waiting", [OURS], needed=3), gate("h"))


@pytest.mark.parametrize(
    ("before", "now", "anywhere", "elsewhere"),
    [
        (OPEN, OPEN, False, False),
        (OPEN, HELD, True, False),
        (HELD, HELD, False, False),
        (HELD, run("Waiting", gate("g", "Waiting", [OURS, THEIRS])), True, False),
        (OPEN, run("Waiting", gate("g", "Success"), gate("h", "Waiting", [THEIRS])), True, True),
        (OPEN, run("Waiting", gate("g", "Success"), gate("g", "Waiting", [THEIRS], execution_id="g-2")), True, True),
        (HELD, OPEN, False, False),
        (OPEN, run("Waiting", step("g", "aws:sleep")), False, False),
    ],
    ids=["none", "one", "as before", "one more", "at the next gate", "at the next run", "fewer", "no gate"],
)
def test_new_decisions_of_anybody(before, now, anywhere, elsewhere):
    assert changes.shows_new_decisions(before, now) is anywhere
    assert changes.shows_new_decisions(before, now, OPEN.steps[0]) is elsewhere


AHEAD = interactive("Waiting", step("s"))
RUNNING = interactive("InProgress", step("s", status="InProgress"))
FAILED = interactive("Waiting", step("s", status="Failed"))
AGAIN = step("s", status="InProgress", execution_id="s-2")


@pytest.mark.parametrize(
    ("before", "now", "runs"),
    [
        (interactive("Waiting"), RUNNING, 1),
        (AHEAD, AHEAD, 0),
        (AHEAD, RUNNING, 1),
        (FAILED, FAILED, 0),
        (FAILED, interactive("InProgress", *FAILED.steps, AGAIN), 1),
        (FAILED, interactive("InProgress", AGAIN), 1),
        (AHEAD, interactive("InProgress", *FAILED.steps, AGAIN), 2),
        (AHEAD, interactive("InProgress", step("s", status="InProgress", execution_id="")), 0),
        (AHEAD, interactive("InProgress", step("t", status="InProgress")), 0),
    ],
    ids=["not listed", "ahead", "begun", "failed before", "again", "in its place", "twice", "no id", "another step"],
)
def test_runs_since(before, now, runs):
    assert changes.runs_since(before, now, "s") == runs


def test_what_has_changed():
    before = run("Waiting", step("a"), pause("p", "Waiting"))
    assert not changes.has_changed(before, run("Waiting", step("a"), pause("p", "Waiting")))
    assert changes.has_changed(before, run("Waiting", step("a"), pause("p", "Success")))
    assert changes.has_changed(before, run("Cancelled", step("a"), pause("p", "Waiting")))
