# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit on all calls together, and how long an unavailable service is retried. Pure.

Times are seconds on one clock, which the caller reads.
"""

from __future__ import annotations

import math
import random
from collections import deque

# So many refusals of one operation in a row tell that its own rate is not what limits it.
_REFUSALS_IN_A_ROW = 8
# The limit on all calls: from how many calls it is measured, and what a refusal leaves of it. It grows slowly at first,
# by this part in a second, and then ever faster: after so many seconds it has more than doubled.
_LATELY = 10
_SLOWER = 0.8
_SHARED_GROWTH = 0.02
_SHARED_DOUBLING = 10.0
_LOWEST_SHARED_RATE = 1.0
# A service that no call has ever connected to is given up after so many seconds: its address is likely wrong.
_FIRST_CONNECTION = 5.0


class SharedLimit:
    """A limit on all calls together, for a service that does not give each operation a rate of its own.

    There is none until the calls of one operation are turned away again and again, whatever their own rate is. Then
    the rate is that of the calls taken lately, and a bit less at each further refusal. It grows again, in the end fast:
    it may have been another client that took all, and that has ended. Gaps between calls vary at random, so that a look
    and the signal after it do not meet the same limits for ever.
    """

    def __init__(self) -> None:
        self._refusals: dict[str, int] = {}
        self._taken: deque[float] = deque(maxlen=_LATELY)
        self._rate = math.inf
        self._set_at = -math.inf
        self._next = -math.inf

    def delay(self, now: float) -> float:
        """Return how long the next call has to wait, in seconds."""
        return max(0.0, self._next - now)

    def leaves(self, now: float) -> None:
        """Note that a call goes out."""
        if self._rate < math.inf:
            self._next = max(now, self._next) + random.uniform(0.5, 1.5) / self._rate_at(now)

    def taken(self, operation: str, now: float) -> None:
        """Note that a call was not turned away."""
        self._refusals[operation] = 0
        self._taken.append(now)

    def throttled(self, operation: str, left_at: float, now: float) -> None:
        """Note that a call was turned away. Calls that left before the last change of the rate tell nothing new."""
        self._refusals[operation] = self._refusals.get(operation, 0) + 1
        if self._refusals[operation] < _REFUSALS_IN_A_ROW or left_at < self._set_at:
            return
        rate = _SLOWER * min(self._rate_at(now), self._rate_lately(now))
        self._rate, self._set_at = max(_LOWEST_SHARED_RATE, rate), now
        self._next = now + 1 / self._rate

    def _rate_lately(self, now: float) -> float:
        return len(self._taken) / (now - self._taken[0]) if self._taken and now > self._taken[0] else 1.0

    def _rate_at(self, now: float) -> float:
        if self._rate == math.inf:
            return math.inf
        seconds = now - self._set_at
        return self._rate * (1 + _SHARED_GROWTH * seconds + (seconds / _SHARED_DOUBLING) ** 3)


class RetryBudget:
    """How long to go on with a service that takes nothing from anybody. All executions share one.

    `has_run_out` says whether somebody has given up since the service last took something.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._failing_since: float | None = None
        self._failed_at = self._taken_at = -math.inf
        self._has_connected = False
        self.has_run_out = False

    def taken(self, now: float) -> None:
        """Note that the service has taken a call, or has given a proper answer to it."""
        self._failing_since, self._taken_at, self.has_run_out, self._has_connected = None, now, False, True

    def failed(self, began: float, never_connected: bool = False) -> None:
        """Note that it has not taken the call that began at this time; `never_connected` if it did not even connect.

        Where nobody has asked for as long as the budget, it begins anew: silence is no failure.
        """
        self._has_connected = self._has_connected or not never_connected
        if self._failing_since is None or began - self._failed_at >= self._timeout:
            self._failing_since = max(began, self._taken_at)
        self._failed_at = max(began, self._failed_at)

    def runs_out(self, now: float, own_since: float | None = None) -> bool:
        """Return whether nothing was taken for too long, or not from this caller, who has failed `own_since` then."""
        if now >= self._end:
            self.has_run_out = True
        return self.has_run_out or (own_since is not None and now >= own_since + self._timeout)

    def trimmed(self, pause: float, now: float, own_since: float | None = None) -> float:
        """Return a pause that ends no later than the budget, so that there is a last try when its time is up."""
        end = self._end if own_since is None else min(self._end, own_since + self._timeout)
        return max(0.0, min(pause, end - now))

    @property
    def _end(self) -> float:
        timeout = self._timeout if self._has_connected else min(self._timeout, _FIRST_CONNECTION)
        return math.inf if self._failing_since is None else self._failing_since + timeout
