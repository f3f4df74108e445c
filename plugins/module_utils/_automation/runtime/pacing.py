# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the calls of one task follow each other, and how long a service that takes none is put up with. Pure.

Times are seconds on one clock, which the caller reads.
"""

from __future__ import annotations

import math
from collections import deque

# After a throttled call the rate is halved; while calls are taken it grows each second by a part of what it was
# halved to, and at least by one call per second.
_GROWTH = 0.05
_LEAST_GROWTH = 1.0
_LOWEST_RATE = 1.0
# The rate so far is that of the calls taken in these seconds.
_MEASURED = 1.0


class RateLimiter:
    """The rate of calls that all executions share; there is no limit until the service throttles."""

    def __init__(self) -> None:
        self._taken: deque[float] = deque()
        self._halved_at = -math.inf
        self._halved_to = math.inf
        self._next = -math.inf

    def delay(self, now: float) -> float:
        """Return how long the next call has to wait."""
        return max(0.0, self._next - now)

    def leaves(self, now: float) -> None:
        """Note that a call goes out."""
        if self._halved_to < math.inf:
            self._next = max(now, self._next) + 1 / self._rate_at(now)

    def taken(self, left_at: float) -> None:
        """Note that the call that went out at C(left_at) was not throttled."""
        self._taken.append(left_at)
        while self._taken[0] < left_at - _MEASURED:
            self._taken.popleft()

    def throttled(self, left_at: float, now: float) -> None:
        """Note that the call that went out at C(left_at) was throttled.

        Calls that went out before the last halving, or right after it, tell nothing new.
        """
        if left_at < self._halved_at + _MEASURED:
            return
        recently = sum(when > now - _MEASURED for when in self._taken)
        self._halved_to = max(_LOWEST_RATE, min(self._rate_at(now), recently / _MEASURED) / 2)
        self._halved_at = now
        self._next = now + 1 / self._halved_to

    def _rate_at(self, now: float) -> float:
        if self._halved_to == math.inf:
            return math.inf
        return self._halved_to + max(_LEAST_GROWTH, _GROWTH * self._halved_to) * (now - self._halved_at)


class RetryBudget:
    """How long to go on with a service that takes nothing from anybody.

    C(has_run_out) says whether somebody has given up since the service last took something.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._failing_since: float | None = None
        self._taken_at = -math.inf
        self.has_run_out = False

    def taken(self, now: float) -> None:
        """Note that the service has taken a call, or has given a proper answer to it."""
        self._failing_since, self._taken_at, self.has_run_out = None, now, False

    def failed(self, began: float) -> None:
        """Note that it has not taken the call that began at this time."""
        if self._failing_since is None:
            self._failing_since = max(began, self._taken_at)

    def runs_out(self, now: float, since: float | None = None) -> bool:
        """Return whether nothing was taken for too long, or not from this caller, who has failed C(since) then."""
        if self._failing_since is not None and now - self._failing_since >= self._timeout:
            self.has_run_out = True
        return self.has_run_out or (since is not None and now - since >= self._timeout)


class PollGrid:
    """The instants at which executions that are waited for are looked at together.

    The pauses of a wait grow; looks that pause alike meet at multiples of 1, 2, 4, 8 seconds and so on, so that one
    call serves several. On average a pause stays as long as it was asked for.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin

    def due(self, now: float, pause: float, left: float) -> float:
        """Return when to look next; C(left) are the seconds until the time is up, rounded up to whole ones here."""
        grid = 2.0 ** math.floor(math.log2(pause))
        due = self._origin + round((now + pause - self._origin) / grid) * grid
        return min(due, self._origin + math.ceil(now + left - self._origin))
