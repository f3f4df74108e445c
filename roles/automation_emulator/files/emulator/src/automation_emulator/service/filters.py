# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and pages of the two Describe operations."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..state.errors import AutomationError
from ..state.model import Execution, Status

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


def _ops_item_of(run: Execution) -> str | None:
    access = run.request.access if run.request is not None else None
    return access.ops_item_id if access is not None else None


EXECUTION_TESTS: dict[str, ExecutionTest] = {
    "DocumentNamePrefix": lambda run, values: run.runbook.name.startswith(tuple(values)),
    "ExecutionStatus": lambda run, values: run.status in _statuses(values),
    "ExecutionId": lambda run, values: run.execution_id in values,
    "ParentExecutionId": lambda run, values: run.parent_id in values,
    "CurrentAction": lambda run, values: run.open_step is not None and run.open_step.step.action in values,
    "StartTimeBefore": lambda run, values: run.requested_at <= max(_times(values)),
    "StartTimeAfter": lambda run, values: run.requested_at >= min(_times(values)),
    "AutomationType": lambda run, values: run.automation_type in values,
    "TagKey": lambda run, values: any(value in run.tags for value in values),
    "TargetResourceGroup": _in_resource_group,
    "AutomationSubtype": lambda run, values: run.request is not None and run.request.subtype in values,
    "OpsItemId": lambda run, values: _ops_item_of(run) in values,
}

# Members of a StepExecution that filters compare with.
_STEP_MEMBERS = {
    "StepExecutionStatus": "StepStatus",
    "StepExecutionId": "StepExecutionId",
    "StepName": "StepName",
    "Action": "Action",
}
_PARENT_MEMBERS = {
    "ParentStepExecutionId": "StepExecutionId",
    "ParentStepIteration": "Iteration",
    "ParentStepIteratorValue": "IteratorValue",
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
        return one.get(_STEP_MEMBERS[key]) in values
    if key in _PARENT_MEMBERS:
        value = one.get("ParentStepDetails", {}).get(_PARENT_MEMBERS[key])
        return value is not None and str(value) in values
    times, started_at = _times(values), one.get("ExecutionStartTime")
    if started_at is None:
        return False
    return bool(started_at <= max(times) if key == "StartTimeBefore" else started_at >= min(times))


def check(asked: Sequence[Filter]) -> None:
    """Refuse filters with values that cannot be compared."""
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
    """The next `size` items, and the name of the last of them if there are more."""
    shown: list[Item] = []
    for item in items:
        if len(shown) == (size or PAGE):
            return shown, name(shown[-1])
        shown.append(item)
    return shown, None


@dataclass(frozen=True)
class Pages:
    """The pages of one request. A token names the last item shown, and is valid for the same request only [I]."""

    operation: str
    request: Mapping[str, Any]

    @property
    def _question(self) -> str:
        asked = {name: value for name, value in self.request.items() if name not in ("NextToken", "MaxResults")}
        return hashlib.sha256(json.dumps([self.operation, asked], sort_keys=True).encode()).hexdigest()[:16]

    def token(self, last: str | None) -> str | None:
        """The NextToken for what follows an item: opaque to clients."""
        return None if last is None else base64.urlsafe_b64encode(f"{self._question}/{last}".encode()).decode()

    @property
    def last(self) -> str | None:
        """The last item of the page before; None at the start."""
        next_token = self.request.get("NextToken")
        if not next_token:
            return None
        try:
            question, _slash, last = base64.urlsafe_b64decode(next_token.encode()).decode().partition("/")
        except ValueError as problem:
            raise invalid_token() from problem
        if question != self._question:
            raise invalid_token()
        return last


def invalid_token() -> AutomationError:
    """The error for a NextToken that does not come from this emulator."""
    return AutomationError("InvalidNextToken", "The NextToken is not one that this request was given.")


def after(items: Iterable[Item], last: str | None, name: Callable[[Item], str]) -> Iterator[Item]:
    """The items that follow the last one shown."""
    rest = iter(items)
    if last is None:
        return rest
    if not any(name(item) == last for item in rest):
        raise invalid_token()
    return rest
