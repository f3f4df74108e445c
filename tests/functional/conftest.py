# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users run them, against a running emulator.

A module runs in this process: its arguments go in as Ansible hands them over, its printed JSON comes out; between
them are the real base class, real boto3 clients and real HTTP. Only the clock is the emulator's, which stands still
but for what a module sleeps, so that no test does.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal as signals
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_execution, ssm_automation_signal
from automation_emulator.testing import AutomationEmulator

RUNBOOKS = Path(__file__).parent / "runbooks"
REGION = "us-east-1"
APPROVERS = ["alice", "bob"]
OPERATOR = {"access_key": "testing", "secret_key": "testing"}


class Emulator(AutomationEmulator):
    """The emulator, with what these tests start, and as the clock of a module."""

    def start(self, document: str, mode: str = "Auto", **parameters: list[str]) -> str:
        started = self.client("ssm").start_automation_execution(
            DocumentName=document, Mode=mode, Parameters=parameters or {"Approvers": APPROVERS}
        )
        return started["AutomationExecutionId"]

    read = AutomationEmulator.execution

    # What a module needs of a clock

    monotonic = AutomationEmulator.now
    sleep = AutomationEmulator.advance


@pytest.fixture
def emulator(automation_emulator: AutomationEmulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An emulator without executions, on a clock that stands still, and modules that use this clock."""
    emulator = Emulator(automation_emulator.url)
    emulator.freeze()
    emulator.register(*RUNBOOKS.iterdir())
    for module in (ssm_automation_signal, ssm_automation_execution, cloud):
        monkeypatch.setattr(module, "time", emulator)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    emulator.forget_requests()
    return emulator


@pytest.fixture
def alice(emulator: Emulator) -> dict[str, str]:
    return emulator.user("alice")


@pytest.fixture
def bob(emulator: Emulator) -> dict[str, str]:
    return emulator.user("bob")


def run_module(module: ModuleType, options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Run a module and return what it printed."""
    printed = io.StringIO()
    # Ansible collects the warnings of a process, which it takes for one run of a module.
    warnings._global_warnings.clear()
    arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    with patch_module_args(arguments), contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        module.main()
    return json.loads(printed.getvalue())


class Signals:
    """Sends signals with the module and returns what it says; C(check) does so in check mode."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __call__(self, signal_type: str, execution_id: str, **options: Any) -> dict[str, Any]:
        return self._run(signal_type, execution_id, options, check_mode=False)

    def check(self, signal_type: str, execution_id: str, **options: Any) -> dict[str, Any]:
        return self._run(signal_type, execution_id, options, check_mode=True)

    def _run(self, signal_type: str, execution_id: str, options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        arguments = {
            **OPERATOR,
            "endpoint_url": self._emulator.url,
            "region": REGION,
            "automation_execution_id": execution_id,
            "signal_type": signal_type,
            **options,
        }
        return run_module(ssm_automation_signal, arguments, check_mode)


@pytest.fixture
def signal(emulator: Emulator) -> Signals:
    return Signals(emulator)


@pytest.fixture
def interrupted_while_sleeping(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is told to end as soon as the module lets time pass."""

    class Clock:
        monotonic = staticmethod(emulator.monotonic)

        @staticmethod
        def sleep(seconds: float) -> None:
            signals.raise_signal(signals.SIGTERM)

    monkeypatch.setattr(ssm_automation_signal, "time", Clock)


class Runs:
    """Starts and stops executions with the module and returns what it says; C(check) does so in check mode."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __call__(self, **options: Any) -> dict[str, Any]:
        return self._run(options, check_mode=False)

    def check(self, **options: Any) -> dict[str, Any]:
        return self._run(options, check_mode=True)

    def _run(self, options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        arguments = {**OPERATOR, "endpoint_url": self._emulator.url, "region": REGION, **options}
        return run_module(ssm_automation_execution, arguments, check_mode)


@pytest.fixture
def run(emulator: Emulator) -> Runs:
    return Runs(emulator)
