# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of the measurements, with medians, ratios, and whether a ratio reaches its goal. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .quotas import Limited

# The methods, and their names in the tables and the plot.
METHODS = {
    "module": "(a) `ssm_automation_signal`, one task",
    "looped_module": "(b) `ssm_automation_signal` in a loop",
    "bare_module": "(c) a bare `AnsibleAWSModule` in a loop",
    "cli": "(d) `command: aws ssm send-automation-signal` in a loop",
    "script": "(e) a boto3 script, sending only",
}


@dataclass(frozen=True)
class Measurement:
    """One task of a round: its seconds, and its API calls by operation.

    `opens` is true for the first task of a method in a play. Such a task has one execution, whatever the `size` of its
    round.
    """

    method: str
    size: int
    latency_ms: int
    seconds: float
    calls: Mapping[str, int]
    opens: bool = False


@dataclass(frozen=True)
class Throttled:
    """A task over many executions, while the service takes `rate` requests a second."""

    size: int
    rate: float
    seconds: float
    arrived: int
    sent_twice: int
    turned_away: int


@dataclass
class Findings:
    """Everything that one run of the benchmark measured."""

    measurements: list[Measurement] = field(default_factory=list)
    # Peak memory in KiB, by size.
    memory: dict[int, float] = field(default_factory=dict)
    bare_memory: float = 0.0
    # The API calls, by operation, of a task that waits for a minute, by size.
    waiting: dict[int, Mapping[str, int]] = field(default_factory=dict)
    throttled: Throttled | None = None
    limited: list[Limited] = field(default_factory=list)
    # The seconds of each part of a single signal, one mapping for each run.
    profiles: list[Mapping[str, float]] = field(default_factory=list)

    def profile(self) -> Mapping[str, float]:
        """The median seconds of each part of a single signal."""
        parts = self.profiles[0] if self.profiles else {}
        return {part: statistics.median(one[part] for one in self.profiles) for part in parts}

    def seconds(self, method: str, size: int, latency_ms: int) -> float | None:
        """The median seconds of a method; None if it was not measured."""
        found = self.all_seconds(method, size, latency_ms)
        return statistics.median(found) if found else None

    def all_seconds(self, method: str, size: int, latency_ms: int) -> list[float]:
        """The seconds of a method, each time it was measured."""
        return [one.seconds for one in self._of(method, size, latency_ms)]

    def opening(self, method: str, latency_ms: int) -> float | None:
        """The median seconds of the tasks that were the first of a method in their play."""
        wanted = (method, latency_ms)
        found = [one.seconds for one in self.measurements if one.opens and (one.method, one.latency_ms) == wanted]
        return statistics.median(found) if found else None

    def calls(self, method: str, size: int) -> Mapping[str, float]:
        """API calls for each signal, by operation."""
        found = self._of(method, size, 0)
        return {name: count / size for name, count in found[0].calls.items()} if found else {}

    def _of(self, method: str, size: int, latency_ms: int) -> Sequence[Measurement]:
        wanted = (method, size, latency_ms, False)
        return [one for one in self.measurements if (one.method, one.size, one.latency_ms, one.opens) == wanted]


@dataclass(frozen=True)
class Ratio:
    """A ratio of two medians, and the most that it should be."""

    what: str
    value: float | None
    goal: float

    @property
    def reached(self) -> bool:
        """Whether the goal is reached; a ratio that was not measured does not reach it."""
        return self.value is not None and self.value <= self.goal


def ratios(found: Findings, latency_ms: int) -> list[Ratio]:
    """The ratios that have goals: those of one signal, since many are bound by the rate and not by the method."""

    def ratio(above: str, below: str) -> float | None:
        over, under = found.seconds(above, 1, latency_ms), found.seconds(below, 1, latency_ms)
        return over / under if over and under else None

    return [
        Ratio("one signal, (a) / (c)", ratio("module", "bare_module"), 1.15),
        Ratio("one signal, (a) / (d)", ratio("module", "cli"), 0.75),
    ]


def memory_ratio(found: Findings) -> Ratio:
    """The memory of the largest task, divided by the memory of a task with one execution."""
    sizes = sorted(found.memory)
    value = found.memory[sizes[-1]] / found.memory[1] if 1 in found.memory else None
    return Ratio("peak memory, 1,000 executions / one", value, 1.5)
