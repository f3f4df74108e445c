# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs work on executions: coroutines, whose calls go to threads and whose pauses are slept through.

Everything but the calls happens in one thread, so coroutines need no locks, and no wait keeps a thread busy. Every
call has a deadline as a whole, which an answer that drips in byte by byte cannot move. What only the work on many
executions needs is in batch/scheduler.py.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from typing import Any, Generic

from ..aws.errors import THROTTLING, SendResult, no_answer
from .interruption import Interrupted, Interruptions
from .requests import Call, Change, Pause, Request, Result, SummaryLook, Work
from .service import Service
from .workers import Job, Workers

# Waits are no shorter than this, so that none is too short for a clock to tell.
LEAST_NAP = 0.01
# No wait is longer at a time, in seconds, so that a signal of the operating system is noticed soon whenever it comes.
_LONGEST_NAP = 0.5
# How long to wait for an answer at most, and at least when the time of a wait is nearly up, in seconds.
_LONGEST_CALL = 30.0
_SHORTEST_CALL = 5.0
# How long to wait for the answers that are still to come after an interruption, in seconds.
_LAST_ANSWERS = 10.0


class Task:
    """A coroutine under way, and what it awaits."""

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.request: Request[Any] | None = None
        self.has_called = False
        self.has_changed = False
        self.asked_at = 0.0


