# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: the one loop that looks at an execution until a predicate holds, or time is up; and journeys taken alone.

Pure predicates come in from outside; the clock does, too, so that tests need not sleep. All times are in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from .errors import AnsibleAutomationError, Reception, is_transient, reception_of
from .executions import Execution
from .interruption import Interrupted
from .journeys import Call, Journey, Look, Pause, Result, Send, Wish
from .pacing import Patience

LONGEST_PAUSE = 20.0
# How long to pause before a single look that failed is tried again; later pauses grow.
_RETRY_DELAY = 0.5
_GROWTH = 1.5
_JITTER = 0.2


class Clock(Protocol):
    """What the loop needs of a clock; the module C(time) is one."""

    def monotonic(self) -> float:
        """Return a time that never goes back."""

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""


@dataclass(frozen=True)
class Pace:
    """How long to wait in all, and how long to pause before the second look; later pauses grow."""

    timeout: float
    delay: float


@dataclass
class Watched:
    """What a wait saw: whether the predicate holds, and the execution as last read with its steps."""

    holds: bool = False
    seen: Execution | None = None
    last_error: AnsibleAutomationError | None = None


# What a look without steps has to show for that to be enough: it gets what was listed, and what was last read in full.
Glance = Callable[[Execution, "Execution | None"], bool]


def pauses(delay: float) -> Iterator[float]:
    """Yield pauses that grow from C(delay) to a ceiling, each shortened at random by up to a fifth.

    The jitter keeps many waiting tasks from asking in step.
    """
    pause, ceiling = delay, max(delay, LONGEST_PAUSE)
    while True:
        yield pause * (1 - _JITTER * random.random())
        pause = min(pause * _GROWTH, ceiling)


def watch(
    execution_id: str,
    holds: Callable[[Execution], bool],
    pace: Pace,
    clock: Clock,
    rules_out: Glance | None = None,
    known: Execution | None = None,
) -> Journey[Watched]:
    """Look at an execution until C(holds), or the time is up.

    It looks before it looks at the clock, so a timeout of 0 still looks once; the last pause is trimmed to the
    deadline. Throttling and transient errors are absorbed while time is left; others are raised.

    C(rules_out) tells when a look without steps shows that C(holds) cannot hold, given what is C(known) in full. When
    the time is up after such a look, one in full follows.
    """
    deadline = clock.monotonic() + pace.timeout
    watched = Watched()
    for pause in pauses(pace.delay):
        glanced = yield from _look(Look(execution_id, _glance(rules_out, watched.seen or known)), holds, watched)
        left = deadline - clock.monotonic()
        if left <= 0 and glanced:
            yield from _look(Look(execution_id), holds, watched)
        if watched.holds or left <= 0:
            break
        yield Pause(pause, left)
    return watched


def look_patiently(look: Look, patience: Patience, clock: Clock) -> Journey[Execution]:
    """Look, and again after passing faults as long as there is patience. Raises AnsibleAutomationError.

    Patience with a service that answers nobody is shared, that with faults which befall this execution alone is not.
    """
    waits, since = pauses(_RETRY_DELAY), None
    while True:
        try:
            execution: Execution = yield look
        except AnsibleAutomationError as error:
            now, pause = clock.monotonic(), next(waits, LONGEST_PAUSE)
            since = now if since is None else since
            patience.failed(now)
            own = since if reception_of(error.exception) is Reception.UNCERTAIN else None
            if not is_transient(error.exception) or patience.runs_out(now + pause, own):
                raise
        else:
            patience.taken(clock.monotonic())
            return execution
        yield Pause(pause)


def _glance(rules_out: Glance | None, known: Execution | None) -> Callable[[Execution], bool] | None:
    return None if rules_out is None else lambda listed: rules_out(listed, known)


def _look(look: Look, holds: Callable[[Execution], bool], watched: Watched) -> Journey[bool]:
    """Take one look; return whether it was one without steps."""
    try:
        execution = yield look
    except AnsibleAutomationError as error:
        if not is_transient(error.exception):
            raise
        watched.last_error = error
        return False
    watched.last_error = None
    if execution is None or execution.is_summary:
        return execution is not None
    watched.seen = execution
    watched.holds = holds(execution)
    return False


def wait_until(
    read: Callable[[], Execution | None], holds: Callable[[Execution], bool], pace: Pace, clock: Clock
) -> Watched:
    """Wait for one execution, here and now; C(read) returns it, or none while it is not found."""
    return travel(watch("", holds, pace, clock), lambda look: read(), clock)


def travel(journey: Journey[Result], perform: Callable[[Call], Any], clock: Clock) -> Result:
    """Conduct one journey, here and now: C(perform) makes its calls, C(clock) lets its pauses pass.

    An interruption is raised within the journey, wherever it comes.
    """
    try:
        return _travel(journey, perform, clock)
    except Interrupted as interruption:
        # It came between two steps of the journey.
        return _end_of(journey, interruption)


def _travel(journey: Journey[Result], perform: Callable[[Call], Any], clock: Clock) -> Result:
    resume: Callable[[], Wish] = partial(next, journey)
    while True:
        try:
            wish = resume()
        except StopIteration as end:
            return end.value
        try:
            answer = _fulfil(wish, perform, clock)
        except (AnsibleAutomationError, Interrupted) as problem:
            resume = partial(journey.throw, problem)
        else:
            resume = partial(journey.send, answer)


def _fulfil(wish: Wish, perform: Callable[[Call], Any], clock: Clock) -> Any:
    if isinstance(wish, Pause):
        return clock.sleep(wish.trimmed)
    if isinstance(wish, Send):
        wish.leaves()
    return perform(wish)


def _end_of(journey: Journey[Result], interruption: Interrupted) -> Result:
    try:
        journey.throw(interruption)
    except StopIteration as end:
        return end.value
    raise interruption
