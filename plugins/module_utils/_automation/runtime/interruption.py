# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Being interrupted, so that a task that is stopped half-way still tells what it has done.

The handler of an operating system's signal only takes a note, since Python drops an exception that a handler raises
within a weakref callback or a `__del__`. The scheduler reads the note at its own points, and does not wait for long
between two of them: a signal that comes right before a wait begins does not end that wait.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The process was told to end. No Exception, so that nothing on the way takes it for a fault of the network."""

    def __init__(self, signal_name: str) -> None:
        super().__init__(signal_name)
        self.signal_name = signal_name


class Interruptions:
    """The note that the process was told to end: `caught`, or none so far."""

    def __init__(self) -> None:
        self.caught: Interrupted | None = None
        self.wake: Callable[[], None] = lambda: None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal of the operating system."""
        self.caught = self.caught or Interrupted(signal.Signals(number).name)
        self.wake()


@contextmanager
def interruptible() -> Iterator[Interruptions]:
    """Take notes of SIGINT and SIGTERM in here, until what was printed has left the process."""
    interruptions = Interruptions()
    previous = {number: signal.signal(number, interruptions.note) for number in _INTERRUPTIONS}
    try:
        yield interruptions
    finally:
        sys.stdout.flush()
        for number, handler in previous.items():
            signal.signal(number, handler)
