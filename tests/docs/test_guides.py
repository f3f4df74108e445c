# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides, followed to the letter: their files are written, and their plays played in the order shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import GUIDES, RST, blocks, commands, write_files

pytestmark = pytest.mark.plays

CHANGES = {"StartAutomationExecution", "SendAutomationSignal", "StopAutomationExecution"}
# How the executions end that the plays of a guide start; those of a rate-controlled run go on.
ENDS = {
    "guide_getting_started": {"Success": 2},
    "guide_from_the_cli": {"Success": 1},
    "guide_gated_deployment": {"Success": 1},
    "guide_maintenance": {"Success": 1},
    "guide_step_by_step": {"Success": 1},
    "guide_node_access": {"Approved": 1},
    "guide_many_executions": None,
    "guide_awx_and_ci": {"Waiting": 1},
    "guide_events": {"Waiting": 1},
    "guide_certainty": {"Waiting": 1},
}
# What is played once more, since the guide shows what comes of that.
AGAIN = {"guide_getting_started": "ansible-playbook release.yml"}
# This one's play starts, and leaves the gate to others.
SENDS_NOTHING = "guide_awx_and_ci"
# Its commands start emulators of their own.
WITH_AN_EMULATOR_OF_ITS_OWN = "guide_testing"
# This one has a session in the shell, of several people.
OF_SEVERAL_PEOPLE = "guide_gated_deployment"


def is_played(command):
    return command.startswith(("ansible-playbook", "python3 -m pytest"))


@pytest.fixture
def follow(automation_emulator, tmp_path):
    """Write the files of a guide; return what runs a command of it, which has to succeed."""

    def prepare(*names):
        for name in names:
            write_files(RST / f"{name}.rst", tmp_path)
        runbooks = tmp_path / "runbooks"
        automation_emulator.register(*(runbooks.iterdir() if runbooks.is_dir() else ()))
        automation_emulator.forget_requests()
        return run

    def run(command):
        environment = {
            **automation_emulator.process_environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "COLUMNS": "500",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        words = shlex.split(command)
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    return prepare


def ends(emulator):
    """How many executions have which status."""
    found = emulator.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"]
    statuses = [each["AutomationExecutionStatus"] for each in found]
    return {status: statuses.count(status) for status in statuses}


def with_placeholders(text):
    """A text whose ids and times are all the same, so that texts of different runs can be compared."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", "TIME", text)


def test_every_guide_with_a_play_is_followed():
    with_plays = {page.stem for page in GUIDES if any(map(is_played, commands(page)))}
    assert with_plays == {*ENDS, WITH_AN_EMULATOR_OF_ITS_OWN}


@pytest.mark.parametrize("name", ENDS)
def test_a_guide_can_be_followed(name, automation_emulator, follow):
    if name == "guide_node_access":
        automation_emulator.control("POST", "access-requests", approvers=["moto"])
    run = follow(name)
    played = [command for command in commands(RST / f"{name}.rst") if is_played(command)]
    assert any("--check" in command for command in played)
    printed, made = "", set()
    for command in [*played, *filter(None, [AGAIN.get(name)])]:
        automation_emulator.forget_requests()
        printed += run(command)
        changes = CHANGES & set(automation_emulator.operations())
        assert "--check" not in command or not changes, command
        made |= changes
    assert ("SendAutomationSignal" in made) is (name != SENDS_NOTHING)
    shown = [block.text.strip() for block in blocks(RST / f"{name}.rst") if block.language == "text"]
    assert [text for text in shown if with_placeholders(text) not in with_placeholders(printed)] == []
    assert ENDS[name] is None or ends(automation_emulator) == ENDS[name]


def test_the_approver_of_a_guide_approves(automation_emulator, follow):
    run = follow("guide_awx_and_ci")
    run('ansible-playbook start.yml -e \'{"approvers": ["moto"]}\'')
    (started,) = automation_emulator.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"]
    printed = run(f"ansible-playbook approve.yml -e execution_id={started['AutomationExecutionId']}")
    assert "Sent Approve for step `approve_production`" in printed


def sessions(page):
    return [block.text for block in blocks(page) if block.language == "bash"]


def test_two_people_of_a_guide_approve(automation_emulator, follow):
    assert [page.stem for page in GUIDES if sessions(page)] == [OF_SEVERAL_PEOPLE]
    run = follow(OF_SEVERAL_PEOPLE)
    (session,) = sessions(RST / f"{OF_SEVERAL_PEOPLE}.rst")
    first, second = run(shlex.join(["bash", "-euc", session])).split("PLAY RECAP")[:2]
    assert "user/alice" in first
    assert "1 of 2 approvals" in first
    assert "The execution ended Success" in second
    callers = [each["caller"].rpartition("/")[2] for each in automation_emulator.requests("SendAutomationSignal")]
    assert callers == ["alice", "bob"]


def test_the_tests_of_the_guide_to_testing_pass(follow):
    run = follow("guide_getting_started", WITH_AN_EMULATOR_OF_ITS_OWN)
    played = filter(is_played, commands(RST / f"{WITH_AN_EMULATOR_OF_ITS_OWN}.rst"))
    printed = "".join(map(run, played))
    assert "failed=0" in printed
    assert "3 passed" in printed
