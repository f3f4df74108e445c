# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running steps, each with its output in a log, and reporting their results."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .counts import Counts
from .project import OUTPUT
from .shell import Failed, Log

LOGS = OUTPUT / "logs"
# How many lines of a failed step's log are printed. The reason is usually at the end, and CI may cut long output.
LINES = 120

Action = Callable[[Log], Counts]


@dataclass(frozen=True)
class Step:
    """One check: its name, and the function that does it."""

    name: str
    action: Action


@dataclass(frozen=True)
class Result:
    """The result of a step."""

    name: str
    counts: Counts
    seconds: float
    log: Path


def run(*lanes: Sequence[Step], logs: Path = LOGS) -> int:
    """Run lanes at the same time, the steps of a lane one after the other; report; return the exit code."""
    logs.mkdir(parents=True, exist_ok=True)
    width = max(len(step.name) for lane in lanes for step in lane)

    def run_lane(lane: Sequence[Step]) -> list[Result]:
        return [_run_step(step, logs, width) for step in lane]

    started = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        results = [result for lane in pool.map(run_lane, lanes) for result in lane]
    return _conclude(results, time.monotonic() - started, logs)


def _run_step(step: Step, logs: Path, width: int) -> Result:
    log = logs / (step.name.replace(" ", "-") + ".log")
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as stream:
        counts = _counts(step, stream)
    result = Result(step.name, counts, time.monotonic() - started, log)
    # In one call, so that the lines of two lanes do not mix.
    print("\n".join(_lines(result, width)) + "\n", end="", flush=True)
    return result


def _counts(step: Step, stream: TextIO) -> Counts:
    """The counts of a step; an exception in it is a failure of this step, and the other steps go on."""
    try:
        return step.action(Log(stream))
    except Failed as failure:
        stream.write(f"{failure}\n")
    except Exception:
        stream.write(traceback.format_exc())
    return Counts(failed=1)


def _lines(result: Result, width: int) -> list[str]:
    """One line for a step that passed; for one that failed, the end of its log, too."""
    counts = result.counts
    line = f"{'FAIL' if counts.failed else 'ok':4}  {result.name:{width}}  {result.seconds:6.1f} s  {counts}"
    if not counts.failed:
        return [line]
    output = result.log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    head = f"----- {result.log}, the last {min(LINES, len(output))} of {len(output)} lines"
    return [line, head, *output[-LINES:], f"----- end of {result.name}"]


def _conclude(results: Sequence[Result], seconds: float, logs: Path) -> int:
    """Print the names of the steps that failed and, on the last line, the sums of all counts; return the exit code."""
    total = sum((result.counts for result in results), Counts())
    failed = [result.name for result in results if result.counts.failed]
    print(f"\n{len(results)} steps in {seconds:.0f} s; their output is in {logs}.")
    if total.skipped:
        print(f"Skipped: {total.skipped}.")
    if failed:
        print("Failed: " + ", ".join(failed) + ".")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if failed else 0
