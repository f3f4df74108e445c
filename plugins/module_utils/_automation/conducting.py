# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conducting many journeys at once: calls concurrently, looks in batches, waits in one rhythm.

Everything but the calls happens in one thread, so journeys need no locks, and no wait keeps a thread busy. Calls slow
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

from . import wording
from .errors import THROTTLING, AnsibleAutomationError, is_transient
from .executions import Execution
from .interruption import Interrupted, Interruptions
from .journeys import Call, CalledOff, Journey, Look, Pause, Result, Send, Wish
from .pacing import Pacer, Rhythm
from .reading import list_executions
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
class _Trip:
    """A journey under way, and what it wants next."""

    journey: Journey[Any]
    wish: Wish | None = None
    has_called: bool = False
    has_sent: bool = False
    asked_at: float = 0.0


class Conductor(Generic[Result]):
    """Conducts journeys until all have ended, or the rest is called off.

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
        self._pacer = Pacer()
        self._rhythm = Rhythm(service.clock.monotonic())
        self._calls: deque[_Trip] = deque()
        self._looks: deque[_Trip] = deque()
        self._pausing: list[tuple[float, int, _Trip]] = []
        self._numbers = count()
        self._may_list = True
        self._interruption: Interrupted | None = None
        # Why the work ended early, or an empty string.
        self.reason = ""
        self.warnings: list[str] = []

    def conduct(self, journeys: Iterable[Journey[Result]]) -> None:
        """Conduct these journeys; once the work is called off, no other one is begun."""
        to_come = iter(journeys)
        with self._interruptions.held_off():
            try:
                while self._do_what_is_due(to_come):
                    self._await_next()
            except Interrupted as interruption:
                self._wind_up(interruption)
            finally:
                self._workers.dismiss()

    def _do_what_is_due(self, to_come: Iterator[Journey[Result]]) -> bool:
        """Return whether there is something left to wait for."""
        for job in self._workers.collect():
            self._take_in(job)
        self._end_pauses()
        self._begin(to_come)
        self._hand_out()
        return bool(self._workers.running or self._calls or self._looks or self._pausing)

    def _await_next(self) -> None:
        with self._interruptions.let_through():
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

    def _begin(self, to_come: Iterator[Journey[Result]]) -> None:
        while not self.reason and self._under_way < self._most_under_way:
            journey = next(to_come, None)
            if journey is None:
                return
            self._go_on(_Trip(journey), partial(next, journey))

    @property
    def _under_way(self) -> int:
        return len(self._calls) + len(self._looks) + self._workers.running

    def _go_on(self, trip: _Trip, step: Callable[[], Wish]) -> None:
        try:
            trip.wish = step()
        except StopIteration as end:
            reason = self._finished(end.value)
            if reason and not self.reason:
                self._call_off(reason)
        else:
            self._queue(trip)

    def _queue(self, trip: _Trip) -> None:
        wish, stop = trip.wish, self._stop_for(trip)
        if stop is not None:
            self._go_on(trip, partial(trip.journey.throw, stop))
        elif isinstance(wish, Pause):
            heapq.heappush(self._pausing, (self._end_of(wish), next(self._numbers), trip))
        elif isinstance(wish, Look) and wish.suffices is not None and self._may_list:
            trip.asked_at = self._clock.monotonic()
            self._looks.append(trip)
        elif trip.has_called:
            # What is under way goes first, so that little is when the rest is called off.
            self._calls.appendleft(trip)
        else:
            self._calls.append(trip)

    def _end_of(self, pause: Pause) -> float:
        now = self._clock.monotonic()
        return now + pause.seconds if pause.left is None else self._rhythm.due(now, pause.seconds, pause.left)

    def _end_pauses(self) -> None:
        now = self._clock.monotonic() if self._pausing else 0.0
        while self._pausing and self._pausing[0][0] <= now:
            trip = heapq.heappop(self._pausing)[2]
            self._go_on(trip, partial(trip.journey.send, None))

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
            trips = [self._looks.popleft() for _number in range(min(BATCH, len(self._looks)))]
            ids = [trip.wish.execution_id for trip in trips if isinstance(trip.wish, Look)]
            return Job(partial(list_executions, self._service.client, ids), trips, is_listing=True)
        return self._job_for(self._calls.popleft()) if self._calls else None

    def _fills_a_call(self, now: float) -> bool:
        """Return whether the looks that wait for company have enough of it, or have waited long enough."""
        if not self._looks or len(self._looks) >= BATCH:
            return bool(self._looks)
        alone = not self._calls and not self._workers.running
        return alone or now - self._looks[0].asked_at >= _LINGER

    def _job_for(self, trip: _Trip) -> Job:
        call, trip.has_called = cast(Call, trip.wish), True
        if isinstance(call, Send):
            trip.has_sent = True
            call.leaves()
        return Job(partial(self._perform, call), [trip])

    def _perform(self, call: Call) -> Any:
        answer = self._service.perform(call)
        return answer.light if isinstance(answer, Execution) else answer

    def _take_in(self, job: Job) -> None:
        if job.error is not None and job.error.code in THROTTLING:
            self._pacer.throttled(job.began, self._clock.monotonic())
        else:
            self._pacer.taken(job.began)
        if job.is_listing:
            self._take_in_listing(job)
            return
        for trip in job.trips:
            self._go_on(trip, _step_after(trip, job))

    def _take_in_listing(self, job: Job) -> None:
        if job.error is not None and not is_transient(job.error.exception):
            self._list_no_more(job.error)
        for trip in job.trips:
            if not self._may_list:
                self._queue(trip)
            elif job.error is not None or job.surprise is not None:
                self._go_on(trip, _step_after(trip, job))
            elif isinstance(trip.wish, Look):
                self._take_in_summary(trip, trip.wish, job.answer.get(trip.wish.execution_id))

    def _take_in_summary(self, trip: _Trip, look: Look, summary: Execution | None) -> None:
        if summary is not None and look.suffices is not None and look.suffices(summary):
            self._go_on(trip, partial(trip.journey.send, summary))
        else:
            trip.wish = Look(look.execution_id)
            self._queue(trip)

    def _list_no_more(self, error: AnsibleAutomationError) -> None:
        if self._may_list:
            self._may_list = False
            self.warnings.append(wording.no_listing(error))

    # Ending early

    def _stop_for(self, trip: _Trip) -> Exception | Interrupted | None:
        """Return what ends a journey now, if anything does: what has sent goes on, but sends nothing more."""
        if self._interruption is not None and trip.has_sent:
            return self._interruption
        if self.reason and (not trip.has_sent or isinstance(trip.wish, Send)):
            return CalledOff(self.reason)
        return None

    def _call_off(self, reason: str) -> None:
        self.reason = reason
        self._stop_idle()

    def _stop_idle(self) -> None:
        """End the journeys that are to end now and have no call on its way."""
        idle = [*self._calls, *self._looks, *(trip for _due, _number, trip in self._pausing)]
        stopped = {trip for trip in idle if self._stop_for(trip) is not None}
        self._calls = deque(trip for trip in self._calls if trip not in stopped)
        self._looks = deque(trip for trip in self._looks if trip not in stopped)
        self._pausing = [entry for entry in self._pausing if entry[2] not in stopped]
        heapq.heapify(self._pausing)
        for trip in idle:
            if trip in stopped:
                self._queue(trip)

    def _wind_up(self, interruption: Interrupted) -> None:
        """Send nothing more; wait for what is on its way, and have every journey tell how far it got."""
        self._interruption = interruption
        self._call_off(f"the task was interrupted ({interruption.signal_name})")
        self._workers.await_all(_LAST_ANSWERS)
        for job in self._workers.collect():
            self._take_in(job)
        for trip in self._workers.give_up():
            self._queue(trip)


def _step_after(trip: _Trip, job: Job) -> Callable[[], Wish]:
    problem = job.error or job.surprise
    if problem is not None:
        return partial(trip.journey.throw, problem)
    return partial(trip.journey.send, job.answer)
