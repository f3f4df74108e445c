# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an execution stands, in words."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.phrases import (
    approvals_at_gate,
    explain_state,
)
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, gate, interactive, pause, run, step

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
AT_GATE = run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2))

STATES = {
    "at a gate": (AT_GATE, "the execution waits at step `g` (aws:approve)"),
    "at a pause": (run("Waiting", pause("p", "Waiting")), "the execution waits at step `p` (aws:pause)"),
    "in a step": (run("InProgress", step("s", status="InProgress")), "the execution is InProgress at step `s`"),
    "not begun": (run("Pending", step("s")), "the execution is Pending"),
    "between two steps": (interactive("Waiting", step("s", status="Success")), "the execution is Waiting"),
    "ended": (run("Success", step("s", status="Success")), "the execution ended Success"),
    "ended, its gate still open": (run("Cancelled", gate("g", "Waiting")), "the execution ended Cancelled"),
    "ended, it is known when": (
        run("Failed", raw={"ExecutionEndTime": NOON}),
        "the execution ended Failed at 2026-05-04T12:00:00+00:00",
    ),
    "a status of the future": (run("Simmering"), "the execution is Simmering"),
}


@pytest.mark.parametrize(("execution", "clause"), STATES.values(), ids=STATES)
def test_explain_state(execution, clause):
    explained = explain_state(execution)
    assert explained.startswith(clause)
    assert not explained.endswith(".")


@pytest.mark.parametrize(
    ("execution", "phrase"),
    [
        (AT_GATE, " and has 1 of 2 approvals"),
        (run("Waiting", pause("p", "Waiting")), ""),
        (run("Waiting", gate("g", "Waiting", execution_id="")), ""),
        (run("Cancelled", gate("g", "Waiting")), ""),
        (run("PendingApproval"), ""),
        (None, ""),
    ],
    ids=["a gate", "a pause", "a gate of which only the name was read", "ended", "a request", "not read"],
)
def test_approvals_are_told_at_a_gate_that_was_read(execution, phrase):
    assert approvals_at_gate(execution) == phrase
