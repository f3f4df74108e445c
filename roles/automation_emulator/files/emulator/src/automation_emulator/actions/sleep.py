# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:sleep: go on after a duration, or at a moment."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from ..state.model import Status
from ..state.moment import Moment
from .base import Action, Goes, InputProblem, Outcome, text_input
from .inputs import Inputs, texts

# One second less than 7 days [D].
LONGEST_SLEEP = 604799
# ISO 8601 duration; months and years have no fixed length and are refused.
_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


class Sleep(Action):
    """A delay: InProgress while it lasts, no signal ends it [I]."""

    name = "aws:sleep"
    takes = Inputs(texts("Duration", "Timestamp"), needed=(("Duration", "Timestamp"),))

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Work out when to wake; a moment in the past goes on at once [D]."""
        duration, timestamp = text_input(inputs, "Duration"), text_input(inputs, "Timestamp")
        if (duration is None) == (timestamp is None):
            raise InputProblem("either Duration or Timestamp is needed")
        until = moment.time + seconds_of(duration) if duration is not None else _moment(timestamp or "")
        if until - moment.time > LONGEST_SLEEP:
            raise InputProblem(f"a sleep lasts at most {LONGEST_SLEEP} seconds")
        return Goes(Status.IN_PROGRESS, due_at=max(until, moment.time))


def seconds_of(duration: str) -> float:
    """The length of an ISO 8601 duration such as PT10M, in seconds."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise InputProblem(f"Duration {duration} is not an ISO 8601 duration")
    parts = {unit: float(number) for unit, number in found.groupdict(default="0").items()}
    try:
        return datetime.timedelta(**parts).total_seconds()
    except OverflowError as problem:
        raise InputProblem(f"Duration {duration} is too long") from problem


def _moment(timestamp: str) -> float:
    """A timestamp such as 2030-01-01T00:00:00Z, in seconds since the epoch; without a zone it is UTC."""
    try:
        moment = datetime.datetime.fromisoformat(timestamp)
    except ValueError as problem:
        raise InputProblem(f"Timestamp {timestamp} is not an ISO 8601 timestamp") from problem
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
