# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a request after each answer to it, and how a failure is told."""

from __future__ import annotations

from itertools import product

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import SendResult
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.outcome import Attempts, TaskOutcome
from ansible_collections.ssmops.automation.tests.unit.errors import refusal

ACCEPTED, REFUSED, LOST = SendResult.ACCEPTED, SendResult.REFUSED, SendResult.UNCERTAIN
THROTTLED, NEVER = SendResult.NOT_ACCEPTED, SendResult.NEVER_ARRIVED


def after(*results):
    attempts = Attempts()
    for result in results:
        attempts.leaves()
        attempts.note(result)
    return attempts


@pytest.mark.parametrize(
    ("results", "is_unknown"),
    [
        ([], False),
        ([ACCEPTED], False),
        ([REFUSED], False),
        ([THROTTLED], False),
        ([NEVER], False),
        ([LOST], True),
        ([LOST, REFUSED], True),
        ([LOST, THROTTLED], True),
        ([LOST, NEVER], True),
        ([THROTTLED, LOST], True),
        ([LOST, ACCEPTED], False),
        ([NEVER, THROTTLED, REFUSED], False),
    ],
)
def test_whether_a_request_may_have_been_taken(results, is_unknown):
    attempts = after(*results)
    assert attempts.is_unknown is is_unknown
    assert attempts.attempts == len(results)
    assert attempts.accepted is (ACCEPTED in results)


@pytest.mark.parametrize("results", list(product(SendResult, repeat=2)))
def test_a_doubt_is_never_forgotten(results):
    assert after(*results).in_doubt is (LOST in results)


@pytest.mark.parametrize("before", [None, *SendResult])
def test_a_request_on_its_way_may_be_taken_at_any_time(before):
    attempts = after(*([before] if before else []))
    attempts.leaves()
    assert attempts.on_the_way
    assert attempts.is_unknown is (before is not ACCEPTED)


@pytest.mark.parametrize(("said", "msg"), [("", "It failed."), ("Started.", "Started. It failed.")])
@pytest.mark.parametrize("error", [None, refusal("AccessDeniedException")])
def test_a_failure_follows_what_was_said_before_and_keeps_its_error(said, msg, error):
    outcome = TaskOutcome(msg=said)
    outcome.fail("It failed.", error)
    assert (outcome.failed, outcome.msg, outcome.error) == (True, msg, error)


def test_outcomes_share_nothing():
    first, second = TaskOutcome(), TaskOutcome()
    first.warnings.append("Look here.")
    assert second.warnings == []
