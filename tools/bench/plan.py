# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which methods are measured, with how many executions, and how often. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ALL = ("module", "looped_module", "bare_module", "cli", "script")
# The methods whose first task in a play is measured. The looped module is left out: it is the same module.
OPENING = ("module", "bare_module", "cli", "script")
# With a hundred executions a loop takes minutes. From that size on loops are measured in the last round only.
LOOPS = ("looped_module", "bare_module", "cli")
SLOW_FROM = 100
# At the documented rate any task over so many executions takes minutes.
ONCE_FROM = 1000
# A task over one execution takes a second, so it is measured more than once in a play.
TURNS_OF_ONE = 3
# The limits of the measurements that would take a quarter of an hour each: the CLI is never measured with more
# executions than this, and the other loops only with the first latency.
MOST_BY_CLI = 100
MOST_WITH_MORE_LATENCY = 10


@dataclass(frozen=True)
class Round:
    """One play: each method of `opening` on one execution, then each of `methods` on `size` executions."""

    size: int
    latency_ms: int
    opening: Sequence[str]
    methods: Sequence[str]


def rounds(sizes: Sequence[int], latencies: Sequence[int], repeats: int, loops_up_to: int) -> Iterator[Round]:
    """All rounds. The order of the methods in a round is random, but the same each time the benchmark runs."""
    order = random.Random(1)
    for size in sizes:
        turns = TURNS_OF_ONE if size == 1 else 1
        for number in range(repeats):
            for latency_ms in latencies:
                most = loops_up_to if latency_ms == latencies[0] else min(loops_up_to, MOST_WITH_MORE_LATENCY)
                methods = [one for one in ALL if _takes_part(one, size, number == repeats - 1, most)]
                shuffled = [one for _turn in range(turns) for one in order.sample(methods, len(methods))]
                if not methods:
                    continue
                yield Round(size, latency_ms, order.sample(OPENING, len(OPENING)), shuffled)


def _takes_part(method: str, size: int, last: bool, loops_up_to: int) -> bool:
    if method not in LOOPS:
        return size < ONCE_FROM or last
    if size > loops_up_to or (method == "cli" and size > MOST_BY_CLI):
        return False
    return size < SLOW_FROM or last
