# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a start made the execution that it returned."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.freshness import (
    MARGIN,
    date_of,
    was_started_before,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Mon, 04 May 2026 12:00:00 GMT", NOON),
        ("Mon, 04 May 2026 14:00:00 +0200", NOON),
        ("Mon, 04 May 2026 12:00:00 -0000", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_date_of(header, date):
    assert date_of(header) == date


@pytest.mark.parametrize(
    ("age", "took", "before"),
    [
        (-3600, 0, False),
        (-1, 0, False),
        (0, 0, False),
        (MARGIN, 0, False),
        (MARGIN + 0.1, 0, True),
        (3600, 0, True),
        (30, 30, False),
        (MARGIN + 30, 30, False),
        (MARGIN + 30.1, 30, True),
    ],
)
def test_existed_before(age, took, before):
    assert was_started_before(NOON - timedelta(seconds=age), NOON, took) is before


def test_the_zone_in_which_times_are_told_does_not_matter():
    zone = timezone(timedelta(hours=-5))
    assert not was_started_before(NOON.astimezone(zone), NOON, 0)
    assert was_started_before((NOON - timedelta(minutes=1)).astimezone(zone), NOON, 0)


@pytest.mark.parametrize(("started_at", "answered_at"), [(None, NOON), (NOON, None), (None, None)])
def test_what_is_not_known_counts_as_started_now(started_at, answered_at):
    assert not was_started_before(started_at, answered_at, 0)
