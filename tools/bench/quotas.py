# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurements under quotas: which there are, their results, and their tables. Pure.

The quotas are those of calls. Those of executions would leave no more than 500 executions waiting at their gates.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from automation_emulator.state.quotas import RATES

METHODS = {
    "module": "`ssm_automation_signal`, one task",
    "waited_module": "`ssm_automation_signal`, one task with `wait: true`",
    "adaptive_script": "a boto3 script with adaptive retries, sending only",
    "cli": "`command: aws ssm send-automation-signal` in a loop",
    "first_of_two": "two tasks `ssm_automation_signal` at once, half of the executions each: the first to end",
    "second_of_two": "the other of these two tasks",
}
# Two tasks at once are measured with so many executions, under the documented quota.
OF_TWO = ("first_of_two", "second_of_two")
SIZE_OF_TWO = 100
# Calls a second by operation.
QUOTAS: Mapping[str, Mapping[str, float]] = {"documented": RATES, "raised": dict.fromkeys(RATES, 30.0)}
SEND = "SendAutomationSignal"
# A play of so many executions takes long, so it runs less often; the CLI takes a second for each.
REPEATS = {"documented": {1: 5, 10: 5, 30: 5, 100: 3, 1000: 1}, "raised": {100: 3, 1000: 3}}
MOST_BY_CLI = {"documented": 100, "raised": 0}
MOST_BY_CLI_IF_QUICK = 10
MOST_IF_QUICK = 100


@dataclass(frozen=True)
class Turn:
    """One task, on executions of its own, that has the service's quota to itself."""

    quota: str
    method: str
    size: int


@dataclass(frozen=True)
class Limited:
    """A turn, its seconds, and how many of its calls were throttled."""

    turn: Turn
    seconds: float
    calls: int
    throttled: int


def floor(turn: Turn) -> float:
    """The seconds that so many signals take by the quota, whoever sends them; a burst may save a few."""
    return turn.size / QUOTAS[turn.quota][SEND]


def turns(quota: str, sizes: Iterable[int], quick: bool) -> Iterator[Turn]:
    """All turns under a quota; if it has to be `quick`, each is taken once and the long ones are left out.

    Of two tasks at once the turn of the first stands for both.
    """
    most_by_cli = MOST_BY_CLI_IF_QUICK if quick else MOST_BY_CLI[quota]
    for size in sizes:
        repeats = REPEATS[quota].get(size, 1 if quota == "documented" else 0)
        if quick:
            repeats = min(repeats, 1 if size <= MOST_IF_QUICK else 0)
        alone = [method for method in METHODS if method not in OF_TWO and (method != "cli" or size <= most_by_cli)]
        together = [OF_TWO[0]] if quota == "documented" and size == SIZE_OF_TWO else []
        yield from (Turn(quota, method, size) for _repeat in range(repeats) for method in [*alone, *together])


def rows(found: Sequence[Limited], quota: str) -> list[list[str]]:
    """The lines of the table of a quota."""
    measured = sorted({one.turn for one in found if one.turn.quota == quota}, key=_place)
    return [_row(turn, [one for one in found if one.turn == turn]) for turn in measured]


HEAD = ("method", "executions", "floor", "min", "median", "max", "median / floor", "throttled calls", "runs")


def _row(turn: Turn, found: Sequence[Limited]) -> list[str]:
    seconds = [one.seconds for one in found]
    throttled = sum(one.throttled for one in found) / sum(one.calls for one in found)
    numbers = (floor(turn), min(seconds), statistics.median(seconds), max(seconds))
    return [
        METHODS[turn.method],
        f"{turn.size:,}",
        *(f"{number:.1f}" for number in numbers),
        f"{statistics.median(seconds) / floor(turn):.2f}",
        f"{throttled:.1%}",
        str(len(found)),
    ]


def _place(turn: Turn) -> tuple[int, int]:
    return list(METHODS).index(turn.method), turn.size


def quoted(found: Sequence[Limited]) -> str:
    """The sentences for the README; empty until all the numbers in them are measured."""
    wanted = [("documented", "module", 100), ("documented", "module", 1000), ("documented", "waited_module", 100)]
    values = [_ratio(found, Turn(*one)) for one in wanted]
    if None in values:
        return ""
    hundred, thousand, waited = values
    return (
        f"AWS takes 3 signals a second from an account in a Region, so 100 signals take 33 seconds at least. One task "
        f"takes **{hundred:.2f} times this floor** for 100 executions, {thousand:.2f} times for 1,000, and "
        f"{waited:.2f} times for 100 if it also waits for their ends. (`make bench`, medians; "
        "[all numbers](docs/benchmark.md).)\n"
    )


def _ratio(found: Sequence[Limited], turn: Turn) -> float | None:
    seconds = [one.seconds for one in found if one.turn == turn]
    return statistics.median(seconds) / floor(turn) if seconds else None
