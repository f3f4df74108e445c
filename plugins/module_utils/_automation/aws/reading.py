# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading executions: with all their steps, or several in one call without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..model.executions import Execution
from . import api
from .errors import ACCESS_DENIED, AnsibleAutomationError

if TYPE_CHECKING:
    from botocore.client import BaseClient


def read_execution(client: BaseClient, automation_execution_id: str, aws_retry: bool = True) -> Execution:
    """Return the execution as it is now: one call, or more where the service cuts the list of steps short.

    Raises AnsibleAutomationError.
    """
    raw = api.get_automation_execution(client, automation_execution_id, aws_retry=aws_retry)
    if raw.get("StepExecutionsTruncated"):
        raw = _with_all_steps(client, raw, aws_retry)
    return Execution.from_api(raw)


def list_executions(client: BaseClient, automation_execution_ids: Sequence[str]) -> dict[str, Execution]:
    """Return the executions without their steps, by id: one call, tried once. Raises AnsibleAutomationError.

    The service takes no more than ten ids; those that it does not list are left out.
    """
    found = api.list_automation_executions(client, automation_execution_ids)
    return {raw["AutomationExecutionId"]: Execution.from_summary(raw) for raw in found}


def _with_all_steps(client: BaseClient, raw: dict[str, Any], aws_retry: bool) -> dict[str, Any]:
    try:
        steps = api.describe_automation_step_executions(client, raw["AutomationExecutionId"], aws_retry=aws_retry)
    except AnsibleAutomationError as error:
        # AWS's managed policy for approvers allows reading executions but not their step lists.
        if error.code == ACCESS_DENIED:
            return raw
        raise
    return {**raw, "StepExecutions": steps, "StepExecutionsTruncated": False}
