# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as shipped, run by ansible-playbook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.plays

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


@pytest.fixture
def play(emulator, tmp_path):
    emulator.register(PLAYBOOKS / "runbooks")
    emulator.thaw()

    def run(playbook, *options):
        environment = {
            **emulator.process_environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(PLAYBOOKS / playbook), *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


@pytest.fixture
def succeed(play):
    def run(playbook, *options):
        done = play(playbook, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def signals(emulator):
    return [entry["parameters"]["SignalType"] for entry in emulator.requests("SendAutomationSignal")]


def statuses(emulator):
    return sorted(execution["AutomationExecutionStatus"] for execution in emulator.executions())


def test_every_playbook_is_tested():
    tested = {"demo", "gated_deployment", "maintenance_window", "step_by_step", "approve_children"}
    assert {path.stem for path in PLAYBOOKS.glob("*.yml")} == tested | {"waiting_for_decision"}


def test_in_check_mode_nothing_happens(emulator, succeed):
    names = ("gated_deployment", "maintenance_window", "step_by_step", "approve_children", "waiting_for_decision")
    emulator.forget_requests()
    first, *others = [str(PLAYBOOKS / f"{name}.yml") for name in names]
    # One process plays them all: most of its time is its start.
    succeed(first, *others, "--check", "--diff")
    called = set(emulator.operations())
    assert not {"StartAutomationExecution", "SendAutomationSignal", "StopAutomationExecution"} & called
    assert called


def test_the_demonstration(emulator, succeed):
    succeed("demo.yml")
    assert signals(emulator) == ["Approve", "Resume"]


def test_a_gated_deployment_goes_through_once_however_often_it_is_played(emulator, succeed):
    succeed("gated_deployment.yml", "-e", "release=4.2")
    assert statuses(emulator) == ["Success"]
    succeed("gated_deployment.yml", "-e", "release=4.2")
    assert statuses(emulator) == ["Success"]
    assert signals(emulator) == ["Approve", "Resume"]


def test_a_gated_deployment_whose_staging_is_ill_is_rejected_and_the_play_fails(emulator, play):
    done = play("gated_deployment.yml", "-e", "release=4.3", "-e", f"staging_health_url={emulator.url}/_emulator/ill")
    assert done.returncode != 0
    assert "Release 4.3 was rejected" in done.stdout
    assert "'approve_production': 'Failed'" in done.stdout
    assert statuses(emulator) == ["Failed"]
    assert signals(emulator) == ["Reject"]


def test_a_maintenance_window_resumes_each_phase_once(emulator, succeed):
    succeed("maintenance_window.yml")
    assert statuses(emulator) == ["Success"]
    succeed("maintenance_window.yml")
    assert signals(emulator) == ["Resume"] * 3


def test_stepping_through_a_runbook(emulator, succeed):
    succeed("step_by_step.yml")
    assert statuses(emulator) == ["Success"]
    assert signals(emulator) == ["StartStep", "Resume"] * 3


def test_the_children_of_a_rate_controlled_run_are_approved(emulator, succeed):
    succeed("approve_children.yml")
    assert statuses(emulator) == ["Success"] * 4
    assert signals(emulator) == ["Approve"] * 3


def test_the_list_of_what_waits_for_a_decision(emulator, succeed):
    emulator.start("OneGate")
    emulator.access_request("alice")
    output = succeed("waiting_for_decision.yml")
    assert "OneGate waits at gate until " in output
    assert "for 2 more of alice, bob: no message" in output
    assert "A request waits for its approvers, PendingApproval" in output
