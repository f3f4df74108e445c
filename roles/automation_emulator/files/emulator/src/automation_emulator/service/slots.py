# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which executions run, and which wait, still Pending, until others have ended."""

from __future__ import annotations

from collections.abc import Callable

from ..state.errors import AutomationError
from ..state.model import Execution
from ..state.quotas import Quotas

# At these an execution leaves its place to others, up to a number [D quotas].
BLOCKING = frozenset({"aws:approve", "aws:pause", "aws:sleep"})


class Slots:
    """The places of one account and Region; children and runs on targets take places, too [D]."""

    def __init__(self, quotas: Callable[[], Quotas]) -> None:
        self._quotas = quotas
        self._running: set[str] = set()
        self._blocked: set[str] = set()
        # In order of arrival.
        self._queue: dict[str, None] = {}

    def note(self, run: Execution) -> None:
        """Count an execution as it has become."""
        name = run.execution_id
        if run.request is not None or not (run.begun or run.final or run.cancelling):
            return
        self._running.discard(name)
        self._blocked.discard(name)
        self._queue.pop(name, None)
        if run.final is None and run.begun:
            (self._blocked if _is_blocked(run) else self._running).add(name)

    def admit(self, run: Execution) -> bool:
        """Whether an execution may go on: one that has not begun needs a place, and queues for it."""
        if run.begun or run.request is not None or run.cancelling or run.execution_id in self._running:
            return True
        if self._has_room():
            self._running.add(run.execution_id)
            return True
        self._queue[run.execution_id] = None
        return False

    def release(self) -> str | None:
        """The next execution of the queue, if there is a place for it."""
        if not self._queue or not self._has_room():
            return None
        name = next(iter(self._queue))
        del self._queue[name]
        self._running.add(name)
        return name

    def refuse_if_full(self) -> None:
        """Refuse another execution if it could not even queue."""
        most = self._quotas().queued
        if most is not None and len(self._queue) >= most and not self._has_room():
            message = f"{len(self._running)} executions run and {len(self._queue)} are queued: no more are taken."
            raise AutomationError("AutomationExecutionLimitExceededException", message)

    def _has_room(self) -> bool:
        quotas = self._quotas()
        if quotas.running is None:
            return True
        return len(self._running) + max(0, len(self._blocked) - quotas.blocked) < quotas.running


def _is_blocked(run: Execution) -> bool:
    return run.open_step is not None and run.open_step.step.action in BLOCKING
