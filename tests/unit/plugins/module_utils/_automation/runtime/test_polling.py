# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for an execution, on a clock that the tests turn."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    EXECUTION_NOT_FOUND,
    AnsibleAutomationError,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.scheduler import BatchScheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.polling import Watch
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, run
from ansible_collections.ssmops.automation.tests.unit.service import (
    FakeClient,
    TurnedClock,
    answer_of,
    run_one,
    service_of,
    summary_of,
)

THROTTLED = client_error("ThrottlingException")
NOT_FOUND = client_error(EXECUTION_NOT_FOUND)


def has_ended(execution):
    return execution.has_ended


class Looks:
    """Notes when an execution is looked at, which shows these states, the last one for ever; an exception is raised."""

    def __init__(self, *states):
        self.clock, self.at = TurnedClock(), []
        answers = [state if isinstance(state, Exception) else answer_of(run(state)) for state in states]
        self.client = FakeClient(get_automation_execution=answers)
        answer = self.client.get_automation_execution

        def get_automation_execution(**request):
            self.at.append(self.clock.now - 1000)
            return answer(**request)

        self.client.get_automation_execution = get_automation_execution

    def wait(self, timeout, delay=2, **more):
        service = service_of(self.client, self.clock)
        return run_one(Watch(service, EXECUTION_ID, has_ended, **more).during(Pace(timeout, delay)), service)


def test_it_looks_before_it_looks_at_the_clock():
    looks = Looks("Success")
    assert looks.wait(timeout=0).holds
    assert looks.at == [0]


def test_a_timeout_of_zero_looks_once():
    looks = Looks("InProgress", "Success")
    watched = looks.wait(timeout=0)
    assert (watched.holds, watched.seen.status) == (False, "InProgress")
    assert looks.at == [0]


def test_it_ends_with_the_look_that_shows_what_it_waits_for():
    looks = Looks("InProgress", "InProgress", "Success")
    assert looks.wait(timeout=60).holds
    assert len(looks.at) == 3


def test_pauses_grow_from_the_delay_and_the_last_one_is_trimmed_to_the_deadline():
    looks = Looks("InProgress")
    assert not looks.wait(timeout=60, delay=2).holds
    pauses = [after - before for before, after in pairwise(looks.at)]
    assert looks.at[-1] == pytest.approx(60, abs=0.02)
    assert 1.6 <= pauses[0] <= 2.1
    assert max(pauses) <= 20.1
    assert sum(pauses[:3]) < sum(pauses[3:6])


def test_ten_minutes_cost_at_most_45_looks_at_the_default_pace():
    for _attempt in range(20):
        looks = Looks("InProgress")
        looks.wait(timeout=600)
        assert len(looks.at) <= 46


@pytest.mark.parametrize(
    "error",
    [
        THROTTLED,
        client_error("InternalServerError", status=500),
        client_error("Unknown", status=503),
        NO_CONNECTION,
        LOST_ANSWER,
    ],
    ids=lambda error: str(error)[:40],
)
def test_passing_faults_are_absorbed_while_time_is_left(error):
    watched = Looks(error, "InProgress", error, "Success").wait(timeout=60)
    assert watched.holds
    assert watched.last_error is None


def test_a_time_out_during_faults_keeps_what_was_seen_last():
    watched = Looks("InProgress", THROTTLED).wait(timeout=30)
    assert watched.seen.status == "InProgress"
    assert watched.last_error.code == "ThrottlingException"


def test_faults_alone_end_with_the_time_and_nothing_seen():
    watched = Looks(THROTTLED).wait(timeout=300)
    assert (watched.holds, watched.seen) == (False, None)


@pytest.mark.parametrize("error", [client_error("AccessDeniedException"), NOT_FOUND], ids=["denied", "not found"])
def test_other_errors_are_raised(error):
    with pytest.raises(AnsibleAutomationError) as raised:
        Looks("InProgress", error).wait(timeout=60)
    assert raised.value.exception is error


