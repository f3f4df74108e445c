# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that make calls, a bounded number at a time.

Daemons, unlike those of concurrent.futures: an interrupted task ends without waiting for a request that hangs.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from ..aws.errors import AnsibleAutomationError


class Job:
    """A call, and what came of it: an answer, or the error that the service or the way to it met it with.

    C(tasks) is whom the call is for, C(began) when it was handed out.
    """

    __slots__ = ("answer", "began", "call", "error", "is_done", "is_listing", "surprise", "tasks")

    def __init__(self, call: Callable[[], Any], tasks: list[Any], is_listing: bool = False) -> None:
        self.call = call
        self.tasks = tasks
        self.is_listing = is_listing
        self.began = 0.0
        self.answer: Any = None
        self.error: AnsibleAutomationError | None = None
        self.surprise: BaseException | None = None
        self.is_done = False

    def run(self) -> None:
        """Make the call, in a thread; nothing is raised there."""
        try:
            self.answer = self.call()
        except AnsibleAutomationError as error:
            self.error = error
        except BaseException as surprise:
            self.surprise = surprise
        self.is_done = True


class Workers:
    """So many threads, started as they are needed; all methods are for the one thread that owns them."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._started = 0
        self._to_do: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._running: set[Job] = set()

    @property
    def running(self) -> int:
        """How many calls are on their way."""
        return len(self._running)

    @property
    def have_room(self) -> bool:
        """Whether another call may go out."""
        return len(self._running) < self._number

    def hand_out(self, job: Job) -> None:
        """Have a call made; there must be room for it."""
        self._running.add(job)
        if self._started < len(self._running):
            self._started += 1
            threading.Thread(target=self._work, daemon=True).start()
        self._to_do.put(job)

    def await_any(self, timeout: float | None = None) -> None:
        """Return once a call is done, or the time is up."""
        try:
            # Which one is of no matter: should the process be interrupted right now, nothing is lost.
            self._done.get(timeout=None if timeout is None else max(0.0, timeout))
        except queue.Empty:
            return

    def collect(self) -> list[Job]:
        """Return the calls that are done, each once."""
        done = [job for job in self._running if job.is_done]
        self._running.difference_update(done)
        return done

    def await_all(self, timeout: float) -> None:
        """Return once all calls are done, or the time is up."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not all(job.is_done for job in self._running):
            self.await_any(deadline - time.monotonic())

    def give_up(self) -> list[Any]:
        """Wait no longer for the calls that are not done; return whom they were for."""
        given_up = [task for job in self._running for task in job.tasks]
        self._running.clear()
        return given_up

    def dismiss(self) -> None:
        """Let the threads end, those with a call on its way after that."""
        for _thread in range(self._started):
            self._to_do.put(None)
        self._started = 0

    def _work(self) -> None:
        for job in iter(self._to_do.get, None):
            job.run()
            self._done.put(job)
