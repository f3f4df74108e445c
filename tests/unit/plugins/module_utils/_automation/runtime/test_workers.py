# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that make calls: how many, what comes back, and what becomes of calls that do not end."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.workers import Job, Workers
from ansible_collections.ssmops.automation.tests.unit.errors import refusal

LONG = 30.0


def done(workers):
    """Return what is done once something is."""
    while not (jobs := workers.collect()):
        workers.await_any(LONG)
    return jobs


def raising(error):
    def call():
        raise error

    return call


@pytest.fixture
def workers():
    workers = Workers(2)
    yield workers
    workers.dismiss()


@pytest.fixture
def hanging():
    """Return a call that does not end before the test does."""
    ends = threading.Event()
    yield ends.wait
    ends.set()


@pytest.fixture
def no_threads(monkeypatch):
    """Let no more threads be started than so many, as under a limit of processes."""

    def allow(number, error=RuntimeError):
        started, start = [], threading.Thread.start

        def limited(thread):
            if len(started) >= number:
                raise error("can't start new thread")
            started.append(thread)
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return allow


class TestCalls:
    def test_the_answer_comes_back_with_its_job(self, workers):
        job = Job("Op", lambda: "answer", ["task"])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert workers.running == 1
        assert done(workers) == [job]
        assert (job.answer, job.error, job.surprise, workers.running) == ("answer", None, None, 0)

    @pytest.mark.parametrize("surprise", [ValueError("x"), KeyboardInterrupt(), SystemExit(1), MemoryError()])
    def test_no_exception_is_lost(self, workers, surprise):
        job = Job("Op", raising(surprise), [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert done(workers) == [job]
        assert (job.surprise, job.error) == (surprise, None)

    def test_the_services_error_is_told_from_others(self, workers):
        error = refusal("AccessDeniedException")
        job = Job("Op", raising(error), [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert done(workers) == [job]
        assert (job.surprise, job.error) == (None, error)

    def test_no_more_calls_are_on_their_way_than_there_are_workers(self, workers, hanging):
        for _call in range(2):
            assert workers.make_room()
            workers.hand_out(Job("Op", hanging, []), LONG)
        assert not workers.make_room()
        assert workers.running == 2

    def test_threads_are_used_again(self, workers):
        before = threading.active_count()
        for _call in range(20):
            assert workers.make_room()
            workers.hand_out(Job("Op", lambda: None, []), LONG)
            done(workers)
        assert threading.active_count() <= before + 2

    def test_calls_that_are_done_at_once_are_each_collected_once(self, workers):
        jobs = [Job("Op", lambda: None, []) for _number in range(2)]
        for job in jobs:
            assert workers.make_room()
            workers.hand_out(job, LONG)
        collected = []
        while len(collected) < 2:
            collected += done(workers)
        assert set(collected) == set(jobs)
        assert workers.collect() == []

    def test_dismissed_threads_end(self):
        before, workers = set(threading.enumerate()), Workers(3)
        assert workers.make_room()
        workers.hand_out(Job("Op", lambda: None, []), LONG)
        done(workers)
        (thread,) = set(threading.enumerate()) - before
        workers.dismiss()
        thread.join(LONG)
        assert not thread.is_alive()


class TestThreadsThatCannotBeStarted:
    @pytest.mark.parametrize("error", [RuntimeError, MemoryError])
    def test_without_any_thread_the_call_is_made_at_once(self, workers, no_threads, error):
        no_threads(0, error)
        made_in = []
        job = Job("Op", lambda: made_in.append(threading.current_thread()), [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert made_in == [threading.main_thread()]
        assert workers.running == 1
        assert done(workers) == [job]

    def test_without_any_thread_calls_follow_each_other(self, workers, no_threads):
        no_threads(0)
        for number in range(3):
            assert workers.make_room()
            job = Job("Op", lambda number=number: number, [])
            workers.hand_out(job, LONG)
            assert not workers.make_room()
            assert [job.answer for job in done(workers)] == [number]

    def test_what_such_a_call_raises_is_not_raised_here(self, workers, no_threads):
        no_threads(0)
        job = Job("Op", raising(ValueError("x")), [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert isinstance(done(workers)[0].surprise, ValueError)

    def test_it_goes_on_with_the_threads_there_are(self, no_threads, hanging):
        workers = Workers(8)
        no_threads(2)
        for _call in range(2):
            assert workers.make_room()
            workers.hand_out(Job("Op", hanging, []), LONG)
        assert not workers.make_room()
        assert not workers.make_room()
        workers.dismiss()

    def test_where_the_only_thread_is_lost_the_main_thread_makes_the_calls(self, no_threads, hanging):
        workers = Workers(1)
        no_threads(1)
        assert workers.make_room()
        workers.hand_out(Job("Op", hanging, []), 0)
        assert len(workers.give_up_overdue()) == 1
        job = Job("Op", lambda: "answer", [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert done(workers) == [job]


class TestCallsThatDoNotEnd:
    def test_they_are_given_up_when_their_time_is_up(self, workers, hanging):
        overdue, other = Job("Op", hanging, []), Job("Op", hanging, [])
        for job, seconds in ((overdue, 0.01), (other, LONG)):
            assert workers.make_room()
            workers.hand_out(job, seconds)
        began = time.monotonic()
        workers.await_any(LONG)
        assert time.monotonic() - began < LONG / 2
        assert workers.give_up_overdue() == [overdue]
        assert workers.running == 1
        assert workers.give_up_overdue() == []

    def test_others_are_made_in_their_place(self, workers, hanging):
        for _call in range(2):
            assert workers.make_room()
            workers.hand_out(Job("Op", hanging, []), 0)
        assert len(workers.give_up_overdue()) == 2
        job = Job("Op", lambda: "answer", [])
        assert workers.make_room()
        workers.hand_out(job, LONG)
        assert done(workers) == [job]

    def test_one_that_is_done_is_not_given_up_however_late_that_is_noticed(self, workers):
        job = Job("Op", lambda: "answer", [])
        assert workers.make_room()
        workers.hand_out(job, 0)
        while not job.is_done:
            workers.await_any(0.01)
        assert workers.give_up_overdue() == []
        assert workers.collect() == [job]

    def test_one_that_ends_after_it_was_given_up_is_not_collected(self, workers):
        may_end = threading.Event()
        late = Job("Op", may_end.wait, [])
        assert workers.make_room()
        workers.hand_out(late, 0)
        assert workers.give_up_overdue() == [late]
        may_end.set()
        workers.await_any(LONG)
        assert workers.collect() == []

    def test_they_can_be_hastened_each_by_its_own_time(self, workers, hanging):
        short, long = Job("short", hanging, []), Job("long", hanging, [])
        for job in (short, long):
            assert workers.make_room()
            workers.hand_out(job, LONG)
        workers.hasten(lambda job: 0 if job is short else LONG)
        assert workers.give_up_overdue() == [short]

    def test_hastening_makes_nothing_last_longer(self, workers, hanging):
        job = Job("Op", hanging, [])
        assert workers.make_room()
        workers.hand_out(job, 0)
        workers.hasten(lambda job: LONG)
        assert workers.give_up_overdue() == [job]


class TestWaiting:
    def test_it_ends_when_the_time_is_up(self, workers, hanging):
        assert workers.make_room()
        workers.hand_out(Job("Op", hanging, []), LONG)
        workers.await_any(0.01)
        assert workers.collect() == []

    def test_a_call_before_it_is_not_missed(self, workers):
        workers.wake()
        workers.await_any(LONG)

    def test_a_signal_of_the_operating_system_ends_it(self, workers):
        has_waited = threading.Event()

        def interrupt():
            # One that comes right before the wait begins does not end it, so there is another and another.
            while not has_waited.wait(0.01):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

        sender = threading.Thread(target=interrupt)
        with interruptible() as interruptions:
            interruptions.wake = workers.wake
            sender.start()
            began = time.monotonic()
            workers.await_any(LONG)
            # One that came after the handler is gone would end the test run.
            has_waited.set()
            sender.join()
            assert time.monotonic() - began < LONG / 2
            assert interruptions.caught.signal_name == "SIGTERM"
