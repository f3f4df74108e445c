# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that make calls, a bounded number at a time.

Daemons, unlike those of concurrent.futures: a task ends without waiting for a request that hangs. Where no thread can
be started, calls are made in the main thread.
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

    `tasks` is whom the call is for. `began` is when it was handed out, on the clock of its owner. `deadline` is when
    to wait for it no longer, in seconds of `time.monotonic`, which is `seconds` after it was handed out.
    """

    __slots__ = (
        "answer", "began", "call", "deadline", "error", "is_done", "is_listing", "operation", "seconds", "surprise",
        "tasks",
    )  # fmt: skip

    def __init__(self, operation: str, call: Callable[[], Any], tasks: list[Any], is_listing: bool = False) -> None:
        self.operation = operation
        self.call = call
        self.tasks = tasks
        self.is_listing = is_listing
        self.began = 0.0
        self.deadline = 0.0
        self.seconds = 0.0
        self.answer: Any = None
        self.error: AnsibleAutomationError | None = None
        self.surprise: BaseException | None = None
        self.is_done = False

    def run(self) -> None:
        """Make the call; nothing is raised here."""
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
        self._threads = 0
        self._to_do: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._running: set[Job] = set()

    @property
    def running(self) -> int:
        """How many calls are on their way."""
        return len(self._running)

    def make_room(self) -> bool:
        """Return whether another call may go out; start a thread for it if need be."""
        if len(self._running) >= self._number:
            return False
        if self._threads > len(self._running) or self._start_thread():
            return True
        # The limit of processes or of memory is reached: go on with the threads there are, down to none.
        self._number = max(1, self._threads)
        return not self._running

    def _start_thread(self) -> bool:
        try:
            threading.Thread(target=self._work, daemon=True).start()
        except (RuntimeError, MemoryError):
            return False
        self._threads += 1
        return True

    def hand_out(self, job: Job, seconds: float) -> None:
        """Have a call made, and wait for it so long; there must be room for it."""
        job.seconds, job.deadline = seconds, time.monotonic() + seconds
        self._running.add(job)
        if self._threads:
            self._to_do.put(job)
        else:
            job.run()
            self._done.put(job)

    def await_any(self, timeout: float) -> None:
        """Return once a call is done or its time is up, somebody calls `wake`, or the time is up."""
        left = min([timeout, *(job.deadline - time.monotonic() for job in self._running)])
        try:
            # Which one is of no matter, `collect` finds all.
            self._done.get(timeout=max(0.0, left))
        except queue.Empty:
            return

    def wake(self) -> None:
        """End `await_any`; a signal handler may do so at any moment."""
        self._done.put(None)

    def collect(self) -> list[Job]:
        """Return the calls that are done, each once."""
        done = [job for job in self._running if job.is_done]
        self._running.difference_update(done)
        return done

    def give_up_overdue(self) -> list[Job]:
        """Wait no longer for the calls whose time is up, and return them; their threads are lost."""
        now = time.monotonic()
        overdue = [job for job in self._running if job.deadline <= now and not job.is_done]
        self._running.difference_update(overdue)
        self._threads -= len(overdue)
        return overdue

    def hasten(self, seconds_for: Callable[[Job], float]) -> None:
        """Wait for what is on its way no longer than so many seconds each."""
        now = time.monotonic()
        for job in self._running:
            job.deadline = min(job.deadline, now + seconds_for(job))

    def dismiss(self) -> None:
        """Let the threads end that have no call on its way; the others are daemons."""
        for _thread in range(self._threads):
            self._to_do.put(None)
        self._threads = 0

    def _work(self) -> None:
        for job in iter(self._to_do.get, None):
            job.run()
            self._done.put(job)
