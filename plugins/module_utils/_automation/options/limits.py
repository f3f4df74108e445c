# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's limits on a signal, read from botocore's own model of the API so that they do not go stale.

signal.py checks a payload against them. botocore enforces only the minimum lengths of strings and lists. Without these
checks the service would refuse the rest after the call, in its own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from botocore.model import Shape, StructureShape


class Range(NamedTuple):
    """How many of something the service takes; no maximum means that the model names none."""

    minimum: int = 0
    maximum: int | None = None

    def holds(self, count: int) -> bool:
        """Return whether the service takes so many."""
        return count >= self.minimum and (self.maximum is None or count <= self.maximum)

    def has_enough(self, count: int) -> bool:
        """Return whether that many are not too few.

        botocore enforces minima itself. Which maxima of its model the service enforces is not documented; values longer
        than the model's have been seen to work. So they are left to the service where users are not told of them.
        """
        return count >= self.minimum

    def __str__(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum}"
        if self.minimum == self.maximum:
            return f"exactly {self.minimum}"
        return f"{self.minimum} to {self.maximum}"


class Limits(NamedTuple):
    """The limits of SendAutomationSignal: lengths in characters, sizes in entries."""

    execution_id: Range
    payload_entries: Range
    payload_key: Range
    payload_values: Range
    payload_value: Range


def limits_of(request: StructureShape) -> Limits:
    """Return the limits that a model of SendAutomationSignal's request declares."""
    payload = request.members["Payload"]
    return Limits(
        execution_id=range_of(request.members["AutomationExecutionId"]),
        payload_entries=range_of(payload),
        payload_key=range_of(payload.key),
        payload_values=range_of(payload.value),
        payload_value=range_of(payload.value.member),
    )


def range_of(shape: Shape) -> Range:
    """Return the limits that a model declares for a shape."""
    return Range(shape.metadata.get("min", 0), shape.metadata.get("max"))
