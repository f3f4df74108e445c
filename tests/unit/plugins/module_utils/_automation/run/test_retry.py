# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that may be repeated: how often, how long, and what is known afterwards."""

from __future__ import annotations

import botocore.exceptions
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.retry import (
    LEAST_ATTEMPTS,
    PATIENCE,
    Attempts,
    repeat,
)


class TurnedClock:
    """A clock on which time passes by sleeping, and with each attempt."""

    def __init__(self, an_attempt_takes=0.0):
        self.now, self.an_attempt_takes = 1000.0, an_attempt_takes

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def refusal(code, status=400):
    answer = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AnsibleAutomationError(message="start", exception=botocore.exceptions.ClientError(answer, "Op"))


LOST = AnsibleAutomationError(message="start", exception=botocore.exceptions.ReadTimeoutError(endpoint_url="u"))
NEVER_ARRIVED = AnsibleAutomationError(
    message="start", exception=botocore.exceptions.EndpointConnectionError(endpoint_url="u")
)
THROTTLED, FAULT = refusal("ThrottlingException"), refusal("InternalServerError", 500)
REFUSED = refusal("InvalidTarget")


def run(clock, attempts, *answers):
    """Send against these answers, the last one for ever; an error is raised."""
    left = list(answers)

    def send():
        clock.now += clock.an_attempt_takes
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return repeat(send, attempts, clock)


@pytest.mark.parametrize("error", [LOST, NEVER_ARRIVED, THROTTLED, FAULT], ids=["lost", "never", "throttled", "fault"])
def test_it_is_sent_again_until_there_is_an_answer(error):
    attempts = Attempts()
    assert run(TurnedClock(), attempts, error, error, "done") == "done"
    assert (attempts.count, attempts.accepted, attempts.is_unknown) == (3, True, False)


def test_a_refusal_is_final():
    attempts = Attempts()
    with pytest.raises(AnsibleAutomationError) as raised:
        run(TurnedClock(), attempts, REFUSED)
    assert raised.value is REFUSED
    assert (attempts.count, attempts.is_unknown) == (1, False)


@pytest.mark.parametrize(
    ("answers", "unknown"),
    [
        ([LOST], True),
        ([FAULT], True),
        ([THROTTLED], False),
        ([NEVER_ARRIVED], False),
        ([LOST, THROTTLED], True),
        ([LOST, REFUSED], True),
        ([THROTTLED, REFUSED], False),
    ],
)
def test_an_answer_that_got_lost_leaves_a_doubt(answers, unknown):
    attempts = Attempts()
    with pytest.raises(AnsibleAutomationError):
        run(TurnedClock(), attempts, *answers)
    assert attempts.is_unknown is unknown


def test_patience_runs_out_after_a_minute():
    clock, attempts = TurnedClock(), Attempts()
    with pytest.raises(AnsibleAutomationError):
        run(clock, attempts, THROTTLED)
    assert clock.now - 1000 < PATIENCE.timeout
    assert 5 < attempts.count < 20


def test_answers_that_take_all_the_time_do_not_keep_it_from_trying_again():
    attempts = Attempts()
    with pytest.raises(AnsibleAutomationError):
        run(TurnedClock(an_attempt_takes=PATIENCE.timeout), attempts, LOST)
    assert attempts.count == LEAST_ATTEMPTS


def test_an_interruption_on_the_way_leaves_a_doubt():
    attempts = Attempts()

    def send():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repeat(send, attempts, TurnedClock())
    assert attempts.is_unknown
