# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that starts and stops emulators."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automation_emulator.testing import AutomationEmulator, EmulatorError, client_environment

pytestmark = pytest.mark.plays

HERE = Path(__file__).parent


class Emulators:
    """The role as a play uses it, with the files of the emulators in a directory."""

    def __init__(self, directory):
        self.directory = directory

    def play(self, state, names, *options):
        """Run the play; return its output."""
        values = {
            "state": state,
            "names": names,
            "directory": self.directory / "emulators",
            "runbooks": HERE / "runbooks",
        }
        variables = [word for name, value in values.items() for word in ("-e", f"{name}={value}")]
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(HERE / "plays" / "emulators.yml")]
        environment = {
            **client_environment(os.environ),
            "HOME": str(self.directory),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
        }
        done = subprocess.run(
            [*command, *variables, *options], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

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
    emulators.play("started", "blue", "--check")
    assert list(emulators.directory.glob("emulators")) == []


def test_one_that_was_ended_by_force_is_started_anew(emulators):
    left_behind = emulators.directory / "emulators" / "blue.url"
    left_behind.parent.mkdir()
    left_behind.write_text("http://127.0.0.1:9\n")
    emulators.play("started", "blue")
    assert runs(emulators["blue"]) == 1
