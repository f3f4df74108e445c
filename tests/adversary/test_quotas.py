# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The adversary's own token buckets: as fast as documented, each operation by itself, shared with others."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.adversary.direct import GET, SEND, START, WHO
from ansible_collections.ssmops.automation.tests.adversary.quotas import Quotas, Throttle


def taken(quotas, operation, calls=1000, seconds=100):
    """Return how many calls are taken that are spread evenly over the seconds."""
    throttle = Throttle(quotas, 0)
    return sum(throttle.takes(operation, number * seconds / calls) for number in range(calls))


@pytest.mark.parametrize(("operation", "rate"), [(SEND, 3), (GET, 3), (START, 1)])
def test_the_documented_rates(operation, rate):
    assert 100 * rate * 0.8 < taken(Quotas(), operation) <= 100 * rate + 1


def test_other_operations_have_no_limit():
    assert taken(Quotas(), WHO) == 1000


def test_a_burst():
    throttle = Throttle(Quotas(burst=3), 0)
    assert [throttle.takes(SEND, 0) for _number in range(4)] == [True, True, True, False]
    assert throttle.takes(GET, 0)


def test_an_account_may_have_more_or_less():
    assert taken(Quotas(part=2), START) > 150
    assert taken(Quotas(part=0.5), START) <= 51


def test_others_take_tokens():
    assert 0 < taken(Quotas(others=2.0), SEND) < 200 < taken(Quotas(), SEND)
