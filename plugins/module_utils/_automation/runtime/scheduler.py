# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conducting many works at once: calls concurrently, looks in batches, waits in one rhythm.

Everything but the calls happens in one thread, so works need no locks, and no wait keeps a thread busy. Calls slow
down together when the service throttles.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Generic, cast

from ..aws.errors import THROTTLING, AnsibleAutomationError, is_transient
from ..aws.reading import list_executions
from ..model.executions import Execution
from ..signal import messages
from .interruption import Interrupted, Interruptions
from .pacing import PollGrid, RateLimiter
from .requests import Call, CalledOff, Look, Pause, Request, Result, Send, Work
from .service import Service
from .workers import Job, Workers

# As many ids as DescribeAutomationExecutions takes in a filter.
BATCH = 10
# How long a look waits for others to fill a batch, in seconds, while other calls are on their way.
_LINGER = 1.0
# Waits are no shorter than this, so that none is too short for a clock to tell.
_LEAST_NAP = 0.01
# How long to wait for the answers that are still to come after an interruption, in seconds.
_LAST_ANSWERS = 10.0


@dataclass(eq=False)
class _Task:
    """A work under way, and what it wants next."""

    work: Work[Any]
    request: Request | None = None
    has_called: bool = False
    has_sent: bool = False
    asked_at: float = 0.0


