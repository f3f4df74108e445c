# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit on the rate of requests."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.server.throttle import Throttle
from automation_emulator.server.wire import Answer, Call
from automation_emulator.state.choices import Choices
from automation_emulator.state.quotas import Quotas

GET = Call("GetAutomationExecution", {}, "", {})


def statuses(rate: float, moments: list[float]) -> list[int]:
    now = iter(moments)
    throttle = Throttle(lambda: 0.0, lambda: next(now))
    choices = Choices().switched({"requests_per_second": rate})
    return [throttle.apply(GET, choices, Quotas(), lambda: Answer(200, [], b"")).status for _moment in moments]


@pytest.mark.ledger("requests_per_second")
def test_a_second_holds_so_many_requests() -> None:
    assert statuses(2.0, [5.0, 5.0, 5.0, 5.4, 5.5, 5.6]) == [200, 200, 400, 400, 200, 400]


def test_a_long_rest_saves_up_no_more_than_a_second() -> None:
    assert statuses(2.0, [5.0, 60.0, 60.0, 60.0]) == [200, 200, 200, 400]


def test_less_than_one_request_a_second_is_possible() -> None:
    assert statuses(0.5, [5.0, 6.0, 7.0]) == [200, 400, 200]


@pytest.mark.ledger("errors-4", "requests_per_second")
def test_a_client_gets_the_error_that_botocore_knows(runs: Any, control: Any) -> None:
    execution = runs.start({"name": "pause", "action": "aws:pause", "inputs": {}})
    control.choose(requests_per_second=0.000001)
    runs.get(execution)
    with pytest.raises(ClientError) as refused:
        runs.get(execution)
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert control("GET", "requests")["requests"][-1]["error_code"] == "ThrottlingException"
