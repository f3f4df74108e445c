# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the orchestration needs of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..aws import api
from ..aws.reading import read_execution
from .pacing import RetryBudget
from .polling import Clock
from .requests import Call, Send

if TYPE_CHECKING:
    from botocore.client import BaseClient

# How long to go on, in seconds, while the service takes no signal, or answers no look, because it is throttling or
# cannot be reached.
PATIENCE = 60


@dataclass(frozen=True)
class Service:
    """The API, the caller's ARN from STS (asked when it is needed; empty where STS does not tell), and a clock.

    RetryBudget with the service is one for all executions of a task.
    """

    client: BaseClient
    caller_arn: Callable[[], str]
    clock: Clock
    sends: RetryBudget = field(default_factory=lambda: RetryBudget(PATIENCE))
    looks: RetryBudget = field(default_factory=lambda: RetryBudget(PATIENCE))

    def perform(self, call: Call) -> Any:
        """Make the call that a work asks for. Raises AnsibleAutomationError."""
        if isinstance(call, Send):
            return api.send_automation_signal(self.client, call.execution_id, call.signal.type, call.signal.payload)
        return read_execution(self.client, call.execution_id, aws_retry=False)
