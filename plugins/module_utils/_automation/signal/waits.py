# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waits of a signal: before it until the execution can take it, after it until the execution rests."""

from __future__ import annotations

from collections.abc import Callable

from ..model import settling, summaries
from ..model.executions import Execution, Step
from ..model.signals import STOP_STEP
from ..options.waiting import Pace
from ..output.endings import after_waiting
from ..runtime.listing import with_children
from ..runtime.polling import SummaryCheck, Watch
from ..runtime.service import Service
from .outcome import Outcome
from .problems import Problems
from .verdicts import Kind, decide


class Waits:
    """Waits for the execution of an outcome, which is told what was seen."""

    def __init__(self, service: Service, outcome: Outcome) -> None:
        self._service = service
        self._outcome = outcome

    async def until_ready(self, pace: Pace) -> None:
        """Wait until the execution can take the signal or can never take it, or the time is up."""
        outcome, signal = self._outcome, self._outcome.signal

        def is_ready(execution: Execution) -> bool:
            return decide(execution, signal).kind is not Kind.NOT_YET

        # Within a loop a step may begin and end while the execution names the same one all along.
        tells = None if signal.type == STOP_STEP else summaries.has_become_ready
        await self._watch(is_ready, pace, tells)
        outcome.before = outcome.after

    async def until_rest(self, pace: Pace, before: Execution, step: Step | None) -> None:
        """Wait until the execution rests after the signal, or the time is up, and tell how that went.

        `before` is the state that the signal was decided on, and `step` its step.
        """
        outcome = self._outcome

        def rests(execution: Execution) -> bool:
            return settling.has_settled(execution, before, outcome.signal, step, outcome.changed)

        def tells(listed: Execution, known: Execution | None) -> bool | None:
            return summaries.has_come_to_rest(listed, outcome.signal, before, step)

        await self._tell(await self._watch(rests, pace, tells), pace, before)

    async def foresee_rest(self, pace: Pace, before: Execution, step: Step | None) -> None:
        """Tell in check mode how the wait ends where there is nothing to wait for, which is known without one."""
        outcome = self._outcome
        if settling.has_settled(before, before, outcome.signal, step, outcome.changed):
            await self._tell(True, pace, before)

    async def _tell(self, in_time: bool, pace: Pace, before: Execution) -> None:
        outcome = self._outcome
        if not in_time and outcome.after is not None:
            outcome.after = await with_children(self._service, outcome.after)
        failure = settling.failure_after(outcome.after, outcome.signal) if in_time and outcome.after else ""
        outcome.failed = not in_time or bool(failure)
        forgiven = settling.forgiven_after(before, outcome.after, outcome.signal) if outcome.after else ""
        outcome.msg += " " + after_waiting(outcome.after, in_time, failure, pace.timeout, forgiven)

    async def _watch(self, holds: Callable[[Execution], bool], pace: Pace, tells: SummaryCheck | None) -> bool:
        outcome = self._outcome
        watch = Watch(self._service, outcome.execution_id, holds, tells, known=outcome.after)
        watched = await watch.during(pace)
        outcome.after = watched.seen or outcome.after
        if not watched.holds and watched.last_error is not None:
            Problems(outcome).miss_late_looks(watched.last_error)
        return watched.holds
