# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measuring: starts executions for each method, runs one play with all methods in turn, and reads its notes."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from automation_emulator.testing import AutomationEmulator
from tools.dev.project import ROOT
from tools.dev.shell import environment, executable

from .findings import Measurement, Throttled
from .plan import Round
from .quotas import OF_TWO, QUOTAS, Limited, Turn

HERE = Path(__file__).parent
PYTHON = executable("python")
# The emulator's name for a caller that has no user in its IAM.
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}
UNLIMITED = 10**9


class BenchmarkError(RuntimeError):
    """A task failed, or did not do what is measured."""


class Bench:
    """An emulator, and the plays that run against it."""

    def __init__(self, emulator: AutomationEmulator) -> None:
        self._emulator = emulator
        self._ssm = emulator.client("ssm")

    def round(self, one: Round) -> list[Measurement]:
        """The tasks of a round, in its order, each on executions of its own."""
        self._prepare(GATE)
        turns = [_turn(method, self._start(1)) for method in one.opening]
        turns += [_turn(method, self._start(one.size)) for method in one.methods]
        if one.latency_ms:
            self._emulator.fail("latency", seconds=one.latency_ms / 1000, times=UNLIMITED)
        opening = len(one.opening)
        return [
            Measurement(task["task"], one.size, one.latency_ms, task["seconds"], task["calls"], opens=place < opening)
            for place, task in enumerate(self._play(turns))
        ]

    def memory(self, size: int, method: str) -> float:
        """The peak memory of a task, in KiB."""
        self._prepare(GATE)
        with tempfile.TemporaryDirectory() as folder:
            wrapper, notes = Path(folder, "python"), Path(folder, "memory")
            wrapper.write_text(f'#!/bin/sh\nexec {PYTHON} {HERE / "measured_python.py"} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)
            variables = {"ansible_python_interpreter": str(wrapper)}
            self._play([_turn(method, self._start(size))], variables, {"BENCH_MEMORY": str(notes)})
            return max(float(line) for line in notes.read_text(encoding="utf-8").split())

    def waiting(self, size: int, seconds: int) -> Mapping[str, int]:
        """The calls, by operation, of a task that sends and then waits for so many seconds, until its time-out."""
        self._prepare(GATE, NAP)
        (task,) = self._play([{**_turn("waiting", self._start(size)), "seconds": seconds}])
        calls: Mapping[str, int] = task["calls"]
        return calls

    def profile(self) -> Mapping[str, float]:
        """The seconds of each part of a single signal."""
        self._prepare(GATE)
        (execution_id,) = self._start(1)
        command = [PYTHON, str(HERE / "profiled_module.py"), execution_id]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=self._environment({}), capture_output=True, text=True, check=False)
        total = time.perf_counter() - began
        if done.returncode or not self._succeeded(execution_id):
            raise BenchmarkError(done.stdout + done.stderr)
        return {**json.loads(done.stdout), "total": total}

    def throttled(self, size: int, rate: float) -> Throttled:
        """One task, while the service takes so many requests a second."""
        self._prepare(GATE)
        executions = self._start(size)
        self._emulator.choose(requests_per_second=rate)
        (task,) = self._play([_turn("module", executions)])
        self._emulator.choose(requests_per_second=0)
        requests = self._emulator.requests("SendAutomationSignal")
        taken = Counter(one["parameters"]["AutomationExecutionId"] for one in requests if one["status"] == 200)
        return Throttled(
            size=size,
            rate=rate,
            seconds=task["seconds"],
            arrived=sum(map(self._succeeded, executions)),
            sent_twice=sum(count > 1 for count in taken.values()),
            turned_away=sum(one["status"] != 200 for one in requests),
        )

    def limited(self, turn: Turn) -> list[Limited]:
        """One task, or two at once, that start with all of a quota; the executions are started before."""
        self._prepare(GATE)
        executions = self._start(turn.size)
        self._emulator.limit(QUOTAS[turn.quota])
        seconds = self._two(executions) if turn.method in OF_TWO else self._one(turn.method, executions)
        codes = [one["error_code"] for one in self._emulator.requests()]
        self._emulator.limit("none")
        if not all(map(self._succeeded, executions)):
            raise BenchmarkError(f"Not all executions got their signal: {turn}")
        calls, throttled = len(codes), codes.count("ThrottlingException")
        return [Limited(replace(turn, method=method), each, calls, throttled) for method, each in seconds.items()]

    def _one(self, method: str, executions: list[str]) -> dict[str, float]:
        (task,) = self._play([_turn(method, executions)])
        return {method: task["seconds"]}

    def _two(self, executions: list[str]) -> dict[str, float]:
        """Two plays at once; the log of requests lacks what the first called before the second began."""
        with ThreadPoolExecutor(2) as pool:
            plays = pool.map(lambda half: self._one("module", half), (executions[::2], executions[1::2]))
            return dict(zip(OF_TWO, sorted(seconds["module"] for seconds in plays), strict=True))

    # Preparing

    def _prepare(self, *steps: Mapping[str, Any]) -> None:
        """Reset the emulator and register a runbook."""
        self._emulator.reset()
        content = json.dumps({"schemaVersion": "0.3", "mainSteps": steps})
        self._ssm.create_document(Name="Gated", DocumentType="Automation", Content=content)

    def _start(self, size: int) -> list[str]:
        """Executions that wait at their gate."""
        starts = (self._ssm.start_automation_execution(DocumentName="Gated") for _number in range(size))
        return [start["AutomationExecutionId"] for start in starts]

    def _succeeded(self, execution_id: str) -> bool:
        found = self._ssm.get_automation_execution(AutomationExecutionId=execution_id)
        return bool(found["AutomationExecution"]["AutomationExecutionStatus"] == "Success")

    # Playing

    def _play(
        self,
        turns: Sequence[Mapping[str, Any]],
        variables: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """Run the play; return the stopwatch's note of each turn."""
        with tempfile.TemporaryDirectory() as folder:
            given, notes = Path(folder, "variables.json"), Path(folder, "tasks")
            given.write_text(json.dumps({"turns": turns, **(variables or {})}), encoding="utf-8")
            notes.touch()
            command = [executable("ansible-playbook"), str(HERE / "plays" / "signals.yml"), "-e", f"@{given}"]
            env = self._environment({"BENCH_TASKS": str(notes), **(extra or {})})
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
            noted = list(map(json.loads, notes.read_text(encoding="utf-8").splitlines()))
        methods = {turn["method"] for turn in turns}
        tasks = [task for task in noted if task["task"] in methods]
        failed = [task["problem"] for task in tasks if task["end"] != "ok"]
        if failed or done.returncode or len(tasks) != len(turns):
            raise BenchmarkError("\n".join([*failed, done.stdout, done.stderr]))
        return tasks

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        own = {
            "ANSIBLE_STDOUT_CALLBACK": "stopwatch",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
        }
        return environment({**self._emulator.environment(), **own, **extra})


def _turn(method: str, executions: list[str]) -> dict[str, Any]:
    return {"method": method, "executions": executions}
