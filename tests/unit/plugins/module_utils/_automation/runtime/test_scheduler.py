# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conducting many works: what runs at a time, what is looked at together, and what ends early.

Journeys here are a few lines each; the service is one function, and the clock moves by sleeping alone.
"""

from __future__ import annotations

import signal as signals
import threading

import botocore.exceptions
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import (
    Interrupted,
    Interruptions,
    interruptible,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.polling import watch
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import (
    CalledOff,
    Look,
    Pause,
    Send,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import Scheduler
from ansible_collections.ssmops.automation.tests.unit.signals import RESUME


class TurnedClock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def client_error(code, status=400):
    answer = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AnsibleAutomationError(message="call", exception=botocore.exceptions.ClientError(answer, "Op"))


class FakeService:
    """Answers by a function of the call; notes the calls, and how many were on their way at most."""

    client = None

    def __init__(self, answer):
        self.clock, self.calls, self.lists, self.most = TurnedClock(), [], [], 0
        self._answer, self._now, self._lock = answer, 0, threading.Lock()

    def perform(self, call):
        with self._lock:
            self.calls.append(call)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return self._answer(call)
        finally:
            with self._lock:
                self._now -= 1

    def list(self, client, ids):
        self.lists.append(list(ids))
        return {id_: summary(id_) for id_ in ids}


def summary(execution_id, status="InProgress"):
    raw = {"AutomationExecutionId": execution_id, "AutomationExecutionStatus": status}
    return Execution.from_summary(raw)


def full(call):
    return Execution(call.execution_id, "Success")


@pytest.fixture
def service(monkeypatch):
    service = FakeService(full)

    def list_executions(client, ids):
        # A test may have put another one in its place.
        return service.list(client, ids)

    monkeypatch.setattr(scheduler, "list_executions", list_executions)
    return service


def run_all(service, works, concurrency=4, finished=lambda result: "", interruptions=None):
    results = []

    def finish(result):
        results.append(result)
        return finished(result)

    scheduler = Scheduler(service, concurrency, interruptions or Interruptions(), finish)
    scheduler.run_all(works)
    return results, scheduler


def look(execution_id, suffices=None):
    return (yield Look(execution_id, suffices))


def send(execution_id, log=None):
    """Send, and look whether that is enough; tell what ended it early."""
    try:
        yield Send(execution_id, RESUME, lambda: None)
        yield Look(execution_id)
    except (CalledOff, Interrupted) as reason:
        return (execution_id, type(reason).__name__)
    return (execution_id, "sent")


def ids(number):
    return [f"e{each}" for each in range(number)]


class TestCalls:
    def test_each_journey_gets_the_answers_to_its_own_calls(self, service):
        results, _conductor = run_all(service, (look(id_) for id_ in ids(50)))
        assert sorted(result.id for result in results) == sorted(ids(50))

    def test_no_more_calls_are_on_their_way_than_allowed(self, service):
        run_all(service, (look(id_) for id_ in ids(50)), concurrency=3)
        assert service.most <= 3

    def test_journeys_are_begun_as_the_others_go_on(self, service):
        begun, most = [], []

        def works():
            for id_ in ids(200):
                begun.append(id_)
                yield look(id_)

        def finish(result):
            most.append(len(begun) - len(most))
            return ""

        run_all(service, works(), concurrency=2, finished=finish)
        assert max(most) <= 2 * 2 + scheduler.BATCH

    def test_an_error_is_raised_in_the_journey_that_it_befalls(self, monkeypatch):
        def answer(call):
            if call.execution_id == "e1":
                raise client_error("AccessDeniedException")
            return full(call)

        def work(execution_id):
            try:
                yield Look(execution_id)
            except AnsibleAutomationError as error:
                return error.code
            return "read"

        results, _conductor = run_all(FakeService(answer), (work(id_) for id_ in ids(3)))
        assert sorted(results) == ["AccessDeniedException", "read", "read"]

    def test_throttling_slows_all_of_them_down(self):
        throttled = iter([True] * 3 + [False] * 1000)

        def answer(call):
            if next(throttled):
                raise client_error("ThrottlingException")
            return full(call)

        def work(execution_id):
            while True:
                try:
                    return (yield Look(execution_id))
                except AnsibleAutomationError:
                    yield Pause(1)

        service = FakeService(answer)
        results, _conductor = run_all(service, (work(id_) for id_ in ids(20)))
        assert len(results) == 20
        assert service.clock.now > 1002


class TestLooksInBatches:
    def test_ten_are_looked_at_with_one_call(self, service):
        results, _conductor = run_all(service, (look(id_, lambda listed: True) for id_ in ids(40)))
        assert len(results) == 40
        assert [len(batch) for batch in service.lists] == [10] * 4
        assert service.calls == []

    def test_what_the_list_does_not_settle_is_read_in_full(self, service):
        results, _conductor = run_all(service, (look(id_, lambda listed: listed.id != "e3") for id_ in ids(10)))
        assert [call.execution_id for call in service.calls] == ["e3"]
        assert sum(not result.is_summary for result in results) == 1

    def test_what_is_not_listed_is_read_in_full(self, service):
        service.list = lambda client, ids: {id_: summary(id_) for id_ in ids if id_ != "e3"}
        run_all(service, (look(id_, lambda listed: True) for id_ in ids(10)))
        assert [call.execution_id for call in service.calls] == ["e3"]

    def test_who_may_not_list_reads_each_and_is_told_so_once(self, service):
        def denied(client, ids):
            raise client_error("AccessDeniedException")

        service.list = denied
        results, scheduler = run_all(service, (look(id_, lambda listed: True) for id_ in ids(25)))
        assert len(results) == len(service.calls) == 25
        assert len(scheduler.warnings) == 1
        assert "(ssm:DescribeAutomationExecutions)" in scheduler.warnings[0]

    def test_a_passing_fault_befalls_each_of_the_ten(self, service):
        def faulty(client, ids):
            raise client_error("InternalServerError", 500)

        def work(execution_id):
            try:
                return (yield Look(execution_id, lambda listed: True))
            except AnsibleAutomationError as error:
                return error.code

        service.list = faulty
        results, scheduler = run_all(service, (work(id_) for id_ in ids(10)))
        assert results == ["InternalServerError"] * 10
        assert scheduler.warnings == []

    def test_waits_look_in_one_rhythm(self, service):
        """Twenty-five executions that run for a minute: three calls a look, and as many looks as one would take."""
        clock = service.clock
        service.list = lambda client, ids: (
            service.lists.append(ids)
            or {id_: summary(id_, "InProgress" if clock.now < 1060 else "Success") for id_ in ids}
        )

        def work(execution_id):
            return (
                yield from watch(
                    execution_id,
                    lambda execution: execution.has_ended,
                    Pace(600, 2),
                    clock,
                    lambda listed, known: not listed.has_ended,
                )
            )

        results, _conductor = run_all(service, (work(id_) for id_ in ids(25)))
        assert all(watched.holds for watched in results)
        assert len(service.calls) == 25
        assert len(service.lists) <= 60
        assert clock.now < 1090


class TestPauses:
    def test_who_pauses_keeps_nobody_waiting(self, service):
        order = []

        def patient():
            yield Pause(100)
            order.append("patient")

        def quick():
            yield Look("e")
            order.append("quick")

        run_all(service, iter([patient(), quick(), patient(), quick()]), concurrency=1)
        assert order == ["quick", "quick", "patient", "patient"]

    def test_pauses_pass_side_by_side(self, service):
        def work():
            yield Pause(10)

        run_all(service, (work() for _number in range(1000)))
        assert service.clock.now == pytest.approx(1010, abs=1)


class TestEndingEarly:
    def test_what_has_not_sent_is_called_off_and_what_has_goes_on(self, service):
        results, scheduler = run_all(
            service,
            (send(id_) for id_ in ids(30)),
            concurrency=1,
            finished=lambda result: "that is enough" if result[1] == "sent" else "",
        )
        assert scheduler.reason == "that is enough"
        told = [how for _id, how in results]
        assert told[0] == "sent"
        assert "CalledOff" in told
        assert len(results) < 30
        sent = [call.execution_id for call in service.calls if isinstance(call, Send)]
        assert sorted(sent) == sorted(id_ for id_, how in results if how == "sent")

    def test_nothing_is_sent_a_second_time(self, service):
        def twice(execution_id):
            try:
                yield Send(execution_id, RESUME, lambda: None)
                yield Pause(10)
                yield Send(execution_id, RESUME, lambda: None)
            except CalledOff as reason:
                return str(reason)
            return "sent"

        def other():
            yield Pause(5)
            return "over"

        results, _conductor = run_all(
            service,
            iter([twice("e"), other()]),
            finished=lambda result: "it is over" if result == "over" else "",
        )
        assert results == ["over", "it is over"]
        assert len(service.calls) == 1

    def test_who_pauses_before_the_signal_does_not_pause_on(self, service):
        def ready_later():
            try:
                yield Pause(600)
            except CalledOff:
                return "called off"

        run_all(service, iter([ready_later(), look("e")]), finished=lambda result: "enough")
        assert service.clock.now < 1010


class TestInterruptions:
    def test_it_comes_where_the_work_waits_and_every_journey_tells(self, service):
        def waits(execution_id):
            try:
                yield Send(execution_id, RESUME, lambda: None)
                yield Pause(600)
            except Interrupted as interruption:
                return interruption.signal_name

        def before():
            try:
                yield Pause(600)
            except CalledOff as reason:
                return str(reason)

        service.clock.sleep = lambda seconds: signals.raise_signal(signals.SIGTERM)
        with interruptible() as interruptions:
            results, _conductor = run_all(service, iter([waits("e"), before()]), interruptions=interruptions)
        assert sorted(results) == ["SIGTERM", "the task was interrupted (SIGTERM)"]

    def test_answers_that_are_on_their_way_are_waited_for(self, service):
        may_answer = threading.Event()

        def answer(call):
            # The process is told to end while this request is at the service.
            signals.pthread_kill(threading.main_thread().ident, signals.SIGTERM)
            may_answer.wait(1)
            return full(call)

        slow = FakeService(answer)

        def work():
            answered = None
            try:
                answered = yield Send("e", RESUME, lambda: None)
                yield Look("e")
            except Interrupted:
                return answered
            return "went on"

        with interruptible() as interruptions:
            results, _conductor = run_all(slow, iter([work()]), interruptions=interruptions)
        assert [result.id for result in results] == ["e"]

    def test_answers_that_do_not_come_are_not_waited_for_long(self, service, monkeypatch):
        monkeypatch.setattr(scheduler, "_LAST_ANSWERS", 0.05)
        never = threading.Event()

        def answer(call):
            signals.pthread_kill(threading.main_thread().ident, signals.SIGTERM)
            never.wait(5)

        with interruptible() as interruptions:
            results, _conductor = run_all(FakeService(answer), iter([send("e")]), interruptions=interruptions)
        never.set()
        assert results == [("e", "Interrupted")]

    def test_outside_of_the_places_that_let_it_through_nothing_is_interrupted(self):
        with interruptible() as interruptions, interruptions.deferred():
            signals.raise_signal(signals.SIGINT)
            with pytest.raises(Interrupted), interruptions.allowed():
                pytest.fail("It should have been interrupted before.")
