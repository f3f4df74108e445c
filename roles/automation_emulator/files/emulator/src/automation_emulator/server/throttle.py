# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit on the rate of requests, as the service has one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..state.choices import Choices
from .wire import Answer, Call, error_answer


class Throttle:
    """A token bucket: it holds the tokens of one second, and each request that passes takes one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens, self._filled_at = 0.0, float("-inf")

    def apply(self, call: Call, choices: Choices, reply: Callable[[], Answer]) -> Answer:
        """The answer to a request, or a ThrottlingException without any effect."""
        if not call.is_ssm or not choices.requests_per_second or self._takes(choices.requests_per_second):
            return reply()
        return error_answer(True, 400, "ThrottlingException", "Rate exceeded")

    def _takes(self, rate: float) -> bool:
        with self._lock:
            now = self._clock()
            self._tokens = min(max(rate, 1.0), self._tokens + rate * (now - self._filled_at))
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
