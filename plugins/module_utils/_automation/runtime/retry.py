# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying a call again after a temporary fault: the one set of rules for all calls that may be repeated blindly."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from ..aws.errors import AnsibleAutomationError, SendResult
from .pacing import RetryBudget
from .requests import Pause
from .service import Clock, Service

Answer = TypeVar("Answer")

# The longest pause between two looks or tries, in seconds.
LONGEST_PAUSE = 20.0
# How long to pause, in seconds, before the second try; later pauses grow.
_DELAY = 0.5
_GROWTH = 1.5
_JITTER = 0.2
# The longest pause after a throttled call, in seconds: who shares a rate and asks rarely is starved by who asks often.
# How fast the calls of all executions follow each other is for their rates to say.
_LONGEST_IF_THROTTLED = 2.0


def pauses(delay: float) -> Iterator[float]:
    """Yield pauses in seconds that grow from `delay` to a ceiling, each shortened at random by up to a fifth.

    The jitter keeps many waiting tasks from asking in step.
    """
    pause, ceiling = delay, max(delay, LONGEST_PAUSE)
    while True:
        yield pause * (1 - _JITTER * random.random())
        pause = min(pause * _GROWTH, ceiling)


async def look_again(service: Service, make: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make a call that only reads, and again after passing faults. Raises AnsibleAutomationError."""
    return await _again(service.looks, service.clock, make)


async def change_again(service: Service, make: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make a call whose repetition the service recognises, and again after passing faults.

    Raises AnsibleAutomationError.
    """
    return await _again(service.changes, service.clock, make)


async def _again(budget: RetryBudget, clock: Clock, make: Callable[[], Awaitable[Answer]]) -> Answer:
    waits, since = pauses(_DELAY), None
    while True:
        began = clock.monotonic()
        try:
            answer = await make()
        except AnsibleAutomationError as error:
            since = began if since is None else since
            if not note_failure(budget, error, began):
                raise
            now, own_since = clock.monotonic(), _own_failure(error, since)
            if budget.runs_out(now, own_since):
                raise
            pause = budget.trimmed(pause_after(error, next(waits)), now, own_since)
        else:
            budget.taken(clock.monotonic())
            return answer
        await Pause(pause)


def pause_after(error: AnsibleAutomationError | None, pause: float) -> float:
    """Return how long to pause after an error, in seconds, where `pause` is what the growing pauses have come to."""
    is_throttled = error is not None and error.send_result is SendResult.NOT_ACCEPTED
    return min(pause, _LONGEST_IF_THROTTLED) if is_throttled else pause


def note_failure(budget: RetryBudget, error: AnsibleAutomationError, began: float) -> bool:
    """Note a failed call in the budget; return whether it may well succeed soon."""
    if error.is_transient:
        budget.failed(began, never_connected=error.send_result is SendResult.NEVER_ARRIVED)
    else:
        budget.taken(began)
    return error.is_transient


def _own_failure(error: AnsibleAutomationError, since: float) -> float | None:
    """Return since when this execution alone fails: throttling befalls all, and waiting for the others helps."""
    return since if error.send_result is SendResult.UNCERTAIN else None
