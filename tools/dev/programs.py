# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that run a program of the project in its environment: the demonstration, the emulator, the benchmark."""

from __future__ import annotations

import os
import shlex
from typing import NoReturn

from .project import ROOT, RUNBOOKS
from .setup import PLOTTER_VENV, set_up_plotter
from .shell import call, environment, executable

PORT = 4599
# Runs the program that follows, with an emulator.
WITH_EMULATOR = (executable("python"), ROOT / "tools" / "with_emulator.py")

# The demonstration needs no inventory, so Ansible should not warn about it, and its output needs no cow.
READABLE_OUTPUT = {
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
    "ANSIBLE_NOCOWS": "True",
}


def demo() -> int:
    """Play the demonstration against an emulator."""
    play = ("ansible-playbook", "playbooks/demo.yml")
    return call(*WITH_EMULATOR, "--runbooks", RUNBOOKS, "--", *play, env=environment(READABLE_OUTPUT))


def emulator() -> NoReturn:
    """Become the emulator, so that whoever ends this process ends it."""
    command = (executable("automation-emulator"), "--port", str(PORT), "--runbooks", str(RUNBOOKS))
    os.chdir(ROOT)
    os.execve(command[0], command, environment())


def bench() -> int:
    """Measure, and write the tables and the plot. The variable `BENCH` has options for the benchmark."""
    set_up_plotter()
    options = shlex.split(os.environ.get("BENCH", ""))
    return call(executable("python"), "-m", "tools.bench", "--plotter", executable("python", PLOTTER_VENV), *options)
