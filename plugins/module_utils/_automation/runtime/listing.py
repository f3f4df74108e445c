# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading several executions, and lists that come in pages: executions that match, children of one, steps of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..aws.errors import ACCESS_DENIED, EXECUTION_NOT_FOUND, AnsibleAutomationError
from ..aws.listings import (
    PAGE,
    Page,
    describe_automation_executions,
    describe_automation_step_executions,
    endless_list,
)
from ..model import statuses
from ..model.executions import Execution
from ..options.filters import PARENT_EXECUTION_ID, Filters
from .reading import read_execution
from .requests import Call
from .retry import look_again
from .service import Service

# A list whose pages bring nothing new so often has no end.
_MOST_EMPTY_PAGES = 10
# How many levels down to look, and how many children that wait are read of each; the service nests five levels deep.
_DEPTH = 5
_MOST = 3

Entries = list[dict[str, Any]]


def page_of_executions(service: Service, filters: Filters, token: str, at_most: int) -> Call[Page]:
    """Read one page of the executions that match."""
    make = partial(describe_automation_executions, service.client, filters, token, at_most)
    return Call("DescribeAutomationExecutions", make)


def page_of_steps(service: Service, execution_id: str, token: str, left: float | None = None) -> Call[Page]:
    """Read one page of the steps of an execution."""
    make = partial(describe_automation_step_executions, service.client, execution_id, token)
    return Call("DescribeAutomationStepExecutions", make, left)


async def read_executions(service: Service, ids: Iterable[str], at_most: int | None = None) -> list[Execution]:
    """Return executions with their steps, one call or more for each; those that do not exist are left out.

    `at_most` ends the reading once so many are found. Raises AnsibleAutomationError.
    """
    found: list[Execution] = []
    for execution_id in dict.fromkeys(ids):
        if at_most is not None and len(found) >= at_most:
            break
        try:
            found.append(await read_execution(service, execution_id))
        except AnsibleAutomationError as error:
            if error.code != EXECUTION_NOT_FOUND:
                raise
    return found


async def find_executions(service: Service, queries: Sequence[Filters], at_most: int | None = None) -> list[Execution]:
    """Return the executions that match any of the queries, without their steps, each once: one call for 50 and query.

    `at_most` ends the search once so many are found. Raises AnsibleAutomationError.
    """
    found: dict[str, Execution] = {}

    def is_enough(entries: Entries) -> bool:
        for raw in entries:
            found.setdefault(raw["AutomationExecutionId"], Execution.from_summary(raw))
        return at_most is not None and len(found) >= at_most

    for query in queries:
        await _find(service, query, at_most, is_enough)
        if is_enough([]):
            break
    return list(found.values())[:at_most]


async def _find(service: Service, query: Filters, at_most: int | None, is_enough: Callable[[Entries], bool]) -> None:
    size = PAGE if at_most is None else min(PAGE, at_most)
    await _pages(
        lambda token: look_again(service, lambda: page_of_executions(service, query, token, size)),
        "AutomationExecutionId",
        is_enough,
        "DescribeAutomationExecutions",
    )


async def with_children(service: Service, execution: Execution) -> Execution:
    """Return the execution with the children that wait, itself where there are none or they cannot be read."""
    try:
        return replace(execution, children=tuple(await _waiting(service, execution, _DEPTH)))
    except AnsibleAutomationError:
        # It is for a message alone.
        return execution


async def _waiting(service: Service, execution: Execution, depth: int) -> list[Execution]:
    if not depth or not execution.runs_children:
        return []
    filters = [{"Key": PARENT_EXECUTION_ID, "Values": [execution.id]}]
    page = await look_again(service, lambda: page_of_executions(service, filters, "", PAGE))
    children = [Execution.from_summary(raw) for raw in page.entries]
    live = [child for child in children if not child.has_ended]
    found: list[Execution] = []
    for child in sorted(live, key=_does_not_wait)[:_MOST]:
        read = await read_execution(service, child.id)
        found += [read] if read.status in statuses.RESTING else await _waiting(service, read, depth - 1)
    return found


def _does_not_wait(execution: Execution) -> bool:
    return execution.status not in statuses.RESTING


async def with_all_steps(raw: dict[str, Any], page: Callable[[str], Awaitable[Page]]) -> dict[str, Any]:
    """Return an AutomationExecution whose list of steps the service has cut short with all of them.

    It stays as it is where the caller may not read the list.
    """
    try:
        steps = await _pages(page, "StepExecutionId", lambda entries: False, "DescribeAutomationStepExecutions")
    except AnsibleAutomationError as error:
        # AWS's managed policy for approvers allows reading executions but not their step lists.
        if error.code == ACCESS_DENIED:
            return raw
        raise
    return {**raw, "StepExecutions": steps, "StepExecutionsTruncated": False}


async def _pages(
    page: Callable[[str], Awaitable[Page]], key: str, is_enough: Callable[[Entries], bool], operation: str
) -> Entries:
    """Return the entries of all pages, each once, as long as pages bring something new. Raises AnsibleAutomationError.

    Between two pages of a list entries may shift, so one may come twice.
    """
    found: dict[str, dict[str, Any]] = {}
    token, tokens, empty = "", {""}, 0
    while True:
        answer, known = await page(token), len(found)
        # Of entries without an id those that say the same are one.
        found.update({entry.get(key) or repr(entry): entry for entry in answer.entries})
        token, empty = answer.next_token, empty + 1 if len(found) == known else 0
        if is_enough(answer.entries) or not token:
            return list(found.values())
        if token in tokens or empty >= _MOST_EMPTY_PAGES:
            raise endless_list(operation)
        tokens.add(token)
