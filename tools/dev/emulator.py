# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator of the Automation service: as a helper of the checks, of the demonstration, and on its own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from .project import ROOT, environment, executable

RUNBOOKS = ROOT / "playbooks" / "runbooks"
PORT = 4599
LISTENING = re.compile(r"Automation emulator listening on (http://\S+)")

# The emulator takes any keys; these cannot be taken for real ones.
FAKE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}

# The demonstration needs no inventory, and no cow.
READABLE_OUTPUT = {
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
    "ANSIBLE_NOCOWS": "True",
}


@contextmanager
def running(*options: str | Path) -> Iterator[str]:
    """The emulator on a free port for as long as the context lasts; gives its address."""
    command = [executable("automation-emulator"), "--port", "0", *map(str, options)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield address(process)
        finally:
            process.terminate()


def address(process: subprocess.Popen[str]) -> str:
    """Where it listens, which is the first line that it prints."""
    found = LISTENING.match(process.stdout.readline() if process.stdout else "")
    if found is None:
        raise RuntimeError(f"The emulator ended with exit code {process.wait()}; its reason is on stderr.")
    return found[1]


def demo() -> int:
    """Play the demonstration against the emulator."""
    with running("--runbooks", RUNBOOKS) as url:
        env = environment({**FAKE_CREDENTIALS, **READABLE_OUTPUT, "AWS_URL": url})
        command = [executable("ansible-playbook"), "playbooks/demo.yml"]
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def serve() -> NoReturn:
    """Become the emulator, so that whoever ends this process ends it."""
    command = [executable("automation-emulator"), "--port", str(PORT), "--runbooks", str(RUNBOOKS)]
    os.chdir(ROOT)
    os.execve(command[0], command, environment())
