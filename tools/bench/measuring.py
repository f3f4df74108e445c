# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measuring: fresh executions for every method, one play that runs all methods in turn, and what it wrote down."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tools.dev.emulator import FAKE_CREDENTIALS
from tools.dev.project import ROOT, environment, executable

from .findings import Measurement, Throttled
from .plan import Round

HERE = Path(__file__).parent
PYTHON = executable("python")
# An approver that is whoever calls, as the emulator names a caller whom its IAM does not know.
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}
# One execution is given to the module by another option than many are.
WRITTEN_TWICE = ("module", "waiting")
FOR_EVER = 10**9


class BenchmarkError(RuntimeError):
    """A task did not do what it was measured for."""


@dataclass(frozen=True)
class Bench:
    """An emulator and the plays that run against it."""

    url: str

    def round(self, one: Round) -> list[Measurement]:
        """The tasks of a round, in its order, each on executions of its own."""
        self._fresh(GATE)
        turns = [_turn(method, self._start(1)) for method in one.opening]
        turns += [_turn(method, self._start(one.size)) for method in one.methods]
        self._delay(one.latency_ms)
        tasks = self._play(turns)
        opening = len(one.opening)
        return [
            Measurement(task["task"], one.size, one.latency_ms, task["seconds"], task["calls"], opens=place < opening)
            for place, task in enumerate(tasks)
        ]

    def memory(self, size: int, method: str) -> float:
        """The most memory that a task takes, in KiB."""
        self._fresh(GATE)
        with tempfile.TemporaryDirectory() as folder:
            wrapper, notes = Path(folder, "python"), Path(folder, "memory")
            wrapper.write_text(f'#!/bin/sh\nexec {PYTHON} {HERE / "measured_python.py"} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)
            variables = {"ansible_python_interpreter": str(wrapper)}
            self._play([_turn(method, self._start(size))], variables, {"BENCH_MEMORY": str(notes)})
            return max(float(line) for line in notes.read_text(encoding="utf-8").split())

    def waiting(self, size: int, seconds: int) -> Mapping[str, int]:
        """The calls of a task that sends, and waits in vain for so many seconds, by operation."""
        self._fresh(GATE, NAP)
        turn = {**_turn("waiting", self._start(size)), "seconds": seconds}
        tasks = self._play([turn])
        calls: Mapping[str, int] = tasks[0]["calls"]
        return calls

    def profile(self) -> Mapping[str, float]:
        """What the parts of a single signal take, in seconds."""
        self._fresh(GATE)
        (execution_id,) = self._start(1)
        command = [PYTHON, str(HERE / "profiled_module.py"), execution_id]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=self._environment({}), capture_output=True, text=True, check=False)
        total = time.perf_counter() - began
        if done.returncode or self._status(execution_id) != "Success":
            raise BenchmarkError(done.stdout + done.stderr)
        return {**json.loads(done.stdout), "total": total}

    def throttled(self, size: int, rate: float) -> Throttled:
        """One task against a service that takes so many requests a second."""
        self._fresh(GATE)
        executions = self._start(size)
        self._control("choices", {"requests_per_second": rate})
        tasks = self._play([_turn("module", executions)])
        requests = self._control("requests?operation=SendAutomationSignal")["requests"]
        taken = Counter(one["parameters"]["AutomationExecutionId"] for one in requests if one["status"] == 200)
        self._control("choices", {"requests_per_second": 0})
        return Throttled(
            size=size,
            rate=rate,
            seconds=tasks[0]["seconds"],
            arrived=sum(self._status(one) == "Success" for one in executions),
            sent_twice=sum(count > 1 for count in taken.values()),
            turned_away=sum(one["status"] != 200 for one in requests),
        )

    # Preparing

    def _fresh(self, *steps: Mapping[str, Any]) -> None:
        """The emulator as new, with a runbook."""
        self._control("reset", {})
        content = json.dumps({"schemaVersion": "0.3", "mainSteps": steps})
        self._client.create_document(Name="Gated", DocumentType="Automation", Content=content)

    def _start(self, size: int) -> list[str]:
        """Executions that wait at their gate."""
        starts = (self._client.start_automation_execution(DocumentName="Gated") for _number in range(size))
        return [start["AutomationExecutionId"] for start in starts]

    def _delay(self, latency_ms: int) -> None:
        if latency_ms:
            self._control("faults", {"kind": "latency", "seconds": latency_ms / 1000, "times": FOR_EVER})

    def _status(self, execution_id: str) -> str:
        found = self._client.get_automation_execution(AutomationExecutionId=execution_id)
        return str(found["AutomationExecution"]["AutomationExecutionStatus"])

    @property
    def _client(self) -> Any:
        return boto3.client(
            "ssm",
            endpoint_url=self.url,
            region_name=FAKE_CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/_emulator/{path}", data=data, headers=headers)
        ) as answer:
            return json.load(answer)

    # Playing

    def _play(
        self,
        turns: Sequence[Mapping[str, Any]],
        variables: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """Run the play; what the stopwatch wrote down of each turn's task."""
        with tempfile.TemporaryDirectory() as folder:
            given, notes = Path(folder, "variables.json"), Path(folder, "tasks")
            given.write_text(json.dumps({"turns": turns, **(variables or {})}), encoding="utf-8")
            command = [executable("ansible-playbook"), str(HERE / "plays" / "signals.yml"), "-e", f"@{given}"]
            env = self._environment({"BENCH_TASKS": str(notes), **(extra or {})})
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
            tasks = [task for task in _lines(notes) if task["task"] in {turn["method"] for turn in turns}]
        failed = [task["problem"] for task in tasks if task["end"] != "ok"]
        if failed or done.returncode or len(tasks) != len(turns):
            raise BenchmarkError("\n".join([*failed, done.stdout, done.stderr]))
        return tasks

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        own = {
            "AWS_URL": self.url,
            "AWS_ENDPOINT_URL": self.url,
            "ANSIBLE_STDOUT_CALLBACK": "stopwatch",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
        }
        return environment({**FAKE_CREDENTIALS, **own, **extra})


def _turn(method: str, executions: list[str]) -> dict[str, Any]:
    for_one = "_for_one" if method in WRITTEN_TWICE and len(executions) == 1 else ""
    return {"method": method, "tasks": method + for_one, "executions": executions}


def _lines(notes: Path) -> Iterator[dict[str, Any]]:
    if notes.is_file():
        yield from map(json.loads, notes.read_text(encoding="utf-8").splitlines())


def say(text: str, stream: Callable[[str], Any] = sys.stderr.write) -> None:
    """Tell how far the benchmark is."""
    stream(f"{text}\n")
