# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that list something page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import answers
from .api import call, refuse
from .errors import AnsibleAutomationError, AutomationErrorHandler, MalformedAnswer

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import StructureShape

# How many entries one call lists at most (API reference).
PAGE = 50


class Page(NamedTuple):
    """Some entries of a list, and the token of the next page, which is empty on the last one."""

    entries: list[dict[str, Any]]
    next_token: str


@AutomationErrorHandler.common_error_handler("read the steps of the Automation execution")
def describe_automation_step_executions(client: BaseClient, automation_execution_id: str, token: str = "") -> Page:
    """Return the API's StepExecutions, one page (DescribeAutomationStepExecutions, 50 a call)."""
    request = {"AutomationExecutionId": automation_execution_id, "MaxResults": PAGE}
    operation = client.describe_automation_step_executions
    return _page(operation, request, token, "StepExecutions", answers.problem_with_steps)


@AutomationErrorHandler.common_error_handler("list Automation executions")
def describe_automation_executions(
    client: BaseClient, filters: Sequence[Mapping[str, Any]], token: str = "", at_most: int = PAGE
) -> Page:
    """Return the API's AutomationExecutionMetadata that match, one page (DescribeAutomationExecutions, 50 a call)."""
    request: dict[str, Any] = {"MaxResults": at_most, **({"Filters": list(filters)} if filters else {})}
    operation = client.describe_automation_executions
    return _page(operation, request, token, "AutomationExecutionMetadataList", answers.problem_with_summaries)


def listing_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of DescribeAutomationExecutions; no call is made."""
    return client.meta.service_model.operation_model("DescribeAutomationExecutions").input_shape


def _page(
    operation: Callable[..., dict[str, Any]],
    request: Mapping[str, Any],
    token: str,
    member: str,
    problem_with: Callable[[Any], str],
) -> Page:
    answer = call(operation, {**request, **({"NextToken": token} if token else {})})
    entries: Any = answer.get(member)
    next_token = answer.get("NextToken")
    # The last page has no token or an empty one (API reference).
    refuse(operation, problem_with(entries) or answers.is_text(next_token or ""))
    return Page(entries, next_token or "")


def endless_list(operation: str) -> AnsibleAutomationError:
    """Return the error of a list whose pages bring nothing new and do not end."""
    cause = MalformedAnswer(operation=operation, problem="its pages do not end")
    return AnsibleAutomationError(message="The list does not end", exception=cause)
