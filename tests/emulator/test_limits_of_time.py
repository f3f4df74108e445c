# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long steps may take and wait."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86400
GATE = {"name": "step", "action": "aws:approve", "inputs": {"Approvers": ["approver"]}}
PAUSE = {"name": "step", "action": "aws:pause", "inputs": {}}
both = pytest.mark.parametrize("step", [GATE, PAUSE], ids=["gate", "pause"])


@pytest.mark.ledger("pause-4")
@both
def test_how_long_a_step_waits_by_itself(runs: Any, control: Any, step: dict[str, Any]) -> None:
    execution = runs.start(step)
    control.pass_time(7 * DAY - 1)
    assert runs.status(execution) == "Waiting"
    control.pass_time(1)
    assert (runs.status(execution), runs.step(execution, "step")["StepStatus"]) == ("TimedOut", "TimedOut")


@pytest.mark.ledger("approve-11", "pause-4")
@both
def test_how_long_a_step_may_wait(runs: Any, control: Any, step: dict[str, Any]) -> None:
    execution = runs.start({**step, "timeoutSeconds": 30 * DAY})
    control.pass_time(30 * DAY - 1)
    assert runs.status(execution) == "Waiting"
    execution = runs.start({**step, "timeoutSeconds": 30 * DAY + 1}, members={"name": "Longer"})
    assert runs.step(execution, "step")["FailureDetails"]["FailureStage"] == "InputValidation"


@pytest.mark.ledger("flow-8")
def test_a_time_out_that_is_not_critical(runs: Any, control: Any) -> None:
    last = {"name": "last", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
    step = {**PAUSE, "timeoutSeconds": 60, "onFailure": "step:last", "isCritical": False}
    execution = runs.start(step, last)
    control.pass_time(61)
    assert (runs.status(execution), runs.step(execution, "step")["StepStatus"]) == ("Success", "TimedOut")


@pytest.mark.ledger("pause-8", "pause-9")
def test_a_sleep_may_have_no_length(runs: Any) -> None:
    execution = runs.start({"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}})
    step = runs.step(execution, "nap")
    assert (step["StepStatus"], step["Outputs"]) == ("Success", {})
