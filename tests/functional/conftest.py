# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users run them, against a running emulator.

A module runs in this process: its arguments go in as Ansible hands them over, its printed JSON comes out; between
them are the real base class, real boto3 clients and real HTTP. Only the clock is the emulator's, which stands still
but for what a module sleeps, so that no test does; and clients are made quickly.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal as signals
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from ansible_collections.ssmops.automation.plugins.modules import (
    ssm_automation_execution,
    ssm_automation_execution_info,
    ssm_automation_signal,
)
from ansible_collections.ssmops.automation.tests.quick_clients import clients_made_quickly
from automation_emulator.testing import AutomationEmulator

RUNBOOKS = Path(__file__).parent / "runbooks"
APPROVERS = ["alice", "bob"]
NOBODYS = "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
Result = dict[str, Any]


class Emulator(AutomationEmulator):
    """The emulator with a clock that stands still, which is also the clock of the modules."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._now = self.reset(freeze=True)

    def start(self, runbook: str, mode: str = "Auto", **parameters: Sequence[str]) -> str:
        """Start an execution, with the approvers of most tests where there are no other parameters."""
        return super().start(runbook, mode, **(parameters or {"Approvers": APPROVERS}))

    # What a module needs of a clock

    def monotonic(self) -> float:
        """The time, which nobody but `sleep` changes."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._now = self.advance(seconds)


@pytest.fixture(scope="session")
def automation_emulator_options() -> Sequence[str | Path]:
    """The emulator has the runbooks from the start, and again after every reset."""
    return ["--runbooks", RUNBOOKS]


@pytest.fixture(scope="session")
def quick_clients() -> Iterator[None]:
    """Clients that are made quickly: each module that runs makes some."""
    with clients_made_quickly():
        yield


@pytest.fixture
def automation_emulator(automation_emulator_url: str) -> Emulator:
    """The plugin's fixtures use the same."""
    return Emulator(automation_emulator_url)


@pytest.fixture
def emulator(
    automation_emulator_environment: Emulator, quick_clients: None, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    """An emulator without executions, which the modules find by the environment and whose clock they use."""
    for module in (ssm_automation_signal, ssm_automation_execution, cloud):
        monkeypatch.setattr(module, "time", automation_emulator_environment)
    return automation_emulator_environment


@pytest.fixture
def alice(emulator: Emulator) -> dict[str, str]:
    return emulator.user("alice")


@pytest.fixture
def bob(emulator: Emulator) -> dict[str, str]:
    return emulator.user("bob")


def run_module(module: ModuleType, options: dict[str, Any], check_mode: bool = False) -> Result:
    """Run a module and return what it printed."""
    printed = io.StringIO()
    # Ansible collects the warnings of a process, which it takes for one run of a module.
    warnings._global_warnings.clear()
    arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    with patch_module_args(arguments), contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        module.main()
    return json.loads(printed.getvalue())


class Play:
    """Runs a module and returns what it says; `check` does so in check mode."""

    def __init__(self, module: ModuleType, *names: str) -> None:
        self._module = module
        self._names = names

    def __call__(self, *values: Any, **options: Any) -> Result:
        return run_module(self._module, self._all(values, options))

    def check(self, *values: Any, **options: Any) -> Result:
        return run_module(self._module, self._all(values, options), check_mode=True)

    def _all(self, values: Sequence[Any], options: Result) -> Result:
        """The options, of which some may be given by their place."""
        return {**dict(zip(self._names, values, strict=False)), **options}


@pytest.fixture
def signal(emulator: Emulator) -> Play:
    """signal("Approve", id, …) sends a signal to one execution."""
    return Play(ssm_automation_signal, "signal_type", "automation_execution_id")


@pytest.fixture
def many(emulator: Emulator) -> Play:
    """many("Approve", ids, …) sends a signal to several executions."""
    return Play(ssm_automation_signal, "signal_type", "automation_execution_ids")


@pytest.fixture
def run(emulator: Emulator) -> Play:
    """Starts and stops executions."""
    return Play(ssm_automation_execution)


@pytest.fixture
def info(emulator: Emulator) -> Play:
    """Finds executions."""
    return Play(ssm_automation_execution_info)


@pytest.fixture
def while_sleeping(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Something happens as soon as a module lets time pass, and each time it does."""

    def happens(event: Callable[[], None]) -> None:
        class Clock:
            monotonic = staticmethod(emulator.monotonic)

            @staticmethod
            def sleep(seconds: float) -> None:
                event()
                emulator.sleep(seconds)

        for module in (ssm_automation_signal, ssm_automation_execution):
            monkeypatch.setattr(module, "time", Clock)

    return happens


@pytest.fixture
def interrupted_while_sleeping(while_sleeping: Callable[[Callable[[], None]], None]) -> None:
    """The process is told to end as soon as the module lets time pass."""
    while_sleeping(lambda: signals.raise_signal(signals.SIGTERM))
