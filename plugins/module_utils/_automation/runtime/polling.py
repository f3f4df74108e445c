# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: the one loop that looks at an execution until a predicate holds, or time is up.

Pure predicates come in from outside. All times are in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from ..aws.errors import EXECUTION_NOT_FOUND, AnsibleAutomationError
from ..model.executions import Execution
from ..options.waiting import Pace
from .reading import read_execution_once
from .requests import Pause, SummaryLook
from .retry import pauses
from .service import Service

# Whether a look without steps shows that the predicate holds or cannot hold; none where it does not tell. It gets what
# was listed, and what was last read in full.
SummaryCheck = Callable[[Execution, "Execution | None"], Optional[bool]]


@dataclass
class Watched:
    """What a wait saw: whether the predicate holds, and the execution as last read.

    It is without steps where a look without them has shown that the predicate holds.
    """

    holds: bool = False
    seen: Execution | None = None
    last_error: AnsibleAutomationError | None = None


class Watch:
    """One wait for one execution.

    `tells` is for looks without steps. `may_be_missing` is for an execution that has just been
    started, which the service may not find at once.
    """

    def __init__(
        self,
        service: Service,
        execution_id: str,
        holds: Callable[[Execution], bool],
        tells: SummaryCheck | None = None,
        known: Execution | None = None,
        may_be_missing: bool = False,
    ) -> None:
        self._service = service
        self._execution_id = execution_id
        self._holds = holds
        self._tells = tells
        self._known = known
        self._may_be_missing = may_be_missing
        self._watched = Watched()

    async def during(self, pace: Pace) -> Watched:
        """Look until the predicate holds, or the time is up.

        It looks before it looks at the clock, so a timeout of 0 still looks once; the last pause is trimmed to the
        deadline. Passing faults are absorbed while time is left; other errors are raised. When the time is up after a
        look without steps, one with them follows.
        """
        deadline = self._service.clock.monotonic() + pace.timeout
        for pause in pauses(pace.delay):
            is_told = await self._look_without_steps()
            if not is_told or (not self._watched.holds and self._left(deadline) <= 0):
                await self._look(self._left(deadline))
            left = self._left(deadline)
            if self._watched.holds or left <= 0:
                break
            await Pause(pause, left)
        return self._watched

    def _left(self, deadline: float) -> float:
        return max(0.0, deadline - self._service.clock.monotonic())

    async def _look_without_steps(self) -> bool:
        """Return whether a look without steps has told whether the predicate holds."""
        if self._tells is None:
            return False
        try:
            listed = await SummaryLook(self._execution_id)
        except AnsibleAutomationError as error:
            self._note(error)
            return False
        self._watched.last_error = None
        holds = self._tells(listed, self._watched.seen or self._known) if listed else None
        if listed and holds:
            self._watched.seen, self._watched.holds = listed, True
        return holds is not None

    async def _look(self, left: float) -> None:
        try:
            execution = await read_execution_once(self._service, self._execution_id, left)
        except AnsibleAutomationError as error:
            self._note(error)
            return
        self._watched.last_error = None
        self._watched.seen = execution
        self._watched.holds = self._holds(execution)

    def _note(self, error: AnsibleAutomationError) -> None:
        """Note an error that may pass. Raises it where it will not."""
        is_missing = self._may_be_missing and error.code == EXECUTION_NOT_FOUND
        if not error.is_transient and not is_missing:
            raise error
        self._watched.last_error = error
