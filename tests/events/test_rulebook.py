# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook, end to end: from a gate's event, by way of EventBridge and SQS, to the decision."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from ansible_collections.ssmops.automation.tests.docs.pages import ROOT
from tools.dev.shell import executable

pytestmark = pytest.mark.plays

RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "decide_gates.yml"
NOBODYS = "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
VALIDATE = """
import sys, yaml
from ansible_rulebook.validators import Validate
Validate.rulebook(yaml.safe_load(sys.stdin))
"""


def validate(venv, rulebook):
    """Check a rulebook as ansible-rulebook does when it loads one; return the exit code."""
    command = [executable("python", venv), "-c", VALIDATE]
    return subprocess.run(command, input=yaml.safe_dump(rulebook), text=True, check=False).returncode


def test_the_rulebook_is_valid(environment_of_rulebooks):
    rulebook = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))
    assert validate(environment_of_rulebooks, rulebook) == 0
    del rulebook[0]["rules"][0]["condition"]
    assert validate(environment_of_rulebooks, rulebook) != 0


def event(execution, **changed):
    """A gate's event as a message of the queue."""
    detail = {"ExecutionId": execution, "Status": "Waiting", "Action": "aws:approve", "StepName": "approve_production"}
    kind = "EC2 Automation Step Status-change Notification"
    return json.dumps({"source": "aws.ssm", "detail-type": kind, "detail": {**detail, **changed}})


def test_a_gate_is_decided_by_its_event_and_only_once(automation_emulator, queue, rulebook):
    def start(release):
        execution = automation_emulator.start("GatedDeployment", Release=[release], Approvers=["moto"])
        automation_emulator.advance(1)
        assert automation_emulator.execution(execution)["AutomationExecutionStatus"] == "Waiting"
        return execution

    def send(message):
        automation_emulator.client("sqs").send_message(QueueUrl=queue, MessageBody=message)

    def sent():
        found = automation_emulator.requests("SendAutomationSignal")
        return [(each["parameters"]["AutomationExecutionId"], each["parameters"]["SignalType"]) for each in found]

    # The policy approves this release, and says nothing of the next.
    approved = start("4.2")
    assert "changed=1" in rulebook.plays()
    assert sent() == [(approved, "Approve")]

    left = start("4.3")
    assert "No rule fits GatedDeployment, which waits at approve_production" in rulebook.plays()

    # The same event again; an event that says what is not so; events that are none of a gate that waits.
    send(event(approved, Status="Failed"))
    send("no event")
    send(event(approved))
    send(event(NOBODYS))
    for _event in (approved, NOBODYS):
        assert "changed=0" in rulebook.plays()
    assert sent() == [(approved, "Approve")]
    assert automation_emulator.execution(left)["AutomationExecutionStatus"] == "Waiting"
    assert rulebook.printed.count("PLAY RECAP") == 4
