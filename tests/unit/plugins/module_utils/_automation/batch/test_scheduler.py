# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running many coroutines: what runs at a time, what is looked at together, and what ends early.

Coroutines here are a few lines each, and calls are functions of the tests; the clock moves by sleeping alone.
"""

from __future__ import annotations

import signal
import threading

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.scheduler import BATCH, BatchScheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import (
    Interruptions,
    interruptible,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.polling import Watch
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import (
    CalledOff,
    Pause,
    SummaryLook,
)
from ansible_collections.ssmops.automation.tests.unit.coroutines import LONG, Calls, awaited, ended_by, ids
from ansible_collections.ssmops.automation.tests.unit.errors import NO_CONNECTION, client_error, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.executions import run
from ansible_collections.ssmops.automation.tests.unit.service import (
    FakeClient,
    answer_of,
    service_of,
    summary_of,
)


def lists(entries_of=lambda ids: [summary_of(run("InProgress", id=id_)) for id_ in ids]):
    """Return a client that lists executions, those that are asked for by their ids."""

    def answer(request):
        entries = entries_of(request["Filters"][0]["Values"])
        return entries if isinstance(entries, Exception) else {"AutomationExecutionMetadataList": entries}

    return FakeClient(describe_automation_executions=[answer])


def batches(client):
    return [request["Filters"][0]["Values"] for _name, request in client.requests]


def run_all(works, client=None, concurrency=4, finished=lambda result: "", interruptions=None, service=None):
    service, results = service or service_of(client or lists(), is_batch=True), []

    def finish(result):
        results.append(result)
        return finished(result)

    conductor = BatchScheduler(service, interruptions or Interruptions(), finish, concurrency)
    conductor.run(works)
    return results, conductor


class TestCalls:
    def test_each_coroutine_gets_the_answers_to_its_own_calls(self):
        calls = Calls()
        results, _scheduler = run_all(awaited(calls.look(id_)) for id_ in ids(50))
        assert sorted(results) == sorted(calls.made) == sorted(ids(50))

    @pytest.mark.parametrize("concurrency", [1, 3])
    def test_no_more_calls_are_on_their_way_than_allowed(self, concurrency):
        calls = Calls()
        run_all((awaited(calls.look(id_)) for id_ in ids(50)), concurrency=concurrency)
        assert calls.most <= concurrency

    def test_coroutines_are_begun_as_the_others_go_on(self):
        begun, most, calls = [], [], Calls()

        def works():
            for id_ in ids(200):
                begun.append(id_)
                yield awaited(calls.look(id_))

        def finish(result):
            most.append(len(begun) - len(most))
            return ""

        run_all(works(), concurrency=2, finished=finish)
        assert max(most) <= 2 * 2 + BATCH

    def test_an_error_is_raised_in_the_coroutine_that_it_befalls(self):
        def answer(name):
            if name == "e1":
                raise refusal("AccessDeniedException")

        calls = Calls(answer)
        results, _scheduler = run_all(ended_by(calls.look(id_)) for id_ in ids(3))
        assert sorted(results) == ["AnsibleAutomationError", "done", "done"]

    def test_an_exception_of_any_kind_is_raised_there_too(self):
        def answer(name):
            raise ZeroDivisionError

        async def work():
            try:
                await Calls(answer).look("e")
            except ZeroDivisionError:
                return "caught"

        assert run_all([work()])[0] == ["caught"]

    def test_throttling_slows_all_of_them_down(self):
        throttled = iter([True] * 3 + [False] * 1000)

        def answer(name):
            if next(throttled):
                raise refusal("ThrottlingException")

        calls = Calls(answer)

        async def work(name):
            while True:
                try:
                    return await calls.look(name)
                except AnsibleAutomationError:
                    await Pause(1)

        service = service_of(lists(), is_batch=True)
        results, _scheduler = run_all((work(id_) for id_ in ids(20)), service=service)
        assert len(results) == 20
        assert service.clock.now > 1002

    def test_a_call_that_never_arrived_is_neither_taken_nor_throttled(self):
        service = service_of(FakeClient())

        def refuse(name):
            raise failed(NO_CONNECTION)

        async def work():
            try:
                await Calls(refuse).look("e")
            except AnsibleAutomationError:
                return "told"

        assert run_all([work()], service=service)[0] == ["told"]
        assert service.rates.report() == {"Look": {"taken": 0, "throttled": 0}}

    def test_changes_go_before_looks(self):
        calls, order = Calls(), []

        async def sends(name):
            await calls.send(name)

        async def works(name):
            await calls.look(name)
            order.append(name)

        calls_made = [awaited(calls.look("first")), works("look"), sends("change")]
        run_all(calls_made, concurrency=1)
        assert calls.made == ["change", "first", "look"]

    def test_a_change_is_noted_right_before_it_goes_out(self):
        calls, order = Calls(lambda name: order.append("goes out")), []
        run_all([awaited(calls.send("e", leaves=lambda: order.append("noted")))])
        assert order == ["noted", "goes out"]

    def test_without_threads_the_calls_are_made_all_the_same(self, monkeypatch):
        def no_start(thread):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", no_start)
        calls = Calls()
        results, _scheduler = run_all(awaited(calls.look(id_)) for id_ in ids(20))
        assert sorted(results) == sorted(ids(20))
        assert calls.most == 1


class TestCallsThatDoNotEnd:
    @pytest.fixture
    def calls(self):
        never = threading.Event()
        yield Calls(lambda name: never.wait(LONG))
        never.set()

    def test_others_go_on(self, calls, monkeypatch):
        monkeypatch.setattr(scheduler, "_LONGEST_CALL", 0.05)
        hanging = [ended_by(calls.look(id_)) for id_ in ids(5)]
        others = [ended_by(Calls().look(id_)) for id_ in ids(5)]
        results, _scheduler = run_all([*hanging, *others], concurrency=2)
        assert sorted(results) == ["AnsibleAutomationError"] * 5 + ["done"] * 5

    def test_a_listing_that_does_not_end_is_an_error_of_each_that_waits_for_it(self, monkeypatch):
        monkeypatch.setattr(scheduler, "_LONGEST_CALL", 0.01)
        never = threading.Event()
        client = lists(lambda ids: never.wait(LONG) and [])
        results, _scheduler = run_all((ended_by(SummaryLook(id_)) for id_ in ids(3)), client)
        never.set()
        assert results == ["AnsibleAutomationError"] * 3


class TestSummaryLooks:
    def test_ten_are_looked_at_with_one_call(self):
        client = lists()
        results, _scheduler = run_all((awaited(SummaryLook(id_)) for id_ in ids(40)), client)
        assert sorted(result.id for result in results) == sorted(ids(40))
        assert all(result.is_summary for result in results)
        assert [len(batch) for batch in batches(client)] == [10] * 4

    def test_a_few_do_not_wait_for_company_that_does_not_come(self):
        service = service_of(lists(), is_batch=True)
        results, _scheduler = run_all([awaited(SummaryLook("a")), awaited(SummaryLook("b"))], service=service)
        assert len(results) == 2
        assert service.clock.now == 1000

    def test_what_is_not_listed_is_told_to_be_nothing(self):
        client = lists(lambda asked: [summary_of(run("InProgress", id=id_)) for id_ in asked if id_ != "e3"])
        results, _scheduler = run_all((awaited(SummaryLook(id_)) for id_ in ids(10)), client)
        assert results.count(None) == 1
        assert "e3" not in [result.id for result in results if result]

    def test_another_execution_that_is_listed_goes_to_nobody(self):
        client = lists(lambda asked: [summary_of(run("Success", id="other"))])
        assert run_all([awaited(SummaryLook("e"))], client)[0] == [None]

    def test_who_may_not_list_is_told_nothing_and_does_not_try_for_ever(self):
        client = lists(lambda asked: client_error("AccessDeniedException"))
        results, conductor = run_all((awaited(SummaryLook(id_)) for id_ in ids(25)), client, concurrency=1)
        assert results == [None] * 25
        assert conductor.listing_error.code == "AccessDeniedException"
        assert len(client.requests) < 3

    def test_a_passing_fault_befalls_each_of_the_ten(self):
        client = lists(lambda asked: client_error("InternalServerError", status=500))
        results, conductor = run_all((ended_by(SummaryLook(id_)) for id_ in ids(10)), client)
        assert results == ["AnsibleAutomationError"] * 10
        assert conductor.listing_error is None

    def test_waits_look_in_one_rhythm(self):
        """Twenty-five executions that run for a minute: three calls a look, and as many looks as one would take."""
        clock = []

        def status():
            return "InProgress" if clock[0].now < 1060 else "Success"

        client = lists(lambda asked: [summary_of(run(status(), id=id_)) for id_ in asked])
        client.answer("get_automation_execution", lambda request: read(request["AutomationExecutionId"]))
        service = service_of(client, is_batch=True)
        clock.append(service.clock)

        def read(id_):
            return answer_of(run(status(), id=id_))

        def watch(id_):
            return Watch(
                service,
                id_,
                lambda execution: execution.has_ended,
                lambda listed, known: None if listed.has_ended else False,
            ).during(Pace(600, 2))

        results, _scheduler = run_all((watch(id_) for id_ in ids(25)), service=service)
        assert all(watched.holds for watched in results)
        assert client.count("get_automation_execution") == 25
        assert client.count("describe_automation_executions") <= 60
        assert service.clock.now < 1090


class TestPauses:
    def test_who_pauses_keeps_nobody_waiting(self):
        order, calls = [], Calls()

        async def pausing():
            await Pause(100, 600)
            order.append("pausing")

        async def quick():
            await calls.look("e")
            order.append("quick")

        run_all([pausing(), quick(), pausing(), quick()], concurrency=1)
        assert order == ["quick", "quick", "pausing", "pausing"]

    def test_pauses_pass_side_by_side(self):
        service = service_of(lists(), is_batch=True)
        run_all((awaited(Pause(10, 600)) for _number in range(1000)), service=service)
        assert service.clock.now == pytest.approx(1010, abs=2)


class TestEndingEarly:
    def test_what_has_not_sent_is_called_off_and_what_has_goes_on(self):
        def works(calls):
            yield ended_by(calls.send("sent before"), Pause(10), calls.look("sent before"))
            yield ended_by(Pause(20), calls.send("pausing"))
            yield awaited(calls.look("enough"))
            yield ended_by(calls.look("in line"), calls.send("in line"))

        calls = Calls()
        results, conductor = run_all(
            works(calls),
            concurrency=1,
            finished=lambda result: "that is enough" if result == "enough" else "",
        )
        assert conductor.reason == "that is enough"
        assert sorted(results) == ["CalledOff", "CalledOff", "done", "enough"]
        assert calls.made == ["sent before", "enough", "sent before"]

    def test_nothing_is_sent_a_second_time(self):
        calls = Calls()

        async def twice():
            try:
                await calls.send("e")
                await Pause(10)
                await calls.look("e")
                await calls.send("e")
            except CalledOff as reason:
                return str(reason)

        async def other():
            await Pause(5)
            return "over"

        results, _scheduler = run_all([twice(), other()], finished=lambda result: "it is over" * (result == "over"))
        assert results == ["over", "it is over"]
        assert calls.made == ["e", "e"]

    def test_who_pauses_before_the_signal_does_not_pause_on(self):
        service = service_of(lists(), is_batch=True)
        works = [ended_by(Pause(600)), awaited(Calls().look("e"))]
        results, _scheduler = run_all(works, service=service, finished=lambda result: "enough")
        assert results == ["e", "CalledOff"]
        assert service.clock.now < 1010

    def test_the_first_reason_is_told(self):
        calls = Calls()
        _results, conductor = run_all(
            (ended_by(calls.send(id_)) for id_ in ids(3)), concurrency=3, finished=lambda result: f"after {result}"
        )
        assert conductor.reason == "after done"

    def test_a_coroutine_that_asks_on_is_told_again(self):
        told = []

        async def deaf():
            for _try in range(3):
                try:
                    await Pause(600)
                except CalledOff as reason:
                    told.append(str(reason))

        run_all([deaf(), awaited(Calls().look("e"))], finished=lambda result: "enough")
        assert told == ["enough"] * 3


def interrupt():
    signal.raise_signal(signal.SIGTERM)


class TestInterruptions:
    def test_it_reaches_every_coroutine(self):
        service = service_of(lists(), is_batch=True)
        calls = Calls()
        service.clock.sleep = lambda seconds: interrupt()
        works = [ended_by(calls.send(id_), Pause(600)) for id_ in ids(3)] + [ended_by(Pause(600)) for _id in ids(3)]
        with interruptible() as interruptions:
            results, conductor = run_all(works, service=service, interruptions=interruptions)
        assert sorted(results) == ["CalledOff"] * 3 + ["Interrupted"] * 3
        assert conductor.reason == "the task was interrupted (SIGTERM)"

    def test_after_it_no_work_is_begun(self):
        begun = []

        async def work(id_):
            begun.append(id_)
            interrupt()
            await Pause(1)

        with interruptible() as interruptions, pytest.raises(CalledOff):
            run_all((work(id_) for id_ in ids(100)), interruptions=interruptions, concurrency=1)
        assert len(begun) < 100
