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

    def __init__(self, directory):
        self.directory = directory

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
            "runbooks": HERE / "runbooks",
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

    def __getitem__(self, name):
        """One of the emulators."""
        return AutomationEmulator((self.directory / "emulators" / f"{name}.url").read_text().strip(), "eu-central-1")


@pytest.fixture
def emulators(tmp_path):
    emulators = Emulators(tmp_path)
    yield emulators
    for file in emulators.files():
        os.kill(emulators[file.removesuffix(".url")].pid(), signal.SIGTERM)


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


def test_stubs_are_changed_in_an_emulator_that_runs(emulators):
    emulators.play("started", "blue")
    for stubs, changed in (('[{"action": "aws:sleep", "returns": {}}]', True), ("[]", True), ("[]", False)):
        output = emulators.play("started", "blue", "-e", f'{{"stubs": {stubs}}}')
        assert (changes(output) == 0) is not changed, output
        assert emulators["blue"].stubs() == json.loads(stubs)


def test_quotas_are_changed_in_an_emulator_that_runs(emulators):
    emulators.play("started", "blue")
    for quotas, changed in (('"documented"', True), ('{"running": 2}', True), ('{"running": 2}', False)):
        output = emulators.play("started", "blue", "-e", f'{{"quotas": {quotas}}}')
        # With documented quotas the module may have to wait, and the run is an old one.
        assert (changes(output) > 0) is changed, output
        assert emulators["blue"].control("GET", "quotas") == {"quotas": json.loads(quotas)}


def test_iam_decides_in_an_emulator_that_runs(emulators):
    for iam in (True, False):
        emulators.play("started", "blue", "-e", f'{{"iam": {str(iam).lower()}}}')
        assert emulators["blue"].control("GET", "iam") == {"enforced": iam}


def test_in_check_mode_nothing_is_started(emulators):
    told = emulators.play("started", "blue", "--check")
    assert "In check mode no emulator is started" in told
    assert list(emulators.directory.glob("emulators")) == []


def test_in_check_mode_an_emulator_that_runs_is_found_and_left_alone(emulators):
    emulators.play("started", "blue")
    assert f'"msg": "{emulators["blue"].url}"' in emulators.play("started", "blue", "--check", "-e", '{"iam": true}')
    assert (runs(emulators["blue"]), emulators["blue"].control("GET", "iam")) == (1, {"enforced": False})


RUNBOOK = """
schemaVersion: "0.3"
mainSteps:
  - {{name: {step}, action: "aws:pause", inputs: {{}}}}
"""


def test_an_edited_runbook_is_registered_anew(emulators, tmp_path):
    runbooks = tmp_path / "runbooks"
    shutil.copytree(HERE / "runbooks", runbooks)
    for step in ("first", "second"):
        (runbooks / "Edited.yaml").write_text(RUNBOOK.format(step=step))
        emulators.play("started", "blue", "-e", f"runbooks={runbooks}")
        blue = emulators["blue"]
        assert blue.execution(blue.start("Edited"))["CurrentStepName"] == step


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-e", "runbooks=/nowhere"], "The emulator cannot start: [Errno 2] No such file or directory: '/nowhere'"),
        (["-e", "automation_emulator_python=/usr/bin/no-python"], "Is automation_emulator_python, /usr/bin/no-python,"),
        (
            ["-e", '{"stubs": [{"step": "gaet"}]}'],
            "The emulator blue refuses automation_emulator_stubs. Stub 1: A stub has",
        ),
        (["-e", "quotas=documentd"], "The emulator blue refuses automation_emulator_quotas. "),
    ],
)
def test_a_failure_tells_its_reason(emulators, options, reason):
    failed = emulators.try_to_play("started", "blue", *options)
    assert failed.returncode != 0
    assert reason in failed.stdout
    assert "non-zero return code" not in failed.stdout
    assert "Status code was" not in failed.stdout


def test_one_that_was_ended_by_force_is_started_anew(emulators):
    left_behind = emulators.directory / "emulators" / "blue.url"
    left_behind.parent.mkdir()
    left_behind.write_text("http://127.0.0.1:9\n")
    emulators.play("started", "blue")
    assert runs(emulators["blue"]) == 1
