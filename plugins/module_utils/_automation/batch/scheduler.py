# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the work on many executions at once: looks in batches, waits on one grid, and calls off what is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from ..aws.errors import AnsibleAutomationError
from ..model.executions import Execution
from ..options.filters import executions_by_id
from ..runtime.interruption import Interrupted, Interruptions
from ..runtime.listing import page_of_executions
from ..runtime.requests import CalledOff, Change, Pause, Result, SummaryLook, Work
from ..runtime.scheduler import LEAST_NAP, Scheduler, Task, step_after
from ..runtime.service import Service
from ..runtime.workers import Job
from .poll_grid import PollGrid

# As many ids as DescribeAutomationExecutions takes in a filter.
BATCH = 10
# How long a summary look waits for others to fill a batch, in seconds, while other calls are on their way. At the
# documented rate ten signals go out in less.
_LINGER = 4.0
_LISTING = "DescribeAutomationExecutions"


class BatchScheduler(Scheduler[Result]):
    """Runs work until all of it has ended, or the rest is called off.

    `finished` is told each result and returns why no other execution is to be worked on, as a clause, or nothing.
    """

    def __init__(
        self,
        service: Service,
        interruptions: Interruptions,
        finished: Callable[[Result], str],
        concurrency: int = 1,
    ) -> None:
        super().__init__(service, interruptions, concurrency)
        self._finished = finished
        # Coroutines hold what they have read, so no more of them are begun than keep the workers busy.
        self._most_under_way = 2 * concurrency + BATCH
        self._grid = PollGrid(service.clock.monotonic())
        self._summary_looks: deque[Task] = deque()
        self._lists = True
        # Why the work ended early, or an empty string; and why summaries are not to be had, if they are not.
        self.reason = ""
        self.listing_error: AnsibleAutomationError | None = None

    # Coroutines

    def _begin(self, to_come: Iterator[Work[Result]]) -> None:
        """Begin more of them; once the work is called off, no more."""
        while not self.reason and self._under_way < self._most_under_way:
            work = next(to_come, None)
            if work is None:
                return
            self._go_on(Task(work), partial(work.send, None))

    @property
    def _under_way(self) -> int:
        """How many coroutines have a call to make, now or after a pause, and so are not merely waited for."""
        retrying = sum(_is_before_a_retry(entry[2]) for entry in self._pausing)
        return retrying + self._workers.running + len(self._summary_looks) + sum(map(len, self._calls.values()))

    @property
    def _has_work(self) -> bool:
        return bool(self._summary_looks) or super()._has_work

    def _finish(self, result: Result) -> None:
        reason = self._finished(result)
        if reason and not self.reason:
            self.reason = reason
            self._end_idle()

    def _end_of(self, pause: Pause) -> float:
        if pause.left is None:
            return super()._end_of(pause)
        return self._grid.due(self._clock.monotonic(), pause.seconds, pause.left)

    # Looks without steps

    def _look_without_steps(self, task: Task) -> None:
        if self._lists:
            task.asked_at = self._clock.monotonic()
            self._summary_looks.append(task)
        else:
            super()._look_without_steps(task)

    def _has_a_batch(self, now: float) -> bool:
        """Return whether the summary looks that wait for company have enough of it, or have waited long enough."""
        if not self._summary_looks or len(self._summary_looks) >= BATCH:
            return bool(self._summary_looks)
        is_alone = not self._workers.running and not any(self._calls.values())
        return is_alone or now - self._summary_looks[0].asked_at >= _LINGER

    def _wanted(self, now: float) -> list[str]:
        return super()._wanted(now) + ([_LISTING] if self._has_a_batch(now) else [])

    def _seconds_to_next(self) -> float:
        seconds, now = super()._seconds_to_next(), self._clock.monotonic()
        if not self._summary_looks or self._has_a_batch(now):
            return seconds
        return min(seconds, max(LEAST_NAP, self._summary_looks[0].asked_at + _LINGER - now))

    def _hand_out(self) -> None:
        super()._hand_out()
        now = self._clock.monotonic()
        while self._has_a_batch(now) and self._may_call(_LISTING, now):
            self._hand_out_listing(now)

    def _hand_out_listing(self, now: float) -> None:
        tasks = [self._summary_looks.popleft() for _number in range(min(BATCH, len(self._summary_looks)))]
        ids = [task.request.execution_id for task in tasks if isinstance(task.request, SummaryLook)]
        call = page_of_executions(self._service, executions_by_id(ids), "", len(ids))
        self._start(Job(_LISTING, call.make, tasks, is_listing=True), now)

    def _take_in(self, job: Job) -> None:
        if job.is_listing:
            self._note_rate(job)
            self._take_in_listing(job)
        else:
            super()._take_in(job)

    def _take_in_listing(self, job: Job) -> None:
        if job.error is not None and not job.error.is_transient:
            self._lists, self.listing_error = False, job.error
        listed = {} if job.answer is None else {raw["AutomationExecutionId"]: raw for raw in job.answer.entries}
        for task in job.tasks:
            if self._lists and (job.error or job.surprise):
                self._go_on(task, step_after(task, job))
            elif isinstance(task.request, SummaryLook):
                raw = listed.get(task.request.execution_id)
                self._go_on(task, partial(task.work.send, Execution.from_summary(raw) if raw else None))

    # Ending early

    def _early_end_of(self, task: Task) -> Exception | Interrupted | None:
        """Return what ends a coroutine now, if anything does: what has sent goes on, but sends nothing more."""
        if self._interruption is not None and task.has_changed:
            return self._interruption
        is_over = self.reason and (not task.has_changed or isinstance(task.request, Change))
        return CalledOff(self.reason) if is_over else None

    def _end_idle(self) -> None:
        if self._interruption is not None:
            self.reason = self.reason or f"the task was interrupted ({self._interruption.signal_name})"
        looking = list(self._summary_looks)
        self._summary_looks.clear()
        super()._end_idle()
        for task in looking:
            self._queue(task)


def _is_before_a_retry(task: Task) -> bool:
    return isinstance(task.request, Pause) and task.request.left is None
