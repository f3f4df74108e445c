# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A world for a case: emulator, proxy, clock, principals, and tasks that go through the proxy."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from automation_emulator.testing import AutomationEmulator

from . import oracle, runbooks, tasks
from .clock import Clock
from .direct import OPERATOR, REGION, DirectService
from .oracle import Case, Printed
from .proxy import Proxy
from .wire import open_step

PEOPLE = ("alice", "bob", "carol")
# What a client is given that is to meet hanging requests: botocore's own minute is too long for a test.
IMPATIENT = {"read_timeout": 0.3, "connect_timeout": 0.3}
_numbers = itertools.count(1)


class World:
    """Everything that a case needs. `people` has the keys of each principal."""

    def __init__(self, url: str, certificate: Path | None = None) -> None:
        self.emulator = AutomationEmulator(url)
        self.service = DirectService(url)
        self.emulator.reset()
        self.emulator.freeze()
        self.people = {name: self.emulator.user(name) for name in PEOPLE}
        self.clock = Clock(self.service)
        self.proxy = Proxy(self.service, self.clock, certificate)
        self.target: str | None = None

    # Executions, and others who act on them

    def start(self, *steps: runbooks.Step, mode: str = "Auto") -> str:
        """Start an execution of a runbook with these steps."""
        return self.service.start(self.register(*steps), mode)

    def register(self, *steps: runbooks.Step) -> str:
        """Register a runbook with these steps and return its name."""
        name = f"Runbook{next(_numbers)}"
        self.service.register(name, runbooks.runbook(*steps))
        return name

    def acts(self, who: str, signal_type: str, execution_id: str, **payload: str) -> bool:
        """Let somebody send a signal past the proxy; return whether the service took it."""
        return self.service.signal(execution_id, signal_type, self.key(who), **payload)

    def key(self, who: str) -> str:
        """Return somebody's access key."""
        return self.people[who]["access_key"] if who in self.people else OPERATOR["access_key"]

    def open_step(self, execution_id: str) -> str | None:
        """Return the step that is open now."""
        execution = self.service.execution(execution_id)
        return open_step(execution) if execution else None

    def open_name(self, execution_id: str) -> str | None:
        """Return the name of the step that is open now."""
        execution = self.service.execution(execution_id) or {"StepExecutions": []}
        now = self.open_step(execution_id)
        steps = execution["StepExecutions"]
        return next((str(each["StepName"]) for each in steps if each.get("StepExecutionId") == now), None)

    def status(self, execution_id: str) -> str:
        """Return the status that the execution has now."""
        execution = self.service.execution(execution_id) or {}
        return str(execution.get("AutomationExecutionStatus"))

    # Tasks

    def options(self, who: str = "alice", **options: Any) -> dict[str, Any]:
        """Return the options of a task that goes through the proxy."""
        keys = self.people.get(who, OPERATOR)
        return {**keys, "endpoint_url": self.proxy.url, "region": REGION, **options}

    def signal(self, signal_type: str, execution_id: str, who: str = "alice", **options: Any) -> Printed:
        """Send a signal with the module, through the proxy."""
        self.target = self.open_step(execution_id)
        given = {"automation_execution_id": execution_id, "signal_type": signal_type, **options}
        return self.run(tasks.SIGNAL, self.options(who, **given))

    def signal_many(self, signal_type: str, ids: list[str], who: str = "alice", **options: Any) -> Printed:
        """Send a signal to many executions with one task."""
        given = {"automation_execution_ids": ids, "signal_type": signal_type, **options}
        return self.run(tasks.SIGNAL, self.options(who, **given))

    def stop(self, execution_id: str, who: str = "alice", **options: Any) -> Printed:
        """Cancel an execution with the module."""
        given = {"state": "cancelled", "automation_execution_id": execution_id, **options}
        return self.run(tasks.EXECUTION, self.options(who, **given))

    def run(self, module: Any, options: dict[str, Any], check_mode: bool = False) -> Printed:
        """Run a module on the emulator's clock."""
        with tasks.use_clock(self.clock):
            return tasks.run_here(module, options, check_mode)

    # Judging

    def case(self, printed: Printed, who: str = "alice", **more: Any) -> Case:
        """Return the case of a task for one execution."""
        return Case(printed.one, self.proxy.log, self.key(who), **{"target": self.target, **more})

    def broken(self, printed: Printed, who: str = "alice", **more: Any) -> list[str]:
        """Return in which ways a task for one execution broke the promise."""
        improper = oracle.told_properly(printed)
        return improper or oracle.broken(self.case(printed, who, **more))

    def sends(self) -> int:
        """Return how many requests for a signal were seen."""
        return len(self.proxy.log.requests("SendAutomationSignal"))

    def took(self) -> int:
        """Return how many signals of tasks the service took."""
        return len(self.proxy.log.taken())


@contextlib.contextmanager
def world(url: str, certificate: Path | None = None) -> Iterator[World]:
    """Return a new world on an emulator, for as long as the context lasts."""
    made = World(url, certificate)
    try:
        yield made
    finally:
        made.proxy.close()
