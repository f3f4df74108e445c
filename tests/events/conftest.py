# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ansible-rulebook beside the emulator, set up by the commands and files of the guide."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import ROOT, RST, commands, write_files
from automation_emulator.testing import AutomationEmulator
from tools.dev.project import VENV
from tools.dev.setup import EVENTS_VENV, set_up_events
from tools.dev.shell import environment, executable

GUIDE = RST / "guide_events.rst"
# Seconds after which a rulebook that says nothing of what a test waits for is ended, and the test fails.
PATIENCE = 180


def command(program: str) -> list[str]:
    """The words of the guide's command that calls a program."""
    (found,) = (words for words in map(shlex.split, commands(GUIDE)) if words[0] == program)
    return found


def java_home(venv: Path) -> str:
    """The folder of the Java runtime, as the guide's `export` finds it."""
    (value,) = (each.removeprefix("export JAVA_HOME=") for each in commands(GUIDE) if "JAVA_HOME=" in each)
    python, *arguments = shlex.split(value.strip('"').removeprefix("$(").removesuffix(")"))
    found = subprocess.run([executable(python, venv), *arguments], check=True, capture_output=True, text=True)
    return found.stdout.strip()


class Rulebook:
    """ansible-rulebook, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.printed = ""

    def until(self, said: Callable[[str], bool]) -> str:
        """Read on until what is printed from now on is what is waited for; return that."""
        assert self._process.stdout
        new = ""
        while not said(new):
            line = self._process.stdout.readline()
            assert line, f"ansible-rulebook has ended:\n{self.printed}"
            new += line
            self.printed += line
        return new

    def plays(self) -> str:
        """Wait until a play has ended; return its output."""
        return self.until(lambda printed: "failed=" in printed)


@pytest.fixture(scope="session")
def environment_of_rulebooks() -> Path:
    """The environment that has ansible-rulebook; made if it is not there."""
    set_up_events()
    return EVENTS_VENV


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the guide."""
    write_files(GUIDE, tmp_path)
    return tmp_path


@pytest.fixture
def queue(automation_emulator: AutomationEmulator, folder: Path) -> str:
    """The address of the queue that the guide's template makes, with its rule.

    The emulator has the runbooks of the example playbooks, too. moto leaves the queue's policy out and asks for none.
    """
    automation_emulator.register(ROOT / "playbooks" / "runbooks")
    _aws, *words = command("aws")
    env = {**automation_emulator.process_environment(), "HOME": str(folder)}
    subprocess.run([executable("aws", VENV), *words], cwd=folder, env=env, check=True, capture_output=True)
    return automation_emulator.client("sqs").get_queue_url(QueueName="automation-gates")["QueueUrl"]


@pytest.fixture
def rulebook(
    automation_emulator: AutomationEmulator, environment_of_rulebooks: Path, folder: Path, queue: str
) -> Iterator[Rulebook]:
    """The guide's ansible-rulebook, which listens to the queue."""
    program, *words = command("ansible-rulebook")
    env = environment(
        {
            **automation_emulator.environment(),
            "HOME": str(folder),
            "ANSIBLE_HOME": str(folder),
            "JAVA_HOME": java_home(environment_of_rulebooks),
            "TMPDIR": str(folder),
        },
        environment_of_rulebooks,
    )
    with subprocess.Popen(
        [executable(program, environment_of_rulebooks), *words],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        deadline = threading.Timer(PATIENCE, process.kill)
        deadline.start()
        try:
            yield Rulebook(process)
        finally:
            deadline.cancel()
            process.kill()
