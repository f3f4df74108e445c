# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that may be repeated: how often, how long, and what is known afterwards."""

from __future__ import annotations

from itertools import islice

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    MalformedAnswer,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.outcome import Attempts
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.requests import noted
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.pacing import RetryBudget
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import Call, Change
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.retry import (
    LONGEST_PAUSE,
    change_again,
    look_again,
    note_failure,
    pauses,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import RETRY_SECONDS
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, run_one, service_of

LOST, NEVER_ARRIVED = failed(LOST_ANSWER), failed(NO_CONNECTION)
MALFORMED = failed(MalformedAnswer(operation="Op", problem="it is empty"))
THROTTLED, FAULT = refusal("ThrottlingException"), refusal("InternalServerError", status=500)
REFUSED = refusal("InvalidTarget")
PASSING = {"lost": LOST, "never": NEVER_ARRIVED, "throttled": THROTTLED, "fault": FAULT, "malformed": MALFORMED}


class Calls:
    """A call that meets these answers, the last one for ever, and takes so long each time."""

    def __init__(self, service, *answers, takes=0.0):
        self.made = 0
        self._service, self._answers, self._takes = service, list(answers), takes

    def __call__(self):
        self.made += 1
        self._service.clock.now += self._takes
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def service():
    return service_of(FakeClient())


@pytest.mark.parametrize("again", [look_again, change_again])
class TestBoth:
    @pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
    def test_a_call_is_made_again_until_there_is_an_answer(self, service, again, error):
        calls = Calls(service, error, error, "done")
        assert run_one(again(service, lambda: Call("Op", calls)), service) == "done"
        assert calls.made == 3

    def test_another_error_is_final(self, service, again):
        calls = Calls(service, REFUSED)
        with pytest.raises(AnsibleAutomationError) as raised:
            run_one(again(service, lambda: Call("Op", calls)), service)
        assert raised.value is REFUSED
        assert calls.made == 1

    @pytest.mark.parametrize("error", [THROTTLED, FAULT, LOST], ids=["throttled", "fault", "lost"])
    def test_it_is_given_up_after_a_minute(self, service, again, error):
        calls = Calls(service, error)
        with pytest.raises(AnsibleAutomationError):
            run_one(again(service, lambda: Call("Op", calls)), service)
        # The rate of calls may hold the last attempt back.
        assert RETRY_SECONDS <= service.clock.now - 1000 <= RETRY_SECONDS + 5
        assert 5 < calls.made < 40

    def test_an_address_that_nobody_ever_connected_to_is_given_up_sooner(self, service, again):
        with pytest.raises(AnsibleAutomationError):
            run_one(again(service, lambda: Call("Op", Calls(service, NEVER_ARRIVED))), service)
        assert service.clock.now - 1000 < 6

    def test_a_call_that_takes_all_the_time_is_not_made_again(self, service, again):
        calls = Calls(service, LOST, takes=RETRY_SECONDS)
        with pytest.raises(AnsibleAutomationError):
            run_one(again(service, lambda: Call("Op", calls)), service)
        assert calls.made == 1


def test_who_is_throttled_goes_on_while_others_are_served(service):
    def meanwhile():
        service.changes.taken(service.clock.now)
        raise THROTTLED

    calls = iter([meanwhile] * 100 + [lambda: "done"])
    assert run_one(change_again(service, lambda: Call("Op", next(calls))), service) == "done"
    assert service.clock.now - 1000 > 2 * RETRY_SECONDS


def test_who_is_throttled_asks_again_soon_however_long_it_lasts(service):
    asked = []

    def ask():
        asked.append(service.clock.now)
        raise THROTTLED

    with pytest.raises(AnsibleAutomationError):
        run_one(change_again(service, lambda: Call("SendAutomationSignal", ask)), service)
    assert max(later - earlier for earlier, later in zip(asked, asked[1:], strict=False)) < 5


def test_who_alone_meets_faults_is_given_up_while_others_are_served(service):
    def meanwhile():
        service.changes.taken(service.clock.now)
        raise LOST

    with pytest.raises(AnsibleAutomationError):
        run_one(change_again(service, lambda: Call("Op", meanwhile)), service)
    assert service.clock.now - 1000 == pytest.approx(RETRY_SECONDS, abs=0.1)
    assert not service.changes.has_run_out


def test_looks_and_changes_are_given_up_apart(service):
    with pytest.raises(AnsibleAutomationError):
        run_one(look_again(service, lambda: Call("Op", Calls(service, THROTTLED))), service)
    assert (service.looks.has_run_out, service.changes.has_run_out) == (True, False)


@pytest.mark.parametrize(
    ("answers", "attempts", "accepted", "unknown"),
    [
        (["done"], 1, True, False),
        ([THROTTLED, "done"], 2, True, False),
        ([LOST, "done"], 2, True, False),
        ([LOST, REFUSED], 2, False, True),
        ([THROTTLED, REFUSED], 2, False, False),
        ([NEVER_ARRIVED, REFUSED], 2, False, False),
        ([MALFORMED, REFUSED], 2, False, True),
        ([FAULT, THROTTLED, REFUSED], 3, False, True),
        ([REFUSED], 1, False, False),
    ],
)
def test_what_becomes_of_a_change_is_noted(service, answers, attempts, accepted, unknown):
    told, calls = Attempts(), Calls(service, *answers)
    work = change_again(service, lambda: noted(told, Change("Op", calls, leaves=told.leaves)))
    if accepted:
        assert run_one(work, service) == "done"
    else:
        with pytest.raises(AnsibleAutomationError):
            run_one(work, service)
    assert (told.attempts, told.accepted, told.is_unknown, told.on_the_way) == (attempts, accepted, unknown, False)


@pytest.mark.parametrize("delay", [0.5, 2, 30])
def test_pauses_grow_to_a_ceiling_and_are_shortened_by_a_fifth_at_most(delay):
    shown = list(islice(pauses(delay), 40))
    assert 0.8 * delay <= shown[0] <= delay
    assert all(0.8 * max(delay, LONGEST_PAUSE) <= pause <= max(delay, LONGEST_PAUSE) for pause in shown[-20:])
    assert len({*shown[-20:]}) > 1


@pytest.mark.parametrize(
    ("error", "passes", "runs_out"),
    [(THROTTLED, True, True), (LOST, True, True), (NEVER_ARRIVED, True, True), (REFUSED, False, False)],
    ids=["throttled", "lost", "never", "refused"],
)
def test_a_refusal_shows_that_the_service_answers(error, passes, runs_out):
    budget = RetryBudget(60)
    budget.failed(100)
    assert note_failure(budget, error, began=150) is passes
    assert budget.runs_out(161) is runs_out
