# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When references get their values, and where values show."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "P1D"}}


def test_a_date_is_that_of_its_step(runs: Any, control: Any) -> None:
    dates = {"Message": "{{ global:DATE }}", "Now": "{{ global:DATE_TIME }}"}
    first = {"name": "first", "action": "aws:pause", "inputs": dates}
    execution = runs.start(first, NAP, {**first, "name": "last"})
    runs.signal(execution, "Resume", StepName="first")
    control.pass_time(86400)
    shown = [runs.step(execution, name)["Inputs"] for name in ("first", "last")]
    days = [datetime.date.fromisoformat(json.loads(one["Message"])) for one in shown]
    times = [datetime.datetime.strptime(json.loads(one["Now"]), "%Y-%m-%d_%H.%M.%S") for one in shown]
    assert days[1] - days[0] == times[1] - times[0] == datetime.timedelta(days=1)


def test_outputs_of_a_runbook(runs: Any) -> None:
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
    execution = runs.start(gate, members={"outputs": ["gate.ApprovalStatus"]})
    assert runs.get(execution)["Outputs"] == {}
    runs.signal(execution, "Approve")
    assert runs.get(execution)["Outputs"] == {"gate.ApprovalStatus": ["Approved"]}
    (listed,) = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert listed["Outputs"] == {"gate.ApprovalStatus": ["Approved"]}


@pytest.mark.parametrize("text", ['{{ "a": 1 }}', "{{a, b}}", "{{ $value }}", "{{ two words }}", "{ Name }", "{{}}"])
def test_what_is_no_reference(runs: Any, text: str) -> None:
    note = {"name": "note", "action": "aws:pause", "inputs": {"Message": f"say {text}"}}
    execution = runs.start(note)
    assert json.loads(runs.step(execution, "note")["Inputs"]["Message"]) == f"say {text}"
