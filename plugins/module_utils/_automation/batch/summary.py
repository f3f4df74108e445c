# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a signal to several executions: the numbers, and the sentence about them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.signals import Signal
from ..runtime.rates import DOCUMENTED
from ..signal.messages import named

# How many executions a message names, and how many warnings of their own they may give.
MOST_NAMED = 10
MOST_WARNINGS = 5
# How much of a parameter's value a message shows.
_LONGEST_VALUE = 40


@dataclass(frozen=True)
class Summary:
    """How many executions there were and what became of them; one that changed may have failed, too.

    `failures` names those that failed, `first_failure` is the sentence of the first.
    """

    matched: int = 0
    changed: int = 0
    unchanged: int = 0
    not_tried: int = 0
    failures: Sequence[str] = ()
    first_failure: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the task fails: not every execution has had the signal, or not to a good end."""
        return bool(self.failures or self.not_tried)

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers as users see them."""
        return {
            "matched": self.matched,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "failed": len(self.failures),
            "not_tried": self.not_tried,
        }


def summary_of(outcomes: Sequence[Mapping[str, Any]]) -> Summary:
    """Return the numbers of these outcomes, given as users see them."""
    failed = [one for one in outcomes if one["failed"]]
    telling = _telling_parameters([one for one in outcomes if "parameters" in one])
    return Summary(
        matched=len(outcomes),
        changed=sum(one["changed"] for one in outcomes),
        unchanged=sum(one["tried"] and not one["changed"] and not one["failed"] for one in outcomes),
        not_tried=sum(not one["tried"] for one in outcomes),
        failures=[_label(one, telling) for one in failed],
        first_failure=failed[0]["msg"] if failed else "",
    )


def _label(outcome: Mapping[str, Any], telling: Sequence[str]) -> str:
    """Return the id of an execution, and what tells people which one it is where that is known."""
    parameters = outcome.get("parameters") or {}
    values = [f"{name} {', '.join(parameters[name])[:_LONGEST_VALUE]}" for name in telling if name in parameters]
    is_what = outcome.get("target") or "; ".join(values)
    return f"{outcome['automation_execution_id']}{f' ({is_what})' if is_what else ''}"


def _telling_parameters(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the parameters in which the executions differ."""
    given = [outcome.get("parameters") or {} for outcome in outcomes]
    names = sorted({name for parameters in given for name in parameters})
    return [name for name in names if len({str(parameters.get(name)) for parameters in given}) > 1]


def bounded(warnings: Sequence[str]) -> list[str]:
    """Return the first warnings about single executions, and one that counts the others."""
    more = len(warnings) - MOST_WARNINGS
    if more <= 0:
        return list(warnings)
    return [*warnings[:MOST_WARNINGS], f"There are {more} more warnings of this kind about other executions."]


def summed_up(signal: Signal, summary: Summary, check_mode: bool, reason: str) -> str:
    """Return the sentence about all executions; `reason` says why some were not tried, as a clause."""
    sent = f"{'Would send' if check_mode else 'Sent'} {named(signal)} to {_executions(summary.changed)}"
    parts = [sent]
    if summary.unchanged:
        parts.append(f"{summary.unchanged} had it already")
    if summary.failures:
        parts.append(f"{len(summary.failures)} failed: {_named_failures(summary)}")
    if summary.not_tried:
        parts.append(f"{summary.not_tried} {_were(summary.not_tried)} not tried, because {reason}")
    first = f" The first to fail: {summary.first_failure}" if summary.first_failure else ""
    return "; ".join(parts) + "." + first


def timing_of(calls: Mapping[str, Mapping[str, int]], seconds: float) -> dict[str, Any]:
    """Return how long a task over several executions took, what calls it made, and which operation bounded it.

    `calls` has for each operation how many were taken and how many were throttled. There are none where check mode has
    to do with executions that nobody has started.
    """

    def seconds_at_documented_rate(operation: str) -> float:
        return calls[operation]["taken"] / DOCUMENTED.get(operation, math.inf)

    longest = max(calls, key=seconds_at_documented_rate, default=None)
    rates = {operation: round(each["taken"] / seconds, 2) if seconds else None for operation, each in calls.items()}
    return {
        "seconds": round(seconds, 2),
        "bounded_by": longest,
        "calls": [{"operation": operation, **each, "rate": rates[operation]} for operation, each in calls.items()],
    }


def nothing_matched(by_filters: bool) -> str:
    """Tell that there is no execution to send anything to."""
    return "No execution matches the filters." if by_filters else "automation_execution_ids is empty."


def _executions(number: int) -> str:
    return f"{number or 'no'} execution{'s' if number > 1 else ''}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _named_failures(summary: Summary) -> str:
    more = len(summary.failures) - MOST_NAMED
    return ", ".join(summary.failures[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
