# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runbooks for the adversary's cases, as plain values."""

from __future__ import annotations

from typing import Any

Step = dict[str, Any]
APPROVERS = ["alice", "bob", "carol"]


def gate(name: str, approvals: int = 1, **members: Any) -> Step:
    """Return a step that waits for approvals."""
    inputs = {"Approvers": APPROVERS, "MinRequiredApprovals": approvals}
    return {"name": name, "action": "aws:approve", "inputs": inputs, **members}


def pause(name: str, **members: Any) -> Step:
    """Return a step that waits for Resume."""
    return {"name": name, "action": "aws:pause", "inputs": {}, **members}


def sleep(name: str, seconds: int, **members: Any) -> Step:
    """Return a step that lets time pass."""
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": f"PT{seconds}S"}, **members}


def loop(name: str, rounds: int, *steps: Step, **members: Any) -> Step:
    """Return a step that goes round."""
    inputs = {"Iterators": [str(number) for number in range(rounds)], "Steps": list(steps)}
    return {"name": name, "action": "aws:loop", "inputs": inputs, **members}


def child(name: str, document: str, **members: Any) -> Step:
    """Return a step that starts another runbook and waits for its end."""
    return {"name": name, "action": "aws:executeAutomation", "inputs": {"DocumentName": document}, **members}


def fails(name: str, **members: Any) -> Step:
    """Return a step that fails after a second."""
    return sleep(name, 60, timeoutSeconds=1, **members)


def runbook(*steps: Step) -> dict[str, Any]:
    """Return a runbook of these steps."""
    return {"schemaVersion": "0.3", "mainSteps": list(steps)}
