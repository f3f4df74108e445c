# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The polling loop, on a clock that the tests turn."""

from __future__ import annotations

import botocore.exceptions
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.polling import wait_until
from ansible_collections.ssmops.automation.tests.unit.executions import run


class TurnedClock:
    """A clock on which time passes by sleeping alone."""

    def __init__(self):
        self.now, self.slept = 1000.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def client_error(code, status=400):
    answer = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AnsibleAutomationError(message="read", exception=botocore.exceptions.ClientError(answer, "Op"))


def waits_for(states, timeout, delay=2):
    """Watch an execution that shows these states, the last one for ever; an exception is raised."""
    clock, answers = TurnedClock(), iter(states)
    last = []

    def read():
        last[:] = [next(answers, *last)]
        if isinstance(last[0], Exception):
            raise last[0]
        return run(last[0])

    watched = wait_until(read, lambda execution: execution.has_ended, Pace(timeout, delay), clock)
    return watched, clock


def test_it_looks_before_it_looks_at_the_clock():
    watched, clock = waits_for(["Success"], timeout=0)
    assert watched.holds
    assert not clock.slept


def test_a_timeout_of_zero_looks_once():
    watched, clock = waits_for(["InProgress", "Success"], timeout=0)
    assert not watched.holds
    assert not clock.slept
    assert watched.seen.status == "InProgress"


def test_it_ends_with_the_look_that_shows_what_it_waits_for():
    watched, clock = waits_for(["InProgress", "InProgress", "Success"], timeout=60)
    assert watched.holds
    assert len(clock.slept) == 2


def test_pauses_grow_from_the_delay_and_the_last_one_is_trimmed_to_the_deadline():
    watched, clock = waits_for(["InProgress"], timeout=60, delay=2)
    assert not watched.holds
    assert clock.now == pytest.approx(1060)
    assert 1.6 <= clock.slept[0] <= 2
    assert max(clock.slept) <= 20
    assert sum(clock.slept[:3]) < sum(clock.slept[3:6])


def test_ten_minutes_cost_at_most_45_looks_at_the_default_pace():
    assert all(len(waits_for(["InProgress"], timeout=600)[1].slept) <= 45 for attempt in range(50))


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("InternalServerError", 500),
        client_error("Unknown", 503),
        AnsibleAutomationError(message="read", exception=botocore.exceptions.ConnectionClosedError(endpoint_url="u")),
        AnsibleAutomationError(message="read", exception=botocore.exceptions.EndpointConnectionError(endpoint_url="u")),
        AnsibleAutomationError(message="read", exception=botocore.exceptions.ReadTimeoutError(endpoint_url="u")),
    ],
    ids=lambda error: str(error.exception)[:60],
)
def test_passing_faults_are_absorbed_while_time_is_left(error):
    watched, _clock = waits_for([error, "InProgress", error, "Success"], timeout=60)
    assert watched.holds
    assert watched.last_error is None


def test_a_time_out_during_faults_keeps_what_was_seen_last():
    watched, _clock = waits_for(["InProgress", client_error("ThrottlingException")], timeout=30)
    assert watched.seen.status == "InProgress"
    assert watched.last_error.code == "ThrottlingException"


def test_other_errors_are_raised():
    with pytest.raises(AnsibleAutomationError, match="AccessDenied"):
        waits_for(["InProgress", client_error("AccessDeniedException")], timeout=60)
