# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the work on one execution, or on many at once: calls concurrently, looks in batches, waits on one grid.

Everything but the calls happens in one thread, so coroutines need no locks, and no wait keeps a thread busy. Every
call has a deadline as a whole, which an answer that drips in byte by byte cannot move.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from typing import Any, Generic

from ..aws.errors import THROTTLING, AnsibleAutomationError, SendResult, no_answer
from ..model.executions import Execution
from ..output.phrases import was_interrupted
from .interruption import Interrupted, Interruptions
from .pacing import PollGrid
from .requests import Call, CalledOff, Change, Pause, Request, Result, SummaryLook, Work
from .service import Service
from .workers import Job, Workers

# As many ids as DescribeAutomationExecutions takes in a filter.
BATCH = 10
# How long a summary look waits for others to fill a batch, in seconds, while other calls are on their way. At the
# documented rate ten signals go out in less.
_LINGER = 4.0
# Waits are no shorter than this, so that none is too short for a clock to tell.
_LEAST_NAP = 0.01
# No wait is longer at a time, in seconds, so that a signal of the operating system is noticed soon whenever it comes.
_LONGEST_NAP = 0.5
# How long to wait for an answer at most, and at least when the time of a wait is nearly up, in seconds.
_LONGEST_CALL = 30.0
_SHORTEST_CALL = 5.0
# How long to wait for the answers that are still to come after an interruption, in seconds.
_LAST_ANSWERS = 10.0
_LISTING = "DescribeAutomationExecutions"


class _Task:
    """A coroutine under way, and what it awaits."""

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.request: Request[Any] | None = None
        self.has_called = False
        self.has_changed = False
        self.asked_at = 0.0


