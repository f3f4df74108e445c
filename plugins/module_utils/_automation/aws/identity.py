# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the caller is, as STS names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import api
from .errors import AnsibleAutomationError

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

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
    return api.get_caller_identity(module.client("sts", aws_config=config, **more))
