# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that starts and stops emulators."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automation_emulator.testing import AutomationEmulator, EmulatorError

pytestmark = pytest.mark.plays

HERE = Path(__file__).parent
# Nothing listens there.
PROXY = "http://127.0.0.1:9"
# What must not lead tasks that are meant for the emulator astray.
SHELL = {
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_SESSION_TOKEN": "of production",
    "HTTP_PROXY": PROXY,
    "http_proxy": PROXY,
    "NO_PROXY": "registry.example.com",
    "no_proxy": "registry.example.com",
}


class Emulators:
    """The role as a play uses it, with the files of the emulators in a directory."""

    def __init__(self, directory, runbooks=HERE / "runbooks"):
        self.directory = directory
        self.runbooks = runbooks

    def play(self, state, names, *options):
        """Run the play; return its output."""
        done = self.try_to_play(state, names, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def try_to_play(self, state, names, *options):
        """Run the play in the shell of somebody who works with AWS, behind a proxy."""
        values = {
            "state": state,
            "names": names,
            "directory": self.directory / "emulators",
            "runbooks": self.runbooks,
        }
        variables = [word for name, value in values.items() for word in ("-e", f"{name}={value}")]
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(HERE / "plays" / "emulators.yml")]
        environment = {
            **os.environ,
            **SHELL,
            "HOME": str(self.directory),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "COLUMNS": "500",
        }
        return subprocess.run(
            [*command, *variables, *options], env=environment, capture_output=True, text=True, check=False
        )

    def files(self):
        """The files that tell where emulators listen."""
        return sorted(path.name for path in self.directory.glob("emulators/*.url"))

    def end(self):
        """End those that still run."""
        for file in self.files():
            os.kill(self[file.removesuffix(".url")].pid(), signal.SIGTERM)

    def __getitem__(self, name):
        """One of the emulators."""
        return AutomationEmulator((self.directory / "emulators" / f"{name}.url").read_text().strip(), "eu-central-1")


@pytest.fixture
def emulators(tmp_path):
    """None runs yet."""
    emulators = Emulators(tmp_path)
    yield emulators
    emulators.end()


RUNBOOK = """
schemaVersion: "0.3"
mainSteps:
  - {{name: {step}, action: "aws:pause", inputs: {{}}}}
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A play has started one, blue, with runbooks of its own; that takes longer than most of what tests do with it."""
    folder = tmp_path_factory.mktemp("role")
    emulators = Emulators(folder, folder / "runbooks")
    shutil.copytree(HERE / "runbooks", emulators.runbooks)
    (emulators.runbooks / "Edited.yaml").write_text(RUNBOOK.format(step="first"))
    emulators.play("started", "blue")
    yield emulators
    emulators.end()


@pytest.fixture
def running(started):
    """Blue runs, without executions and with the settings of its start."""
    started["blue"].reset()
    return started


def changes(output):
    return int(re.search(r"changed=(\d+)", output)[1])


def runs(emulator):
    return len(emulator.executions())


def test_two_side_by_side_from_start_to_stop(emulators):
    first = emulators.play("started", "blue,green")
    blue, green = emulators["blue"], emulators["green"]
    assert f'"msg": "{blue.url} {green.url}"' in first
    assert (runs(blue), runs(green)) == (0, 1)
    # By now the module can tell that the run is an old one.
    green.advance(60)
    assert changes(emulators.play("started", "blue,green")) == 0
    assert (emulators["blue"].url, emulators["green"].url) == (blue.url, green.url)
    emulators.play("stopped", "green", "--check")
    assert runs(green) == 1
    emulators.play("stopped", "green")
    assert emulators.files() == ["blue.url"]
    with pytest.raises(EmulatorError, match="does not answer"):
        green.now()
    assert runs(blue) == 0
    assert changes(emulators.play("stopped", "green")) == 0


def test_settings_are_changed_in_an_emulator_that_runs(running):
    blue = running["blue"]
    some = {"stubs": [{"action": "aws:sleep", "returns": {}}], "quotas": "documented", "iam": True}
    others = {"stubs": [], "quotas": {"running": 2}, "iam": False}
    # Each of the three is changed, or none; and the first play starts its run.
    for settings, changed in ((some, 4), (others, 3), (others, 0)):
        output = running.play("started", "blue", "-e", json.dumps(settings))
        assert changes(output) == changed, output
        assert blue.stubs() == settings["stubs"]
        assert blue.control("GET", "quotas") == {"quotas": settings["quotas"]}
        assert blue.control("GET", "iam") == {"enforced": settings["iam"]}
        # By the next play the module can tell that the run is an old one.
        blue.advance(60)


def test_in_check_mode_nothing_is_started(emulators):
    told = emulators.play("started", "blue", "--check")
    assert "In check mode no emulator is started" in told
    assert list(emulators.directory.glob("emulators")) == []


def test_in_check_mode_an_emulator_that_runs_is_found_and_left_alone(running):
    blue = running["blue"]
    assert f'"msg": "{blue.url}"' in running.play("started", "blue", "--check", "-e", '{"iam": true}')
    assert (runs(blue), blue.control("GET", "iam")) == (0, {"enforced": False})


def test_an_edited_runbook_is_registered_anew(running):
    blue = running["blue"]
    assert blue.execution(blue.start("Edited"))["CurrentStepName"] == "first"
    (running.runbooks / "Edited.yaml").write_text(RUNBOOK.format(step="second"))
    running.play("started", "blue")
    assert blue.execution(blue.start("Edited"))["CurrentStepName"] == "second"


def tells(failed, reason):
    """Whether a play failed with a reason and nothing else."""
    assert failed.returncode != 0
    assert "non-zero return code" not in failed.stdout
    assert "Status code was" not in failed.stdout
    return reason in failed.stdout


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("runbooks=/nowhere", "The emulator cannot start: [Errno 2] No such file or directory: '/nowhere'"),
        ("automation_emulator_python=/usr/bin/no-python", "Is automation_emulator_python, /usr/bin/no-python,"),
    ],
)
def test_one_that_does_not_start_tells_its_reason(emulators, option, reason):
    assert tells(emulators.try_to_play("started", "blue", "-e", option), reason)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (
            '{"stubs": [{"step": "gaet"}]}',
            "The emulator blue refuses automation_emulator_stubs. Stub 1: A stub has",
        ),
        ("quotas=documentd", "The emulator blue refuses automation_emulator_quotas. "),
    ],
)
def test_one_that_refuses_a_setting_tells_its_reason(running, option, reason):
    assert tells(running.try_to_play("started", "blue", "-e", option), reason)


def test_one_that_was_ended_by_force_is_started_anew(emulators):
    left_behind = emulators.directory / "emulators" / "blue.url"
    left_behind.parent.mkdir()
    left_behind.write_text("http://127.0.0.1:9\n")
    emulators.play("started", "blue")
    assert runs(emulators["blue"]) == 1
