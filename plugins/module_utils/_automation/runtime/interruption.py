# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Being interrupted, so that a task that is stopped half-way still tells what it has done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The process was told to end. No Exception, so that nothing on the way takes it for a fault of the network."""

    def __init__(self, signal_name: str) -> None:
        super().__init__(signal_name)
        self.signal_name = signal_name


class Interruptions:
    """Raises Interrupted in the main thread: at once, or where it is held off, as soon as it is let through."""

    def __init__(self) -> None:
        self._held_off = False
        self._caught: Interrupted | None = None

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Interrupt nothing in here but what is let through."""
        self._held_off = True
        try:
            yield
        finally:
            self._held_off = False

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Interrupt in here again; meant for a place where the work waits and everything is in order."""
        self._held_off = False
        try:
            if self._caught is not None:
                raise self._caught
            yield
        finally:
            self._held_off = True

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal. A second one must not disturb the telling."""
        for each in _INTERRUPTIONS:
            signal.signal(each, signal.SIG_IGN)
        self._caught = Interrupted(signal.Signals(number).name)
        if not self._held_off:
            raise self._caught


@contextmanager
def interruptible() -> Iterator[Interruptions]:
    """Raise Interrupted when the process is told to end by SIGINT or SIGTERM."""
    interruptions = Interruptions()
    previous = {number: signal.signal(number, interruptions.interrupt) for number in _INTERRUPTIONS}
    try:
        yield interruptions
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
