# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's limits, read from botocore's own model of the API."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import Range, limits_of

MODEL = botocore.session.get_session().get_service_model("ssm")


def test_the_limits_are_those_of_the_model():
    limits = limits_of(MODEL.operation_model("SendAutomationSignal").input_shape)
    assert limits.execution_id == Range(36, 36)
    assert limits.payload_entries == Range(1, 200)
    assert limits.payload_key == Range(1, 50)
    assert limits.payload_values == Range(0, 50)
    assert limits.payload_value == Range(1, 512)


@pytest.mark.parametrize(
    ("allowed", "count", "holds"),
    [
        (Range(1, 3), 0, False),
        (Range(1, 3), 1, True),
        (Range(1, 3), 3, True),
        (Range(1, 3), 4, False),
        (Range(2), 1, False),
        (Range(2), 1000, True),
        (Range(), 0, True),
    ],
    ids=str,
)
def test_both_ends_belong_to_a_range(allowed, count, holds):
    assert allowed.holds(count) is holds


@pytest.mark.parametrize(
    ("allowed", "words"), [(Range(1, 3), "1 to 3"), (Range(36, 36), "exactly 36"), (Range(2), "at least 2")]
)
def test_a_range_in_words(allowed, words):
    assert str(allowed) == words
