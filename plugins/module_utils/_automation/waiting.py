# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: one loop that polls a set of executions until a predicate holds for each, or time is up.

Pure predicates come in from outside; the clock does, too, so that tests need not sleep. All times are in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .errors import AnsibleAutomationError, is_transient
from .executions import Execution

LONGEST_PAUSE = 20.0
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
    """What a wait saw: every execution as last read, and those for which the predicate does not hold yet."""

    seen: dict[str, Execution] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    last_error: AnsibleAutomationError | None = None


def pauses(delay: float) -> Iterator[float]:
    """Yield pauses that grow from C(delay) to a ceiling, each shortened at random by up to a fifth.

    The jitter keeps many waiting tasks from asking in step.
    """
    pause, ceiling = delay, max(delay, LONGEST_PAUSE)
    while True:
        yield pause * (1 - _JITTER * random.random())
        pause = min(pause * _GROWTH, ceiling)


def wait_until(
    read: Callable[[Collection[str]], Mapping[str, Execution]],
    execution_ids: Collection[str],
    holds: Callable[[Execution], bool],
    pace: Pace,
    clock: Clock,
) -> Watched:
    """Poll executions until C(holds) for each of them, or the time is up.

    It looks before it looks at the clock, so a timeout of 0 still looks once; the last pause is trimmed to the
    deadline. Throttling and transient errors are absorbed while time is left; others are raised.
    """
    deadline = clock.monotonic() + pace.timeout
    watched = Watched(pending=set(execution_ids))
    for pause in pauses(pace.delay):
        _look(read, holds, watched)
        left = deadline - clock.monotonic()
        if not watched.pending or left <= 0:
            break
        clock.sleep(min(pause, left))
    return watched


def _look(
    read: Callable[[Collection[str]], Mapping[str, Execution]], holds: Callable[[Execution], bool], watched: Watched
) -> None:
    try:
        executions = read(sorted(watched.pending))
    except AnsibleAutomationError as error:
        if not is_transient(error.exception):
            raise
        watched.last_error = error
        return
    watched.last_error = None
    watched.seen.update(executions)
    watched.pending -= {id_ for id_, execution in executions.items() if holds(execution)}
