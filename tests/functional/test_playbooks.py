# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as shipped, run by ansible-playbook."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


@pytest.fixture
def play(emulator, tmp_path):
    for runbook in (PLAYBOOKS / "runbooks").iterdir():
        emulator.client("ssm").create_document(
            Name=runbook.stem, Content=runbook.read_text(), DocumentType="Automation", DocumentFormat="YAML"
        )
    emulator.control("POST", "clock", freeze=False)

    def run(playbook):
        environment = {
            **os.environ,
            "HOME": str(tmp_path),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "AWS_URL": emulator.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(PLAYBOOKS / playbook)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


def test_the_demonstration(emulator, play):
    done = play("demo.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [entry["parameters"]["SignalType"] for entry in emulator.requests("SendAutomationSignal")] == [
        "Approve",
        "Resume",
    ]