class Scheduler(Generic[Result]):
    """Conducts works until all have ended, or the rest is called off.

    C(finished) is told each result and returns why no other execution is to be signalled, as a clause, or nothing.
    """

    def __init__(
        self, service: Service, concurrency: int, interruptions: Interruptions, finished: Callable[[Result], str]
    ) -> None:
        self._service = service
        self._clock = service.clock
        self._interruptions = interruptions
        self._finished = finished
        self._workers = Workers(concurrency)
        # Journeys hold what they have read, so no more of them are begun than keep the workers busy.
        self._most_under_way = 2 * concurrency + BATCH
        self._pacer = RateLimiter()
        self._rhythm = PollGrid(service.clock.monotonic())
        self._calls: deque[_Task] = deque()
        self._looks: deque[_Task] = deque()
        self._pausing: list[tuple[float, int, _Task]] = []
        self._numbers = count()
        self._may_list = True
        self._interruption: Interrupted | None = None
        # Why the work ended early, or an empty string.
        self.reason = ""
        self.warnings: list[str] = []

    def run_all(self, works: Iterable[Work[Result]]) -> None:
        """Conduct these works; once the work is called off, no other one is begun."""
        to_come = iter(works)
        with self._interruptions.deferred():
            try:
                while self._do_what_is_due(to_come):
                    self._await_next()
            except Interrupted as interruption:
                self._wind_up(interruption)
            finally:
                self._workers.dismiss()

    def _do_what_is_due(self, to_come: Iterator[Work[Result]]) -> bool:
        """Return whether there is something left to wait for."""
        for job in self._workers.collect():
            self._take_in(job)
        self._end_pauses()
        self._begin(to_come)
        self._hand_out()
        return bool(self._workers.running or self._calls or self._looks or self._pausing)

    def _await_next(self) -> None:
        with self._interruptions.allowed():
            if self._workers.running:
                self._workers.await_any(self._time_left())
            else:
                self._clock.sleep(self._time_left() or _LEAST_NAP)

    def _time_left(self) -> float | None:
        """Return the seconds until there is something to do besides taking in answers."""
        now = self._clock.monotonic()
        left = [self._pausing[0][0] - now] if self._pausing else []
        if self._looks:
            left.append(self._looks[0].asked_at + _LINGER - now)
        if self._calls and self._workers.have_room:
            left.append(self._pacer.delay(now))
        return max(_LEAST_NAP, min(left)) if left else None

    # Journeys

    def _begin(self, to_come: Iterator[Work[Result]]) -> None:
        while not self.reason and self._under_way < self._most_under_way:
            work = next(to_come, None)
            if work is None:
                return
            self._go_on(_Task(work), partial(next, work))

    @property
    def _under_way(self) -> int:
        return len(self._calls) + len(self._looks) + self._workers.running

    def _go_on(self, task: _Task, step: Callable[[], Request]) -> None:
        try:
            task.request = step()
        except StopIteration as end:
            reason = self._finished(end.value)
            if reason and not self.reason:
                self._call_off(reason)
        else:
            self._queue(task)

    def _queue(self, task: _Task) -> None:
        request, stop = task.request, self._stop_for(task)
        if stop is not None:
            self._go_on(task, partial(task.work.throw, stop))
        elif isinstance(request, Pause):
            heapq.heappush(self._pausing, (self._end_of(request), next(self._numbers), task))
        elif isinstance(request, Look) and request.suffices is not None and self._may_list:
            task.asked_at = self._clock.monotonic()
            self._looks.append(task)
        elif task.has_called:
            # What is under way goes first, so that little is when the rest is called off.
            self._calls.appendleft(task)
        else:
            self._calls.append(task)

    def _end_of(self, pause: Pause) -> float:
        now = self._clock.monotonic()
        return now + pause.seconds if pause.left is None else self._rhythm.due(now, pause.seconds, pause.left)

    def _end_pauses(self) -> None:
        now = self._clock.monotonic() if self._pausing else 0.0
        while self._pausing and self._pausing[0][0] <= now:
            task = heapq.heappop(self._pausing)[2]
            self._go_on(task, partial(task.work.send, None))

    # Calls

    def _hand_out(self) -> None:
        while self._workers.have_room and (self._calls or self._looks):
            now = self._clock.monotonic()
            job = self._next_job(now) if self._pacer.delay(now) <= 0 else None
            if job is None:
                return
            self._pacer.leaves(now)
            job.began = now
            self._workers.hand_out(job)

    def _next_job(self, now: float) -> Job | None:
        if self._fills_a_call(now):
            tasks = [self._looks.popleft() for _number in range(min(BATCH, len(self._looks)))]
            ids = [task.request.execution_id for task in tasks if isinstance(task.request, Look)]
            return Job(partial(list_executions, self._service.client, ids), tasks, is_listing=True)
        return self._job_for(self._calls.popleft()) if self._calls else None

    def _fills_a_call(self, now: float) -> bool:
        """Return whether the looks that wait for company have enough of it, or have waited long enough."""
        if not self._looks or len(self._looks) >= BATCH:
            return bool(self._looks)
        alone = not self._calls and not self._workers.running
        return alone or now - self._looks[0].asked_at >= _LINGER

    def _job_for(self, task: _Task) -> Job:
        call, task.has_called = cast(Call, task.request), True
        if isinstance(call, Send):
            task.has_sent = True
            call.leaves()
        return Job(partial(self._perform, call), [task])

    def _perform(self, call: Call) -> Any:
        answer = self._service.perform(call)
        return answer.slim if isinstance(answer, Execution) else answer

    def _take_in(self, job: Job) -> None:
        if job.error is not None and job.error.code in THROTTLING:
            self._pacer.throttled(job.began, self._clock.monotonic())
        else:
            self._pacer.taken(job.began)
        if job.is_listing:
            self._take_in_listing(job)
            return
        for task in job.tasks:
            self._go_on(task, _step_after(task, job))

    def _take_in_listing(self, job: Job) -> None:
        if job.error is not None and not is_transient(job.error.exception):
            self._list_no_more(job.error)
        for task in job.tasks:
            if not self._may_list:
                self._queue(task)
            elif job.error is not None or job.surprise is not None:
                self._go_on(task, _step_after(task, job))
            elif isinstance(task.request, Look):
                self._take_in_summary(task, task.request, job.answer.get(task.request.execution_id))

    def _take_in_summary(self, task: _Task, look: Look, summary: Execution | None) -> None:
        if summary is not None and look.suffices is not None and look.suffices(summary):
            self._go_on(task, partial(task.work.send, summary))
        else:
            task.request = Look(look.execution_id)
            self._queue(task)

    def _list_no_more(self, error: AnsibleAutomationError) -> None:
        if self._may_list:
            self._may_list = False
            self.warnings.append(messages.no_listing(error))

    # DeliveryStatus early

    def _stop_for(self, task: _Task) -> Exception | Interrupted | None:
        """Return what ends a work now, if anything does: what has sent goes on, but sends nothing more."""
        if self._interruption is not None and task.has_sent:
            return self._interruption
        if self.reason and (not task.has_sent or isinstance(task.request, Send)):
            return CalledOff(self.reason)
        return None

    def _call_off(self, reason: str) -> None:
        self.reason = reason
        self._stop_idle()

    def _stop_idle(self) -> None:
        """End the works that are to end now and have no call on its way."""
        idle = [*self._calls, *self._looks, *(task for _due, _number, task in self._pausing)]
        stopped = {task for task in idle if self._stop_for(task) is not None}
        self._calls = deque(task for task in self._calls if task not in stopped)
        self._looks = deque(task for task in self._looks if task not in stopped)
        self._pausing = [entry for entry in self._pausing if entry[2] not in stopped]
        heapq.heapify(self._pausing)
        for task in idle:
            if task in stopped:
                self._queue(task)

    def _wind_up(self, interruption: Interrupted) -> None:
        """Send nothing more; wait for what is on its way, and have every work tell how far it got."""
        self._interruption = interruption
        self._call_off(f"the task was interrupted ({interruption.signal_name})")
        self._workers.await_all(_LAST_ANSWERS)
        for job in self._workers.collect():
            self._take_in(job)
        for task in self._workers.give_up():
            self._queue(task)


def _step_after(task: _Task, job: Job) -> Callable[[], Request]:
    problem = job.error or job.surprise
    if problem is not None:
        return partial(task.work.throw, problem)
    return partial(task.work.send, job.answer)
