# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module and the AWS CLI are interchangeable clients of the emulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def cli(emulator):
    def call(*arguments):
        command = [str(Path(sys.executable).with_name("aws")), "ssm", *arguments]
        environment = emulator.process_environment()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return call


@pytest.fixture
def paused(emulator, cli):
    execution_id = cli(
        "start-automation-execution",
        "--document-name=Maintenance",
        "--parameters=Approvers=alice",
        "--query=AutomationExecutionId",
        "--output=text",
    )
    emulator.sleep(40)
    return execution_id


def send(cli, execution_id):
    cli(
        "send-automation-signal",
        f"--automation-execution-id={execution_id}",
        "--signal-type=Resume",
        "--payload=StepName=patch_by_hand",
    )


def test_what_the_cli_sent_the_module_need_not_send(emulator, signal, cli, paused):
    send(cli, paused)
    assert signal("Resume", paused, step_name="patch_by_hand")["changed"] is False


def test_both_send_the_same_request(emulator, signal, cli, paused):
    send(cli, paused)
    other = emulator.start("Maintenance")
    emulator.sleep(40)
    signal("Resume", other, step_name="patch_by_hand")
    by_cli, by_module = (entry["parameters"] for entry in emulator.requests("SendAutomationSignal"))
    assert by_cli == {**by_module, "AutomationExecutionId": paused}
