# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Python handlers, each in a process of its own and with a limit on its time.

A handler has the rights of whoever runs the emulator. It gets a folder that is removed afterwards, and of the
emulator's environment no more than where programs and packages are.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..language.nesting import too_deep
from ..state.work import Answer, Script

RUNNER = Path(__file__).with_name("script_runner.py")
# The file that a script is written to, and so the module that it is; the name shows in tracebacks [O].
SCRIPT_MODULE = "customer_script"
# How much of what a handler prints is kept: as much as Lambda shows [D].
KEPT_OUTPUT = 4096


@dataclass(frozen=True)
class Handler:
    """A function of a module, and what it is called with."""

    module: str
    function: str
    event: Any
    context: Mapping[str, Any]
    # Whether the context is an object, as Lambda's is [D], or a map, as a runbook's script has it [O].
    context_is_object: bool = False


@dataclass(frozen=True)
class Result:
    """What a handler returned, or the error that it ended with; and the end of what it printed."""

    value: Any = None
    error: str | None = None
    message: str = ""
    trace: str = ""
    printed: str = ""


def run(script: Script, context: Mapping[str, str], environment: Mapping[str, str]) -> Answer:
    """What the handler of a runbook's script returns, or how it failed: traceback, name and message [O]."""

    def write(folder: Path) -> None:
        Path(folder, f"{SCRIPT_MODULE}.py").write_text(script.source, encoding="utf-8")

    handler = Handler(SCRIPT_MODULE, script.handler, script.payload, context)
    result = call(handler, write, environment, script.seconds)
    if result.error is None:
        return Answer(result.value)
    trace = f"{result.trace}\n" if result.trace else ""
    return Answer(error_code=result.error, message=f"{trace}{result.error} - {result.message}")


def call(handler: Handler, lay_out: Callable[[Path], object], environment: Mapping[str, str], seconds: float) -> Result:
    """Call a handler of the modules that are laid out in a folder."""
    with tempfile.TemporaryDirectory(prefix="automation-", ignore_cleanup_errors=True) as folder:
        result, printed = Path(folder, "result.json"), Path(folder, "printed.txt")
        code = Path(folder, "code")
        code.mkdir()
        lay_out(code)
        request = {**vars(handler), "seconds": seconds, "result": str(result)}
        with printed.open("wb") as output:
            process = subprocess.Popen(
                # Without -P a script could import the modules beside the runner.
                [sys.executable, "-P", str(RUNNER)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=code,
                env=_environment(folder) | dict(environment),
                # A group of its own, so that whatever the handler starts ends with it.
                start_new_session=True,
            )
            ended = _ended(process, json.dumps(request).encode(), seconds)
        return Result(**(ended or _read(result, process.returncode)), printed=_end_of(printed))


def _environment(folder: str) -> dict[str, str]:
    """Where programs and packages are, and a home that is not the user's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONUSERBASE": site.getuserbase(),
        "HOME": folder,
        "TMPDIR": folder,
    }


def _ended(process: subprocess.Popen[bytes], request: bytes, seconds: float) -> dict[str, str] | None:
    """Wait for the end of a process, and end what it leaves behind; if it takes too long, that is its result."""
    try:
        process.communicate(request, timeout=seconds)
    except subprocess.TimeoutExpired:
        return {"error": "TimeoutError", "message": f"The handler took more than {seconds:g} seconds"}
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return None


def _read(result: Path, status: int) -> dict[str, Any]:
    """What the runner wrote, if the handler let it."""
    try:
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"error": "ExitError", "message": f"The handler ended its process with status {status}"}
    if too_deep(found):
        return {"error": "ValueError", "message": "What the handler returned is nested too deeply"}
    return found


def _end_of(printed: Path) -> str:
    with printed.open("rb") as output:
        output.seek(max(0, printed.stat().st_size - KEPT_OUTPUT))
        return output.read().decode("utf-8", "replace")
