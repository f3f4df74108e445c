# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the modules: in this process, and as processes of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal as signals
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any

from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils import cloud
from botocore.loaders import JSONFileLoader

from ansible_collections.ssmops.automation.plugins.modules import (
    ssm_automation_execution,
    ssm_automation_execution_info,
    ssm_automation_signal,
)

from .clock import Clock
from .oracle import Printed

SIGNAL, EXECUTION, INFO = ssm_automation_signal, ssm_automation_execution, ssm_automation_execution_info
# Where the modules have their clock from: they are given another one here, and nowhere else.
CLOCKS: tuple[Any, ...] = (SIGNAL, EXECUTION, INFO, cloud)
# As long, in seconds of real time, as a task may take here; with the emulator's clock none takes one.
MOST_SECONDS = 120


def keep_models() -> None:
    """Let botocore read each file of its models once in this process, and change nothing else of it."""
    read = JSONFileLoader.load_file
    kept: dict[str, Any] = {}

    def load_file(loader: JSONFileLoader, file_path: str) -> Any:
        if file_path not in kept:
            kept[file_path] = read(loader, file_path)
        return kept[file_path]

    JSONFileLoader.load_file = load_file


class TookTooLong(BaseException):
    """A task did not end. No Exception, so that no module takes it for a fault of its own."""


@contextlib.contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Let modules have their time from a clock."""
    before = [(module, module.time) for module in CLOCKS]
    for module in CLOCKS:
        module.time = clock
    try:
        yield
    finally:
        for module, time in before:
            module.time = time


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in here, in the main thread, when the time is up."""

    def ring(number: int, frame: FrameType | None) -> None:
        # Should it get lost on the way, it rings again.
        signals.setitimer(signals.ITIMER_REAL, 1)
        raise TookTooLong(f"The task did not end within {seconds} s.")

    previous = signals.signal(signals.SIGALRM, ring)
    signals.setitimer(signals.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signals.setitimer(signals.ITIMER_REAL, 0)
        signals.signal(signals.SIGALRM, previous)


def run_here(module: ModuleType, options: Mapping[str, Any], check_mode: bool = False) -> Printed:
    """Run a module in this process and return what it printed, or how it ended otherwise."""
    printed = io.StringIO()
    # Ansible collects the warnings of a process, which it takes for one run of a module.
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    handlers = [(number, signals.getsignal(number)) for number in (signals.SIGINT, signals.SIGTERM)]
    arguments = {**options, "_ansible_check_mode": check_mode}
    try:
        with time_limit(MOST_SECONDS), patch_module_args(arguments), contextlib.redirect_stdout(printed):
            module.main()
    except SystemExit:
        return _read(printed.getvalue())
    except (Exception, TookTooLong):
        return Printed(None, traceback.format_exc())
    finally:
        for number, handler in handlers:
            signals.signal(number, handler)
    return Printed(None, "The module returned from main().")


_PROGRAM = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.ssmops.automation.plugins.modules import {name} as module
with patch_module_args(json.loads(sys.argv[1])):
    module.main()
"""


def run_process(
    module: ModuleType, options: Mapping[str, Any], seconds: float, environment: Mapping[str, str] | None = None
) -> Printed:
    """Run a module as a process of its own, on the real clock, for at most so many seconds."""
    program = _PROGRAM.format(name=module.__name__.rpartition(".")[2])
    command = [sys.executable, "-c", program, json.dumps(dict(options))]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        return Printed(None, f"The task did not end within {seconds} s.")
    return _read(done.stdout, done.stderr)


def _read(text: str, problem: str = "") -> Printed:
    try:
        return Printed(json.loads(text), problem)
    except ValueError:
        return Printed(None, f"This is no result: {text[:300]!r} {problem}")
