# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an execution that a start request returned was started by that request, or by an earlier one. Pure.

The service answers a start request whose client token it knows with the execution that the token has started before,
and does not say so. What tells is the execution's start time, held against the date of the answer: both are the
service's own clock, so that the clock of this machine does not matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# What the clocks of the service may differ by, in seconds; it is not documented. An execution that is less older than
# this than the request counts as started by the request: a task that is wrongly changed does less harm than one that
# is wrongly unchanged.
MARGIN = 5.0


def date_of(header: str | None) -> datetime | None:
    """Return the time that a Date header tells, in whole seconds; none where it tells none."""
    try:
        date = parsedate_to_datetime(header or "")
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else None


def was_started_before(started_at: datetime | None, answered_at: datetime | None, took: float) -> bool:
    """Return whether an execution was started before the request that returned it.

    `took` is the time in seconds from when the request was first sent to its answer. Where a time is not known the
    execution counts as started by the request.
    """
    if started_at is None or answered_at is None:
        return False
    return started_at < answered_at - timedelta(seconds=took + MARGIN)
