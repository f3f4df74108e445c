# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps, what came of them, and how that is told."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree

from .project import OUTPUT, ROOT
from .shell import Failed, Log

LOGS = OUTPUT / "logs"
# How much of a failed step's output is printed: where the reason stands, in a log that may be cut short on its way.
LINES = 120


@dataclass(frozen=True)
class Counts:
    """How many tests passed and failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        """The counts in words; those skipped only if there are any."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Step:
    """One check: what it is called, and what does it."""

    name: str
    action: Callable[[Log], Counts]


@dataclass(frozen=True)
class Result:
    """What came of a step."""

    step: Step
    counts: Counts
    seconds: float
    log: Path


def from_junit(files: Iterable[Path]) -> Counts:
    """The sum of what JUnit files tell."""
    total = Counts()
    for file in files:
        for case in ElementTree.parse(file).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                total += Counts(failed=1)
            elif case.find("skipped") is not None:
                total += Counts(skipped=1)
            else:
                total += Counts(passed=1)
    return total


def judged(counts: Counts, exit_code: int) -> Counts:
    """The counts of a test run, with a failure of the run itself counted as one.

    A run that reports no failure but ends with an error has failed, and so has one in which nothing passed or failed:
    a suite that is not found must not look like one that passes.
    """
    silent = counts.failed == 0 and (exit_code != 0 or counts.passed == 0)
    return counts + Counts(failed=1) if silent else counts


def run(lanes: Sequence[Sequence[Step]]) -> int:
    """Run lanes of steps beside each other, the steps of one lane in turn; report; return the exit code."""
    LOGS.mkdir(parents=True, exist_ok=True)
    width = max(len(step.name) for lane in lanes for step in lane)
    printing = Lock()

    def run_lane(lane: Sequence[Step]) -> list[Result]:
        results = []
        for step in lane:
            results.append(run_step(step))
            with printing:
                tell(results[-1], width)
        return results

    started = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        results = [result for lane in pool.map(run_lane, lanes) for result in lane]
    return conclude(results, time.monotonic() - started)


def run_step(step: Step) -> Result:
    """Run one step; whatever goes wrong in it is its failure and nobody else's."""
    path = LOGS / (step.name.replace(" ", "-") + ".log")
    started = time.monotonic()
    with path.open("w", encoding="utf-8") as stream:
        try:
            counts = step.action(Log(stream))
        except Failed as failure:
            stream.write(f"{failure}\n")
            counts = Counts(failed=1)
        except Exception:
            stream.write(traceback.format_exc())
            counts = Counts(failed=1)
    return Result(step, counts, time.monotonic() - started, path)


def tell(result: Result, width: int) -> None:
    """Print one line for a step that passed, and the end of its output, too, for one that failed."""
    counts = result.counts
    verdict = "FAIL" if counts.failed else "ok"
    print(f"{verdict:4}  {result.step.name:{width}}  {result.seconds:6.1f} s  {counts}", flush=True)
    if counts.failed:
        output = result.log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
        print(f"----- {result.log.relative_to(ROOT)}, the last {LINES} of {len(output)} lines")
        print(*output[-LINES:], sep="\n")
        print(f"----- end of {result.step.name}", flush=True)


def conclude(results: Sequence[Result], seconds: float) -> int:
    """Name what failed, and close with the sum of all counts on a line of its own."""
    total = sum((result.counts for result in results), Counts())
    failed = [result.step.name for result in results if result.counts.failed]
    print(f"\n{len(results)} steps in {seconds:.0f} s; their output is in {LOGS.relative_to(ROOT)}/.")
    if total.skipped:
        print(f"Skipped: {total.skipped}.")
    if failed:
        print("Failed: " + ", ".join(failed) + ".")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if failed else 0
