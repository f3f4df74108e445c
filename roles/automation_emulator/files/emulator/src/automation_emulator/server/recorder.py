# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests: operation, caller and result, for the assertions of tests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ..backend import callers
from .wire import Answer, Call

Entry = dict[str, Any]
MOST_ENTRIES = 50_000
MOST_BYTES = 32 << 20


class Recorder:
    """Requests in order of arrival; status and error code are null as long as there is no answer.

    There are so many at most, and so many bytes of bodies; then the oldest are forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all requests and count from 1 again."""
        with self._lock:
            self._entries: deque[tuple[Entry, int]] = deque()
            self._count = self._bytes = 0

    def entries(self, operation: str | None = None) -> list[Entry]:
        """The requests, or those for one operation."""
        with self._lock:
            return [dict(one) for one, _size in self._entries if operation in (None, one["operation"])]

    def record(self, call: Call, answer: Callable[[], Answer]) -> Answer:
        """Log a request, answer it, and log the outcome."""
        entry = self._enter(call)
        outcome = answer()
        entry.update(status=outcome.status, error_code=outcome.error_code)
        return outcome

    def _enter(self, call: Call) -> Entry:
        entry: Entry = {
            "operation": call.operation,
            "parameters": call.parameters,
            "caller": callers.caller_of(call.authorization).arn,
            "status": None,
            "error_code": None,
        }
        with self._lock:
            self._count += 1
            entry["number"] = self._count
            self._keep(entry, int(call.environ.get("CONTENT_LENGTH") or 0))
        return entry

    def _keep(self, entry: Entry, size: int) -> None:
        self._entries.append((entry, size))
        self._bytes += size
        while len(self._entries) > MOST_ENTRIES or self._bytes > MOST_BYTES:
            self._bytes -= self._entries.popleft()[1]
