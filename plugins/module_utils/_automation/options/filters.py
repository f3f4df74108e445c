# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of DescribeAutomationExecutions, checked before any call. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import statuses
from ..model.executions import APPROVE_ACTION
from .invalid import InvalidOption
from .limits import Range, range_of
from .spelling import did_you_mean
from .written import is_blank

if TYPE_CHECKING:
    from botocore.model import StructureShape

EXECUTION_ID = "ExecutionId"
PARENT_EXECUTION_ID = "ParentExecutionId"
EXECUTION_STATUS = "ExecutionStatus"
CURRENT_ACTION = "CurrentAction"

Filters = list[dict[str, Any]]


class FilterRules(NamedTuple):
    """What DescribeAutomationExecutions takes: its keys, how many filters, and how many values a filter."""

    keys: Sequence[str]
    filters: Range
    values: Range


def filter_rules_of(request: StructureShape) -> FilterRules:
    """Return the rules that a model of DescribeAutomationExecutions' request declares."""
    filters = request.members["Filters"]
    values = filters.member.members["Values"]
    return FilterRules(
        keys=filters.member.members["Key"].enum,
        filters=range_of(filters),
        values=range_of(values),
    )


def build_filters(wanted: Mapping[str, Any], rules: FilterRules) -> Filters:
    """Return the API's filters for a dictionary of filter key to value or list of values. Raises InvalidOption."""
    if not rules.filters.has_enough(len(wanted)):
        raise InvalidOption("filters is empty: give at least one key.")
    return [{"Key": _checked_key(key, rules), "Values": _checked_values(key, wanted[key], rules)} for key in wanted]


def awaiting_decision(wanted: Mapping[str, Any], rules: FilterRules) -> list[Filters]:
    """Return the filters that together find what waits for a decision, among what `wanted` matches.

    Gates wait with the status Waiting and their action as the current one; change requests and access requests wait
    with statuses of their own. Raises InvalidOption.
    """
    for key in (EXECUTION_STATUS, CURRENT_ACTION):
        if key in wanted:
            raise InvalidOption(f"awaiting_decision sets the filter {key} itself: leave one of them out.")
    at_gates = {**wanted, EXECUTION_STATUS: statuses.WAITING, CURRENT_ACTION: APPROVE_ACTION}
    requests = {**wanted, EXECUTION_STATUS: sorted(statuses.AWAITING_DECISION)}
    return [build_filters(at_gates, rules), build_filters(requests, rules)]


def without_unstarted(wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the filters without those that name an execution by a blank id, and the keys of the others.

    In check mode a blank id is that of an execution which a start before would have made.
    """
    unstarted = [key for key in (PARENT_EXECUTION_ID, EXECUTION_ID) if key in wanted and _is_unstarted(wanted[key])]
    return {key: value for key, value in wanted.items() if key not in unstarted}, unstarted


def _is_unstarted(value: Any) -> bool:
    return all(map(is_blank, value)) and bool(value) if isinstance(value, list) else is_blank(value)


def batches(execution_ids: Sequence[str], rules: FilterRules) -> list[Filters]:
    """Return filters that ask for executions by id, as many in each as the service takes."""
    size = rules.values.maximum or len(execution_ids)
    unique = list(dict.fromkeys(execution_ids))
    parts = [unique[start:][:size] for start in range(0, len(unique), size)]
    return [executions_by_id(part) for part in parts]


def executions_by_id(execution_ids: Sequence[str]) -> Filters:
    """Return the filters that ask for these executions; the service takes ten ids at most."""
    return [{"Key": EXECUTION_ID, "Values": list(execution_ids)}]


def _checked_key(key: str, rules: FilterRules) -> str:
    if key not in rules.keys:
        meant, known = did_you_mean(key, rules.keys), ", ".join(rules.keys)
        raise InvalidOption(f"filters has the unknown key {key}{meant}, the service knows {known}.")
    return key


def _checked_values(key: str, value: Any, rules: FilterRules) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not rules.values.has_enough(len(values)):
        raise InvalidOption(f"filter {key} has no values: give at least one, or leave the filter out.")
    return [_checked_value(key, each) for each in values]


def _checked_value(key: str, value: Any) -> str:
    if is_blank(value):
        raise InvalidOption(f"filter {key} is {'null' if value is None else 'empty'}: give a value, or leave it out.")
    if isinstance(value, (list, Mapping)):
        raise InvalidOption(f"filter {key} holds something that is no single value: give a string or a list of these.")
    return str(value)
