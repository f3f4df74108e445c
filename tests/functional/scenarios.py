# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One execution for each signal, ready for it, and a way to count how often the signal took effect on it.

The count is read off the execution itself, not off a log: decisions that gates hold, steps that have run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.tests.functional.fault_table import BY_STEP, LAST_GATE, MORE_GATES, START
from automation_emulator.testing import AutomationEmulator

CALLER = "alice"


@dataclass(frozen=True)
class Scenario:
    """A signal, how its sender's client gets an execution that takes it, and how often that shows its effect.

    `kind` is its column in the fault table.
    """

    signal: Signal
    prepare: Callable[[AutomationEmulator, Any], str]
    count: Callable[[dict[str, Any]], int]
    kind: str


def _decisions(execution: dict[str, Any]) -> int:
    texts = [text for step in execution["StepExecutions"] for text in step["Outputs"].get("ApproverDecisions", ())]
    return sum(json.loads(text)["Approver"] == CALLER for text in texts)


def _with_status(name: str, status: str) -> Callable[[dict[str, Any]], int]:
    def count(execution: dict[str, Any]) -> int:
        return sum(
            step["StepName"].endswith(name) and step["StepStatus"] == status for step in execution["StepExecutions"]
        )

    return count


def _runs(execution: dict[str, Any]) -> int:
    return len(execution["StepExecutions"])


def _start(document: str, mode: str = "Auto") -> Callable[[AutomationEmulator, Any], str]:
    def start(emulator: AutomationEmulator, client: Any) -> str:
        started = client.start_automation_execution(
            DocumentName=document, Mode=mode, Parameters={"Approvers": [CALLER, "bob"]}
        )
        return started["AutomationExecutionId"]

    return start


_interactive = _start("LongStep", "Interactive")


def _running(emulator: AutomationEmulator, client: Any) -> str:
    execution_id = _interactive(emulator, client)
    client.send_automation_signal(
        AutomationExecutionId=execution_id, SignalType="StartStep", Payload={"StepName": ["drain"]}
    )
    return execution_id


def _asked_for_access(emulator: AutomationEmulator, client: Any) -> str:
    """The API has no way to make an access request for an approver of one's choice, the emulator has."""
    execution_id = emulator.access_request(CALLER)
    client.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")
    return execution_id


def _has_ended(execution: dict[str, Any]) -> int:
    return int(execution["AutomationExecutionStatus"] == "Cancelled")


def _named(signal_type: str, step_name: str) -> Signal:
    return Signal(signal_type, {"StepName": [step_name]}, step_name)


SCENARIOS = {
    "Approve": Scenario(Signal("Approve"), _start("OneGate"), _decisions, LAST_GATE),
    "Approve, more gates ahead": Scenario(Signal("Approve"), _start("GateAfterGate"), _decisions, MORE_GATES),
    "Reject": Scenario(Signal("Reject"), _start("OneGate"), _decisions, LAST_GATE),
    "Resume": Scenario(
        _named("Resume", "first_pause"),
        _start("PauseAfterPause"),
        _with_status("_pause", "Success"),
        BY_STEP,
    ),
    "StartStep": Scenario(_named("StartStep", "drain"), _interactive, _runs, START),
    "StopStep": Scenario(Signal("StopStep", step_name="drain"), _running, _with_status("drain", "Cancelled"), BY_STEP),
    "Revoke": Scenario(Signal("Revoke"), _asked_for_access, _has_ended, BY_STEP),
}
