# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: the one loop that looks at an execution until a predicate holds, or time is up; and works taken alone.

Pure predicates come in from outside; the clock does, too, so that tests need not sleep. All times are in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from ..aws.errors import AnsibleAutomationError, SendResult, is_transient, send_result_of
from ..model.executions import Execution
from ..options.waiting import Pace
from .interruption import Interrupted
from .pacing import RetryBudget
from .requests import Call, Look, Pause, Request, Result, Send, Work

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


@dataclass
class Watched:
    """What a wait saw: whether the predicate holds, and the execution as last read with its steps."""

    holds: bool = False
    seen: Execution | None = None
    last_error: AnsibleAutomationError | None = None


# What a look without steps has to show for that to be enough: it gets what was listed, and what was last read in full.
SummaryCheck = Callable[[Execution, "Execution | None"], bool]


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
    rules_out: SummaryCheck | None = None,
    known: Execution | None = None,
) -> Work[Watched]:
    """Look at an execution until C(holds), or the time is up.

    It looks before it looks at the clock, so a timeout of 0 still looks once; the last pause is trimmed to the
    deadline. Throttling and transient errors are absorbed while time is left; others are raised.

    C(rules_out) tells when a look without steps shows that C(holds) cannot hold, given what is C(known) in full. When
    the time is up after such a look, one in full follows.
    """
    deadline = clock.monotonic() + pace.timeout
    watched = Watched()
    for pause in pauses(pace.delay):
        saw_summary = yield from _look(
            Look(execution_id, _summary_check(rules_out, watched.seen or known)), holds, watched
        )
        left = deadline - clock.monotonic()
        if left <= 0 and saw_summary:
            yield from _look(Look(execution_id), holds, watched)
        if watched.holds or left <= 0:
            break
        yield Pause(pause, left)
    return watched


def look_with_retries(look: Look, patience: RetryBudget, clock: Clock) -> Work[Execution]:
    """Look, and again after passing faults as long as there is patience. Raises AnsibleAutomationError.

    RetryBudget with a service that answers nobody is shared, that with faults which befall this execution alone is not.
    """
    waits, since = pauses(_RETRY_DELAY), None
    while True:
        try:
            execution: Execution = yield look
        except AnsibleAutomationError as error:
            now, pause = clock.monotonic(), next(waits, LONGEST_PAUSE)
            since = now if since is None else since
            patience.failed(now)
            own = since if send_result_of(error.exception) is SendResult.UNCERTAIN else None
            if not is_transient(error.exception) or patience.runs_out(now + pause, own):
                raise
        else:
            patience.taken(clock.monotonic())
            return execution
        yield Pause(pause)


def _summary_check(rules_out: SummaryCheck | None, known: Execution | None) -> Callable[[Execution], bool] | None:
    return None if rules_out is None else lambda listed: rules_out(listed, known)


def _look(look: Look, holds: Callable[[Execution], bool], watched: Watched) -> Work[bool]:
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
    return run_one(watch("", holds, pace, clock), lambda look: read(), clock)


def run_one(work: Work[Result], perform: Callable[[Call], Any], clock: Clock) -> Result:
    """Conduct one work, here and now: C(perform) makes its calls, C(clock) lets its pauses pass.

    An interruption is raised within the work, wherever it comes.
    """
    try:
        return _run_one(work, perform, clock)
    except Interrupted as interruption:
        # It came between two steps of the work.
        return _end_of(work, interruption)


def _run_one(work: Work[Result], perform: Callable[[Call], Any], clock: Clock) -> Result:
    resume: Callable[[], Request] = partial(next, work)
    while True:
        try:
            request = resume()
        except StopIteration as end:
            return end.value
        try:
            answer = _fulfil(request, perform, clock)
        except (AnsibleAutomationError, Interrupted) as problem:
            resume = partial(work.throw, problem)
        else:
            resume = partial(work.send, answer)


def _fulfil(request: Request, perform: Callable[[Call], Any], clock: Clock) -> Any:
    if isinstance(request, Pause):
        return clock.sleep(request.trimmed)
    if isinstance(request, Send):
        request.leaves()
    return perform(request)


def _end_of(work: Work[Result], interruption: Interrupted) -> Result:
    try:
        work.throw(interruption)
    except StopIteration as end:
        return end.value
    raise interruption
