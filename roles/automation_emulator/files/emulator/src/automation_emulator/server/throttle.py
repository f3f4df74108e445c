# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits on the rate of requests, as the service has them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..backend import callers
from ..state.choices import Choices
from ..state.quotas import Quotas
from .wire import Answer, Call, error_answer


class Bucket:
    """A token bucket, full at first: each request that passes takes a token."""

    def __init__(self) -> None:
        self._tokens, self._filled_at = 0.0, float("-inf")

    def takes(self, rate: float, most: float, now: float) -> bool:
        """Whether there is a token; `rate` come in a second, up to `most`."""
        self._tokens = min(most, self._tokens + rate * max(0.0, now - self._filled_at))
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttle:
    """A bucket for each operation, account and Region, by the emulator's clock; and one for all, by the real one."""

    def __init__(self, now: Callable[[], float], real: Callable[[], float] = time.monotonic) -> None:
        self._now, self._real = now, real
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Have full buckets."""
        with self._lock:
            self._shared, self._buckets = Bucket(), dict[tuple[str, ...], Bucket]()

    def apply(self, call: Call, choices: Choices, quotas: Quotas, reply: Callable[[], Answer]) -> Answer:
        """The answer to a request, or a ThrottlingException without any effect."""
        if not call.is_ssm or self._passes(call, choices, quotas):
            return reply()
        return error_answer(True, 400, "ThrottlingException", "Rate exceeded")

    def _passes(self, call: Call, choices: Choices, quotas: Quotas) -> bool:
        with self._lock:
            shared = choices.requests_per_second
            if shared and not self._shared.takes(shared, max(shared, 1.0), self._real()):
                return False
            rate = quotas.rates.get(call.operation)
            if rate is None:
                return True
            key = (call.operation, *callers.place_of(call.authorization))
            most = max(1.0, rate * choices.quota_burst_seconds)
            return self._buckets.setdefault(key, Bucket()).takes(rate, most, self._now())
