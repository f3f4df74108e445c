# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for testing one's own play: its files and commands work as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.plays

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "testing_your_play.md"
WORKFLOW = ".github/workflows/test.yml"
# The shell of somebody who works with AWS, behind a proxy where nothing listens.
SHELL = {"AWS_PROFILE": "production", "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
# A block of code, with the name of its file if the line above names one.
BLOCK = re.compile(r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    return list(BLOCK.finditer(GUIDE.read_text(encoding="utf-8")))


def commands():
    """The guide's commands, in order."""
    return [line for block in blocks() if block["language"] == "shell" for line in block["text"].splitlines()]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project that the guide builds, with the collection's file in it."""
    folder = tmp_path_factory.mktemp("project")
    for block in blocks():
        if block["file"]:
            path = folder / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
    run(folder, f"ansible-galaxy collection build --output-path . {ROOT}")
    return folder


def run(folder, command, variables=None):
    """Run a command in the project; what pip should install is there already, and it may not look elsewhere."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))},
        **(SHELL if variables is None else variables),
        "HOME": str(folder / "home"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PIP_NO_INDEX": "1",
        "PIP_DRY_RUN": "1",
        # Switches the isolation off: the build backend is there already, too.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_block_is_a_file_or_commands():
    assert [block["text"] for block in blocks() if not block["file"] and block["language"] != "shell"] == []
    assert len(blocks()) == GUIDE.read_text(encoding="utf-8").count("\n```") // 2


def test_the_commands_work(project):
    printed = {command: run(project, command) for command in commands()}
    assert "failed=0" in printed["ansible-playbook test_release.yml"]
    assert "failed=0" in printed["ansible-playbook test_restart.yml"]
    assert "7 passed" in printed["python3 -m pytest"]
    assert not list((project / "home").glob(".cache/ssmops.automation/*.url")), "an emulator was left running"


def test_the_file_is_installed_without_galaxy_by_the_command_in_the_text(project):
    (command,) = re.findall(r"`(ansible-galaxy [^`]* --no-deps [^`]*)`", GUIDE.read_text(encoding="utf-8"))
    run(project, command)
    assert (project / "collections" / "ansible_collections" / "ssmops" / "automation" / "MANIFEST.json").is_file()


def test_the_play_survives_check_mode_and_changes_nothing(project, automation_emulator):
    automation_emulator.register(project / "runbooks")
    automation_emulator.forget_requests()
    told = run(project, "ansible-playbook release.yml -e version=1.0 --check -v", automation_emulator.environment())
    assert "Would start runbook `Release`" in told
    assert "Would send Approve" in told
    assert not {"StartAutomationExecution", "SendAutomationSignal"} & set(automation_emulator.operations())


def test_the_test_is_played_for_real_in_check_mode_too(project):
    told = run(project, "ansible-playbook test_release.yml --check")
    assert re.search(r"ok=\d+ +changed=[1-9].*failed=0", told), told


def test_the_workflow_runs_the_same_commands():
    workflow = yaml.safe_load(next(block["text"] for block in blocks() if block["file"] == WORKFLOW))
    steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert sorted(steps) == sorted(commands())


def test_the_plays_are_in_good_style(project):
    run(
        project,
        f"ansible-lint --offline --nocolor -c {ROOT / '.ansible-lint'} release.yml test_release.yml test_restart.yml",
    )
