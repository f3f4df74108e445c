# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running commands with their output in a log."""

from __future__ import annotations

import shlex
import signal
import subprocess
from pathlib import Path
from typing import TextIO

from .project import ROOT, environment

# No step takes nearly as long; one that does hangs.
TIMEOUT = 15 * 60


class Failed(Exception):
    """A check that found what is wrong, and says it in a sentence."""


class Log:
    """The output of one step, written to a file as it comes."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream that belongs to a file."""
        self._stream = stream
        self._path = Path(stream.name)

    def write(self, text: str) -> None:
        """Add a line of our own."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def text(self) -> str:
        """All that was written so far."""
        self._stream.flush()
        return self._path.read_text(encoding="utf-8", errors="replace")

    def call(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
        """Run a command, its output going to the log; return its exit code."""
        words = [str(word) for word in command]
        self.write("$ " + shlex.join(words))
        code = subprocess.run(
            words,
            cwd=cwd,
            env=env or environment(),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=self._stream,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
        ).returncode
        if code < 0:
            self.write(f"\n{words[0]} was ended by {signal.Signals(-code).name}.")
        return code

    def check(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
        """Run a command that must succeed."""
        if code := self.call(*command, cwd=cwd, env=env):
            raise Failed(f"{Path(command[0]).name} ended with exit code {code}.")
