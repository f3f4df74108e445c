# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play of a new user, run by ansible-playbook: in check mode, for real, and with warnings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automation_emulator.testing import REGION

pytestmark = pytest.mark.plays

PLAY = Path(__file__).parent / "plays" / "first_day.yml"


@pytest.fixture
def play(emulator, alice, tmp_path):
    """Run the play as alice; it has to succeed."""
    emulator.thaw()

    def run(*options):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "HOME": str(tmp_path),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_DEPRECATION_WARNINGS": "True",
            "AWS_URL": emulator.url,
            "AWS_ACCESS_KEY_ID": alice["access_key"],
            "AWS_SECRET_ACCESS_KEY": alice["secret_key"],
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "500",
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(PLAY), *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_it_survives_check_mode_and_changes_nothing(emulator, play):
    told = play("--check")
    assert "Would send Cancel to the execution that an earlier task would have started" in told
    assert not {"StartAutomationExecution", "SendAutomationSignal", "StopAutomationExecution"} & set(
        emulator.operations()
    )


def test_it_does_the_same_for_real(emulator, play):
    assert "Sent Cancel to execution" in play()
    assert [request["parameters"]["SignalType"] for request in emulator.requests("SendAutomationSignal")] == ["Approve"]


def test_a_warning_of_a_task_is_no_deprecation(emulator, play):
    emulator.deny("alice", "ssm:DescribeAutomationStepExecutions", "ssm:GetDocument")
    told = play("--check")
    assert "[WARNING]: Check mode cannot tell whether runbook `OneGate` takes these parameters" in told
    assert "DEPRECAT" not in told
