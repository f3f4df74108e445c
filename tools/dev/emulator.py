# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator of the Automation service: as a helper of the checks, of the demonstration, and on its own."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from .project import CACHE, ROOT, environment, executable

RUNBOOKS = ROOT / "playbooks" / "runbooks"
PORT = 4599
LISTENING = re.compile(r"^Automation emulator listening on (http://\S+)$", re.MULTILINE)
START_TIMEOUT = 60.0

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
    CACHE.mkdir(exist_ok=True)
    # Its output goes to a file: nobody reads a pipe to its end, and a full one would stop the emulator.
    with tempfile.NamedTemporaryFile(dir=CACHE, prefix="emulator-", suffix=".log") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            yield address(process, Path(log.name))
        finally:
            stop(process)


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the emulator says where it listens."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        output = log.read_text(encoding="utf-8", errors="replace")
        if found := LISTENING.search(output):
            return found.group(1)
        if ended:
            raise RuntimeError(f"The emulator ended with exit code {process.returncode}:\n{output}")
        time.sleep(0.05)
    raise RuntimeError(f"The emulator did not say where it listens within {START_TIMEOUT:.0f} s:\n{output}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the emulator, by force if it does not listen."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
