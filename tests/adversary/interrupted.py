# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program that runs a module again and again, each time interrupted at another instant; see `interruptions.py`.

It imports once and forks for each run, so that hundreds of instants cost seconds. Instants are counted from the first
byte of the first request that changes something, in calls and returns of the main thread, until the interpreter has
ended: the child leaves by SystemExit through the whole of Python's own end.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import sys
import time
from types import FrameType
from typing import Any

import boto3
from ansible.module_utils.testing import patch_module_args

from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_execution, ssm_automation_signal
from ansible_collections.ssmops.automation.tests.adversary.tasks import keep_models

MODULES = {"signal": ssm_automation_signal, "execution": ssm_automation_execution}
WRITES = (b"SendAutomationSignal", b"StopAutomationExecution", b"StartAutomationExecution")


class _InDel:
    """Is interrupted while Python runs its finalizer, where an exception of a handler goes nowhere."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        signal.raise_signal(self._number)


class Instants:
    """Counts instants, and interrupts at one of them."""

    def __init__(self, at: int, number: int, lost: bool) -> None:
        self._at, self._number, self._lost = at, number, lost
        self._counting = False
        self.count = 0

    def watch(self) -> None:
        """Count from the first request that changes something."""
        sys.addaudithook(self._audit)
        sys.setprofile(self._profile)

    def _audit(self, event: str, arguments: Any) -> None:
        if event == "http.client.send" and any(name in bytes(arguments[1]) for name in WRITES):
            self._counting = True

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if not self._counting:
            return
        self.count += 1
        if self.count == self._at:
            if self._lost:
                _InDel(self._number)
            else:
                signal.raise_signal(self._number)


def _run(plan: dict[str, Any], run: dict[str, Any], report: int) -> None:
    instants = Instants(run["at"], run["signal"], run.get("lost", False))
    atexit.register(lambda: os.write(report, str(instants.count).encode()))
    # As a module's process begins, whatever this program was told.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with patch_module_args(run["options"]):
        instants.watch()
        MODULES[plan["module"]].main()


def _read(pipe: int, until: float) -> bytes:
    read = b""
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(pipe, 65536)
        if not piece:
            break
        read += piece
    return read


def _take(plan: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """Fork a run and return what became of it; the child does not return."""
    (printed, out), (counted, count) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(out, 1)
        os.close(printed)
        os.close(counted)
        _run(plan, run, count)
    os.close(out)
    os.close(count)
    until = time.monotonic() + plan["seconds"]
    text = _read(printed, until)
    instants = _read(counted, until)
    in_time = time.monotonic() < until
    if not in_time:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(printed)
    os.close(counted)
    return {"printed": text.decode(), "instants": int(instants or 0), "in_time": in_time}


def main() -> None:
    """Run the plan on stdin; print a report in JSON."""
    plan = json.load(sys.stdin)
    # What every run would do anew, and what is done in no instant that counts.
    keep_models()
    boto3.client("ssm", region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
    print(json.dumps([_take(plan, run) for run in plan["runs"]]))


if __name__ == "__main__":
    main()
