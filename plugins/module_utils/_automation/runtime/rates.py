# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the calls of one task follow each other, for each operation by itself. Pure.

Times are seconds on one clock, which the caller reads; rates are calls a second.

1. The first call goes out at once and the following ones at the documented rate. A task for one execution, which
   makes few, may make as many at once as the rate allows in a second. Without a documented rate there is no limit
   until the service throttles.
2. After a throttled call the rate falls by `_CUT` and then follows a curve (that of TCP CUBIC): fast back towards the
   ceiling, which is the rate at which the service throttled, slowly past it, and then faster and faster.
3. It moves on the curve only while there is more to do than the rate allows and calls are taken; faster as long as no
   call was throttled, since the quota may be many times the documented one.
4. Around the documented rate it ends below the ceiling: asking for more costs throttled calls, so the limiter does it
   at the start only if `_CALLS_FOR_MORE` calls are expected, and later once so many were taken since the last fall. It
   always does it where the quota is clearly raised.
5. A rate above the documented one falls no lower than to the documented one in a single step.
6. Each call leaves at a slightly random time: of regular clients that share a rate one could always come too late.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

# AWS General Reference, "AWS Systems Manager endpoints and quotas": transactions a second, for each account and Region.
# How many calls may come at once is not documented.
DOCUMENTED = {
    "SendAutomationSignal": 3.0,
    "GetAutomationExecution": 3.0,
    "DescribeAutomationExecutions": 3.0,
    "DescribeAutomationStepExecutions": 3.0,
    "StartAutomationExecution": 1.0,
    "StopAutomationExecution": 1.0,
}
# What is taken for the documented rate of any other operation, once the service has throttled it.
_UNDOCUMENTED = 1.0
# No rate is lower than this part of the documented one: a client that asks more rarely is starved by others.
_LOWEST = 1 / 3
# After a throttled call: by which part the rate falls, and how many seconds it takes to return.
_CUT = 0.3
_RECOVERY = 4.0
# How many times as fast it moves on the curve before the first throttled call.
_EAGERNESS = 2.0
# Where the curve ends, as a part of the ceiling, and as a part of the documented rate where the ceiling is lower.
_BELOW_CEILING = 0.97
_BELOW_DOCUMENTED = 0.9
# A ceiling of so many times the documented rate shows a raised quota, not the burst of a documented one.
_RAISED = 2.0
# Asking for more costs one to four throttled calls if there is no more; fewer than 1 % are to be throttled.
_CALLS_FOR_MORE = 500
# By which part of the pause between two calls one leaves later at random, at most. The delays do not add up.
_SPREAD = 0.5


class RateLimiter:
    """The rate of the calls of one operation.

    `expected` says about how many calls there will be, if that is known; `burst` how many may go out at once at first.
    `spread` returns random numbers from 0 to 1.
    """

    def __init__(
        self,
        documented: float = math.inf,
        expected: int = 0,
        burst: int = 1,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._documented = documented
        self._expected = expected
        self._spread = spread
        self._ceiling = documented
        # Where on the curve the rate is: seconds since a cut. At this age it is at the ceiling.
        self._age = _RECOVERY
        self._aged_at = self._cut_at = self._held_since = -math.inf
        self._next = self._due = -math.inf
        self._taken_at_cut = 0
        self._unpaced = burst - 1
        self.calls_taken = 0
        self.calls_throttled = 0

    @property
    def rate(self) -> float:
        """The rate now; infinite while there is no limit."""
        if self._documented == math.inf:
            return math.inf
        return max(_LOWEST * self._documented, self._ceiling * (1 + _CUT * (self._age / _RECOVERY - 1) ** 3))

    def delay(self, now: float) -> float:
        """Return how long the next call has to wait."""
        return max(0.0, self._due - now)

    def leaves(self, now: float) -> None:
        """Note that a call goes out. One that is a little late does not delay those after it."""
        if self._unpaced > 0:
            self._unpaced -= 1
        elif now - self._due < 1 / self.rate:
            self._pause_from(self._next)
        else:
            self._pause_from(now)
            self._held_since = now

    def taken(self, left_at: float, now: float) -> None:
        """Note that the call that went out at `left_at` was not throttled."""
        self.calls_taken += 1
        since = max(self._cut_at, self._held_since)
        if left_at > since:
            self._move_on(now - max(since, self._aged_at))
            self._aged_at = now

    def throttled(self, left_at: float, now: float) -> None:
        """Note that the call that went out at `left_at` was throttled.

        Calls that went out before the last cut tell nothing new.
        """
        self.calls_throttled += 1
        if left_at > self._cut_at:
            self._cut_at, self._taken_at_cut = now, self.calls_taken
            self._cut()
            self._pause_from(now)

    def _pause_from(self, when: float) -> None:
        pause = 1 / self.rate
        self._next = when + pause
        self._due = self._next + _SPREAD * pause * self._spread()

    def _cut(self) -> None:
        if self._documented == math.inf:
            self._documented = self._ceiling = _UNDOCUMENTED
        rate = self.rate
        fallen = rate * (1 - _CUT)
        # Without the small allowance, a rate that rounding puts above the documented one would never fall.
        if rate > 1.01 * self._documented:
            fallen = max(fallen, self._documented)
        self._ceiling = rate
        self._age = self._age_at(fallen)

    def _move_on(self, seconds: float) -> None:
        later = self._age + seconds * (_EAGERNESS if self._cut_at == -math.inf else 1.0)
        self._age = later if self._may_ask_for_more() else max(self._age, min(later, self._age_at(self._end())))

    def _may_ask_for_more(self) -> bool:
        if self._ceiling >= _RAISED * self._documented:
            return True
        is_long_ago = self.calls_taken - self._taken_at_cut >= _CALLS_FOR_MORE
        return is_long_ago or (self._cut_at == -math.inf and self._expected >= _CALLS_FOR_MORE)

    def _end(self) -> float:
        """Return the rate at which the curve ends."""
        end = self._ceiling if self._cut_at == -math.inf else self._ceiling * _BELOW_CEILING
        return max(min(end, self._documented), self._documented * _BELOW_DOCUMENTED)

    def _age_at(self, rate: float) -> float:
        """Return where on the curve a rate is."""
        part = (rate / self._ceiling - 1) / _CUT
        return _RECOVERY * (1 + math.copysign(abs(part) ** (1 / 3), part))


class Rates(dict[str, RateLimiter]):
    """The limiters of one task by operation, each made when it is first asked for.

    `expected` says about how many calls of each operation there will be: for a task with many executions, how many;
    none for a task with one.
    """

    def __init__(self, expected: int = 0) -> None:
        super().__init__()
        self._expected = expected

    def report(self) -> dict[str, dict[str, int]]:
        """Return for each operation how many calls were taken and how many were throttled."""
        return {
            operation: {"taken": limiter.calls_taken, "throttled": limiter.calls_throttled}
            for operation, limiter in self.items()
        }

    def __missing__(self, operation: str) -> RateLimiter:
        """Make the limiter of an operation."""
        documented = DOCUMENTED.get(operation, math.inf)
        burst = 1 if self._expected or documented == math.inf else int(documented)
        self[operation] = limiter = RateLimiter(documented, self._expected, burst)
        return limiter
