# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running programs in the environment of the project, with their output on the terminal or in a log."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from .project import CACHE, HOME, ROOT, VENV

# Seconds. No step takes nearly as long; one that does hangs.
TIMEOUT = 15 * 60

# The variables that a child process inherits. All others are left out: the developer's AWS profile, Ansible settings,
# Python path or git hooks must not change the result of a check, and nothing may be written to the developer's home.
INHERITED = (
    *("CI", "NO_COLOR", "TERM", "TMPDIR", "TZ"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
)


class Failed(Exception):
    """A step failed; the message says why, in a sentence."""


def executable(name: str, venv: Path = VENV) -> str:
    """The path of a program in a virtual environment."""
    return str(venv / "bin" / name)


def environment(extra: Mapping[str, str] | None = None, venv: Path = VENV) -> dict[str, str]:
    """The environment variables for a child process; its home and its caches are inside the project."""
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "PATH": _search_path(venv),
        "LC_ALL": "C.UTF-8",
        "HOME": str(HOME),
        "VIRTUAL_ENV": str(venv),
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        # The project may belong to another user, as in a container, and the developer's own git settings are not read.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(ROOT),
        **(extra or {}),
    }


def _search_path(venv: Path) -> str:
    """The PATH for a child process: the virtual environment, the caller's PATH, and the other Pythons of pyenv.

    pyenv has a shim for every Python that it knows. The shims of Pythons that are not selected fail, and ansible-test
    takes them for broken Pythons. So the shims are left out, and the real programs are added.
    """
    inherited = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    entries: Iterable[str] = (
        str(venv / "bin"),
        *(entry for entry in inherited if not entry.endswith("/shims")),
        *(str(path) for path in sorted(pyenv.glob("versions/3.*/bin"))),
    )
    return os.pathsep.join(dict.fromkeys(entries))


def call(*command: str | Path, env: dict[str, str] | None = None) -> int:
    """Run a program on the terminal; return its exit code."""
    return subprocess.run(_words(command), cwd=ROOT, env=env or environment(), check=False).returncode


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a program on the terminal; raise `Failed` if it fails."""
    _require_success(command, call(*command, env=env))


def read(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a program and return what it printed; raise `Failed` if it fails."""
    words = _words(command)
    done = subprocess.run(words, cwd=ROOT, env=env or environment(), check=False, text=True, stdout=subprocess.PIPE)
    _require_success(command, done.returncode)
    return done.stdout


class Log:
    """The output of one step, in a file."""

    def __init__(self, stream: TextIO) -> None:
        """Write to the stream of an open file."""
        self._stream = stream
        self._path = Path(stream.name)

    def write(self, text: str) -> None:
        """Add a line."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def text(self) -> str:
        """Everything that was written so far."""
        return self._path.read_text(encoding="utf-8", errors="replace")

    def call(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
        """Run a program with its output in the log; return its exit code."""
        words = _words(command)
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

    def run(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
        """Run a program with its output in the log; raise `Failed` if it fails."""
        _require_success(command, self.call(*command, cwd=cwd, env=env))


def _words(command: Iterable[str | Path]) -> list[str]:
    return [str(word) for word in command]


def _require_success(command: tuple[str | Path, ...], code: int) -> None:
    if code:
        raise Failed(f"{Path(command[0]).name} ended with exit code {code}.")
