# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and pages of the two Describe operations."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .errors import AutomationError
from .model import Execution, Status

Filter = Mapping[str, Any]
ExecutionTest = Callable[[Execution, Sequence[str]], bool]
Item = TypeVar("Item")

# The service model's maximum, taken when a request names no number [I].
PAGE = 50


def _times(values: Sequence[str]) -> list[float]:
    try:
        moments = [datetime.datetime.fromisoformat(value) for value in values]
    except ValueError as problem:
        raise AutomationError("InvalidFilterValue", "The filter needs times such as 2030-01-01T00:00:00Z.") from problem
    return [(one if one.tzinfo else one.replace(tzinfo=datetime.UTC)).timestamp() for one in moments]


def _statuses(values: Sequence[str]) -> Sequence[str]:
    known = {str(status) for status in Status}
    if not known.issuperset(values):
        raise AutomationError("InvalidFilterValue", f"The filter needs statuses: {', '.join(sorted(known))}.")
    return values


def _in_resource_group(run: Execution, values: Sequence[str]) -> bool:
    groups = [target for target in run.echo.get("Targets", []) if target.get("Key") == "ResourceGroup"]
    return any(value in values for target in groups for value in target.get("Values", []))


EXECUTION_TESTS: dict[str, ExecutionTest] = {
    "DocumentNamePrefix": lambda run, values: run.runbook.name.startswith(tuple(values)),
    "ExecutionStatus": lambda run, values: run.status in _statuses(values),
    "ExecutionId": lambda run, values: run.execution_id in values,
    # Runs with targets, the only ones that have children, are refused at the start.
    "ParentExecutionId": lambda run, values: False,
    "CurrentAction": lambda run, values: run.open_step is not None and run.open_step.step.action in values,
    "StartTimeBefore": lambda run, values: run.requested_at <= max(_times(values)),
    "StartTimeAfter": lambda run, values: run.requested_at >= min(_times(values)),
    "AutomationType": lambda run, values: "Local" in values,
    "TagKey": lambda run, values: any(value in run.tags for value in values),
    "TargetResourceGroup": _in_resource_group,
    "AutomationSubtype": lambda run, values: run.request is not None and run.request.subtype in values,
    "OpsItemId": lambda run, values: False,
}

# Members of a StepExecution that filters compare with.
_STEP_MEMBERS = {
    "StepExecutionStatus": "StepStatus",
    "StepExecutionId": "StepExecutionId",
    "StepName": "StepName",
    "Action": "Action",
}


def executions(runs: Iterable[Execution], asked: Sequence[Filter]) -> Iterator[Execution]:
    """The executions that every filter lets through; of a filter's values one is enough [I]."""
    check(asked)
    return (run for run in runs if all(EXECUTION_TESTS[one["Key"]](run, one["Values"]) for one in asked))


def steps(shown: Iterable[Mapping[str, Any]], asked: Sequence[Filter]) -> Iterator[Mapping[str, Any]]:
    """The step executions that every filter lets through."""
    check(asked)
    return (one for one in shown if all(_step_passes(one, asking["Key"], asking["Values"]) for asking in asked))


def _step_passes(one: Mapping[str, Any], key: str, values: Sequence[str]) -> bool:
    if key in _STEP_MEMBERS:
        return one[_STEP_MEMBERS[key]] in values
    if key not in ("StartTimeBefore", "StartTimeAfter"):
        # The steps of a loop have a parent step; aws:loop is not run yet.
        return False
    times, started_at = _times(values), one.get("ExecutionStartTime")
    if started_at is None:
        return False
    return bool(started_at <= max(times) if key == "StartTimeBefore" else started_at >= min(times))


def check(asked: Sequence[Filter]) -> None:
    """Refuse filters that no execution could be compared with, before anything is."""
    keys = [one["Key"] for one in asked]
    for key in dict.fromkeys(keys):
        if keys.count(key) > 1:
            raise AutomationError("InvalidFilterKey", f"Filter {key} is given more than once.")
    for one in asked:
        if one["Key"] in ("StartTimeBefore", "StartTimeAfter"):
            _times(one["Values"])
        if one["Key"] in ("ExecutionStatus", "StepExecutionStatus"):
            _statuses(one["Values"])


def page(items: Iterator[Item], size: int | None, name: Callable[[Item], str]) -> tuple[list[Item], str | None]:
    """The next `size` items, and the token for those after, which names the last item shown."""
    shown: list[Item] = []
    for item in items:
        if len(shown) == (size or PAGE):
            return shown, token(name(shown[-1]))
        shown.append(item)
    return shown, None


def token(last: str) -> str:
    """A NextToken: opaque to clients."""
    return base64.urlsafe_b64encode(last.encode()).decode()


def untoken(next_token: str) -> str:
    """The name of the last item on the page before."""
    try:
        return base64.urlsafe_b64decode(next_token.encode()).decode()
    except ValueError as problem:
        raise invalid_token() from problem


def invalid_token() -> AutomationError:
    """The answer to a NextToken that was not given out."""
    return AutomationError("InvalidNextToken", "The NextToken is not one that this operation returned.")


def after(items: Iterable[Item], next_token: str | None, name: Callable[[Item], str]) -> Iterator[Item]:
    """The items that follow the one a token names."""
    rest = iter(items)
    if not next_token:
        return rest
    last = untoken(next_token)
    if not any(name(item) == last for item in rest):
        raise invalid_token()
    return rest
