# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of starts and stops, to be awaited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from ..aws.errors import AnsibleAutomationError, SendResult
from ..aws.runs import Started, describe_document, start_automation_execution, stop_automation_execution
from ..output.outcome import Attempts
from ..runtime.requests import Call, Change
from ..runtime.service import Service

Answer = TypeVar("Answer")


def start(service: Service, members: Mapping[str, Any], leaves: Callable[[], None]) -> Change[Started]:
    """Start an execution."""
    make = partial(start_automation_execution, service.client, members)
    return Change("StartAutomationExecution", make, leaves=leaves)


def stop(service: Service, execution_id: str, stop_type: str, leaves: Callable[[], None]) -> Change[None]:
    """Stop an execution."""
    make = partial(stop_automation_execution, service.client, execution_id, stop_type)
    return Change("StopAutomationExecution", make, leaves=leaves)


def document(service: Service, name: str, version: str | None) -> Call[dict[str, Any]]:
    """Read the description of a runbook."""
    return Call("DescribeDocument", partial(describe_document, service.client, name, version))


async def noted(attempts: Attempts, change: Change[Answer]) -> Answer:
    """Make a change once, and note what becomes of it. Raises AnsibleAutomationError."""
    try:
        answer = await change
    except AnsibleAutomationError as error:
        attempts.note(error.send_result)
        raise
    attempts.note(SendResult.ACCEPTED)
    return answer