class Scheduler(Generic[Result]):
    """Runs work until all of it has ended; `results` are what it returned."""

    def __init__(self, service: Service, interruptions: Interruptions, concurrency: int = 1) -> None:
        self._service = service
        self._clock = service.clock
        self._interruptions = interruptions
        self._workers = Workers(concurrency)
        interruptions.wake = self._workers.wake
        self._calls: dict[str, deque[Task]] = {}
        self._pausing: list[tuple[float, int, Task]] = []
        self._numbers = count()
        self._interruption: Interrupted | None = None
        self.results: list[Result] = []

    def run(self, works: Iterable[Work[Result]]) -> None:
        """Run this work."""
        to_come = iter(works)
        try:
            # Work that is begun tells of an interruption, even of one that came before.
            self._begin(to_come)
            while self._do_what_is_due(to_come):
                self._wait()
        finally:
            self._workers.dismiss()

    def _do_what_is_due(self, to_come: Iterator[Work[Result]]) -> bool:
        """Return whether there is something left to wait for."""
        self._look_for_interruption()
        for job in self._workers.collect():
            self._take_in(job)
        for job in self._workers.give_up_overdue():
            self._give_up(job)
        self._end_pauses()
        self._begin(to_come)
        self._hand_out()
        return self._has_work

    @property
    def _has_work(self) -> bool:
        return bool(self._workers.running or self._pausing or any(self._calls.values()))

    def _wait(self) -> None:
        seconds = self._seconds_to_next()
        if self._workers.running:
            self._workers.await_any(seconds)
        else:
            self._clock.sleep(seconds)

    def _seconds_to_next(self) -> float:
        """Return the seconds until there may be something to do besides taking in answers."""
        now = self._clock.monotonic()
        left = [_LONGEST_NAP, *([self._pausing[0][0] - now] if self._pausing else [])]
        if self._workers.make_room():
            left += [self._service.delay(operation, now) for operation in self._wanted(now)]
        return max(LEAST_NAP, min(left))

    def _wanted(self, now: float) -> list[str]:
        """Return the operations of the calls that are to go out."""
        return [operation for operation, queue in self._calls.items() if queue]

    # Coroutines

    def _begin(self, to_come: Iterator[Work[Result]]) -> None:
        for work in to_come:
            self._go_on(Task(work), partial(work.send, None))

    def _go_on(self, task: Task, step: Callable[[], Request[Any]]) -> None:
        try:
            task.request = step()
        except StopIteration as end:
            self._finish(end.value)
        else:
            self._queue(task)

    def _finish(self, result: Result) -> None:
        self.results.append(result)

    def _queue(self, task: Task) -> None:
        end = self._early_end_of(task)
        if end is not None:
            self._go_on(task, partial(task.work.throw, end))
        elif isinstance(task.request, Pause):
            heapq.heappush(self._pausing, (self._end_of(task.request), next(self._numbers), task))
        elif isinstance(task.request, SummaryLook):
            self._look_without_steps(task)
        elif isinstance(task.request, Call):
            self._queue_call(task, task.request)

    def _look_without_steps(self, task: Task) -> None:
        """Tell work that runs alone nothing: it reads the execution in full."""
        self._go_on(task, partial(task.work.send, None))

    def _queue_call(self, task: Task, call: Call[Any]) -> None:
        queue = self._calls.setdefault(call.operation, deque())
        # What is under way goes first, so that little is when the rest is called off.
        (queue.appendleft if task.has_called else queue.append)(task)

    def _end_of(self, pause: Pause) -> float:
        now = self._clock.monotonic()
        if pause.left is None:
            return now + pause.seconds
        return now + min(pause.seconds, pause.left)

    def _end_pauses(self) -> None:
        now = self._clock.monotonic() if self._pausing else 0.0
        while self._pausing and self._pausing[0][0] <= now:
            task = heapq.heappop(self._pausing)[2]
            self._go_on(task, partial(task.work.send, None))

    # Calls

    def _hand_out(self) -> None:
        now = self._clock.monotonic()
        for operation, queue in sorted(self._calls.items(), key=_is_read):
            while queue and self._may_call(operation, now):
                self._hand_out_call(queue.popleft(), now)

    def _may_call(self, operation: str, now: float) -> bool:
        return self._service.delay(operation, now) <= 0 and self._workers.make_room()

    def _hand_out_call(self, task: Task, now: float) -> None:
        call = task.request
        if not isinstance(call, Call):
            return
        task.has_called = True
        if isinstance(call, Change):
            task.has_changed = True
            call.leaves()
        self._start(Job(call.operation, call.make, [task]), now, call.left)

    def _start(self, job: Job, now: float, left: float | None = None) -> None:
        """Have a call made; `left` are the seconds until the time of a wait is up."""
        seconds = _LONGEST_CALL if left is None else min(_LONGEST_CALL, max(_SHORTEST_CALL, left))
        self._service.rates[job.operation].leaves(now)
        self._service.shared_limit.leaves(now)
        job.began = now
        self._workers.hand_out(job, seconds)

    def _take_in(self, job: Job) -> None:
        self._note_rate(job)
        self._go_on(job.tasks[0], step_after(job.tasks[0], job))

    def _note_rate(self, job: Job) -> None:
        if job.error is not None and job.error.send_result is SendResult.NEVER_ARRIVED:
            return
        rate, shared, now = self._service.rates[job.operation], self._service.shared_limit, self._clock.monotonic()
        if job.error is not None and job.error.code in THROTTLING:
            rate.throttled(job.began, now)
            shared.throttled(job.operation, job.began, now)
        else:
            rate.taken(job.began, now)
            shared.taken(job.operation, now)

    # Ending early

    def _give_up(self, job: Job) -> None:
        """Go on without an answer that did not come in time, or not before the task has to end."""
        job.error = no_answer(job.operation, job.seconds)
        for task in job.tasks:
            end = self._early_end_of(task)
            self._go_on(task, partial(task.work.throw, end) if end else step_after(task, job))

    def _early_end_of(self, task: Task) -> Exception | Interrupted | None:
        """Return what ends a coroutine now, if anything does."""
        return self._interruption

    def _end_idle(self) -> None:
        """End the coroutines that are to end now and have no call on their way."""
        waiting = [task for queue in self._calls.values() for task in queue]
        idle = [*waiting, *(entry[2] for entry in self._pausing)]
        self._calls.clear()
        pausing, self._pausing = {entry[2]: entry for entry in self._pausing}, []
        for task in idle:
            if self._early_end_of(task) is None and task in pausing:
                heapq.heappush(self._pausing, pausing[task])
            else:
                self._queue(task)

    def _look_for_interruption(self) -> None:
        """Send nothing more once the process was told to end; wait for what is on its way for a short time only."""
        if self._interruptions.caught is None or self._interruption is not None:
            return
        self._interruption = self._interruptions.caught
        self._workers.hasten(_seconds_for_last_answer)
        self._end_idle()


def run_one(work: Work[Result], service: Service, interruptions: Interruptions) -> Result:
    """Run one piece of work, and return its result. What the work raises is raised here."""
    scheduler = Scheduler[Result](service, interruptions)
    scheduler.run([work])
    return scheduler.results[0]


def _is_read(entry: tuple[str, deque[Task]]) -> bool:
    """Return whether the calls that wait in this queue change nothing: those that do go first."""
    queue = entry[1]
    return not (queue and isinstance(queue[0].request, Change))


def _seconds_for_last_answer(job: Job) -> float:
    return _LAST_ANSWERS if isinstance(job.tasks[0].request, Change) else 0.0


def step_after(task: Task, job: Job) -> Callable[[], Request[Any]]:
    """Return how a coroutine goes on once its call is done."""
    problem = job.error or job.surprise
    if problem is not None:
        return partial(task.work.throw, problem)
    return partial(task.work.send, job.answer)
