# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the caller is, as STS names it, and the OpsItem that names who asked for access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import answers
from .api import call, refuse
from .errors import AnsibleAutomationError, AutomationErrorHandler

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
    from botocore.client import BaseClient

# STS answers at once or is out of reach.
_TIMEOUTS = {"connect_timeout": 5, "read_timeout": 10}


def caller_arn(module: AnsibleAWSModule) -> str:
    """Return the caller's ARN. Raises AnsibleAutomationError.

    An endpoint_url may be for SSM alone, as that of a VPC endpoint is. Where STS is not to be found there, it is asked
    at its own address.
    """
    try:
        return _ask(module)
    except AnsibleAutomationError:
        if not module.params.get("endpoint_url"):
            raise
        return _ask(module, endpoint=None)


def _ask(module: AnsibleAWSModule, **more: Any) -> str:
    config = {**(module.params.get("aws_config") or {}), **_TIMEOUTS, "retries": {"total_max_attempts": 2}}
    return get_caller_identity(module.client("sts", aws_config=config, **more))


@AutomationErrorHandler.common_error_handler("ask who the caller is")
def get_caller_identity(client: BaseClient) -> str:
    """Return the caller's ARN as STS names it (GetCallerIdentity)."""
    arn = call(client.get_caller_identity, {}).get("Arn")
    refuse(client.get_caller_identity, answers.is_text_with_content(arn))
    return str(arn)


@AutomationErrorHandler.common_error_handler("read the OpsItem")
def get_ops_item(client: BaseClient, ops_item_id: str) -> dict[str, Any]:
    """Return the API's OpsItem (GetOpsItem)."""
    raw: dict[str, Any] = call(client.get_ops_item, {"OpsItemId": ops_item_id}).get("OpsItem", {})
    refuse(client.get_ops_item, answers.problem_with_ops_item(raw))
    return raw
