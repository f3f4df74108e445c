# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Token buckets for each operation, which other clients of the account draw from, too.

Nothing here asks the code under test or the emulator. Times are seconds on the module's clock, rates calls a second.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from .direct import GET, LIST, SEND, START, STEPS, STOP

# AWS General Reference, "AWS Systems Manager endpoints and quotas": for each account and Region.
DOCUMENTED = {SEND: 3.0, GET: 3.0, LIST: 3.0, STEPS: 3.0, START: 1.0, STOP: 1.0}
# A billionth of a token is no reason to throttle.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Quotas:
    """Which part of the documented rates the account has, how many calls may come at once, and what others ask for.

    `others` is the rate at which another client asks, as a part of the account's. `seed` decides when exactly.
    """

    part: float = 1.0
    burst: int = 1
    others: float = 0.0
    seed: int = 0


@dataclass
class Bucket:
    """The tokens of one operation."""

    rate: float
    burst: int
    others: float
    dice: random.Random
    filled_at: float
    tokens: float = field(init=False)
    others_ask_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)
        self.others_ask_at = self.filled_at + self._pause_of_others()

    def takes(self, now: float) -> bool:
        """Return whether there is a token for a call, and draw it."""
        while self.others_ask_at <= now:
            self._draw(self.others_ask_at)
            self.others_ask_at += self._pause_of_others()
        return self._draw(now)

    def _draw(self, now: float) -> bool:
        self.tokens = min(float(self.burst), self.tokens + self.rate * (now - self.filled_at))
        self.filled_at = now
        is_taken = self.tokens >= 1 - _ROUNDING
        self.tokens -= is_taken
        return is_taken

    def _pause_of_others(self) -> float:
        return self.dice.uniform(0.5, 1.5) / (self.rate * self.others) if self.others else float("inf")


class Throttle:
    """The buckets of an account, all full at first."""

    def __init__(self, quotas: Quotas, now: float) -> None:
        self._lock = threading.Lock()
        self._buckets = {
            operation: Bucket(
                rate * quotas.part, quotas.burst, quotas.others, random.Random(f"{operation} {quotas.seed}"), now
            )
            for operation, rate in DOCUMENTED.items()
        }

    def takes(self, operation: str, now: float) -> bool:
        """Return whether a call is taken. An operation without a documented rate has no limit."""
        with self._lock:
            return operation not in self._buckets or self._buckets[operation].takes(now)
