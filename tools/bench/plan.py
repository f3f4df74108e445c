# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured how often. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ALL = ("module", "looped_module", "bare_module", "cli", "script")
# One signal by each that needs no other's preparations: the looped module is the module.
OPENING = ("module", "bare_module", "cli", "script")
# A task for each signal takes minutes by the hundred; it is measured once, since it repeats itself, and last.
LOOPS = ("looped_module", "bare_module", "cli")
SLOW_FROM = 100
# What takes a second is measured more than once in a play.
TURNS_OF_ONE = 3
# The AWS CLI is left out where it takes a quarter of an hour, and so are all loops but with the first latency.
MOST_BY_CLI = MOST_WITH_MORE_LATENCY = 100


@dataclass(frozen=True)
class Round:
    """One play: C(opening) with one execution for each method, then every method in turn on so many executions."""

    size: int
    latency_ms: int
    opening: Sequence[str]
    methods: Sequence[str]


def rounds(sizes: Sequence[int], latencies: Sequence[int], repeats: int, loops_up_to: int) -> Iterator[Round]:
    """All rounds; within one the methods take turns, in an order drawn by lot, which is the same in every run."""
    lot = random.Random(1)
    for size in sizes:
        turns = TURNS_OF_ONE if size == 1 else 1
        for number in range(repeats):
            for latency_ms in latencies:
                most = loops_up_to if latency_ms == latencies[0] else min(loops_up_to, MOST_WITH_MORE_LATENCY)
                methods = [one for one in ALL if _takes_part(one, size, number == repeats - 1, most)]
                drawn = [one for _turn in range(turns) for one in lot.sample(methods, len(methods))]
                yield Round(size, latency_ms, lot.sample(OPENING, len(OPENING)), drawn)


def _takes_part(method: str, size: int, last: bool, loops_up_to: int) -> bool:
    if method not in LOOPS:
        return True
    if size > loops_up_to or (method == "cli" and size > MOST_BY_CLI):
        return False
    return size < SLOW_FROM or last