def test_an_execution_that_was_just_started_may_be_missing_for_a_while():
    assert Looks(NOT_FOUND, NOT_FOUND, "Success").wait(timeout=60, may_be_missing=True).holds
    watched = Looks(NOT_FOUND).wait(timeout=10, may_be_missing=True)
    assert (watched.seen, watched.last_error.code) == (None, EXECUTION_NOT_FOUND)


def test_the_time_that_is_left_is_the_most_that_a_look_is_waited_for():
    """Make each look last ten seconds, and see what it was told."""
    service, left = service_of(FakeClient()), []
    get = service.get

    def slow_get(execution_id, seconds=None):
        left.append(seconds)
        service.clock.now += 10
        return get(execution_id, seconds)

    service.client.answer("get_automation_execution", answer_of(run("InProgress")))
    service.get = slow_get
    watched = run_one(Watch(service, EXECUTION_ID, has_ended).during(Pace(25, 1)), service)
    assert not watched.holds
    assert left[0] == 25
    assert left == sorted(left, reverse=True)
    assert service.clock.now <= 1000 + 25 + 10


def moves_or_none(listed, known):
    return None if listed.has_ended else False


class TestLooksWithoutSteps:
    @staticmethod
    def watch(
        listed, read=("Success",), timeout=60, tells=lambda listed, known: None if listed.has_ended else False, **more
    ):
        """Wait as one of many; return what was seen, and the calls."""
        entries = [
            state
            if isinstance(state, Exception)
            else {"AutomationExecutionMetadataList": [summary_of(run(state))] if state else []}
            for state in listed
        ]
        client = FakeClient(
            describe_automation_executions=entries, get_automation_execution=[answer_of(run(state)) for state in read]
        )
        service, seen = service_of(client, is_batch=True), []
        work = Watch(service, EXECUTION_ID, has_ended, tells, **more).during(Pace(timeout, 2))
        BatchScheduler(service, Interruptions(), lambda watched: seen.append(watched) or "").run([work])
        return seen[0], [name for name, _request in client.requests]

    def test_while_they_rule_it_out_nobody_reads_the_steps(self):
        watched, calls = self.watch(["InProgress", "InProgress", "Success"])
        assert watched.holds
        assert calls == ["describe_automation_executions"] * 3 + ["get_automation_execution"]

    def test_where_they_show_that_it_holds_nobody_reads_the_steps(self):
        watched, calls = self.watch(["InProgress", "Success"], tells=lambda listed, known: listed.has_ended)
        assert watched.holds
        assert (watched.seen.status, watched.seen.is_summary) == ("Success", True)
        assert calls == ["describe_automation_executions"] * 2

    def test_when_the_time_is_up_the_steps_are_read_once(self):
        watched, calls = self.watch(["InProgress"], read=["InProgress"], timeout=20)
        assert not watched.holds
        assert watched.seen.status == "InProgress"
        assert calls.count("get_automation_execution") == 1
        assert calls[-1] == "get_automation_execution"

    @pytest.mark.parametrize("listed", ["", THROTTLED, LOST_ANSWER], ids=["not listed", "throttled", "lost"])
    def test_where_they_tell_nothing_the_steps_are_read(self, listed):
        watched, calls = self.watch([listed])
        assert watched.holds
        assert calls == ["describe_automation_executions", "get_automation_execution"]

    def test_who_may_not_list_reads_the_steps(self):
        watched, calls = self.watch([client_error("AccessDeniedException")], read=["InProgress", "Success"])
        assert watched.holds
        assert calls == ["describe_automation_executions"] + ["get_automation_execution"] * 2

    def test_they_are_held_against_what_was_last_read(self):
        known = []

        def tells(listed, last_read):
            known.append(last_read and last_read.status)
            return False if len(known) == 1 else None

        self.watch(["InProgress"], read=["Waiting", "Success"], tells=tells, known=run("Pending"))
        assert known == ["Pending", "Pending", "Waiting"]

    def test_one_that_runs_alone_makes_none(self):
        looks = Looks("InProgress", "Success")
        assert looks.wait(timeout=60, tells=lambda listed, known: pytest.fail("It was listed.")).holds