class Scheduler(Generic[Result]):
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
        self._service = service
        self._clock = service.clock
        self._interruptions = interruptions
        self._finished = finished
        self._workers = Workers(concurrency)
        interruptions.wake = self._workers.wake
        # Coroutines hold what they have read, so no more of them are begun than keep the workers busy.
        self._most_under_way = 2 * concurrency + BATCH
        self._grid = PollGrid(service.clock.monotonic())
        self._calls: dict[str, deque[_Task]] = {}
        self._summary_looks: deque[_Task] = deque()
        self._pausing: list[tuple[float, int, _Task]] = []
        self._numbers = count()
        self._is_batch = self._lists = service.is_batch
        self._interruption: Interrupted | None = None
        # Why the work ended early, or an empty string; and why summaries are not to be had, if they are not.
        self.reason = ""
        self.listing_error: AnsibleAutomationError | None = None

    def run(self, works: Iterable[Work[Result]]) -> None:
        """Run this work; once it is called off, no more is begun."""
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
        return bool(self._workers.running or self._under_way or self._pausing)

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
            wanted = [operation for operation, queue in self._calls.items() if queue]
            wanted += [_LISTING] if self._has_a_batch(now) else []
            left += [self._service.delay(operation, now) for operation in wanted]
        if self._summary_looks and not self._has_a_batch(now):
            left.append(self._summary_looks[0].asked_at + _LINGER - now)
        return max(_LEAST_NAP, min(left))

    # Coroutines

    def _begin(self, to_come: Iterator[Work[Result]]) -> None:
        while not self.reason and self._under_way < self._most_under_way:
            work = next(to_come, None)
            if work is None:
                return
            self._go_on(_Task(work), partial(work.send, None))

    @property
    def _under_way(self) -> int:
        """How many coroutines have a call to make, now or after a pause, and so are not merely waited for."""
        retrying = sum(_is_before_a_retry(entry[2]) for entry in self._pausing)
        return retrying + self._workers.running + len(self._summary_looks) + sum(map(len, self._calls.values()))

    def _go_on(self, task: _Task, step: Callable[[], Request[Any]]) -> None:
        try:
            task.request = step()
        except StopIteration as end:
            reason = self._finished(end.value)
            if reason:
                self._call_off(reason)
        else:
            self._queue(task)

    def _queue(self, task: _Task) -> None:
        end = self._early_end_of(task)
        if end is not None:
            self._go_on(task, partial(task.work.throw, end))
        elif isinstance(task.request, Pause):
            heapq.heappush(self._pausing, (self._end_of(task.request), next(self._numbers), task))
        elif isinstance(task.request, SummaryLook):
            self._queue_summary_look(task)
        elif isinstance(task.request, Call):
            self._queue_call(task, task.request)

    def _queue_summary_look(self, task: _Task) -> None:
        if self._lists:
            task.asked_at = self._clock.monotonic()
            self._summary_looks.append(task)
        else:
            self._go_on(task, partial(task.work.send, None))

    def _queue_call(self, task: _Task, call: Call[Any]) -> None:
        queue = self._calls.setdefault(call.operation, deque())
        # What is under way goes first, so that little is when the rest is called off.
        (queue.appendleft if task.has_called else queue.append)(task)

    def _end_of(self, pause: Pause) -> float:
        now = self._clock.monotonic()
        if pause.left is None:
            return now + pause.seconds
        if not self._is_batch:
            return now + min(pause.seconds, pause.left)
        return self._grid.due(now, pause.seconds, pause.left)

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
        while self._has_a_batch(now) and self._may_call(_LISTING, now):
            self._hand_out_listing(now)

    def _may_call(self, operation: str, now: float) -> bool:
        return self._service.delay(operation, now) <= 0 and self._workers.make_room()

    def _has_a_batch(self, now: float) -> bool:
        """Return whether the summary looks that wait for company have enough of it, or have waited long enough."""
        if not self._summary_looks or len(self._summary_looks) >= BATCH:
            return bool(self._summary_looks)
        is_alone = not self._workers.running and not any(self._calls.values())
        return is_alone or now - self._summary_looks[0].asked_at >= _LINGER

    def _hand_out_call(self, task: _Task, now: float) -> None:
        call = task.request
        if not isinstance(call, Call):
            return
        task.has_called = True
        if isinstance(call, Change):
            task.has_changed = True
            call.leaves()
        left = _LONGEST_CALL if call.left is None else call.left
        self._start(Job(call.operation, call.make, [task]), now, min(_LONGEST_CALL, max(_SHORTEST_CALL, left)))

    def _hand_out_listing(self, now: float) -> None:
        # Every task loads its code anew, so what only many executions need is not loaded for one.
        from ..options.filters import executions_by_id

        tasks = [self._summary_looks.popleft() for _number in range(min(BATCH, len(self._summary_looks)))]
        ids = [task.request.execution_id for task in tasks if isinstance(task.request, SummaryLook)]
        call = self._service.executions(executions_by_id(ids), "", len(ids))
        self._start(Job(_LISTING, call.make, tasks, is_listing=True), now, _LONGEST_CALL)

    def _start(self, job: Job, now: float, seconds: float) -> None:
        self._service.rates[job.operation].leaves(now)
        self._service.shared_limit.leaves(now)
        job.began = now
        self._workers.hand_out(job, seconds)

    def _take_in(self, job: Job) -> None:
        self._note_rate(job)
        if job.is_listing:
            self._take_in_listing(job)
        else:
            self._go_on(job.tasks[0], _step_after(job.tasks[0], job))

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

    def _take_in_listing(self, job: Job) -> None:
        if job.error is not None and not job.error.is_transient:
            self._lists, self.listing_error = False, job.error
        listed = {} if job.answer is None else {raw["AutomationExecutionId"]: raw for raw in job.answer.entries}
        for task in job.tasks:
            if self._lists and (job.error or job.surprise):
                self._go_on(task, _step_after(task, job))
            elif isinstance(task.request, SummaryLook):
                raw = listed.get(task.request.execution_id)
                self._go_on(task, partial(task.work.send, Execution.from_summary(raw) if raw else None))

    # Ending early

    def _give_up(self, job: Job) -> None:
        """Go on without an answer that did not come in time, or not before the task has to end."""
        job.error = no_answer(job.operation, job.seconds)
        for task in job.tasks:
            end = self._early_end_of(task)
            self._go_on(task, partial(task.work.throw, end) if end else _step_after(task, job))

    def _early_end_of(self, task: _Task) -> Exception | Interrupted | None:
        """Return what ends a coroutine now, if anything does: what has sent goes on, but sends nothing more."""
        if self._interruption is not None and task.has_changed:
            return self._interruption
        if self.reason and (not task.has_changed or isinstance(task.request, Change)):
            return CalledOff(self.reason) if self._is_batch or not self._interruption else self._interruption
        return None

    def _call_off(self, reason: str) -> None:
        if self.reason:
            return
        self.reason = reason
        self._end_idle()

    def _end_idle(self) -> None:
        """End the coroutines that are to end now and have no call on their way."""
        waiting = [task for queue in self._calls.values() for task in queue]
        idle = [*waiting, *self._summary_looks, *(entry[2] for entry in self._pausing)]
        self._calls.clear()
        self._summary_looks.clear()
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
        self.reason = self.reason or was_interrupted(self._interruption.signal_name)
        self._end_idle()


def run_one(work: Work[Result], service: Service, interruptions: Interruptions) -> Result:
    """Run one piece of work, and return its result. What the work raises is raised here."""
    results: list[Result] = []

    def keep(result: Result) -> str:
        results.append(result)
        return ""

    Scheduler[Result](service, interruptions, keep).run([work])
    return results[0]


def _is_before_a_retry(task: _Task) -> bool:
    return isinstance(task.request, Pause) and task.request.left is None


def _is_read(entry: tuple[str, deque[_Task]]) -> bool:
    """Return whether the calls that wait in this queue change nothing: those that do go first."""
    queue = entry[1]
    return not (queue and isinstance(queue[0].request, Change))


def _seconds_for_last_answer(job: Job) -> float:
    return _LAST_ANSWERS if isinstance(job.tasks[0].request, Change) else 0.0


def _step_after(task: _Task, job: Job) -> Callable[[], Request[Any]]:
    problem = job.error or job.surprise
    if problem is not None:
        return partial(task.work.throw, problem)
    return partial(task.work.send, job.answer)
