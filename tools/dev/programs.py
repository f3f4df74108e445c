# Copyright (c) Contributors to the ssmops.automation project
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

# The variable by which `make emulator PORT=...` hands the port on.
PORT = "EMULATOR_PORT"
# Runs the program that follows, with an emulator.
WITH_EMULATOR = (executable("python"), ROOT / "tools" / "with_emulator.py")

# The demonstration needs no inventory, so Ansible should not warn about it, and its output needs no cow.
READABLE_OUTPUT = {
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
    "ANSIBLE_NOCOWS": "True",
}


DEMO, DEMO_FILE = "ssmops.automation.demo", "playbooks/demo.yml"
BEFORE_DEMO = f"""\
Playing {DEMO} with the runbook playbooks/runbooks/GatedDeployment.yaml against an emulator, which runs
on this machine for as long as the play does. Nothing here reaches AWS.
"""
AFTER_DEMO = f"""\
That was {DEMO}. What to try next:

  less {DEMO_FILE} playbooks/runbooks/GatedDeployment.yaml    the play and its runbook
  make emulator                                          an emulator that stays, for all playbooks;
                                                         it prints the variables by which plays find it
  less docs/testing_your_play.md                         how to test your own play and runbook
  .venv/bin/ansible-doc ssmops.automation.ssm_automation_signal
                                                         the options and results of the module
"""


def demo() -> int:
    """Play the demonstration against an emulator."""
    play = ("ansible-playbook", DEMO)
    print(BEFORE_DEMO, flush=True)
    code = call(*WITH_EMULATOR, "--runbooks", RUNBOOKS, "--", *play, env=environment(READABLE_OUTPUT))
    print(AFTER_DEMO if code == 0 else f"The demonstration failed; its play is {DEMO_FILE}.", flush=True)
    return code


# What clients of the emulator need in another terminal. AWS_PROFILE and keys exclude each other.
VARIABLES = """\
In another terminal, in this directory:

  unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN
  export AWS_URL={url} AWS_ENDPOINT_URL={url}
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing
  export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

  .venv/bin/ansible-playbook ssmops.automation.gated_deployment --check
"""


def emulator() -> NoReturn:
    """Become the emulator, so that whoever ends this process ends it."""
    port = os.environ.get(PORT, "4599")
    command = (executable("automation-emulator"), "--port", port, "--runbooks", str(RUNBOOKS))
    print(VARIABLES.format(url=f"http://127.0.0.1:{port}"), flush=True)
    os.chdir(ROOT)
    os.execve(command[0], command, environment())


def bench() -> int:
    """Measure, and write the tables and the plot. The variable `BENCH` has options for the benchmark."""
    set_up_plotter()
    options = shlex.split(os.environ.get("BENCH", ""))
    return call(executable("python"), "-m", "tools.bench", "--plotter", executable("python", PLOTTER_VENV), *options)
