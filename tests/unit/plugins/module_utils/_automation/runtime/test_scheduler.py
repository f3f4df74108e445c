# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a coroutine: its calls and pauses, and what ends it early.

Coroutines here are a few lines each, and calls are functions of the tests; the clock moves by sleeping alone.
"""

from __future__ import annotations

import signal
import threading

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    NoAnswerInTime,
    SendResult,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import (
    Interrupted,
    interruptible,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import (
    Pause,
    SummaryLook,
)
from ansible_collections.ssmops.automation.tests.unit.coroutines import LONG, Calls, awaited, ended_by
from ansible_collections.ssmops.automation.tests.unit.errors import refusal
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, run_one, service_of


class TestCallsThatDoNotEnd:
    @pytest.fixture
    def calls(self):
        never = threading.Event()
        yield Calls(lambda name: never.wait(LONG))
        never.set()

    @pytest.mark.parametrize(
        ("left", "longest", "shortest"), [(None, 0.01, 0.01), (0, 60, 0.01), (0.01, 60, 0.001), (600, 0.01, 0.001)]
    )
    def test_they_are_waited_for_as_long_as_there_is_time_and_no_longer(
        self, calls, monkeypatch, left, longest, shortest
    ):
        monkeypatch.setattr(scheduler, "_LONGEST_CALL", longest)
        monkeypatch.setattr(scheduler, "_SHORTEST_CALL", shortest)
        with pytest.raises(AnsibleAutomationError, match=r"no answer to Look within 0.01 s") as raised:
            run_one(awaited(calls.look("e", left)), service_of(FakeClient()))
        assert isinstance(raised.value.exception, NoAnswerInTime)
        assert raised.value.send_result is SendResult.UNCERTAIN


class TestSummaryLooks:
    def test_work_that_runs_alone_makes_none(self):
        service = service_of(FakeClient())
        assert run_one(awaited(SummaryLook("e")), service) is None
        assert service.client.requests == []


class TestPauses:
    @pytest.mark.parametrize(("pause", "ends_at"), [(Pause(5), 1005), (Pause(5, 2), 1002), (Pause(5, 60), 1005)])
    def test_a_pause_alone_ends_with_the_time(self, pause, ends_at):
        service = service_of(FakeClient())
        run_one(awaited(pause), service)
        assert service.clock.now == pytest.approx(ends_at, abs=0.02)

    def test_no_sleep_is_long_so_that_a_note_is_read_soon(self):
        service = service_of(FakeClient())
        run_one(awaited(Pause(600)), service)
        assert max(service.clock.slept) <= 1


def interrupt():
    signal.raise_signal(signal.SIGTERM)


def interrupt_from_a_thread():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)


class TestInterruptions:
    def test_work_that_has_not_begun_tells_of_an_interruption_all_the_same(self):
        calls = Calls()
        with interruptible() as interruptions:
            interrupt()
            result = run_one(ended_by(calls.send("e")), service_of(FakeClient()), interruptions)
        assert (result, calls.made) == ("Interrupted", [])

    @pytest.mark.parametrize("sends_before", [0, 1])
    def test_it_ends_a_pause(self, sends_before):
        service, calls = service_of(FakeClient()), Calls()
        service.clock.sleep = lambda seconds: interrupt()
        with interruptible() as interruptions:
            work = ended_by(*[calls.send("e")] * sends_before, Pause(600), calls.send("again"))
            assert run_one(work, service, interruptions) == "Interrupted"
        assert calls.made == ["e"] * sends_before

    @pytest.mark.parametrize("place", range(6))
    def test_between_any_two_steps_it_ends_the_work_before_the_next_call(self, place):
        service, calls, sent, passed = service_of(FakeClient()), Calls(), [], iter(range(6))

        async def step(request):
            if next(passed) == place:
                interrupt()
            return await request

        async def work():
            try:
                await step(calls.look("before"))
                await step(Pause(5))
                await step(calls.send("e", leaves=lambda: sent.append("e")))
                await step(Pause(5))
                await step(calls.look("after"))
                await step(Pause(5))
            except Interrupted as interruption:
                return interruption.signal_name
            return "done"

        with interruptible() as interruptions:
            result = run_one(work(), service, interruptions)
            assert interruptions.caught is not None
        # A call that a step asks for with the signal already noted may be on its way; nothing follows it.
        assert result == "SIGTERM"
        assert len(calls.made) <= [0, 1, 1, 2, 2, 3][place] + 1
        assert sent == (["e"] if "e" in calls.made else [])

    def test_answers_that_are_on_their_way_are_waited_for(self):
        noted = threading.Event()

        def answer(name):
            # The process is told to end while this request is at the service.
            interrupt_from_a_thread()
            assert noted.wait(LONG)
            return "taken"

        async def work():
            answered = None
            try:
                answered = await Calls(answer).send("e")
                await Calls().look("e")
            except Interrupted:
                return answered

        with interruptible() as interruptions:
            note = interruptions.note

            def note_and_tell(number, frame):
                note(number, frame)
                noted.set()

            signal.signal(signal.SIGTERM, note_and_tell)
            assert run_one(work(), service_of(FakeClient()), interruptions) == "taken"

    @pytest.mark.parametrize("call", ["send", "look"])
    def test_answers_that_do_not_come_are_not_waited_for_long(self, monkeypatch, call):
        monkeypatch.setattr(scheduler, "_LAST_ANSWERS", 0.05)
        never = threading.Event()

        def answer(name):
            interrupt_from_a_thread()
            never.wait(LONG)

        with interruptible() as interruptions:
            work = ended_by(getattr(Calls(answer), call)("e"))
            assert run_one(work, service_of(FakeClient()), interruptions) == "Interrupted"
        never.set()


class TestRunOne:
    def test_the_result_is_returned(self):
        assert run_one(awaited(Calls().look("e")), service_of(FakeClient())) == "e"

    def test_work_without_requests(self):
        async def work():
            return 7

        assert run_one(work(), service_of(FakeClient())) == 7

    @pytest.mark.parametrize("error", [refusal("AccessDeniedException"), ZeroDivisionError(), KeyboardInterrupt()])
    def test_what_the_work_raises_is_raised(self, error):
        async def work():
            await Calls().look("e")
            raise error

        with pytest.raises(type(error)) as raised:
            run_one(work(), service_of(FakeClient()))
        assert raised.value is error

    def test_its_threads_end_with_it(self):
        before = set(threading.enumerate())
        run_one(awaited(Calls().look("e")), service_of(FakeClient()))
        for thread in set(threading.enumerate()) - before:
            thread.join(LONG)
            assert not thread.is_alive()
