# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measuring: fresh executions for every method, one play that runs all methods in turn, and what it wrote down."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
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

HERE = Path(__file__).parent
PYTHON = executable("python")
# An approver that is whoever calls, as the emulator names a caller whom its IAM does not know.
GATE = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}
FOR_EVER = 10**9


class BenchmarkError(RuntimeError):
    """A task did not do what it was measured for."""


@dataclass(frozen=True)
class Bench:
    """An emulator and the plays that run against it."""

    url: str

    def round(self, size: int, methods: Sequence[str], latency_ms: int) -> list[Measurement]:
        """Every method once, in the order given, on executions of its own."""
        self._fresh(GATE)
        executions = {method: self._start(size) for method in methods}
        self._delay(latency_ms)
        tasks = self._play("signals.yml", {"methods": list(methods), "executions": executions})
        return [
            Measurement(task["task"], size, latency_ms, task["seconds"], task["calls"])
            for task in tasks
            if task["task"] in methods
        ]

    def memory(self, size: int, method: str) -> float:
        """The most memory that a task takes, in KiB."""
        self._fresh(GATE)
        with tempfile.TemporaryDirectory() as folder:
            wrapper, notes = Path(folder, "python"), Path(folder, "memory")
            wrapper.write_text(f'#!/bin/sh\nexec {PYTHON} {HERE / "measured_python.py"} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)
            variables = {"methods": [method], "executions": {method: self._start(size)}}
            self._play(
                "signals.yml",
                {**variables, "ansible_python_interpreter": str(wrapper)},
                {"BENCH_MEMORY": str(notes)},
            )
            return max(float(line) for line in notes.read_text(encoding="utf-8").split())

    def waiting(self, size: int, seconds: int) -> Mapping[str, int]:
        """The calls of a task that sends, and waits in vain for so many seconds, by operation."""
        self._fresh(GATE, NAP)
        tasks = self._play("waiting.yml", {"executions": self._start(size), "seconds": seconds}, may_fail=True)
        calls: Mapping[str, int] = tasks[0]["calls"]
        return calls

    def throttled(self, size: int, rate: float) -> Throttled:
        """One task against a service that takes so many requests a second."""
        self._fresh(GATE)
        executions = self._start(size)
        self._control("choices", {"requests_per_second": rate})
        tasks = self._play("signals.yml", {"methods": ["module"], "executions": {"module": executions}})
        requests = self._control("requests?operation=SendAutomationSignal")["requests"]
        taken = Counter(one["parameters"]["AutomationExecutionId"] for one in requests if one["status"] == 200)
        self._control("choices", {"requests_per_second": 0})
        return Throttled(
            size=size,
            rate=rate,
            seconds=tasks[-1]["seconds"],
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
        with urllib.request.urlopen(f"{self.url}/_emulator/{path}", data=data) as answer:
            return json.load(answer)

    # Playing

    def _play(
        self,
        play: str,
        variables: Mapping[str, Any],
        extra: Mapping[str, str] | None = None,
        may_fail: bool = False,
    ) -> list[dict[str, Any]]:
        """Run a play; what the stopwatch wrote down of its tasks."""
        with tempfile.TemporaryDirectory() as folder:
            given, notes = Path(folder, "variables.json"), Path(folder, "tasks")
            given.write_text(json.dumps(variables), encoding="utf-8")
            command = [executable("ansible-playbook"), str(HERE / "plays" / play), "-e", f"@{given}"]
            env = self._environment({"BENCH_TASKS": str(notes), **(extra or {})})
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
            tasks = list(_lines(notes))
        failed = [task["problem"] for task in tasks if task["end"] != "ok"]
        if (failed or done.returncode) and not may_fail:
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


def _lines(notes: Path) -> Iterator[dict[str, Any]]:
    if notes.is_file():
        yield from map(json.loads, notes.read_text(encoding="utf-8").splitlines())


def say(text: str, stream: Callable[[str], Any] = sys.stderr.write) -> None:
    """Tell how far the benchmark is."""
    stream(f"{text}\n")
