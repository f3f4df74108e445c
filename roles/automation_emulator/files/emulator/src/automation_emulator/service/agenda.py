# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each execution has its next event."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator


class Agenda:
    """The time of every execution's next event; the last note about an execution counts."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._entries: list[tuple[float, int, str]] = []
        self._latest: dict[str, int] = {}

    def note(self, execution_id: str, moment: float | None) -> None:
        """Note the time of an execution's next event, or that it has none."""
        self._latest.pop(execution_id, None)
        if moment is None or math.isinf(moment):
            return
        number = self._latest[execution_id] = next(self._numbers)
        heapq.heappush(self._entries, (moment, number, execution_id))

    def due(self, now: float) -> Iterator[tuple[float, str]]:
        """The executions with events until now, in order of time; the caller may note more meanwhile."""
        while self._entries and self._entries[0][0] <= now:
            moment, number, execution_id = heapq.heappop(self._entries)
            if self._latest.get(execution_id) == number:
                del self._latest[execution_id]
                yield moment, execution_id
