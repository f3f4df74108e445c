# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a handler of a Python script in a process of its own, for so long and no longer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from .work import Answer, Script

RUNNER = Path(__file__).with_name("script_runner.py")


def run(script: Script, environment: Mapping[str, str]) -> Answer:
    """What the handler returns; an error with the name of what it raised, or TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="automation-script-") as folder:
        result = Path(folder, "result.json")
        request = json.dumps(asdict(script))
        process = subprocess.Popen(
            [sys.executable, str(RUNNER), str(result)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": folder, **environment},
            # A group of its own, so that whatever the script starts ends with it.
            start_new_session=True,
        )
        try:
            process.communicate(request.encode(), timeout=script.seconds)
        except subprocess.TimeoutExpired:
            return Answer(error_code="TimeoutError", message=f"The script took more than {script.seconds:g} seconds.")
        finally:
            _end(process)
        return _read(result, process.returncode)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(result: Path, status: int) -> Answer:
    if not result.exists():
        return Answer(error_code="ScriptError", message=f"The script ended with status {status} and no result.")
    return Answer(**json.loads(result.read_text(encoding="utf-8")))
