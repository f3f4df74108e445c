# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing an execution up to date: everything that happens up to a moment, in order of time. Pure.

Nothing happens between requests; an execution that is looked at late goes through the same states, at the same
moments, as one that was watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..state.choices import Choices
from ..state.errors import AutomationError
from ..state.model import Execution, StepExecution
from ..state.moment import Moment
from . import change_requests, flow, rate_control, signals

Event = tuple[float, Callable[[], Execution]]


def advance(execution: Execution, now: float, choices: Choices) -> Execution:
    """The execution as it is at `now`."""
    while execution.final is None:
        event = min(_events(execution, choices), key=_time, default=None)
        if event is None or _time(event) > now:
            break
        execution = event[1]()
    return execution


def next_moment(execution: Execution, choices: Choices) -> float | None:
    """The time of the execution's next event."""
    if execution.final is not None:
        return None
    return min((_time(event) for event in _events(execution, choices)), default=None)


def _time(event: Event) -> float:
    return event[0]


def _events(execution: Execution, choices: Choices) -> Iterator[Event]:
    """The next events; of two at the same time the first in this list happens first."""
    if execution.inbox:
        yield execution.inbox[0].effective_at, lambda: deliver(execution, choices)
    if execution.request is not None:
        yield from _request_events(execution)
    if execution.has_course and not execution.begun and not execution.cancelling:
        yield execution.begins_at, lambda: _begin(execution, choices)
    yield from _cancel_events(execution, choices)
    yield from _step_events(execution, choices)


def _begin(execution: Execution, choices: Choices) -> Execution:
    if execution.rate_control is not None:
        return rate_control.begin(execution, Moment(execution.begins_at, choices))
    return flow.begin(execution, execution.begins_at)


def _request_events(execution: Execution) -> Iterator[Event]:
    request = execution.request
    if request is not None and request.due_at is not None and not execution.cancelling:
        due_at = request.due_at
        yield due_at, lambda: change_requests.go_on(execution, request, due_at)


def _cancel_events(execution: Execution, choices: Choices) -> Iterator[Event]:
    if (cancel_at := execution.cancel_at) is not None:
        yield cancel_at, lambda: flow.cancelled(execution, Moment(cancel_at, choices))
    if (cancel_until := execution.cancel_until) is not None:
        yield cancel_until, lambda: flow.cancel_ran_out(execution, cancel_until)


def _step_events(execution: Execution, choices: Choices) -> Iterator[Event]:
    if (upcoming := execution.upcoming) is not None:
        yield upcoming.at, lambda: flow.start_step(execution, upcoming.step_name, Moment(upcoming.at, choices))
    for run in reversed(execution.open_steps):
        yield from _run_events(execution, run, choices)


def _run_events(execution: Execution, run: StepExecution, choices: Choices) -> Iterator[Event]:
    if (stopping_at := run.stopping_at) is not None:
        yield stopping_at, lambda: flow.step_stopped(execution, run, Moment(stopping_at, choices))
    if (retry_at := run.retry_at) is not None:
        yield retry_at, lambda: flow.attempt(execution, run, Moment(retry_at, choices))
    if (due_at := run.due_at) is not None:
        yield due_at, lambda: flow.wake(execution, run, Moment(due_at, choices))
    if (deadline := run.deadline) is not None:
        yield deadline, lambda: flow.time_out(execution, run, Moment(deadline, choices))


def deliver(execution: Execution, choices: Choices) -> Execution:
    """Apply the oldest accepted signal; it has no effect if it does not fit the state any more."""
    delivery, *later = execution.inbox
    execution = replace(execution, inbox=tuple(later))
    try:
        return signals.accept(execution, delivery.signal, Moment(delivery.effective_at, choices))
    except AutomationError:
        return execution
