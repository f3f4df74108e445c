# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured how often. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ALL = ("module", "looped_module", "bare_module", "cli", "script")
# A task for each signal takes minutes by the hundred; it is measured once, since it repeats itself.
LOOPS = ("looped_module", "bare_module", "cli")
SLOW_FROM = 100
# The AWS CLI is left out where it takes a quarter of an hour.
MOST_BY_CLI = 100


@dataclass(frozen=True)
class Round:
    """One play: every method once on so many executions."""

    size: int
    latency_ms: int
    methods: Sequence[str]


def rounds(sizes: Sequence[int], latencies: Sequence[int], repeats: int, loops_up_to: int) -> Iterator[Round]:
    """All rounds; within one the methods take turns, and every round begins with another one."""
    for size in sizes:
        for number in range(repeats):
            for latency_ms in latencies:
                methods = [one for one in ALL if _takes_part(one, size, number, loops_up_to)]
                first = number % len(methods)
                yield Round(size, latency_ms, [*methods[first:], *methods[:first]])


def _takes_part(method: str, size: int, number: int, loops_up_to: int) -> bool:
    if method not in LOOPS:
        return True
    if size > loops_up_to or (method == "cli" and size > MOST_BY_CLI):
        return False
    return size < SLOW_FROM or number == 0
