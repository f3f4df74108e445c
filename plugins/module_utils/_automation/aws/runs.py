# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that start and stop executions, and that read runbooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from . import answers
from .api import call, expect_empty, refuse
from .errors import AutomationErrorHandler

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import StructureShape


class Started(NamedTuple):
    """The answer to a start: the execution's id, and the Date header, which is the service's time."""

    execution_id: str
    date: str | None


@AutomationErrorHandler.common_error_handler("start the Automation execution")
def start_automation_execution(client: BaseClient, request: Mapping[str, Any]) -> Started:
    """Start an execution (StartAutomationExecution)."""
    answer = call(client.start_automation_execution, request)
    execution_id = answer.get("AutomationExecutionId")
    refuse(client.start_automation_execution, answers.is_text_with_content(execution_id))
    return Started(str(execution_id), answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))


@AutomationErrorHandler.common_error_handler("stop the Automation execution")
def stop_automation_execution(client: BaseClient, automation_execution_id: str, stop_type: str) -> None:
    """Stop an execution, by `Cancel` or `Complete` (StopAutomationExecution)."""
    request = {"AutomationExecutionId": automation_execution_id, "Type": stop_type}
    expect_empty(client.stop_automation_execution, request)


@AutomationErrorHandler.common_error_handler("read the runbook")
def describe_document(client: BaseClient, name: str, version: str | None) -> dict[str, Any]:
    """Return the API's DocumentDescription (DescribeDocument); without a version that of the default one."""
    raw: dict[str, Any] = call(client.describe_document, _document(name, version)).get("Document", {})
    refuse(client.describe_document, answers.problem_with_document(raw))
    return raw


@AutomationErrorHandler.common_error_handler("read the content of the runbook")
def get_document(client: BaseClient, name: str, version: str | None) -> str:
    """Return the content of a document in JSON (GetDocument); without a version that of the default one."""
    content = call(client.get_document, {**_document(name, version), "DocumentFormat": "JSON"}).get("Content")
    refuse(client.get_document, answers.is_text(content))
    return str(content)


def _document(name: str, version: str | None) -> dict[str, str]:
    return {"Name": name, **({"DocumentVersion": version} if version else {})}


def start_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of StartAutomationExecution; no call is made."""
    return client.meta.service_model.operation_model("StartAutomationExecution").input_shape
